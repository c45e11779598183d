"""Slows down whoever guesses passwords."""

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

TRIES = 8
"""Wrong passwords of one name within ``WINDOW``; then it has to wait."""
WINDOW = timedelta(minutes=10)
NAMES = 10_000
"""Names remembered; more would let a stranger fill the memory."""


class Throttle:
    """Counts failed log-ins by name, in memory."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._guard = threading.Lock()

    def is_blocked(self, name: str, now: datetime) -> bool:
        """Whether a name has failed too often of late."""
        with self._guard:
            failed = self._failed.get(name, deque())
            while failed and now - failed[0] > WINDOW:
                failed.popleft()
            return len(failed) >= TRIES

    def note(self, name: str, now: datetime) -> None:
        """Count a failure."""
        with self._guard:
            self._failed.setdefault(name, deque(maxlen=TRIES)).append(now)
            self._failed.move_to_end(name)
            while len(self._failed) > NAMES:
                self._failed.popitem(last=False)

    def forget(self, name: str) -> None:
        """A log-in that went well clears the name."""
        with self._guard:
            self._failed.pop(name, None)
