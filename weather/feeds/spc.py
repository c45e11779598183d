"""Hail, wind and tornado reports of the Storm Prediction Center, by its days from 12Z to 12Z."""

from dataclasses import dataclass
from datetime import date

from weather.feeds.feed import Wanted

SITE = "https://www.spc.noaa.gov/climo/reports"
_HAZARDS = ("torn", "hail", "wind")


@dataclass(frozen=True, slots=True)
class SpcFeed:
    """Reports of some days.

    Attributes:
        days: convective days, each from 12Z of its date to 12Z of the next.
        site: folder of the reports.
    """

    days: tuple[date, ...]
    site: str = SITE
    name: str = "spc"

    def first(self) -> tuple[Wanted, ...]:
        """A file a day and hazard; a day that has not begun has none. See ``Feed``."""
        names = (
            f"{day:%y%m%d}_rpts_filtered_{hazard}.csv" for day in self.days for hazard in _HAZARDS
        )
        return tuple(
            Wanted(name, f"{self.site}/{name}", "spc", may_be_absent=True) for name in names
        )

    def follow(self, _wanted: Wanted, _content: bytes) -> tuple[Wanted, ...]:
        """Nothing; see ``Feed``."""
        return ()
