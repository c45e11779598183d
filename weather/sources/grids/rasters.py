"""Reads hazards as GeoTIFF, in any CRS: gusts, rain, depths and whatever else has a unit.

A band's unit is what the file states in its tags or at the end of its name (``gust_mph.tif``).
Where it states none the values stay as they are, and so does the doubt: no unit is guessed.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from affine import Affine
from pyproj import CRS
from pyproj.exceptions import ProjError

from core.schemas.evidence.grids import RASTERS
from weather.sources.grids.cell_records import Tally, tabulate_cells
from weather.sources.grids.grid import BEYOND, NOT_STATED, HazardGrid
from weather.sources.grids.opened import FileCells, RasterFile
from weather.sources.grids.units import (
    choose_believable,
    choose_unit,
    find_element,
    find_stated,
    find_unit,
)
from weather.sources.records import Kind, Records

_WHAT = "a GeoTIFF of a hazard"
_TIME_TAGS = ("valid_at_utc", "valid_time", "valid_at")


def open_raster(path: Path, unit: str | None = None) -> tuple[HazardGrid, ...]:
    """The grids of a file, one a band, values left in the file until they are sampled.

    Args:
        path: the GeoTIFF.
        unit: of its values where the file does not say, such as ``mph``.

    Raises:
        WeatherError: the file is no GeoTIFF, or does not say where it lies.
    """
    file = RasterFile(path, "GTiff", _WHAT)
    with file.open() as it:
        crs = _read_crs(it, file)
        return tuple(_describe(it, band, file, crs, unit) for band in it.indexes)


def _read_crs(it: Any, file: RasterFile) -> str:
    if it.crs is None or it.transform == Affine.identity():
        raise file.refuse("it states no CRS or no place")
    if it.transform.determinant == 0:
        raise file.refuse("its cells have no size")
    try:
        crs = CRS.from_user_input(it.crs.to_wkt())
    except ProjError as error:
        raise file.refuse(f"its CRS is not known ({error})") from error
    if not (crs.is_geographic or crs.is_projected or crs.is_compound):
        raise file.refuse(f"its CRS {crs.name} has no place on the Earth")
    return crs.to_wkt()


def _describe(it: Any, band: int, file: RasterFile, crs: str, unit: str | None) -> HazardGrid:
    index, stem = band - 1, file.path.name.partition(".")[0]
    described = it.descriptions[index]
    stated = find_stated(it.units[index], (it.tags(band), it.tags()), described, stem) or unit
    name, factor = choose_unit(stated)
    element = find_element(described, stem)
    return HazardGrid(
        cells=FileCells(file, band), shape=(it.height, it.width), transform=it.transform, crs=crs,
        element=described or element or NOT_STATED, unit=name, factor=factor,
        valid_at_utc=_valid_at(it.tags(band) | it.tags()),
        believable=choose_believable(element, find_unit(stated)),
    )  # fmt: skip


def _valid_at(tags: dict[str, str]) -> datetime | None:
    stated = next((value for key, value in tags.items() if key.lower() in _TIME_TAGS), None)
    try:
        found = datetime.fromisoformat(stated or "")
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def read_rasters(path: Path) -> Records:
    """The cells of a file that hold a value.

    Raises:
        WeatherError: the file is no GeoTIFF, or does not say where it lies.
    """
    grids = open_raster(path)
    table, tallies = tabulate_cells(grids, RASTERS, path.name, above=-BEYOND)
    notices = [
        notice
        for band, (grid, tally) in enumerate(zip(grids, tallies, strict=True), start=1)
        for notice in _notice(band, grid, tally)
    ]
    return Records(table, (), tuple(notices))


def _notice(band: int, grid: HazardGrid, tally: Tally) -> list[str]:
    cells = grid.shape[0] * grid.shape[1]
    found = [f"Band {band}: {tally.uncovered} of {cells} cells hold no value"]
    if grid.unit == NOT_STATED:
        found.append(
            f"Band {band}: no unit is stated, so the values are as the file has them; name it in "
            "the band's unit, or at the end of the file's name as in gust_mph.tif"
        )
    elif find_unit(grid.unit) is None:
        found.append(f"Band {band}: the unit {grid.unit!r} is not known, so nothing is converted")
    return found


KIND = Kind(
    "rasters", "Gusts, rain, depths or another hazard on a grid (GeoTIFF)", RASTERS, read_rasters
)  # fmt: skip
