"""The National Hurricane Center: what it says of a storm now, and the storm's track so far.

``CurrentStorms.json`` names the products of each advisory of the storms that are alive; the
working best track (ATCF b-deck) stays when a storm is gone.
"""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from core.errors import WeatherError
from weather.feeds.feed import Wanted, check_site, host_of

SITE = "https://www.nhc.noaa.gov"
ATCF = "https://ftp.nhc.noaa.gov/atcf"
_CURRENT = "CurrentStorms.json"
_PRODUCTS = (
    "forecastTrack", "windWatchesWarnings", "initialWindExtent", "forecastWindRadiiGIS",
    "bestTrackGIS", "stormSurgeWatchWarningGIS",
)  # fmt: skip
"""Of a storm in ``CurrentStorms.json``; each a zip of shapefiles."""


@dataclass(frozen=True, slots=True)
class NhcFeed:
    """One storm.

    Attributes:
        storm_id: basin, number and year, as in ``AL142018``.
        site: of the center.
        atcf: folder of its track files.
    """

    storm_id: str
    site: str = SITE
    atcf: str = ATCF
    name: str = "nhc"

    def first(self) -> tuple[Wanted, ...]:
        """The track so far, and the list of storms that are alive; see ``Feed``."""
        storm = self.storm_id.lower()
        return (
            Wanted(f"b{storm}.dat", f"{self.atcf}/btk/b{storm}.dat", "atcf", may_be_absent=True),
            Wanted(_CURRENT, f"{self.site}/{_CURRENT}", "current_storms"),
        )

    def follow(self, wanted: Wanted, content: bytes) -> tuple[Wanted, ...]:
        """The zips of the storm's last advisory; see ``Feed``.

        A zip that two products share is asked for once.
        """
        if wanted.name != _CURRENT:
            return ()
        work = f"reading {_CURRENT}"
        try:
            storms = json.loads(content)["activeStorms"]
            ours = [storm for storm in storms if storm["id"].upper() == self.storm_id.upper()]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeatherError(
                work, f"it is no list of storms ({error!r})", "Look at what the service answers"
            ) from error
        sites = (host_of(self.site),)
        links = [
            product["zipFile"]
            for storm in ours
            for name in _PRODUCTS
            if isinstance(product := storm.get(name), dict) and product.get("zipFile")
        ]
        return tuple(
            Wanted(
                PurePosixPath(urlsplit(link).path).name, check_site(link, sites, work), "nhc_gis"
            )
            for link in dict.fromkeys(links)
        )
