"""Fires seen from space: NASA FIRMS, which asks for a key (free, by e-mail)."""

from dataclasses import dataclass
from datetime import date, timedelta

from core.grid import Bounds
from weather.feeds.feed import Wanted

API = "https://firms.modaps.eosdis.nasa.gov/api/area/csv"
SENSORS = ("VIIRS_SNPP_NRT", "VIIRS_NOAA20_NRT")
MOST_DAYS = 5
"""Of one request."""


@dataclass(frozen=True, slots=True)
class FirmsFeed:
    """Fire points of a rectangle.

    Attributes:
        map_key: of the user; never told.
        bounds: EPSG:4326.
        first_day: UTC day.
        last_day: UTC day, not before the first.
        sensors: sources as the service names them.
        api: of the service.
    """

    map_key: str
    bounds: Bounds
    first_day: date
    last_day: date
    sensors: tuple[str, ...] = SENSORS
    api: str = API
    name: str = "firms"

    def first(self) -> tuple[Wanted, ...]:
        """A file a sensor and stretch of days; see ``Feed``."""
        box = ",".join(f"{side:.3f}" for side in self.bounds.as_tuple())
        days = (self.last_day - self.first_day).days + 1
        starts = [
            (self.first_day + timedelta(days=n), min(MOST_DAYS, days - n))
            for n in range(0, days, MOST_DAYS)
        ]
        return tuple(
            Wanted(
                f"{sensor}_{start:%Y%m%d}_{length}.csv",
                f"{self.api}/{self.map_key}/{sensor}/{box}/{length}/{start.isoformat()}",
                "firms", self.map_key,
            )
            for sensor in self.sensors
            for start, length in starts
        )  # fmt: skip

    def follow(self, _wanted: Wanted, _content: bytes) -> tuple[Wanted, ...]:
        """Nothing; see ``Feed``."""
        return ()
