"""Processes that are kept running: started, said, and started again with growing waits."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
STEADY_S = 60.0
"""A process that ran so long has recovered: the next wait is the first again."""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A process to be kept running.

    Attributes:
        name: what people call it.
        command: program and arguments.
        environment: added to this process's own.
        is_ready: whether it does its work; asked after each start.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_ready: Callable[[], bool] = lambda: True


def choose_wait_s(failures: int) -> float:
    """Seconds before a process that ended so often in a row is started again: 1, 2, 4 to 60."""
    return float(min(FIRST_WAIT_S * 2.0 ** (failures - 1), LONGEST_WAIT_S))


@dataclass(slots=True, eq=False)
class Child:
    """A process that is kept running."""

    spec: ChildSpec
    say: Callable[[str], None]
    now: Callable[[], float] = time.monotonic
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    _started_at: float = 0.0
    _again_at: float = 0.0

    def start(self) -> None:
        """Start it; output goes where this process's goes."""
        self._started_at = self.now()
        self.process = subprocess.Popen(  # noqa: S603  commands of ours
            list(self.spec.command),
            env=os.environ | dict(self.spec.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is answered by who started it
        )

    def tend(self) -> None:
        """Notice that it ended, and start it again when its wait is over."""
        if self.process is None:
            if self.now() >= self._again_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        steady = self.now() - self._started_at > STEADY_S
        self.failures = 1 if steady else self.failures + 1
        wait_s = choose_wait_s(self.failures)
        self._again_at = self.now() + wait_s
        self.process = None
        self.say(f"{self.spec.name} ended (code {code}); it is started again in {wait_s:g} s.")
