"""Reads high-water marks of the USGS Flood Event Viewer: how high the water stood, and where.

``height_above_gnd`` is the depth at the mark; ``elev_ft`` counts from a vertical datum and says
nothing of depth. Both are feet.
"""

from pathlib import Path

import pandas as pd
import shapely

from core.schemas.evidence.floods import HIGH_WATER_MARKS
from core.units import FOOT_M
from weather.sources.cells import Cells, read_cells
from weather.sources.records import Kind, Records, tabulate

_WHAT = "a CSV of high-water marks from the USGS Flood Event Viewer"
_DEPTH_FT = (0, 100)
"""Deeper marks above the ground are not known of; surges on record stay under 50 ft."""
_ELEVATION_FT = (-300, 15_000)
"""Below Death Valley and above Colorado's towns no mark was surveyed."""
_TEXTS = {
    "mark_id": "hwm_id", "event_name": "eventName", "environment": "hwm_environment",
    "quality": "hwmQualityName", "waterbody": "waterbody", "vertical_datum": "verticalDatumName",
}  # fmt: skip


def read_high_water_marks(path: Path) -> Records:
    """The marks of a file; those without a place or with an unbelievable number are rejected.

    Raises:
        WeatherError: the file is no such table.
    """
    cells = read_cells(path, _WHAT, ("hwm_id", "latitude", "longitude", "height_above_gnd"))
    rows = cells.rows
    longitude = cells.numbers("longitude", (-180, 180))
    latitude = cells.numbers("latitude", (-90, 90))
    for column in ("hwm_id", "longitude", "latitude"):
        cells.reject(rows[column].isna(), "needed", column)
    cells.reject(rows["hwm_id"].duplicated(), "came before", "hwm_id")
    table = pd.DataFrame(
        {name: cells.texts(column) for name, column in _TEXTS.items()}
        | {
            "surveyed_at_utc": _instants(cells),
            "depth_m": cells.numbers("height_above_gnd", _DEPTH_FT) * FOOT_M,
            "elevation_m": cells.numbers("elev_ft", _ELEVATION_FT) * FOOT_M,
            "geometry": shapely.points(longitude, latitude),
        },
        index=rows.index,
    )
    return Records(tabulate(cells.keep(table), HIGH_WATER_MARKS), cells.rejects())


def _instants(cells: Cells) -> "pd.Series[pd.Timestamp]":
    return pd.to_datetime(cells.texts("survey_date"), utc=True, errors="coerce", format="mixed")


KIND = Kind(
    "high_water_marks", "High-water marks of a flood (USGS Flood Event Viewer, CSV)",
    HIGH_WATER_MARKS, read_high_water_marks,
)  # fmt: skip
