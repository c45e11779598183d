"""Which home is before whom, so that two do not judge the same by accident."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from web.reviewing.queue import Lane


@dataclass(frozen=True, slots=True)
class Slip:
    """A home handed out.

    Attributes:
        building_id: the building.
        lane: why.
        at_utc: when the reviewer saw it.
    """

    building_id: str
    lane: Lane
    at_utc: datetime


class HandedOut:
    """Slips of one event's queue by reviewer; in memory, a restart hands out anew."""

    def __init__(self) -> None:
        self._slips: dict[str, Slip] = {}

    def forget_before(self, instant: datetime) -> None:
        """Let go what was handed out before an instant and never judged."""
        self._slips = {who: slip for who, slip in self._slips.items() if slip.at_utc >= instant}

    def find(self, reviewer: str) -> str | None:
        """The home before a reviewer."""
        slip = self._slips.get(reviewer)
        return slip.building_id if slip else None

    def others(self, reviewer: str) -> Collection[str]:
        """Homes before others."""
        return {slip.building_id for who, slip in self._slips.items() if who != reviewer}

    def give(self, building: str, reviewer: str, lane: Lane, now: datetime) -> None:
        """Put a home before a reviewer."""
        self._slips[reviewer] = Slip(building, lane, now)

    def take(self, building: str, reviewer: str) -> Slip | None:
        """Take the home from a reviewer who answered; None where it was not before them."""
        if self.find(reviewer) != building:
            return None
        return self._slips.pop(reviewer)

    def drop(self, reviewer: str) -> None:
        """Take whatever is before a reviewer."""
        self._slips.pop(reviewer, None)
