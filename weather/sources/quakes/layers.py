"""ShakeMaps as rasters: one layer a measure, alone or zipped together.

Version 4 names the mean of a measure ``pga_mean`` and gives its natural logarithm, of g and of
cm/s; intensity alone is plain. Version 3 names it ``pga`` and gives percent of g and cm/s.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from weather.sources.grids.grid import Block
from weather.sources.grids.opened import FileCells, RasterFile
from weather.sources.packed import unpack_zip
from weather.sources.quakes.shaking import MEASURES, Shaking
from weather.sources.records import read_bytes

WHAT = "a ShakeMap of the USGS: grid.xml, or rasters (flt with its hdr, GeoTIFF, zip)"
_LAYER = re.compile(r"(?:^|_)(mmi|mi|pga|pgv|psa\d+p?\d*)(_mean)?\.(flt|tif|tiff)$", re.IGNORECASE)
_DRIVERS = {"flt": "EHdr", "tif": "GTiff", "tiff": "GTiff"}
_PARTS = (".flt", ".hdr", ".tif", ".tiff")
_PERCENT, _LOGARITHMS = 3, 4
_UNITS = {
    _PERCENT: {"MMI": "mmi", "PGA": "%g", "PSA": "%g", "PGV": "cm/s"},
    _LOGARITHMS: {"MMI": "mmi", "PGA": "g", "PSA": "g", "PGV": "cm/s"},
}
"""Of a version, by the first letters of a measure (its ``coremods/raster.py``, ``gridxml.py``)."""
_NODES = 25_000_000
_ZIP = b"PK\x03\x04"
_DIGITS = 9
_LONGEST_NAME = 60
"""That a file system holds, whatever its letters; no layer has so long a name."""


def read_layers(path: Path) -> Shaking:
    """A map from a layer or from a zip of them; layers of no known measure are left.

    Args:
        path: ``.flt`` with its ``.hdr`` beside it, GeoTIFF, or a zip of either.

    Raises:
        WeatherError: a layer cannot be read.
        ValueError: there is none, or they do not lie on each other.
    """
    found: dict[str, NDArray[np.float64]] = {}
    transforms: dict[tuple[float, ...], Affine] = {}
    with _lay_out(path) as files:
        for file, name, version in _find_layers(files):
            values, transform = _read_layer(file)
            place = (*values.shape, *(round(part, _DIGITS) for part in transform[:6]))
            transforms[place] = transform
            found[MEASURES[name].column] = _to_si(values, name, version)
    if not found:
        raise ValueError("it holds no layer named as mmi_mean.flt or pga_mean.flt is")
    if len(transforms) > 1:
        raise ValueError("its layers do not lie on each other")
    return Shaking(next(iter(transforms.values())), found)


@contextmanager
def _lay_out(path: Path) -> Iterator[list[Path]]:
    """The files themselves, those of a zip in a folder that is gone afterwards."""
    content = read_bytes(path, WHAT)
    if not content.startswith(_ZIP):
        yield [path]
        return
    layers = unpack_zip(content, path.name, WHAT)
    with tempfile.TemporaryDirectory(prefix="firstnotice-shakemap-") as folder:
        for name, layer in layers.items():
            if name.lower().endswith(_PARTS) and len(name) <= _LONGEST_NAME:
                (Path(folder) / name).write_bytes(layer)
        yield sorted(Path(folder).iterdir())


def _find_layers(files: list[Path]) -> Iterator[tuple[RasterFile, str, int]]:
    """Each layer of a known measure, the measure's name, and the version."""
    for path in files:
        layer = _LAYER.search(path.name)
        name = _name(layer[1]) if layer else ""
        if layer is not None and name in MEASURES:
            version = _LOGARITHMS if layer[2] else _PERCENT
            yield RasterFile(path, _DRIVERS[layer[3].lower()], WHAT), name, version


def _name(stem: str) -> str:
    """The measure as grid.xml names it: ``psa0p3`` and ``psa03`` are ``PSA03``."""
    kind, period = re.sub(r"\d.*", "", stem.upper()), re.sub(r"\D", "", stem)
    return {"MI": "MMI"}.get(kind, kind) + period


def _read_layer(file: RasterFile) -> tuple[NDArray[np.float64], Affine]:
    with file.open() as it:
        if it.width * it.height > _NODES:
            raise file.refuse(f"it states {it.height} rows of {it.width} nodes")
        if it.transform.e >= 0 or it.transform.a <= 0 or it.transform.b or it.transform.d:
            raise file.refuse("its rows do not run from north to south")
        if it.crs is not None and not it.crs.is_geographic:
            raise file.refuse("its nodes are none of longitudes and latitudes")
        block, transform = Block(0, 0, it.height, it.width), it.transform
    return next(iter(FileCells(file, 1).read([block]))), transform


def _to_si(values: NDArray[np.float64], name: str, version: int) -> NDArray[np.float64]:
    """Values in the unit of their column; what no ground ever did is none."""
    unit = _UNITS[version][name[:3]]
    with np.errstate(over="ignore", invalid="ignore"):
        is_log = version == _LOGARITHMS and name != "MMI"
        si = (np.exp(values) if is_log else values) * MEASURES[name].factors[unit]
        return np.where((si >= 0) & (si <= MEASURES[name].greatest), si, np.nan)
