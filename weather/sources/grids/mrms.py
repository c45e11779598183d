"""Reads products of the Multi-Radar Multi-Sensor system: hail size (MESH), rain (QPE). GRIB2.

Millimetres on a grid of a hundredth of a degree, rows from north to south, longitudes from 230 to
300. -1 says that the radars saw nothing, -3 that none of them looks there; neither is the missing
value that GRIB declares.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.grid import WGS84
from core.schemas.evidence.grids import MRMS
from weather.sources.grids.cell_records import tabulate_cells
from weather.sources.grids.grid import NOT_STATED, HazardGrid
from weather.sources.grids.opened import FileCells, RasterFile
from weather.sources.grids.units import choose_unit
from weather.sources.records import Kind, Records

_WHAT = "a GRIB2 product of MRMS, gzipped or not"
_NO_DATA = -1.0
_NO_COVERAGE = -3.0
_BELIEVABLE = (0.0, 1e5)
_NAMED_TIME = re.compile(r"(\d{8}-\d{6})")
_NONE_KNOWN = ("", "-", "UNKNOWN", "UNK")


def open_mrms(path: Path) -> tuple[HazardGrid, ...]:
    """The grids of a file, one a message, values left in the file until they are sampled.

    Raises:
        WeatherError: the file is no GRIB2, or is cut short.
    """
    file = RasterFile(path, "GRIB", _WHAT)
    with file.open() as it:
        if not it.crs or not it.crs.is_geographic:
            raise file.refuse("its grid is none of longitudes and latitudes")
        return tuple(_describe(it, band, file) for band in it.indexes)


def _describe(it: Any, band: int, file: RasterFile) -> HazardGrid:
    tags = it.tags(band)
    stated = tags.get("GRIB_UNIT", "").strip("[] ")
    unit, factor = choose_unit(None if stated.upper() in _NONE_KNOWN else stated)
    return HazardGrid(
        cells=FileCells(file, band), shape=(it.height, it.width), transform=it.transform,
        # the sphere that the message states is that of its sender's software: its degrees are WGS84
        crs=WGS84, element=tags.get("GRIB_ELEMENT") or NOT_STATED, unit=unit, factor=factor,
        valid_at_utc=_valid_at(tags.get("GRIB_VALID_TIME", ""), file.path.name),
        no_data=(_NO_DATA,), no_coverage=(_NO_COVERAGE,), believable=_BELIEVABLE,
    )  # fmt: skip


def _valid_at(stated: str, name: str) -> datetime | None:
    """As the message says, else as the file's name does."""
    seconds = re.match(r"\s*(\d{1,11})", stated)
    if seconds is not None and int(seconds[1]) > 0:
        return datetime.fromtimestamp(int(seconds[1]), tz=UTC)
    named = _NAMED_TIME.search(name)
    try:
        return datetime.strptime(named[1] if named else "", "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def read_mrms(path: Path) -> Records:
    """The cells of a file where the radars saw more than none.

    Raises:
        WeatherError: the file is no GRIB2, or is cut short.
    """
    grids = open_mrms(path)
    table, tallies = tabulate_cells(grids, MRMS, path.name, above=0.0)
    notices = [
        f"{grid.element}: {tally.uncovered} of {grid.shape[0] * grid.shape[1]} cells are out of "
        f"the radars' sight, in {tally.nothing} they saw nothing"
        for grid, tally in zip(grids, tallies, strict=True)
    ]
    notices += [
        f"{grid.element}: no unit is stated" for grid in grids if grid.unit == NOT_STATED
    ]  # fmt: skip
    return Records(table, (), tuple(notices))


KIND = Kind(
    "mrms", "Hail size and rain seen by radar (NOAA MRMS, GRIB2)", MRMS, read_mrms
)  # fmt: skip
