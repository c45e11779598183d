"""Where the homes of a made-up book are said to be, and which have a known fault."""

import logging
from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from core.damage import Status
from core.grid import WGS84, choose_metric_crs
from core.schemas.book import LOCATION_KEY
from policies.made_up.displace import (
    BUILDING_CLASS,
    count_around,
    find_home_points,
    find_points_between,
    find_points_far,
    round_points,
)
from policies.matching.answer import MATCHED
from policies.matching.match import MatchOptions, find_houses, match_locations
from policies.matching.outlines import Outlines, project, unproject
from policies.reading.oed import UNKNOWN_OCCUPANCY

_LOG = logging.getLogger(__name__)

POSTCODE_CLASS = 7
"""OED AddressMatch of a home placed at its postcode's centre."""

POSTCODE_CELL_M = 1000.0
"""Side of the square that stands in for a postcode."""

_POSTCODE_DIGITS = 5


@dataclass(frozen=True, slots=True)
class BookShares:
    """Parts of the book with a known fault; no home has two. Each is a count, not a chance."""

    lapsed_frac: float = 0.03
    """Policy ended weeks before the event. This and the others: enough to be counted in a town of
    a hundred homes, too few to change what a run is worth."""

    not_covered_frac: float = 0.02
    """Policy covers none of the event's perils."""

    coarse_frac: float = 0.02
    """Geocoded to the postcode."""

    displaced_frac: float = 0.02
    """Point far from every building."""

    between_frac: float = 0.01
    """Point in the middle between two buildings."""

    duplicate_frac: float = 0.01
    """Row repeated at the end of the location file."""

    def __post_init__(self) -> None:
        shares = [getattr(self, field.name) for field in fields(self)]
        if min(shares) < 0 or sum(shares) > 1:
            raise ValueError(f"shares of a book are at least 0 and sum to at most 1, got {shares}")


@dataclass(frozen=True, slots=True, eq=False)
class Faults:
    """Which homes have which fault, by place in the outlines; no home has two.

    Attributes:
        moved: places -> shapely points, metres: ``between`` and ``displaced`` homes together.
        between: homes set between two buildings.
        displaced: homes set far from all buildings.
        coarse: homes set at their postcode's centre.
        lapsed: policy ended before the event.
        uncovered: policy covers none of the event's perils.
        repeated: row appears twice.
    """

    moved: dict[int, shapely.Point]
    between: NDArray[np.intp]
    displaced: NDArray[np.intp]
    coarse: NDArray[np.intp]
    lapsed: NDArray[np.intp]
    uncovered: NDArray[np.intp]
    repeated: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Sites:
    """Homes of a made-up book, in the order of the outlines, ``(homes,)`` each.

    Attributes:
        points: as they will be written, EPSG:4326.
        geocode_class: OED AddressMatch.
        postal_code: made up, one a square of ``POSTCODE_CELL_M``.
        expected_status: what an honest run over good imagery gives.
    """

    points: NDArray[np.object_]
    geocode_class: NDArray[np.int64]
    postal_code: NDArray[np.object_]
    expected_status: NDArray[np.object_]


def choose_site_crs(outlines: Outlines) -> str:
    """The metric CRS of the middle building; made-up places need no better."""
    if not len(outlines.geometry):
        return choose_metric_crs(0.0, 0.0)
    middle = np.median(shapely.get_coordinates(shapely.centroid(outlines.geometry)), axis=0)
    return choose_metric_crs(float(middle[0]), float(middle[1]))


def draw_faults(
    outlines: Outlines, shares: BookShares, area: BaseGeometry | None, rng: np.random.Generator
) -> Faults:
    """Draw the homes with a fault, by count; fewer where a town has no room for a fault.

    Args:
        outlines: buildings.
        shares: how many homes have which fault, rounded to whole homes.
        area: where moved points have to lie, EPSG:4326; None = the box of the buildings.
        rng: draws the homes.
    """
    count, crs = len(outlines.geometry), choose_site_crs(outlines)
    outlines_m = project(outlines.geometry, crs)
    box = shapely.envelope(shapely.geometrycollections(outlines.geometry))
    within = box if area is None else area
    within_m = project(np.array([within], dtype=object), crs)[0]
    order = rng.permutation(count)
    is_house = find_houses(outlines, MatchOptions())
    middles = find_points_between(outlines_m, is_house, order, within_m)
    between = order[np.isin(order, list(middles))][: round(shares.between_frac * count)]
    order = order[~np.isin(order, between)]
    far = find_points_far(outlines_m, order, within_m, round(shares.displaced_frac * count), rng)
    displaced = np.array(list(far), dtype=np.intp)
    order = order[~np.isin(order, displaced)]
    counts = [
        round(share * count)
        for share in (
            shares.coarse_frac,
            shares.lapsed_frac,
            shares.not_covered_frac,
            shares.duplicate_frac,
        )
    ]
    coarse, lapsed, uncovered, repeated, _ = np.split(order, np.cumsum(counts))
    _LOG.info("%d homes: %d between, %d displaced", count, len(between), len(displaced))
    moved = far | {int(home): middles[int(home)] for home in between}
    return Faults(moved, between, displaced, coarse, lapsed, uncovered, repeated)


def site_homes(outlines: Outlines, faults: Faults) -> Sites:
    """A home in each building, those with a fault of place elsewhere."""
    crs = choose_site_crs(outlines)
    points = find_home_points(outlines.geometry)
    postcode, centre = _find_postcodes(project(points, crs))
    status = _expect_status(outlines, points)
    geocode_class = np.full(len(points), BUILDING_CLASS, dtype=np.int64)
    points[faults.coarse] = points[centre[faults.coarse]]
    geocode_class[faults.coarse] = POSTCODE_CLASS
    status[faults.coarse] = str(Status.GEOCODE_TOO_COARSE)
    moved = np.array(list(faults.moved), dtype=np.intp)
    spots_m = np.array(list(faults.moved.values()), dtype=object)
    points[moved] = round_points(unproject(spots_m, crs))
    status[faults.displaced] = str(Status.NO_BUILDING_MATCH)
    status[faults.between] = str(Status.AMBIGUOUS_MATCH)
    return Sites(points, geocode_class, postcode, status)


def _find_postcodes(
    points_m: NDArray[np.object_],
) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Made-up postcode of each home, and the home nearest to the middle of its postcode's homes.

    A home stands for the centre so that the centre never leaves the event's area.
    """
    homes = pd.DataFrame(shapely.get_coordinates(points_m), columns=["x", "y"])
    cells = np.floor(homes / POSTCODE_CELL_M)
    number = cells.groupby(["x", "y"]).ngroup()
    middle = homes.groupby(number).transform("mean")
    away_m = np.hypot(homes["x"] - middle["x"], homes["y"] - middle["y"])
    centre = away_m.groupby(number).transform("idxmin").to_numpy(dtype=np.intp)
    code = (number + 1).astype("str").str.zfill(_POSTCODE_DIGITS)
    return code.to_numpy(dtype=object), centre


def _expect_status(outlines: Outlines, points: NDArray[np.object_]) -> NDArray[np.object_]:
    """Graded where the home lies in one outline alone; else what its place makes of it."""
    status = np.full(len(points), str(Status.GRADED), dtype=object)
    unclear = np.flatnonzero(count_around(shapely.STRtree(outlines.geometry), points) != 1)
    homes = gpd.GeoDataFrame(
        {
            **dict.fromkeys(LOCATION_KEY, np.arange(len(points)).astype(str)),
            "geocode_class": BUILDING_CLASS,
            "occupancy_code": UNKNOWN_OCCUPANCY,
            "has_conflicting_rows": False,
            "number_of_buildings": np.nan,
            "is_aggregate": False,
        },
        geometry=points,
        crs=WGS84,
    )
    footprints = gpd.GeoDataFrame(
        {"building_id": outlines.building_id}, geometry=outlines.geometry, crs=WGS84
    )
    matches = match_locations(homes, footprints, MatchOptions())
    found = matches["match_status"].to_numpy(dtype=object)[unclear]
    status[unclear] = np.where(found == MATCHED, str(Status.GRADED), found)
    return status
