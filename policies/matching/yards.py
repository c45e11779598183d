"""Sheds and garages: which buildings stand in the yard of a larger one, their dwelling."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from policies.matching.ground import Ground, Places, metres_per_degree


@dataclass(frozen=True, slots=True)
class YardOptions:
    """What an outbuilding is.

    Attributes:
        max_m2: its area at most.
        size_frac: its share of the dwelling's area at most.
        gap_m: from it to the dwelling at most, wall to wall.
    """

    max_m2: float
    size_frac: float
    gap_m: float


NO_DWELLING = -1


def find_dwellings(ground: Ground, buildings: Places, options: YardOptions) -> Places:
    """The dwelling in whose yard each building stands, ``(buildings,)``; -1 = in none.

    Of several, the nearest, wall to wall; of several as near, the largest.

    Args:
        ground: all buildings.
        buildings: places in the ground of those to ask about, none larger than ``max_m2``.
        options: what an outbuilding is.
    """
    dwelling = np.full(len(buildings), NO_DWELLING, dtype=np.intp)
    if not len(buildings):
        return dwelling
    west, south, east, north = ground.bounds[buildings].T
    a_degree_east, a_degree_north = metres_per_degree(ground.latitude[buildings])
    wide, high = options.gap_m / a_degree_east, options.gap_m / a_degree_north
    boxes = shapely.box(west - wide, south - high, east + wide, north + high)
    asked, other = ground.tree.query(boxes)
    own = buildings[asked]
    is_larger = ground.area_m2[own] <= options.size_frac * ground.area_m2[other]
    asked, other, own = asked[is_larger], other[is_larger], own[is_larger]
    gap_m = shapely.distance(ground.localise(own, own).shapes, ground.localise(other, own).shapes)
    is_near = gap_m <= options.gap_m
    asked, other, gap_m = asked[is_near], other[is_near], gap_m[is_near]
    order = np.lexsort((other, -ground.area_m2[other], gap_m, asked))[::-1]
    dwelling[asked[order]] = other[order]  # written last, the nearest stays
    return dwelling


def mark_outbuildings(ground: Ground, buildings: Places, options: YardOptions) -> NDArray[np.bool_]:
    """Which of all buildings stand in a yard, ``(ground,)``; only some are asked about."""
    is_out = np.zeros(len(ground.area_m2), dtype=bool)
    small = np.unique(buildings[ground.area_m2[buildings] <= options.max_m2])
    is_out[small] = find_dwellings(ground, small, options) != NO_DWELLING
    return is_out


def list_outbuildings(ground: Ground, matched: Places, options: YardOptions) -> pd.DataFrame:
    """Outbuildings of matched dwellings that no home is matched to: ``dwelling, outbuilding``."""
    is_matched = np.zeros(len(ground.area_m2), dtype=bool)
    is_matched[matched] = True
    small = np.flatnonzero((ground.area_m2 <= options.max_m2) & ~is_matched)
    dwelling = find_dwellings(ground, small, options)
    is_ours = (dwelling != NO_DWELLING) & is_matched[dwelling]
    return pd.DataFrame({"dwelling": dwelling[is_ours], "outbuilding": small[is_ours]})
