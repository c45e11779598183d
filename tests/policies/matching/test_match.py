from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from core.schemas.book import MATCHES
from core.tables import check_table
from policies.matching.match import MatchOptions, match_locations

OPTIONS = MatchOptions()


@pytest.fixture
def match(locations_at, footprints_of, plot):
    """Match points in metres against boxes in metres (west, south, width, depth)."""

    def run(points, boxes, **columns):
        locations = locations_at(*(plot.point(*point) for point in points), **columns)
        shapes = {name: plot.box(*box) for name, box in boxes.items()}
        return match_locations(locations, footprints_of(shapes), OPTIONS)

    return run


def said(matches):
    columns = ["match_status", "match_reason", "building_id"]
    return [tuple(None if pd.isna(x) else x for x in row) for row in matches[columns].to_numpy()]


def test_inside_one_building(match):
    matches = match([(5, 5)], {"a": (0, 0, 10, 10), "b": (11, 0, 10, 10)})
    assert said(matches) == [("matched", "inside", "a")]
    assert matches.loc[0, ["match_method", "match_distance_m", "candidate_count"]].tolist() == [
        "inside",
        0.0,
        1,
    ]


def test_near_one_building(match):
    matches = match([(-8, 5)], {"a": (0, 0, 10, 10), "b": (40, 0, 10, 10)})
    assert said(matches) == [("matched", "nearest", "a")]
    assert matches["match_distance_m"][0] == pytest.approx(8, rel=0.01)
    assert matches["match_method"][0] == "nearest"


@pytest.mark.parametrize(
    ("geocode_class", "distance_m", "expected"),
    [
        (2, 14, "nearest"),
        (2, 16, "nothing_in_radius"),
        (1, 24, "nearest"),
        (1, 26, "nothing_in_radius"),
        (3, 24, "nearest"),
        (4, 49, "nearest;review_geocode"),
        (5, 51, "nothing_in_radius"),
    ],
)
def test_the_class_gives_the_radius(match, geocode_class, distance_m, expected):
    matches = match([(-distance_m, 5)], {"a": (0, 0, 10, 10)}, geocode_class=geocode_class)
    assert matches["match_reason"].tolist() == [expected]


@pytest.mark.parametrize("geocode_class", [0, 6, 7, 20])
def test_a_coarse_geocode_is_never_a_match(match, geocode_class):
    matches = match([(5, 5)], {"a": (0, 0, 10, 10)}, geocode_class=geocode_class)
    assert said(matches) == [("geocode_too_coarse", "geocode_class", None)]


def test_a_street_address_inside_a_building_still_needs_a_look(match):
    matches = match([(5, 5)], {"a": (0, 0, 10, 10)}, geocode_class=4)
    assert said(matches) == [("matched", "inside;review_geocode", "a")]


@pytest.mark.parametrize(
    ("gap_m", "status"),
    [(5.2, "matched"), (4.8, "ambiguous_match"), (0, "ambiguous_match")],
)
def test_the_second_nearest_has_to_be_clearly_farther(match, gap_m, status):
    boxes = {"a": (3, 0, 10, 10), "b": (-13 - gap_m, 0, 10, 10)}
    matches = match([(0, 5)], boxes)
    assert matches["match_status"].tolist() == [status]
    assert matches["candidate_count"].tolist() == [1 if status == "matched" else 2]


def test_far_from_a_house_the_ratio_counts(match):
    boxes = {"a": (14, 0, 10, 10), "b": (-30.5, 0, 10, 10)}  # 14 m and 20.5 m: under 1.5 times
    assert match([(0, 5)], boxes)["match_status"].tolist() == ["ambiguous_match"]


def test_a_rival_beyond_the_radius_still_counts(match):
    boxes = {"a": (14, 0, 10, 10), "b": (-26, 0, 10, 10)}  # 14 m in reach, 16 m out of reach
    assert said(match([(0, 5)], boxes)) == [("ambiguous_match", "several_near", None)]


def test_a_shed_is_neither_the_nearest_nor_a_rival(match):
    boxes = {"house": (10, 0, 10, 10), "shed": (-5, 3, 3, 4)}
    assert said(match([(0, 5)], boxes)) == [("matched", "nearest", "house")]


def test_a_shed_alone_is_no_answer(match):
    matches = match([(0, 5)], {"shed": (2, 3, 3, 4), "house": (40, 0, 10, 10)})
    assert said(matches) == [("ambiguous_match", "only_outbuildings", None)]


def test_inside_a_small_building_is_inside(match):
    assert said(match([(1, 1)], {"cabin": (0, 0, 4, 4)})) == [("matched", "inside", "cabin")]


def test_overlapping_buildings_are_ambiguous(match):
    matches = match([(9, 5)], {"a": (0, 0, 10, 10), "b": (8, 0, 10, 10)})
    assert said(matches) == [("ambiguous_match", "inside_several", None)]
    assert matches["candidate_count"].tolist() == [2]


def test_a_building_drawn_twice_is_one(match):
    matches = match([(5, 5)], {"b": (0, 0, 10, 10), "a": (1, 1, 9, 8), "c": (0, 0, 10, 10)})
    assert said(matches) == [("matched", "inside;drawn_twice", "b")]


def test_a_house_in_the_outline_of_a_block_is_ambiguous(match):
    matches = match([(5, 5)], {"house": (0, 0, 10, 10), "block": (-50, -50, 100, 100)})
    assert said(matches) == [("ambiguous_match", "inside_several", None)]


def test_flats_share_a_building(match):
    matches = match([(5, 5), (6, 6), (25, 5)], {"a": (0, 0, 10, 10), "b": (20, 0, 10, 10)})
    assert said(matches) == [
        ("matched", "inside;shared_building", "a"),
        ("matched", "inside;shared_building", "a"),
        ("matched", "inside", "b"),
    ]


def test_conflicting_rows_are_ambiguous_whatever_the_place(match):
    matches = match(
        [(5, 5), (5, 5)], {"a": (0, 0, 10, 10)}, has_conflicting_rows=True, geocode_class=[2, 7]
    )
    assert said(matches) == [("ambiguous_match", "conflicting_rows", None)] * 2


def test_no_buildings_and_no_homes(match):
    assert said(match([(5, 5)], {})) == [("no_building_match", "nothing_in_radius", None)]
    assert len(match([], {"a": (0, 0, 10, 10)})) == 0
    assert len(match([], {})) == 0


def test_a_place_off_the_grid_is_told(locations_at, footprints_of, plot):
    locations = locations_at((0.0, 89.0), (0.0, 0.0))
    locations.loc[1, "geometry"] = shapely.Point()
    footprints = footprints_of({"a": plot.box(0, 0, 10, 10)})
    assert (
        said(match_locations(locations, footprints, OPTIONS))
        == [("no_building_match", "no_coordinates", None)] * 2
    )


def test_a_book_over_two_zones_matches_in_both(locations_at, footprints_of):
    edge = -84.0  # zones 16 and 17 meet here
    shapes = {
        "across": shapely.box(edge - 1e-4, 30.0, edge + 1e-4, 30.0001),
        "east": shapely.box(edge + 1, 30.0, edge + 1.0001, 30.0001),
    }
    points = [(edge - 5e-5, 30.00005), (edge + 5e-5, 30.00005), (edge + 1.00005, 30.00005)]
    matches = match_locations(locations_at(*points), footprints_of(shapes), OPTIONS)
    assert matches["building_id"].tolist() == ["across", "across", "east"]
    assert matches["match_reason"].tolist() == ["inside;shared_building"] * 2 + ["inside"]


@pytest.mark.parametrize(
    "values", [{"clear_margin_m": -1.0}, {"clear_ratio": 0.5}, {"min_house_m2": -1.0}]
)
def test_options_that_mean_nothing_are_refused(values):
    with pytest.raises(ValueError, match="at least"):
        MatchOptions(**values)


metres = st.floats(-60, 60)
boxes = st.tuples(metres, metres, st.floats(1, 30), st.floats(1, 30))


@settings(max_examples=12, deadline=None)
@given(
    points=st.lists(st.tuples(metres, metres, st.integers(0, 8)), min_size=1, max_size=12),
    houses=st.lists(boxes, max_size=12),
)
def test_every_home_gets_one_row_whatever_the_order(
    locations_at, footprints_of, plot, points, houses
):
    classes = [code for _, _, code in points]
    locations = locations_at(*(plot.point(x, y) for x, y, _ in points), geocode_class=classes)
    footprints = footprints_of({f"b{n}": plot.box(*box) for n, box in enumerate(houses)})
    matches = match_locations(locations, footprints, OPTIONS)
    assert matches["location_number"].tolist() == locations["location_number"].tolist()
    check_table(matches, MATCHES)
    _compare_with_brute_force(matches, points, houses)
    rng = np.random.default_rng(len(points))
    order = rng.permutation(len(locations))
    shuffled = match_locations(
        locations.iloc[order], footprints.iloc[rng.permutation(len(footprints))], OPTIONS
    )
    pd.testing.assert_frame_equal(shuffled, matches.iloc[order].reset_index(drop=True))


def _compare_with_brute_force(matches, points, houses):
    """Matched homes are inside or nearest by plain arithmetic in the plot's own metres."""
    shapes = [shapely.box(x, y, x + w, y + d) for x, y, w, d in houses]
    for (x, y, code), row in zip(points, matches.itertuples(), strict=True):
        if row.match_status != "matched":
            continue
        assert code in (1, 2, 3, 4, 5)
        away_m = [shapely.distance(shape, shapely.Point(x, y)) for shape in shapes]
        mine = int(row.building_id[1:])
        assert row.match_distance_m == pytest.approx(away_m[mine], abs=0.5)
        rivals = [
            metres
            for shape, metres in zip(shapes, away_m, strict=True)
            if shape is not shapes[mine]
            and shape.area >= 26
            and not _may_be_outbuilding(shape, shapes)
        ]
        if row.match_method == "nearest":
            assert min(rivals, default=np.inf) >= away_m[mine] + OPTIONS.clear_margin_m - 0.5


def _may_be_outbuilding(shape, shapes):
    """Whether it stands in a larger one's yard, or nearly does."""
    return shape.area <= 61 and any(
        shape.area <= 0.41 * other.area and shapely.distance(shape, other) <= 10.5
        for other in shapes
    )


def test_a_building_that_one_home_lies_inside_is_nobodys_nearest(match):
    houses = {"a": (0, 0, 10, 10)}
    matches = match([(5, 5), (-8, 5)], houses, geocode_class=[2, 2])
    assert said(matches) == [
        ("matched", "inside", "a"),
        ("ambiguous_match", "building_of_another", None),
    ]
    assert np.isnan(matches["match_distance_m"][1])
    # a point spread along the street lies inside by luck and takes nobody's house
    matches = match([(5, 5), (-8, 5)], houses, geocode_class=[4, 2])
    assert matches["match_reason"].tolist() == [
        "inside;shared_building;review_geocode",
        "nearest;shared_building",
    ]


def test_many_accounts_on_one_point_are_noted_but_flats_are_right(match):
    houses = {"a": (0, 0, 10, 10)}
    points = [(5, 5)] * 3
    assert set(match(points, houses)["match_reason"]) == {"inside;shared_building;stacked_point"}
    for columns, count in (
        ({"occupancy_code": 1052}, 3),
        ({"account_number": "A1"}, 3),
        ({}, 2),
    ):
        matches = match(points[:count], houses, **columns)
        assert set(matches["match_reason"]) == {"inside;shared_building"}


YARD = {"house": (0, 0, 12, 10), "garage": (18, 2, 6, 6), "next": (60, 0, 12, 10)}


@pytest.mark.parametrize(
    ("point", "geocode_class", "expected"),
    [
        # beside the garage, which is nearer than its house
        ((16, 5), 2, ("matched", "nearest", "house")),
        # in the garage: a parcel's or a user's point means the home, one on a roof the garage
        ((20, 4), 3, ("matched", "nearest;inside_outbuilding", "house")),
        ((20, 4), 1, ("matched", "nearest;inside_outbuilding", "house")),
        ((20, 4), 2, ("matched", "inside", "garage")),
        # behind the garage, its house out of reach: nothing is clear
        ((36, 5), 2, ("ambiguous_match", "only_outbuildings", None)),
    ],
)
def test_the_dwelling_is_the_larger_one(match, point, geocode_class, expected):
    assert said(match([point], YARD, geocode_class=geocode_class)) == [expected]


def test_in_a_shed_the_dwelling_is_meant_but_by_a_point_on_its_roof(match):
    boxes = {"house": (0, 0, 12, 10), "shed": (15, 0, 4, 4)}
    for geocode_class in (1, 3):
        (answer,) = said(match([(16, 1)], boxes, geocode_class=geocode_class))
        assert answer == ("matched", "nearest;inside_outbuilding", "house")
    assert said(match([(16, 1)], boxes)) == [("matched", "inside", "shed")]


def test_the_shed_of_another_yard_stays_what_it_is(match):
    boxes = {"house": (0, 0, 12, 10), "cabin": (23, 0, 4, 4)}  # 11 m from the house
    assert said(match([(24, 1)], boxes, geocode_class=3)) == [("matched", "inside", "cabin")]


def test_small_homes_side_by_side_are_nobodys_outbuildings(match):
    boxes = {"a": (0, 0, 7, 7), "b": (10, 0, 7, 7)}
    assert said(match([(11, 1)], boxes, geocode_class=3)) == [("matched", "inside", "b")]


def test_the_book_says_otherwise_by_a_home_in_the_dwelling(match):
    matches = match([(5, 5), (20, 4)], YARD, geocode_class=3)
    assert said(matches) == [("matched", "inside", "house"), ("matched", "inside", "garage")]


def test_outbuildings_are_kept_as_evidence_and_so_are_rivals(match):
    boxes = YARD | {"shed": (-5, 0, 3, 3)}
    matches = match([(5, 5), (66, 5)], boxes)
    assert matches["other_building_ids"].fillna("").tolist() == ["garage;shed", ""]
    rivals = match([(0, 5)], {"a": (3, 0, 10, 10), "b": (-14, 0, 10, 10)})
    assert rivals["other_building_ids"].tolist() == ["a;b"]


def test_two_homes_under_one_roof_are_each_their_own_and_a_shed_is_not_shared(match):
    matches = match([(2, 5), (10, 5)], YARD)
    assert matches["match_reason"].tolist() == ["inside;shared_building"] * 2
    assert matches["building_id"].tolist() == ["house", "house"]


def test_each_match_has_a_confidence_and_nothing_else_has(match):
    boxes = {"a": (0, 0, 10, 10)}
    points = [(5, 5), (-3, 5), (-12, 5), (500, 5)]
    sure = match(points, boxes)["match_confidence"]
    assert match([points[0]], boxes)["match_confidence"][0] > 0.9
    assert np.isnan(sure[3])
    one_by_one = [match([point], boxes)["match_confidence"][0] for point in points]
    assert one_by_one[0] > one_by_one[1] > one_by_one[2] > 0
    assert match([(5, 5)], boxes, geocode_class=4)["match_confidence"][0] == pytest.approx(0.5)
    stacked = match([(5, 5)] * 4, boxes)["match_confidence"]
    assert set(stacked) == {one_by_one[0] / 4}


def test_a_building_is_found_across_the_edge_of_an_event_area(locations_at, footprints_of):
    shapes = {"a": shapely.box(-85.5 - 2e-4, 30.1 - 2e-4, -85.5 - 1e-5, 30.1 - 1e-5)}
    points = [(-85.5 + 2e-5, 30.1 + 2e-5)]  # cells of 0.1 degrees meet here
    matches = match_locations(locations_at(*points), footprints_of(shapes), OPTIONS)
    assert matches["building_id"].tolist() == ["a"]


@pytest.mark.parametrize("latitude", [-54.8, 0.0, 30.1, 69.6])
def test_distances_are_metres_wherever_the_home_is(locations_at, footprints_of, plot, latitude):
    """Against PROJ's transverse Mercator around the place itself, whose scale there is 1."""
    here = replace(plot, longitude=17.0, latitude=latitude)
    house = here.box(6, 0, 10, 10)
    crs = f"+proj=tmerc +lon_0=17 +lat_0={latitude} +k=1 +datum=WGS84"
    flat = gpd.GeoSeries([house, shapely.Point(here.point(0, 5))], crs=4326).to_crs(crs)
    matches = match_locations(locations_at(here.point(0, 5)), footprints_of({"a": house}), OPTIONS)
    assert matches["match_distance_m"][0] == pytest.approx(flat[0].distance(flat[1]), abs=1e-3)
