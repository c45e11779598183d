"""How long each stage of a run took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flows.progress import ProgressSink


class Stopwatch:
    """Laps by name, seconds of wall time; a stage that comes again adds to its own."""

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
            took_s = time.perf_counter() - begun
            self.laps_s[stage] = self.laps_s.get(stage, 0.0) + took_s
