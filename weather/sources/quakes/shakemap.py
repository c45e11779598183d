"""Reads ShakeMaps of the USGS: grid.xml and rasters, whichever the content is."""

from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from core.errors import WeatherError
from core.schemas.evidence.quakes import SHAKEMAP
from weather.sources.grids.grid import HazardGrid
from weather.sources.quakes.grid_xml import parse_grid_xml
from weather.sources.quakes.layers import WHAT, read_layers
from weather.sources.quakes.shaking import Shaking
from weather.sources.records import Kind, Records, read_bytes, tabulate

_SCENARIO = "SCENARIO"
_HALF_TURN_DEG = 180.0


def open_shakemap(path: Path) -> dict[str, HazardGrid]:
    """Each measure of a file as a grid to sample, by its column in the table.

    Raises:
        WeatherError: the file is no ShakeMap, or is cut short.
    """
    return _read(path).to_grids()


def read_shakemap(path: Path) -> Records:
    """The nodes of a file where the ground shook.

    Raises:
        WeatherError: the file is no ShakeMap, or is cut short.
    """
    found = _read(path)
    has_value = np.any([np.isfinite(values) for values in found.measured.values()], axis=0)
    row, column = np.nonzero(has_value)
    t = found.transform
    longitude = t.c + t.a * (column + 0.5)
    turned = np.mod(longitude + _HALF_TURN_DEG, 2 * _HALF_TURN_DEG) - _HALF_TURN_DEG
    measured = {name: values[row, column] for name, values in found.measured.items()}
    places = {
        "row": row + 1, "column": column + 1,
        "geometry": shapely.points(turned, t.f + t.e * (row + 0.5)),
    }  # fmt: skip
    stated = {name: found.event.get(name) for name in SHAKEMAP.columns}
    table = pd.DataFrame(stated | measured | places, index=pd.RangeIndex(len(row)))
    notices = ("It is a scenario: no such earthquake happened",) if _is_scenario(found) else ()
    return Records(tabulate(table, SHAKEMAP), found.rejects, notices)


def _is_scenario(found: Shaking) -> bool:
    return str(found.event.get("event_type") or "").upper() == _SCENARIO


def _read(path: Path) -> Shaking:
    content = read_bytes(path, WHAT)
    try:
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return parse_grid_xml(content)
        return read_layers(path)
    except ValueError as error:
        raise WeatherError(
            f"reading {path.name}", str(error), f"Give {WHAT} as published"
        ) from error


KIND = Kind(
    "shakemap", "How strongly the ground shook (USGS ShakeMap, grid.xml or rasters)",
    SHAKEMAP, read_shakemap,
)  # fmt: skip
