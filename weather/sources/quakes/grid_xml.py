"""The grid of a ShakeMap as XML: a header that names its fields and units, and rows of numbers."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

import numpy as np
import pandas as pd
from affine import Affine
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from numpy.typing import NDArray

from weather.sources.cells import Cells
from weather.sources.quakes.shaking import MEASURES, Shaking
from weather.sources.records import Reject

_NODES = 25_000_000
_DATA = b"<grid_data"
_TURN_DEG = 360.0
_NAN = ("nan", "NaN", "NAN")


class _Grid(NamedTuple):
    """Nodes of the header: the north-western one, how far apart they are, and how many."""

    west: float
    north: float
    across: float
    down: float
    columns: int
    rows: int


def parse_grid_xml(content: bytes) -> Shaking:
    """A map from the bytes of ``grid.xml``.

    Raises:
        ValueError: saying in what it is none.
    """
    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise ValueError(f"it is no whole XML ({error})") from error
    parts = {_bare(each.tag): each for each in root}
    if _bare(root.tag) != "shakemap_grid" or "grid_data" not in parts:
        raise ValueError("it is no shakemap_grid")
    if "grid_specification" not in parts:
        raise ValueError("it has no grid_specification")
    grid = _read_grid(parts["grid_specification"].attrib)
    fields = [each.attrib for each in root if _bare(each.tag) == "grid_field"]
    names = _read_names(fields)
    first_line = content[: content.find(_DATA)].count(b"\n") + 1
    cells, torn = _read_cells(parts["grid_data"].text or "", names, first_line)
    values, kept = _place(cells, grid, _read_factors(fields))
    rejects = [*torn, *cells.rejects()]
    if kept + len(rejects) < grid.rows * grid.columns:
        rejects.append(Reject("grid_data", f"{kept} of {grid.rows * grid.columns} nodes are there"))
    transform = Affine(grid.across, 0, grid.west - grid.across / 2,
                       0, -grid.down, grid.north + grid.down / 2)  # fmt: skip
    event = parts["event"].attrib if "event" in parts else {}
    return Shaking(transform, values, _read_event(root.attrib, event), tuple(rejects))


def _bare(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _read_grid(stated: dict[str, str]) -> _Grid:
    try:
        west, east = float(stated["lon_min"]), float(stated["lon_max"])
        south, north = float(stated["lat_min"]), float(stated["lat_max"])
        columns, rows = int(stated["nlon"]), int(stated["nlat"])
        across, down = float(stated["nominal_lon_spacing"]), float(stated["nominal_lat_spacing"])
    except (KeyError, ValueError) as error:
        raise ValueError(f"its grid_specification is incomplete ({error})") from error
    width = (east - west) % _TURN_DEG
    is_grid = 0 < columns * rows <= _NODES and min(columns, rows) > 0 and south < north and width
    if not (is_grid and np.isfinite([west, east, south, north, across, down]).all()):
        raise ValueError(f"its grid of {columns} by {rows} nodes is none")
    # the nominal spacing is rounded: over a hundred nodes that is a node
    across = width / (columns - 1) if columns > 1 else across
    down = (north - south) / (rows - 1) if rows > 1 else down
    return _Grid(west, north, across, down, columns, rows)


def _read_names(fields: list[dict[str, str]]) -> list[str]:
    """Names of the fields in their order."""
    try:
        order = sorted((int(each["index"]), each["name"].strip().upper()) for each in fields)
    except (KeyError, ValueError) as error:
        raise ValueError(f"a grid_field states no name and index ({error})") from error
    names = [name for _, name in order]
    if not {"LON", "LAT"} <= set(names) or not set(names) & set(MEASURES):
        raise ValueError(f"its fields are {', '.join(names) or 'none'}")
    if len(set(names)) < len(names) or [i for i, _ in order] != list(range(1, len(order) + 1)):
        raise ValueError("its fields are not numbered from 1")
    return names


def _read_factors(fields: list[dict[str, str]]) -> dict[str, float]:
    """Names of the measures, and the factor of each to its column's unit."""
    factors = {}
    for each in fields:
        name, unit = each["name"].strip().upper(), each.get("units", "").strip().lower()
        if name in MEASURES:
            if unit not in MEASURES[name].factors:
                raise ValueError(f"its {name} is in {unit!r}, which is not known")
            factors[name] = MEASURES[name].factors[unit]
    return factors


def _read_cells(text: str, names: list[str], first_line: int) -> tuple[Cells, list[Reject]]:
    rows, torn = {}, []
    for line, values in _split(text, first_line):
        if len(values) == len(names):
            rows[line] = values
        else:
            torn.append(Reject(f"line {line}", f"it has {len(values)} of {len(names)} numbers"))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names, dtype=object)
    return Cells(table), torn


def _split(text: str, first_line: int) -> Iterator[tuple[int, list[str]]]:
    for line, row in enumerate(text.split("\n"), start=first_line):
        if values := row.split():
            yield line, values


def _place(
    cells: Cells, grid: _Grid, factors: dict[str, float]
) -> tuple[dict[str, NDArray[np.float64]], int]:
    """Values of each measure on the grid, and how many nodes have a place on it."""
    numbers = {
        name: cells.numbers(name, (0, MEASURES[name].greatest / factor), missing=_NAN) * factor
        for name, factor in factors.items()
    }
    longitude, latitude = cells.numbers("LON", (-180, 360)), cells.numbers("LAT", (-90, 90))
    # nodes lie on multiples of the spacing, the westernmost perhaps a little before its own
    off = np.mod(longitude - grid.west + grid.across / 2, _TURN_DEG) / grid.across
    column, row = np.floor(off), np.round((grid.north - latitude) / grid.down)
    is_on = (column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows)
    cells.reject(pd.Series(~is_on, cells.rows.index), "is off the grid", "LON")
    kept = cells.keep(pd.DataFrame({"row": row, "column": column, **numbers}, cells.rows.index))
    at = kept["row"].to_numpy(np.int64), kept["column"].to_numpy(np.int64)
    values = {}
    for name in factors:
        field = np.full((grid.rows, grid.columns), np.nan)
        field[at] = kept[name]
        values[MEASURES[name].column] = field
    return values, len(kept)


def _read_event(shown: dict[str, str], event: dict[str, str]) -> dict[str, Any]:
    stamp = event.get("event_timestamp", "").strip().rstrip("ZUTCGM")
    at = pd.to_datetime(stamp or None, utc=True, errors="coerce", format="ISO8601")
    magnitude = pd.to_numeric(event.get("magnitude"), errors="coerce")
    return {
        "event_id": event.get("event_id") or shown.get("event_id"),
        "event_type": shown.get("shakemap_event_type"),
        "magnitude": None if magnitude is None else float(magnitude),
        "at_utc": None if at is None or pd.isna(at) else at.to_pydatetime(),
        "version": shown.get("shakemap_version"),
    }
