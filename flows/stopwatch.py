"""How long each stage of a run took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flows.progress import ProgressSink


class Stopwatch:
    """Laps by name, seconds of wall time."""

    def __init__(self) -> None:
        self.laps_s: dict[str, float] = {}

    @contextmanager
    def lap(self, stage: str, sink: ProgressSink, steps: int = 1) -> Iterator[None]:
        """Time a stage and tell the sink that it began."""
        sink.begin(stage, steps)
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.laps_s[stage] = time.perf_counter() - begun
