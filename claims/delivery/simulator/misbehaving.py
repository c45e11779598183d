"""What a simulated claims system does wrong, on order and by a seed."""

import random
import threading
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What goes wrong with a request."""

    NONE = "none"
    SERVER_ERROR = "500"
    """Nothing is done, and 500 answered."""
    THROTTLED = "429"
    """Nothing is done, and 429 answered with Retry-After."""
    UNAUTHORISED = "401"
    """The token is forgotten."""
    STALL = "stall"
    """It is done, and answered after a while."""
    DROPPED_BEFORE = "dropped_before"
    """Nothing is done, and the connection ends."""
    DROPPED_AFTER = "dropped_after"
    """It is done, and the connection ends without an answer."""


_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """Shares of requests that go wrong, each in [0, 1], together at most 1.

    Attributes:
        server_error: 500.
        throttled: 429.
        unauthorised: 401.
        stall: a late answer.
        dropped_before: the connection ends before anything is done.
        dropped_after: ... after all is done.
        stall_s: how late.
        retry_after_s: what 429 asks for.
        seed: of what happens to which request.
    """

    server_error: float = 0.0
    throttled: float = 0.0
    unauthorised: float = 0.0
    stall: float = 0.0
    dropped_before: float = 0.0
    dropped_after: float = 0.0
    stall_s: float = 1.0
    retry_after_s: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if sum(share for _, share in self.shares) > 1 + _ROUNDING:
            raise ValueError("the shares of requests that go wrong are more than 1 together")

    @property
    def shares(self) -> tuple[tuple[Fault, float], ...]:
        """Faults with their shares."""
        return (
            (Fault.SERVER_ERROR, self.server_error), (Fault.THROTTLED, self.throttled),
            (Fault.UNAUTHORISED, self.unauthorised), (Fault.STALL, self.stall),
            (Fault.DROPPED_BEFORE, self.dropped_before), (Fault.DROPPED_AFTER, self.dropped_after),
        )  # fmt: skip


def fail_once_in(times: int, seed: int = 0) -> Misbehaviour:
    """One request in ``times`` goes wrong, in each of the ways alike, and none takes long."""
    share = 1 / times / 5
    return Misbehaviour(share, share, share, 0.0, share, share, retry_after_s=0, seed=seed)


class Chance:
    """Draws a fault for each request; threads may share it."""

    def __init__(self, ordered: Misbehaviour) -> None:
        self._random = random.Random(ordered.seed)  # noqa: S311  a simulation
        self._shares = ordered.shares
        self._lock = threading.Lock()
        self.drawn: Counter[Fault] = Counter()

    def draw(self) -> Fault:
        """What goes wrong with the next request."""
        with self._lock:
            fault = self._choose(self._random.random())
            self.drawn[fault] += 1
        return fault

    def _choose(self, left: float) -> Fault:
        for fault, share in self._shares:
            left -= share
            if left < 0:
                return fault
        return Fault.NONE
