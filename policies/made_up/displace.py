"""Places of made-up homes: in their own building, between two, or far from all.

All choices are made by the geometry predicates that matching itself uses, so that a made-up book
knows what an honest match has to say of each home.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from policies.matching.geocode import MAX_MATCH_RADIUS_M, compute_match_radius_m

COORDINATE_DECIMALS = 8
"""Of a degree, as written: about a millimetre, so a rounded point stays in its building."""

BUILDING_CLASS = 2
"""OED AddressMatch of a home whose own building was found."""

CLEARANCE_M = MAX_MATCH_RADIUS_M + 10.0
"""A displaced home is farther than this from every building: beyond any match radius, by more
than the difference between two UTM zones."""

_DRIFT_M = (CLEARANCE_M, 500.0)
"""How far a displaced home moves: out of reach, but not out of the event's area."""

_TRIES = 48
"""Spots tried around each building, in directions drawn at random."""

_POOL_FACTOR = 20
"""Buildings tried for each home to displace before a crowded town is given up."""

MIN_GAP_M = 1.0
MAX_GAP_M = 1.6 * float(compute_match_radius_m(np.array([BUILDING_CLASS]))[0])
"""Gap between two houses in whose middle a home is in reach of both and clearly in neither."""


def find_home_points(outlines: NDArray[np.object_]) -> NDArray[np.object_]:
    """A point of each building that lies in no other, where it has such a part.

    Args:
        outlines: valid outlines, EPSG:4326, ``(buildings,)``.

    Returns:
        Points rounded to ``COORDINATE_DECIMALS``, ``(buildings,)``.
    """
    points = round_points(shapely.point_on_surface(outlines))
    tree = shapely.STRtree(outlines)
    for home in np.flatnonzero(count_around(tree, points) > 1):
        rivals = np.setdiff1d(tree.query(outlines[home], predicate="intersects"), [home])
        own_part = shapely.difference(outlines[home], shapely.union_all(outlines[rivals]))
        if shapely.area(own_part) > 0:
            points[home] = round_points(shapely.point_on_surface(own_part))
    return points


def round_points(points: NDArray[np.object_]) -> NDArray[np.object_]:
    """Points as they will be read back from text."""
    x = np.round(shapely.get_x(points), COORDINATE_DECIMALS)
    y = np.round(shapely.get_y(points), COORDINATE_DECIMALS)
    rounded: NDArray[np.object_] = shapely.points(x, y)
    return rounded


def count_around(tree: shapely.STRtree, points: NDArray[np.object_]) -> NDArray[np.int64]:
    """How many outlines of the tree hold each point, ``(points,)``."""
    point, _ = tree.query(points, predicate="intersects")
    count: NDArray[np.int64] = np.bincount(point, minlength=len(points))
    return count


def find_points_between(
    outlines_m: NDArray[np.object_],
    is_house: NDArray[np.bool_],
    order: NDArray[np.intp],
    area_m: shapely.Geometry,
) -> dict[int, shapely.Point]:
    """House -> the middle of the gap to its nearest neighbour, where that lies in no building.

    No third house can be nearer to the middle than those two, or it would be the nearer
    neighbour; so a match there is ambiguous by construction. Sheds do not count, as in matching.

    Args:
        outlines_m: all buildings, metres, ``(buildings,)``.
        is_house: which of them are no sheds or garages, ``(buildings,)``.
        order: places of the buildings to try.
        area_m: where the points have to lie, metres.
    """
    houses, order = np.flatnonzero(is_house), order[is_house[order]]
    (tried, near), gap_m = shapely.STRtree(outlines_m[houses]).query_nearest(
        outlines_m[order],
        max_distance=MAX_GAP_M,
        exclusive=True,
        return_distance=True,
        all_matches=False,
    )
    is_gap = gap_m >= MIN_GAP_M
    house, neighbour = order[tried[is_gap]], houses[near[is_gap]]
    lines = shapely.shortest_line(outlines_m[house], outlines_m[neighbour])
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    is_free = count_around(shapely.STRtree(outlines_m), middles) == 0
    is_free &= shapely.covers(area_m, middles)
    return dict(zip(house[is_free].tolist(), middles[is_free], strict=True))


def find_points_far(
    outlines_m: NDArray[np.object_],
    order: NDArray[np.intp],
    area_m: shapely.Geometry,
    count: int,
    rng: np.random.Generator,
) -> dict[int, shapely.Point]:
    """Building -> a spot near it but farther than ``CLEARANCE_M`` from every building.

    Args:
        outlines_m: all buildings, metres, ``(buildings,)``.
        order: places of the buildings to try, in this order.
        area_m: where the spots have to lie, metres.
        count: how many spots are wanted; fewer come back from a crowded town.
        rng: draws the directions.
    """
    found: dict[int, shapely.Point] = {}
    tree = shapely.STRtree(outlines_m)
    shapely.prepare(area_m)
    pool = order[: count * _POOL_FACTOR]
    for start in range(0, len(pool), max(count, 1)):
        if len(found) >= count:
            break
        batch = pool[start : start + count]
        spots = _draw_spots(outlines_m[batch], rng)
        taken, _ = tree.query(spots.ravel(), predicate="dwithin", distance=CLEARANCE_M)
        is_free = shapely.covers(area_m, spots)
        is_free.ravel()[taken] = False
        for row in np.flatnonzero(is_free.any(axis=1))[: count - len(found)]:
            found[int(batch[row])] = spots[row, is_free[row].argmax()]
    return found


def _draw_spots(outlines_m: NDArray[np.object_], rng: np.random.Generator) -> NDArray[np.object_]:
    """Points around each building, ``(buildings, _TRIES)``."""
    centres = shapely.get_coordinates(shapely.centroid(outlines_m))
    shape = (len(outlines_m), _TRIES)
    angle, drift_m = rng.uniform(0, 2 * np.pi, shape), rng.uniform(*_DRIFT_M, shape)
    spots: NDArray[np.object_] = shapely.points(
        centres[:, :1] + drift_m * np.cos(angle), centres[:, 1:] + drift_m * np.sin(angle)
    )
    return spots
