"""Which building an insured location is, or an honest word on why that is not known.

Only a clear answer is a match: a point inside one building, or near one building and clearly
farther from any other. A row that stands for several buildings is none of them. Everything else
keeps its row with a status and a reason.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.damage import Status
from core.schemas.book import LOCATION_KEY, MATCHES
from core.tables import CODE_SEPARATOR, check_table
from policies.matching.geocode import (
    MAX_MATCH_RADIUS_M,
    compute_is_automatic,
    compute_match_radius_m,
)
from policies.matching.outlines import Zone, has_metric_crs, repair_outlines, split_by_zone

MATCHED = "matched"
INSIDE, NEAREST = "inside", "nearest"
MULTI_FAMILY = 1052
"""OED OccupancyCode of dwellings for several families: many addresses on one roof are right."""


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """What counts as clear."""

    clear_margin_m: float = 5.0
    """The second nearest building has to be at least this much farther, metres: about the error
    of a roof outline drawn from a tilted image."""

    clear_ratio: float = 1.5
    """... and at least this many times as far; a working value."""

    min_house_m2: float = 25.0
    """A smaller outline is taken for a shed or garage (a two-car garage is about 36 m2, a one-car
    garage 18 m2, a garden shed 10 m2): it is never the nearest building, nor a rival of one."""

    nested_overlap_frac: float = 0.9
    """An outline with this much of its area inside a larger one is nested in it."""

    nested_size_frac: float = 0.5
    """A nested outline of at least this share of the larger one's area is the same building drawn
    twice; a smaller one may be a house inside the outline of a whole block."""

    stack_accounts: int = 3
    """So many accounts on the very same coordinate, none of them flats, are addresses that a
    geocoder could not place and put on a default point; two may be a house and its annexe."""

    def __post_init__(self) -> None:
        if self.clear_margin_m < 0 or self.clear_ratio < 1 or self.min_house_m2 < 0:
            raise ValueError(
                "margins and areas are at least 0 and clear_ratio at least 1, got "
                f"{self.clear_margin_m}, {self.min_house_m2} and {self.clear_ratio}"
            )


@dataclass(slots=True, eq=False)
class _Answer:
    """Columns of MATCHES under way, filled zone by zone; ``building`` is -1 for none."""

    status: NDArray[np.object_]
    reason: NDArray[np.object_]
    building: NDArray[np.intp]
    method: NDArray[np.object_]
    distance_m: NDArray[np.float64]
    count: NDArray[np.int64]

    def say(self, rows: NDArray[np.intp] | NDArray[np.bool_], status: str, reason: str) -> None:
        """Give rows a status and its reason."""
        self.status[rows] = status
        self.reason[rows] = reason

    def match(
        self, rows: NDArray[np.intp], building: NDArray[np.intp], method: str, reason: str
    ) -> None:
        """Give rows a building."""
        self.say(rows, MATCHED, reason)
        self.building[rows] = building
        self.method[rows] = method


def match_locations(
    locations: gpd.GeoDataFrame, footprints: gpd.GeoDataFrame, options: MatchOptions
) -> pd.DataFrame:
    """One MATCHES row a location, in the locations' order.

    Distances are taken in the UTM zone of each location, so a book may span zones. The answer
    depends neither on the order of locations nor on that of footprints.

    Args:
        locations: a LOCATIONS table.
        footprints: a FOOTPRINTS table; invalid outlines are repaired, empty ones left out.
        options: what counts as clear.
    """
    points = locations.geometry.to_numpy()
    outlines = repair_outlines(footprints)
    radius_m = compute_match_radius_m(locations["geocode_class"].to_numpy())
    answer = _start(len(locations))
    has_crs = has_metric_crs(points)
    answer.say(~has_crs, Status.NO_BUILDING_MATCH, "no_coordinates")
    answer.say(radius_m == 0, Status.GEOCODE_TOO_COARSE, "geocode_class")
    is_conflicting = locations["has_conflicting_rows"].to_numpy()
    answer.say(is_conflicting, Status.AMBIGUOUS_MATCH, "conflicting_rows")
    is_several = (locations["number_of_buildings"] > 1).to_numpy(dtype=bool)
    is_aggregate = locations["is_aggregate"].to_numpy(dtype=bool)
    answer.say(is_several, Status.AMBIGUOUS_MATCH, "several_buildings")
    answer.say(is_aggregate, Status.AMBIGUOUS_MATCH, "aggregate_row")
    can_match = has_crs & (radius_m > 0) & ~(is_conflicting | is_several | is_aggregate)
    reach_m = max(
        MAX_MATCH_RADIUS_M + options.clear_margin_m, MAX_MATCH_RADIUS_M * options.clear_ratio
    )
    for zone in split_by_zone(points, can_match, outlines, reach_m):
        _match_zone(zone, radius_m, options, answer)
    _release_taken(answer, compute_is_automatic(locations["geocode_class"].to_numpy()))
    return _to_matches(locations, answer, outlines.building_id, options)


def _start(count: int) -> _Answer:
    """Nothing found yet."""
    return _Answer(
        np.full(count, str(Status.NO_BUILDING_MATCH), dtype=object),
        np.full(count, "nothing_in_radius", dtype=object),
        np.full(count, -1, dtype=np.intp),
        np.full(count, None, dtype=object),
        np.full(count, np.nan),
        np.zeros(count, dtype=np.int64),
    )


def _match_zone(
    zone: Zone, radius_m: NDArray[np.float64], options: MatchOptions, answer: _Answer
) -> None:
    """Answer for the points of one zone."""
    outside = _match_inside(zone, options, answer)
    undecided = _match_nearest(zone, outside, radius_m, options, answer)
    _say_outbuildings(zone, undecided, radius_m, options, answer)


def _match_inside(zone: Zone, options: MatchOptions, answer: _Answer) -> NDArray[np.intp]:
    """Points inside one building match it; inside several, only if they are one drawn twice.

    Returns:
        Places in the zone of the points outside all buildings.
    """
    tree = shapely.STRtree(zone.outlines)
    point, outline = tree.query(zone.xy, predicate="intersects")
    hits = pd.DataFrame({"point": point, "outline": outline})
    hits["area_m2"] = shapely.area(zone.outlines[outline])
    # the largest first; outlines are sorted by building_id, so equals go by id
    hits = hits.sort_values(["point", "area_m2", "outline"], ascending=[True, False, True])
    hits["largest"] = hits.groupby("point")["outline"].transform("first")
    hits["count"] = hits.groupby("point")["outline"].transform("size")
    crowded = hits.loc[hits["count"] > 1]
    clear = hits.loc[hits["count"] == 1]
    nested = _is_drawn_twice(zone, crowded, options).groupby(crowded["point"]).transform("all")
    twice = crowded.loc[nested].drop_duplicates("point")
    unclear = crowded.loc[~nested].drop_duplicates("point")
    for rows, reason in ((clear, "inside"), (twice, "inside;drawn_twice")):
        here = zone.points[rows["point"]]
        answer.match(here, zone.buildings[rows["largest"]], INSIDE, reason)
        answer.distance_m[here] = 0.0
    answer.say(zone.points[unclear["point"]], Status.AMBIGUOUS_MATCH, "inside_several")
    answer.count[zone.points[hits["point"]]] = hits["count"]
    return np.setdiff1d(np.arange(len(zone.points)), point)


def _is_drawn_twice(zone: Zone, hits: pd.DataFrame, options: MatchOptions) -> "pd.Series[bool]":
    """Whether each outline is the same building as the largest around its point."""
    outline, largest = zone.outlines[hits["outline"]], zone.outlines[hits["largest"]]
    shared_m2 = shapely.area(shapely.intersection(outline, largest))
    is_nested = shared_m2 >= options.nested_overlap_frac * hits["area_m2"]
    is_alike = hits["area_m2"] >= options.nested_size_frac * shapely.area(largest)
    return (is_nested & is_alike).astype(bool)


def _match_nearest(
    zone: Zone,
    outside: NDArray[np.intp],
    radius_m: NDArray[np.float64],
    options: MatchOptions,
    answer: _Answer,
) -> NDArray[np.intp]:
    """Points outside all buildings match the nearest house if it is clearly the nearest.

    Returns:
        Places in the zone of the points with no house in their radius.
    """
    houses = np.flatnonzero(shapely.area(zone.outlines) >= options.min_house_m2)
    tree = shapely.STRtree(zone.outlines[houses])
    first, nearest_m = _find_nearest(tree, zone.xy[outside])
    is_near = nearest_m <= radius_m[zone.points[outside]]
    near, first, nearest_m = outside[is_near], first[is_near], nearest_m[is_near]
    rival_m = np.maximum(nearest_m + options.clear_margin_m, nearest_m * options.clear_ratio)
    point, house = tree.query(zone.xy[near], predicate="dwithin", distance=rival_m)
    away_m = shapely.distance(zone.xy[near][point], zone.outlines[houses][house])
    # the nearest is always its own candidate; one exactly at the limit is far enough
    is_candidate = (away_m < rival_m[point]) | (house == first[point])
    count = np.bincount(point[is_candidate], minlength=len(near))
    here, is_clear = zone.points[near], count == 1
    answer.count[here] = count
    answer.say(here[~is_clear], Status.AMBIGUOUS_MATCH, "several_near")
    answer.match(here[is_clear], zone.buildings[houses[first[is_clear]]], NEAREST, "nearest")
    answer.distance_m[here[is_clear]] = nearest_m[is_clear]
    return outside[~is_near]


def _find_nearest(
    tree: shapely.STRtree, points: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The nearest outline within the widest radius and its distance, metres, ``(points,)`` each.

    Infinite where there is none; of several as near, the first in the tree's order.
    """
    nearest = np.zeros(len(points), dtype=np.intp)
    distance_m = np.full(len(points), np.inf)
    if not len(tree) or not len(points):
        return nearest, distance_m
    (point, outline), away_m = tree.query_nearest(
        points, max_distance=MAX_MATCH_RADIUS_M, return_distance=True, all_matches=True
    )
    order = np.lexsort((outline, point))[::-1]  # written last, the first one stays
    nearest[point[order]] = outline[order]
    distance_m[point[order]] = away_m[order]
    return nearest, distance_m


def _say_outbuildings(
    zone: Zone,
    points: NDArray[np.intp],
    radius_m: NDArray[np.float64],
    options: MatchOptions,
    answer: _Answer,
) -> None:
    """Points with only a shed or garage in reach: the house is missing, so nothing is clear."""
    here = zone.points[points]
    sheds = zone.outlines[shapely.area(zone.outlines) < options.min_house_m2]
    tree = shapely.STRtree(sheds)
    point, _ = tree.query(zone.xy[points], predicate="dwithin", distance=radius_m[here])
    count = np.bincount(point, minlength=len(points))
    answer.count[here] = count
    answer.say(here[count > 0], Status.AMBIGUOUS_MATCH, "only_outbuildings")


def _release_taken(answer: _Answer, is_sure: NDArray[np.bool_]) -> None:
    """A building that a home lies inside is nobody else's nearest: that one's outline is missing.

    Args:
        answer: of all zones.
        is_sure: bool ``(rows,)``, whether the geocode is good enough to say who lives inside.
    """
    is_taken = np.isin(answer.building, answer.building[(answer.method == INSIDE) & is_sure])
    released = (answer.method == NEAREST) & is_taken
    answer.say(released, Status.AMBIGUOUS_MATCH, "building_of_another")
    answer.building[released] = -1
    answer.method[released] = None
    answer.distance_m[released] = np.nan


def _find_stacks(locations: gpd.GeoDataFrame, least: int) -> NDArray[np.bool_]:
    """Locations on a coordinate that ``least`` accounts share, with no flats to explain it."""
    points = locations.geometry
    places = pd.DataFrame({"lon": points.x.to_numpy(), "lat": points.y.to_numpy()})
    shared = np.flatnonzero(places.duplicated(keep=False) & places["lon"].notna())
    rows = locations.iloc[shared]
    account = rows.groupby(["portfolio_number", "account_number"]).ngroup().to_numpy()
    on_point = places.iloc[shared].assign(account=account).groupby(["lon", "lat"])["account"]
    stacks = np.zeros(len(locations), dtype=bool)
    stacks[shared] = on_point.transform("nunique").to_numpy() >= least
    is_flat = (locations["occupancy_code"] == MULTI_FAMILY).to_numpy()
    return stacks & ~is_flat


def _to_matches(
    locations: gpd.GeoDataFrame,
    answer: _Answer,
    building_id: NDArray[np.object_],
    options: MatchOptions,
) -> pd.DataFrame:
    """The answer as a checked MATCHES table.

    Shared buildings, coordinates that stand for many addresses and coarse ones are noted.
    """
    is_matched = answer.building >= 0
    ids = np.full(len(is_matched), None, dtype=object)
    ids[is_matched] = building_id[answer.building[is_matched]]
    shared = pd.Series(answer.building[is_matched]).duplicated(keep=False).to_numpy()
    notes = np.full(len(ids), "", dtype=object)
    notes[np.flatnonzero(is_matched)[shared]] += CODE_SEPARATOR + "shared_building"
    is_stacked = is_matched & _find_stacks(locations, options.stack_accounts)
    notes[is_stacked] += CODE_SEPARATOR + "stacked_point"
    needs_look = is_matched & ~compute_is_automatic(locations["geocode_class"].to_numpy())
    notes[needs_look] += CODE_SEPARATOR + "review_geocode"
    matches = locations[LOCATION_KEY].assign(
        match_status=answer.status,
        match_reason=answer.reason + notes,
        building_id=ids,
        match_method=answer.method,
        match_distance_m=answer.distance_m,
        candidate_count=answer.count,
    )
    checked: pd.DataFrame = check_table(pd.DataFrame(matches), MATCHES)
    return checked
