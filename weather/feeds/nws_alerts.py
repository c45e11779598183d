"""Alerts of the National Weather Service that are in force, by state."""

from dataclasses import dataclass

from weather.feeds.feed import Wanted

API = "https://api.weather.gov"


@dataclass(frozen=True, slots=True)
class NwsAlertsFeed:
    """Alerts of some states and territories.

    Attributes:
        areas: two letters each, as in ``FL``.
        api: of the service.
    """

    areas: tuple[str, ...]
    api: str = API
    name: str = "nws_alerts"

    def first(self) -> tuple[Wanted, ...]:
        """All that are in force, one file an area; see ``Feed``."""
        return tuple(
            Wanted(f"alerts_{area}.json", f"{self.api}/alerts/active?area={area}", "nws_alerts")
            for area in self.areas
        )

    def follow(self, _wanted: Wanted, _content: bytes) -> tuple[Wanted, ...]:
        """Nothing; see ``Feed``."""
        return ()
