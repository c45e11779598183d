"""Where a file's pixels lie on the ground, and how large they are there. Pure."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from core.errors import SceneError
from core.grid import WGS84

EDGE_POINTS = 21
"""Points along each edge of an image: its straight edges are curves in another CRS. With 21 as
in GDAL's own transform of bounds, a 100 km edge is right to about a metre."""
HALF_TURN_DEG = 180.0

_Numbers = NDArray[np.float64]
_EARTH = Geod(ellps="WGS84")
_PIXEL_COLUMNS, _PIXEL_ROWS = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
"""Three corners of a pixel: here, to the right, below."""


@dataclass(frozen=True, slots=True)
class PixelPlace:
    """What a file says of its place.

    Attributes:
        crs: as WKT or anything else that pyproj understands.
        transform: affine from ``(column, row)`` to ``(x, y)``.
        height: rows.
        width: columns.
    """

    crs: str
    transform: Affine
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class Ground:
    """Where pixels lie.

    Attributes:
        outline: of all pixels, EPSG:4326; two parts where it crosses the antimeridian.
        pixel_m: side of a pixel in the middle, metres on the ground.
    """

    outline: BaseGeometry
    pixel_m: float


def locate_pixels(place: PixelPlace, work: str) -> Ground:
    """Outline and pixel size on the ground.

    Raises:
        SceneError: its CRS does not lead to longitude and latitude, as an engineering CRS does
            not, or its corners lie outside what the CRS can say.
    """
    try:
        to_degrees = _to_degrees(place.crs)
        outline = np.column_stack(to_degrees.transform(*_edges(place)))
        columns, rows = place.width / 2 + _PIXEL_COLUMNS, place.height / 2 + _PIXEL_ROWS
        x, y = to_degrees.transform(*_places(place, columns, rows))
    except ProjError as error:
        raise SceneError(
            work, f"its CRS does not lead to longitude and latitude ({error})",
            "State the right one with `rio edit-info --crs`",
        ) from error  # fmt: skip
    if not np.isfinite(outline).all() or np.abs(outline).max() > 2 * HALF_TURN_DEG:
        raise SceneError(
            work, "its corners lie outside what its CRS can say",
            "Check CRS and place with `gdalinfo`; one of them is wrong",
        )  # fmt: skip
    _, _, sides_m = _EARTH.inv(x[[0, 0]], y[[0, 0]], x[[1, 2]], y[[1, 2]])
    return Ground(_cut_at_antimeridian(outline), math.sqrt(sides_m[0] * sides_m[1]))


@lru_cache(maxsize=256)
def _to_degrees(crs: str) -> Transformer:
    return Transformer.from_crs(crs, WGS84, always_xy=True)


def _edges(place: PixelPlace) -> tuple[_Numbers, _Numbers]:
    """Places along the edge of the pixels in their CRS, once around."""
    along = np.linspace(0, 1, EDGE_POINTS)[:-1]
    none, whole = np.zeros_like(along), np.ones_like(along)
    columns = np.concatenate([along, whole, 1 - along, none]) * place.width
    rows = np.concatenate([none, along, whole, 1 - along]) * place.height
    return _places(place, columns, rows)


def _places(place: PixelPlace, columns: _Numbers, rows: _Numbers) -> tuple[_Numbers, _Numbers]:
    a, b, c, d, e, f = place.transform[:6]
    return a * columns + b * rows + c, d * columns + e * rows + f


def _cut_at_antimeridian(outline: _Numbers) -> BaseGeometry:
    """A polygon; two parts where it lies on both sides of 180 degrees, as GeoJSON has it."""
    if np.ptp(outline[:, 0]) <= HALF_TURN_DEG:
        return shapely.Polygon(outline)
    east = np.column_stack([outline[:, 0] % (2 * HALF_TURN_DEG), outline[:, 1]])
    whole = shapely.Polygon(east)
    before = shapely.intersection(whole, shapely.box(0, -90, HALF_TURN_DEG, 90))
    beyond = shapely.intersection(whole, shapely.box(HALF_TURN_DEG, -90, 2 * HALF_TURN_DEG, 90))
    moved = shapely.transform(beyond, lambda xy: xy - [2 * HALF_TURN_DEG, 0])
    return shapely.union_all([before, moved])
