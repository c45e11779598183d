"""Which building an insured location is, or an honest word on why that is not known.

Only a clear answer is a match: a point inside one building, or near one building and clearly
farther from any other. Sheds and garages in the yard of a dwelling are never the answer, nor in its
way: the dwelling is the larger one, unless the book has another home there. A row that stands
for several buildings is none of them. Everything else keeps its row with a status and a reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.damage import Status
from policies.matching.answer import INSIDE, NEAREST, SEVERAL_BUILDINGS, Answer, write_matches
from policies.matching.geocode import compute_is_automatic, compute_match_radius_m
from policies.matching.ground import Floats, Ground, Pairs, Places, Spots
from policies.matching.outlines import Outlines, find_coordinates, has_metric_crs, repair_outlines
from policies.matching.several import match_several
from policies.matching.yards import YardOptions, list_outbuildings, mark_outbuildings

_BUILDING_CLASS = 2
"""OED AddressMatch of a point on a roof: in a shed it means the shed."""


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

    outbuilding_max_m2: float = 60.0
    """No larger building is a shed or garage in the yard of a dwelling: one for three cars is about
    60 m2."""

    outbuilding_size_frac: float = 0.4
    """Nor is one of more than this share of the dwelling's area: homes of a street are more
    alike; a working value."""

    outbuilding_gap_m: float = 10.0
    """Nor one farther from the dwelling, wall to wall, metres; a working value."""

    @property
    def yard(self) -> YardOptions:
        """What an outbuilding is."""
        return YardOptions(
            self.outbuilding_max_m2, self.outbuilding_size_frac, self.outbuilding_gap_m
        )

    def __post_init__(self) -> None:
        if self.clear_margin_m < 0 or self.clear_ratio < 1 or self.min_house_m2 < 0:
            raise ValueError(
                "margins and areas are at least 0 and clear_ratio at least 1, got "
                f"{self.clear_margin_m}, {self.min_house_m2} and {self.clear_ratio}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Insured points, ``(rows,)`` each.

    Attributes:
        points: shapely points, EPSG:4326.
        spots: their coordinates.
        geocode_class: OED AddressMatch.
        radius_m: how far outside a building each may lie.
    """

    points: NDArray[np.object_]
    spots: Spots
    geocode_class: NDArray[np.int64]
    radius_m: NDArray[np.float64]


def match_locations(
    locations: gpd.GeoDataFrame, footprints: gpd.GeoDataFrame, options: MatchOptions
) -> pd.DataFrame:
    """One MATCHES row a location, in the locations' order.

    The answer depends neither on the order of locations nor on that of footprints.

    Args:
        locations: a LOCATIONS table.
        footprints: a FOOTPRINTS table; invalid outlines are repaired, empty ones left out.
        options: what counts as clear.
    """
    points = _place(locations)
    answer = Answer.empty(len(locations))
    can_match = _say_hopeless(locations, points, answer)
    is_placed = can_match | (answer.reason == SEVERAL_BUILDINGS)
    ground = Ground.of(repair_outlines(footprints), points.spots.take(np.flatnonzero(is_placed)))
    outside, sheltered = _match_inside(points, np.flatnonzero(can_match), ground, options, answer)
    for pairs in _look_around(points, np.union1d(outside, sheltered), ground, options):
        _match_nearest(pairs, points, ground, options, answer)
    _return_to_outbuilding(sheltered, answer)
    _release_taken(answer, compute_is_automatic(points.geocode_class))
    buildings = locations["number_of_buildings"].to_numpy(dtype=np.float64, na_value=np.nan)
    for houses in _find_houses_of_several(points, ground, options, answer):
        match_several(houses, buildings, ground, answer)
    _keep_yards(ground, options, answer)
    return write_matches(locations, answer, ground.building_id, options.stack_accounts)


def find_houses(outlines: Outlines, options: MatchOptions) -> NDArray[np.bool_]:
    """Which buildings are no sheds or garages, ``(buildings,)``."""
    bounds = shapely.bounds(outlines.geometry)
    ground = Ground.of(outlines, Spots(bounds[:, 0], bounds[:, 1]))
    is_out = mark_outbuildings(ground, np.arange(len(bounds)), options.yard)
    is_house: NDArray[np.bool_] = ~is_out & (ground.area_m2 >= options.min_house_m2)
    return is_house


def _place(locations: gpd.GeoDataFrame) -> _Points:
    points = locations.geometry.to_numpy()
    geocode_class = locations["geocode_class"].to_numpy()
    return _Points(
        points,
        Spots(*find_coordinates(points)),
        geocode_class,
        compute_match_radius_m(geocode_class),
    )


def _say_hopeless(
    locations: gpd.GeoDataFrame, points: _Points, answer: Answer
) -> NDArray[np.bool_]:
    """Say what no building can answer; which rows are left, ``(rows,)``."""
    has_crs = has_metric_crs(points.points)
    answer.say(~has_crs, Status.NO_BUILDING_MATCH, "no_coordinates")
    answer.say(points.radius_m == 0, Status.GEOCODE_TOO_COARSE, "geocode_class")
    is_conflicting = locations["has_conflicting_rows"].to_numpy()
    answer.say(is_conflicting, Status.AMBIGUOUS_MATCH, "conflicting_rows")
    is_several = (locations["number_of_buildings"] > 1).to_numpy(dtype=bool)
    is_aggregate = locations["is_aggregate"].to_numpy(dtype=bool)
    answer.say(is_several, Status.AMBIGUOUS_MATCH, "several_buildings")
    answer.say(is_aggregate, Status.AMBIGUOUS_MATCH, "aggregate_row")
    left: NDArray[np.bool_] = (
        has_crs & (points.radius_m > 0) & ~(is_conflicting | is_several | is_aggregate)
    )
    return left


def _match_inside(
    points: _Points, rows: Places, ground: Ground, options: MatchOptions, answer: Answer
) -> tuple[Places, Places]:
    """Points inside one building match it; inside several, only if they are one drawn twice.

    Returns:
        Rows outside all buildings, and rows inside an outbuilding, which match it for now.
    """
    hit, building = ground.find_inside(points.points[rows])
    count = np.bincount(hit, minlength=len(rows))
    answer.count[rows] = count
    is_clear = count[hit] == 1
    clear, own = rows[hit[is_clear]], building[is_clear]
    answer.match(clear, own, INSIDE, "inside", 0.0)
    crowded = pd.DataFrame({"row": rows[hit[~is_clear]], "building": building[~is_clear]})
    _match_crowded(crowded, ground, options, answer)
    is_out = mark_outbuildings(ground, own, options.yard)
    is_meant = points.geocode_class[clear] == _BUILDING_CLASS
    return rows[count == 0], clear[is_out[own] & ~is_meant]


def _match_crowded(
    hits: pd.DataFrame, ground: Ground, options: MatchOptions, answer: Answer
) -> None:
    """Points inside several buildings.

    Args:
        hits: ``row, building``, several buildings a row.
        ground: the buildings.
        options: what one building drawn twice is.
        answer: is filled.
    """
    hits["area_m2"] = ground.area_m2[hits["building"]]
    # the largest first; outlines are sorted by building_id, so equals go by id
    hits = hits.sort_values(["row", "area_m2", "building"], ascending=[True, False, True])
    largest = hits.groupby("row")["building"].transform("first").to_numpy()
    outline, around = ground.shapes[hits["building"]], ground.shapes[largest]
    shared = shapely.area(shapely.intersection(outline, around))
    is_same = shared >= options.nested_overlap_frac * shapely.area(outline)
    is_same &= shapely.area(outline) >= options.nested_size_frac * shapely.area(around)
    nested = pd.Series(is_same, index=hits.index).groupby(hits["row"]).transform("all")
    twice = hits.loc[nested].drop_duplicates("row")
    answer.match(twice["row"], twice["building"].to_numpy(), INSIDE, "inside;drawn_twice", 0.0)
    unclear = hits.loc[~nested]
    answer.say(unclear["row"].to_numpy(), Status.AMBIGUOUS_MATCH, "inside_several")
    answer.keep(unclear["row"].to_numpy(), unclear["building"].to_numpy())


def _look_around(
    points: _Points, rows: Places, ground: Ground, options: MatchOptions
) -> Iterator[Pairs]:
    """Rows and the buildings that can be theirs or a rival of theirs, by their boxes."""
    radius_m = points.radius_m[rows]
    reach_m = _find_limit(radius_m, options)
    for pairs in ground.find_around(points.spots.take(rows), reach_m):
        yield Pairs(rows[pairs.place], pairs.building, pairs.away_m)


def _find_limit(nearest_m: Floats, options: MatchOptions) -> Floats:
    """How far the second nearest building has to be, metres."""
    limit: Floats = np.maximum(nearest_m + options.clear_margin_m, nearest_m * options.clear_ratio)
    return limit


def _match_nearest(
    pairs: Pairs, points: _Points, ground: Ground, options: MatchOptions, answer: Answer
) -> None:
    """Points match the nearest house if it is clearly so; with none in reach, sheds are said."""
    is_shed = ground.area_m2[pairs.building] < options.min_house_m2
    is_out = is_shed | mark_outbuildings(ground, pairs.building, options.yard)[pairs.building]
    houses = _measure_rivals(pairs.take(~is_out), points, ground, options)
    is_first = houses.is_first
    which = np.cumsum(is_first) - 1
    row, building = houses.place[is_first], houses.building[is_first]
    nearest_m = houses.away_m[is_first]
    # one exactly at the limit is far enough
    is_candidate = (houses.away_m < _find_limit(nearest_m, options)[which]) | is_first
    count = np.bincount(which[is_candidate], minlength=len(row))
    is_near = nearest_m <= points.radius_m[row]
    is_clear, is_unclear = is_near & (count == 1), is_near & (count > 1)
    was_inside = answer.method[row] == INSIDE
    for within, reason in ((False, "nearest"), (True, "nearest;inside_outbuilding")):
        said = is_clear & (was_inside == within)
        answer.match(row[said], building[said], NEAREST, reason, nearest_m[said])
    answer.forget(row[is_unclear])
    answer.say(row[is_unclear], Status.AMBIGUOUS_MATCH, "several_near")
    answer.count[row[is_near]] = count[is_near]
    kept = is_candidate & is_unclear[which]
    answer.keep(houses.place[kept], houses.building[kept])
    sheds = pairs.take(is_out & ~np.isin(pairs.place, row[is_near]))
    _say_outbuildings(sheds, points, ground, answer)


def _measure_rivals(houses: Pairs, points: _Points, ground: Ground, options: MatchOptions) -> Pairs:
    """The nearest house of each place by its outline, and those that can rival it.

    The house with the nearest box is measured first; one whose box lies beyond the limit that this
    sets can be neither nearer nor a rival, and is left out unmeasured.
    """
    is_first = houses.is_first
    first_m = ground.measure(points.spots.take(houses.place[is_first]), houses.building[is_first])
    limit_m = _find_limit(first_m, options)[np.cumsum(is_first) - 1]
    away_m = houses.away_m.copy()
    away_m[is_first] = first_m
    is_rival = ~is_first & (houses.away_m <= limit_m)
    away_m[is_rival] = ground.measure(
        points.spots.take(houses.place[is_rival]), houses.building[is_rival]
    )
    kept = is_first | is_rival
    return houses.take(kept).measured(away_m[kept])


def _say_outbuildings(sheds: Pairs, points: _Points, ground: Ground, answer: Answer) -> None:
    """Points with only sheds or garages in reach: the house is missing, so nothing is clear."""
    sheds = sheds.take(answer.method[sheds.place] != INSIDE)
    away_m = ground.measure(points.spots.take(sheds.place), sheds.building)
    near = sheds.take(away_m <= points.radius_m[sheds.place])
    rows, count = np.unique(near.place, return_counts=True)
    answer.count[rows] = count
    answer.say(rows, Status.AMBIGUOUS_MATCH, "only_outbuildings")
    answer.keep(near.place, near.building)


def _return_to_outbuilding(sheltered: Places, answer: Answer) -> None:
    """Where another home lies inside the dwelling, the book has both, and means the outbuilding."""
    dwellings = answer.building[answer.method == INSIDE]
    moved = sheltered[answer.method[sheltered] == NEAREST]
    back = moved[np.isin(answer.building[moved], dwellings)]
    answer.match(back, answer.inside[back], INSIDE, "inside", 0.0)
    answer.count[back] = 1


def _release_taken(answer: Answer, is_sure: NDArray[np.bool_]) -> None:
    """A building that a home lies inside is nobody else's nearest: that one's outline is missing.

    Args:
        answer: of all zones.
        is_sure: bool ``(rows,)``, whether the geocode is good enough to say who lives inside.
    """
    is_taken = np.isin(answer.building, answer.building[(answer.method == INSIDE) & is_sure])
    released = np.flatnonzero((answer.method == NEAREST) & is_taken)
    answer.keep(released, answer.building[released])
    answer.forget(released)
    answer.say(released, Status.AMBIGUOUS_MATCH, "building_of_another")


def _find_houses_of_several(
    points: _Points, ground: Ground, options: MatchOptions, answer: Answer
) -> Iterator[Pairs]:
    """Rows that stand for several buildings, and the houses in their radius."""
    several = np.flatnonzero(
        (answer.reason == SEVERAL_BUILDINGS) & (points.radius_m > 0) & has_metric_crs(points.points)
    )
    for pairs in _look_around(points, several, ground, options):
        is_out = mark_outbuildings(ground, pairs.building, options.yard)[pairs.building]
        is_out |= ground.area_m2[pairs.building] < options.min_house_m2
        houses = pairs.take(~is_out)
        away_m = ground.measure(points.spots.take(houses.place), houses.building)
        houses = houses.measured(away_m)
        yield houses.take(houses.away_m <= points.radius_m[houses.place])


def _keep_yards(ground: Ground, options: MatchOptions, answer: Answer) -> None:
    """Keep the sheds and garages of matched dwellings as evidence."""
    yards = list_outbuildings(ground, answer.building[answer.building >= 0], options.yard)
    if len(yards):
        matched = pd.DataFrame(
            {"row": np.arange(len(answer.building)), "dwelling": answer.building}
        )
        owned = matched.merge(yards, on="dwelling")
        answer.keep(owned["row"].to_numpy(), owned["outbuilding"].to_numpy())
