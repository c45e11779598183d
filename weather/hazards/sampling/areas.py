"""Areas with values at places: warnings, wind swaths, perimeters. Pure."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from weather.hazards.sampling.sampled import Sampled

Array = NDArray[np.float64]
HOW = "area that holds the place"


def sample_areas(
    areas: Sequence[BaseGeometry],
    values: Array,
    unit: str,
    longitude_deg: Array,
    latitude_deg: Array,
) -> Sampled:
    """The strongest value of the areas that hold each place, their edges included.

    Places are sorted by longitude once, so that an area is held against those beside it alone.

    Args:
        areas: polygons in EPSG:4326; one without a place holds none.
        values: ``(areas,)`` in ``unit``; NaN is an area of unknown strength: it covers its places
            and any known value is stronger.
        unit: of the values.
        longitude_deg: ``(places,)``, EPSG:4326.
        latitude_deg: ``(places,)``.

    Raises:
        ValueError: there are not as many values as areas.
    """
    if len(areas) != len(values):
        raise ValueError(f"{len(areas)} areas have {len(values)} values")
    order = np.argsort(longitude_deg, kind="stable")
    x, y = longitude_deg[order], latitude_deg[order]
    value = np.full(len(x), np.nan)
    is_covered = np.zeros(len(x), dtype=np.bool_)
    weakest_first = np.argsort(np.where(np.isnan(values), -np.inf, values), kind="stable")
    for each in weakest_first:
        held = _find_held(areas[each], x, y)
        value[held], is_covered[held] = values[each], True
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    value, is_covered = value[back], is_covered[back]
    return Sampled(value, unit, np.where(is_covered, 0.0, np.nan), is_covered, HOW)


def _find_held(area: BaseGeometry, x: Array, y: Array) -> NDArray[np.intp]:
    """Indices of the places in an area, their longitudes ascending."""
    west, south, east, north = area.bounds
    first, last = np.searchsorted(x, west, "left"), np.searchsorted(x, east, "right")
    near = first + np.flatnonzero((y[first:last] >= south) & (y[first:last] <= north))
    if len(near) == 0:
        return near
    shapely.prepare(area)
    held: NDArray[np.intp] = near[shapely.intersects_xy(area, x[near], y[near])]
    return held
