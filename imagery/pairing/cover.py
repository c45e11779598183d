"""Which scenes show a building best: with its surroundings, whole, or most of it. Pure."""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from core.grid import choose_metric_crs

WHOLE_FRAC = 0.98
"""A building shown to this share is shown whole: outlines clipped at a scene's edge round."""
_TINY_DEG2 = 1e-18


def draw_surroundings(footprints: gpd.GeoDataFrame, margin_m: float) -> Any:
    """Footprints grown by a margin in metres, in their own CRS."""
    if not len(footprints):
        return footprints.geometry.array
    centre = shapely.centroid(shapely.box(*footprints.total_bounds))
    metric = footprints.geometry.to_crs(choose_metric_crs(centre.x, centre.y))
    grown = shapely.box(*metric.bounds.to_numpy().T + margin_m * np.array([[-1, -1, 1, 1]]).T)
    return gpd.GeoSeries(grown, crs=metric.crs).to_crs(footprints.crs).array


def find_covers(outlines: Any, surroundings: Any, extents: Any) -> NDArray[np.bool_]:
    """Which scenes show each building best.

    Scenes that show the surroundings too come first, then those that show the whole building, then
    the one that shows most of it.

    Args:
        outlines: ``(buildings,)`` footprints.
        surroundings: ``(buildings,)`` the same with the ground around them.
        extents: ``(scenes,)`` outlines of the scenes, same CRS.

    Returns:
        ``(buildings, scenes)``; a row without True = no scene shows any of it.
    """
    shape = (len(outlines), len(extents))
    if 0 in shape:
        return np.zeros(shape, bool)
    tree = shapely.STRtree(extents)
    has_context = _query(tree, surroundings, "within", shape)
    best = has_context
    lacks = ~best.any(axis=1)
    if lacks.any():
        best = best.copy()
        best[lacks] = _find_most(np.asarray(outlines)[lacks], tree, extents)
    return best


def find_touching(outlines: Any, extents: Any) -> NDArray[np.bool_]:
    """``(buildings,)``; True = one of the scenes shows some of it."""
    if not len(outlines) or not len(extents):
        return np.zeros(len(outlines), bool)
    touching = np.zeros(len(outlines), bool)
    touching[shapely.STRtree(extents).query(outlines, predicate="intersects")[0]] = True
    return touching


def _find_most(outlines: Any, tree: shapely.STRtree, extents: Any) -> NDArray[np.bool_]:
    building, scene = tree.query(outlines, predicate="intersects")
    shown = shapely.area(shapely.intersection(outlines[building], np.asarray(extents)[scene]))
    share = np.full((len(outlines), len(extents)), -1.0)
    share[building, scene] = shown / np.maximum(shapely.area(outlines)[building], _TINY_DEG2)
    share[share >= WHOLE_FRAC] = 1.0
    most: NDArray[np.bool_] = (share >= 0) & (share == share.max(axis=1, keepdims=True))
    return most


def _query(
    tree: shapely.STRtree, shapes: Any, predicate: str, shape: tuple[int, int]
) -> NDArray[np.bool_]:
    found = np.zeros(shape, bool)
    building, scene = tree.query(shapes, predicate=predicate)
    found[building, scene] = True
    return found
