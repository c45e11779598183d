"""Opens a field, whatever its format: its content says which."""

from pathlib import Path

from weather.sources.grids.grid import HazardGrid
from weather.sources.grids.mrms import open_mrms
from weather.sources.grids.rasters import open_raster
from weather.sources.records import read_start

_GZIP, _GRIB = b"\x1f\x8b", b"GRIB"


def open_grid(path: Path, unit: str | None = None) -> tuple[HazardGrid, ...]:
    """The bands of a raster, or the messages of an MRMS file.

    Args:
        path: the file.
        unit: of its values where the file does not state it, as in ``mph``.

    Raises:
        WeatherError: it cannot be opened.
    """
    start = read_start(path, "a raster or an MRMS file")
    if start.startswith((_GZIP, _GRIB)):
        return open_mrms(path)
    return open_raster(path, unit)
