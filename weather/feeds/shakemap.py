"""How an earthquake shook: ShakeMaps of the USGS, whose newest version the event's page names."""

import json
from dataclasses import dataclass

from core.errors import WeatherError
from weather.feeds.feed import Wanted, check_site, host_of

API = "https://earthquake.usgs.gov/fdsnws/event/1"
_GRID = "download/grid.xml"


@dataclass(frozen=True, slots=True)
class ShakeMapFeed:
    """One earthquake.

    Attributes:
        quake_id: of the catalogue, as in ``us7000kufc``.
        api: of the catalogue.
    """

    quake_id: str
    api: str = API
    name: str = "shakemap"

    def first(self) -> tuple[Wanted, ...]:
        """The event's page; see ``Feed``."""
        url = f"{self.api}/query?eventid={self.quake_id}&format=geojson"
        return (Wanted("event.geojson", url),)

    def follow(self, wanted: Wanted, content: bytes) -> tuple[Wanted, ...]:
        """The grid of the newest ShakeMap; nothing while there is none. See ``Feed``."""
        if wanted.name != "event.geojson":
            return ()
        work = f"reading the page of earthquake {self.quake_id}"
        try:
            maps = json.loads(content)["properties"]["products"].get("shakemap", [])
            links = [each["contents"][_GRID]["url"] for each in maps[:1]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeatherError(
                work, f"it is no page of an earthquake ({error!r})",
                "Look at what the service answers",
            ) from error  # fmt: skip
        sites = (host_of(self.api),)
        return tuple(
            Wanted("grid.xml", check_site(link, sites, work), "shakemap") for link in links
        )
