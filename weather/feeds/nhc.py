"""The National Hurricane Center: what it says of a storm now, and the storm's track so far.

``CurrentStorms.json`` names the products of each advisory of the storms that are alive; the
working best track (ATCF b-deck) stays when a storm is gone.
"""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from core.errors import WeatherError
from weather.feeds.feed import Wanted, check_site, host_of

SITE = "https://www.nhc.noaa.gov"
ATCF = "https://ftp.nhc.noaa.gov/atcf"
CURRENT = "CurrentStorms.json"
_PRODUCTS = (
    "forecastTrack", "windWatchesWarnings", "initialWindExtent", "forecastWindRadiiGIS",
    "bestTrackGIS", "stormSurgeWatchWarningGIS",
)  # fmt: skip
"""Of a storm in ``CurrentStorms.json``; each a zip of shapefiles."""


def list_storms(content: bytes) -> list[dict[str, Any]]:
    """The storms that are alive, as ``CurrentStorms.json`` has them; each has an ``id``.

    Raises:
        WeatherError: it is no such list.
    """
    try:
        storms = json.loads(content)["activeStorms"]
        return [storm for storm in storms if isinstance(storm["id"], str)]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeatherError(
            f"reading {CURRENT}", f"it is no list of storms ({error!r})",
            "Look at what the service answers",
        ) from error  # fmt: skip


@dataclass(frozen=True, slots=True)
class NhcStormsFeed:
    """All storms that are alive, each with its track so far.

    Attributes:
        site: of the center.
        atcf: folder of its track files.
    """

    site: str = SITE
    atcf: str = ATCF
    name: str = "nhc_storms"

    def first(self) -> tuple[Wanted, ...]:
        """The list of storms; see ``Feed``."""
        return (Wanted(CURRENT, f"{self.site}/{CURRENT}", "current_storms"),)

    def follow(self, wanted: Wanted, content: bytes) -> tuple[Wanted, ...]:
        """Each storm's track; see ``Feed``."""
        if wanted.name != CURRENT:
            return ()
        return tuple(want_track(storm["id"], self.atcf) for storm in list_storms(content))


@dataclass(frozen=True, slots=True)
class NhcTrackFeed:
    """The track of one storm, alive or gone, kept with those of the storms that are alive.

    Attributes:
        storm_id: as in ``AL142018``.
        atcf: folder of track files.
    """

    storm_id: str
    atcf: str = ATCF
    name: str = "nhc_storms"

    def first(self) -> tuple[Wanted, ...]:
        """The track; see ``Feed``."""
        return (want_track(self.storm_id, self.atcf),)

    def follow(self, _wanted: Wanted, _content: bytes) -> tuple[Wanted, ...]:
        """Nothing; see ``Feed``."""
        return ()


def want_track(storm_id: str, atcf: str) -> Wanted:
    """The working best track of a storm."""
    name = f"b{storm_id.lower()}.dat"
    return Wanted(name, f"{atcf}/btk/{name}", "atcf", may_be_absent=True)


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
        listed = Wanted(CURRENT, f"{self.site}/{CURRENT}", "current_storms")
        return (want_track(self.storm_id, self.atcf), listed)

    def follow(self, wanted: Wanted, content: bytes) -> tuple[Wanted, ...]:
        """The zips of the storm's last advisory; see ``Feed``.

        A zip that two products share is asked for once.
        """
        if wanted.name != CURRENT:
            return ()
        sites, work = (host_of(self.site),), f"reading {CURRENT}"
        links = [
            product["zipFile"]
            for storm in list_storms(content)
            for name in _PRODUCTS
            if storm["id"].upper() == self.storm_id.upper()
            if isinstance(product := storm.get(name), dict) and product.get("zipFile")
        ]
        return tuple(
            Wanted(
                PurePosixPath(urlsplit(link).path).name, check_site(link, sites, work), "nhc_gis"
            )
            for link in dict.fromkeys(links)
        )
