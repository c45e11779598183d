"""Opens a field, whatever its format: its content says which."""

from pathlib import Path

from weather.sources.grids.grid import HazardGrid
from weather.sources.grids.mrms import open_mrms
from weather.sources.grids.rasters import open_raster
from weather.sources.quakes.shakemap import open_shakemap
from weather.sources.records import read_start

_GZIP, _GRIB, _XML = b"\x1f\x8b", b"GRIB", b"<"
_INTENSITY = "mmi"
_BLANK = b"\xef\xbb\xbf \t\r\n"
"""A byte order mark and white space before the first tag."""


def open_grid(path: Path, unit: str | None = None) -> tuple[HazardGrid, ...]:
    """The bands of a raster, the messages of an MRMS file, the measures of a ShakeMap.

    Of a ShakeMap the first band is the intensity (MMI), the others come as the file has them.

    Args:
        path: the file.
        unit: of its values where the file does not state it, as in ``mph``.

    Raises:
        WeatherError: it cannot be opened.
    """
    start = read_start(path, "a raster, an MRMS file or a ShakeMap")
    if start.startswith((_GZIP, _GRIB)):
        return open_mrms(path)
    if start.lstrip(_BLANK).startswith(_XML):
        measures = open_shakemap(path)
        return tuple(sorted(measures.values(), key=lambda grid: grid.element != _INTENSITY))
    return open_raster(path, unit)
