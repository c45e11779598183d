"""Every kind of hazard product that can be read, by the name that a person gives it."""

import difflib
from pathlib import Path

from core.errors import WeatherError
from weather.sources.alerts import nws_alerts
from weather.sources.fires import firms, perimeters
from weather.sources.floods import high_water_marks
from weather.sources.grids import mrms, rasters
from weather.sources.nhc import current_storms, nhc_gis
from weather.sources.quakes import shakemap
from weather.sources.records import Kind, Records
from weather.sources.reports import damage_surveys, local_storm_reports, spc, storm_events
from weather.sources.storms import atcf, hurdat2, ibtracs

_ALL = (
    hurdat2.KIND, atcf.KIND, ibtracs.KIND, current_storms.KIND, nhc_gis.KIND,
    nws_alerts.KIND,
    spc.KIND, local_storm_reports.KIND, damage_surveys.KIND, storm_events.KIND,
    mrms.KIND, rasters.KIND,
    perimeters.KIND, firms.KIND,
    high_water_marks.KIND,
    shakemap.KIND,
)  # fmt: skip
KINDS = {kind.name: kind for kind in _ALL}
"""In the order of the data dictionary."""


ALSO_CALLED = {
    "alerts": "nws_alerts", "bdeck": "atcf", "adeck": "atcf", "best_track": "hurdat2",
    "currentstorms": "current_storms", "geotiff": "rasters", "hwm": "high_water_marks",
    "lsr": "local_storm_reports", "mesh": "mrms", "nws_damage_surveys": "damage_surveys",
    "perimeters": "fire_perimeters", "qpe": "mrms", "viirs": "firms", "wind_raster": "rasters",
}  # fmt: skip
"""What people call some of them."""


def find_kind(name: str) -> Kind:
    """The kind of a name; capitals, hyphens, spaces and a missing plural do not matter.

    Raises:
        WeatherError: there is none.
    """
    said = name.strip().lower().replace("-", "_").replace(" ", "_")
    wanted = next(
        (each for each in (said, f"{said}s", ALSO_CALLED.get(said, "")) if each in KINDS), said
    )
    if wanted not in KINDS:
        near = difflib.get_close_matches(wanted, KINDS, n=1) or [", ".join(KINDS)]
        raise WeatherError(
            f"reading a hazard product of kind {name!r}", "there is no reader of that name",
            f"Give {near[0]}" if len(near[0].split(",")) == 1 else f"Give one of {near[0]}",
        )  # fmt: skip
    return KINDS[wanted]


def read_product(kind: str, path: Path) -> Records:
    """The records of a file.

    Raises:
        WeatherError: no such kind, or the file is none of it.
    """
    return find_kind(kind).read(path)
