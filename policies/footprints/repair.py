"""Outlines as they come, made fit to be matched and paired: valid, flat, areal. Pure."""

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer

from core.grid import WGS84

POLYGONAL = (3, 6)
"""GEOS type numbers of Polygon and MultiPolygon."""
_LIMITS_DEG = np.array([-180.0, -90.0, 180.0, 90.0])
_DIGITS = 9
"""Of degrees that are rounded: a tenth of a millimetre."""
_EARTH = Geod(ellps="WGS84")

NO_OUTLINE = "no_outline"
NO_AREA = "no_area"
NOT_FINITE = "not_finite"
OFF_THE_EARTH = "off_the_earth"


def repair_shapes(
    shapes: NDArray[np.object_], crs: str
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Outlines in EPSG:4326, each valid, and a reason code for each that cannot be used.

    Heights are dropped, bow-ties and their like repaired, and of collections and repairs only what
    has area is kept. A sound outline stays as it is.

    Args:
        shapes: as read, object ``(outlines,)``; None and empty ones among them.
        crs: of their coordinates.

    Returns:
        Outlines and reasons, ``(outlines,)`` each; of a pair exactly one is None.

    Raises:
        ProjError: the CRS does not lead to longitude and latitude.
    """
    reason = np.full(len(shapes), None, dtype=object)
    outlines = shapely.force_2d(shapes)
    is_none = shapely.is_missing(outlines) | shapely.is_empty(outlines)
    reason[is_none] = NO_OUTLINE
    outlines, is_finite = _to_degrees(outlines, crs)
    reason[~is_none & ~is_finite] = NOT_FINITE
    is_open = is_finite & ~is_none
    is_off = np.zeros(len(shapes), bool)
    is_off[is_open] = _is_outside(shapely.bounds(outlines[is_open]))
    reason[is_off] = OFF_THE_EARTH
    is_open &= ~is_off
    outlines[is_open] = _mend(outlines[is_open])
    is_flat = is_open & (shapely.is_missing(outlines) | (shapely.area(outlines) == 0))
    reason[is_flat] = NO_AREA
    outlines[reason != None] = None  # noqa: E711  element by element
    return outlines, reason


def _is_outside(bounds: NDArray[np.float64]) -> NDArray[np.bool_]:
    below = (bounds[:, :2] < _LIMITS_DEG[:2]).any(axis=1)
    above = (bounds[:, 2:] > _LIMITS_DEG[2:]).any(axis=1)
    outside: NDArray[np.bool_] = np.logical_or(below, above)
    return outside


def _to_degrees(
    shapes: NDArray[np.object_], crs: str
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Shapes in EPSG:4326, and which of them have finite coordinates there."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    if not CRS.from_user_input(crs).equals(WGS84, ignore_axis_order=True):
        to_degrees = Transformer.from_crs(crs, WGS84, always_xy=True)
        xy = np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))
        shapes = shapely.set_coordinates(shapes.copy(), xy)
    is_finite = np.ones(len(shapes), bool)
    is_finite[owner[~np.isfinite(xy).all(axis=1)]] = False
    return shapes, is_finite


def _mend(outlines: NDArray[np.object_]) -> NDArray[np.object_]:
    is_areal = np.isin(shapely.get_type_id(outlines), POLYGONAL)
    is_sound = is_areal & shapely.is_valid(outlines)
    mended = outlines.copy()
    mended[~is_sound] = [keep_polygons(shape) for shape in shapely.make_valid(outlines[~is_sound])]
    # crossings nearer to a corner than numbers can tell stay unsound until corners are rounded
    is_left = ~shapely.is_missing(mended) & ~shapely.is_valid(mended)
    mended[is_left] = [_mend_rounded(shape) for shape in outlines[is_left]]
    return mended


def _mend_rounded(shape: shapely.Geometry) -> shapely.Geometry | None:
    """A shape mended after its corners are rounded; None where it is unsound even then."""
    rounded = shapely.transform(shape, lambda corners: np.round(corners, _DIGITS))
    kept = keep_polygons(shapely.make_valid(rounded))
    return kept if kept is not None and kept.is_valid else None


def keep_polygons(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The areal part of a shape, None if it has none; lines and points are dropped."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    areal = parts[np.isin(shapely.get_type_id(parts), POLYGONAL)]
    return shapely.make_valid(shapely.union_all(shapely.make_valid(areal))) if len(areal) else None


def compute_areas_m2(outlines: NDArray[np.object_]) -> NDArray[np.float64]:
    """Ground area of outlines in EPSG:4326, ``(outlines,)`` square metres.

    The area in degrees times the length of a degree each way at the outline's place: for a
    building right to better than one in a thousand.
    """
    if not len(outlines):
        return np.zeros(0)
    bounds = shapely.bounds(outlines)
    latitude = np.radians((bounds[:, 1] + bounds[:, 3]) / 2)
    flat = 1 - _EARTH.es * np.sin(latitude) ** 2
    east_m = np.radians(1) * _EARTH.a * np.cos(latitude) / np.sqrt(flat)
    north_m = np.radians(1) * _EARTH.a * (1 - _EARTH.es) / flat**1.5
    areas: NDArray[np.float64] = shapely.area(outlines) * east_m * north_m
    return areas
