"""A row of the book that stands for several buildings: the worst decides, all are kept."""

import numpy as np
import pandas as pd
import pytest

from policies.matching.match import MatchOptions, match_locations
from policies.matching.several import choose_worst, list_buildings

FARM = {
    "house": (0, 0, 14, 10), "barn": (16, 0, 10, 10), "shed": (0, -8, 3, 3), "far": (80, 0, 9, 9),
}  # fmt: skip


@pytest.fixture
def match(locations_at, footprints_of, plot):
    def run(*points, boxes=FARM, **columns):
        locations = locations_at(*(plot.point(*point) for point in points), **columns)
        shapes = {name: plot.box(*box) for name, box in boxes.items()}
        return match_locations(locations, footprints_of(shapes), MatchOptions())

    return run


def grades_of(**chances):
    """GRADES by chances of none, minor, major and destroyed; None = obscured."""
    rows = [
        {"building_id": name, "status": "graded" if each else "obscured"}
        | dict(
            zip(
                ("p_no_damage", "p_minor", "p_major", "p_destroyed"),
                each or [np.nan] * 4,
                strict=True,
            )
        )
        for name, each in chances.items()
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("point", [(5, 5), (15, 5)])
def test_as_many_as_the_row_stands_for_are_its_buildings(match, point):
    row = match(point, number_of_buildings=2.0).iloc[0]
    assert (row["match_status"], row["building_id"]) == ("matched", "house")
    assert row["match_reason"] == "several_buildings"
    assert set(row["other_building_ids"].split(";")) == {"barn", "shed"}
    assert row["candidate_count"] == 2


@pytest.mark.parametrize("count", [3.0, 12.0])
def test_with_fewer_no_roof_answers_for_all_but_all_are_kept(match, count):
    row = match((5, 5), number_of_buildings=count).iloc[0]
    assert (row["match_status"], row["match_reason"]) == ("ambiguous_match", "several_buildings")
    assert pd.isna(row["building_id"])
    assert row["other_building_ids"] == "house;barn"


def test_nor_where_more_stand_there(match):
    boxes = FARM | {"next": (0, 12, 14, 10)}
    row = match((5, 5), boxes=boxes, number_of_buildings=2.0).iloc[0]
    assert row["match_status"] == "ambiguous_match"


def test_nor_with_a_building_that_another_home_lies_inside(match):
    matches = match((5, 5), (20, 5), number_of_buildings=[2.0, 1.0])
    assert matches["match_status"].tolist() == ["ambiguous_match", "matched"]
    assert matches["building_id"].fillna("").tolist() == ["", "barn"]


def test_all_of_them_are_looked_at_but_of_other_rows_the_match_alone(match):
    matches = match((5, 5), number_of_buildings=2.0)
    assert list_buildings(matches) == {"house", "barn", "shed"}
    assert list_buildings(match((5, 5))) == {"house"}
    assert list_buildings(match((5, 5), number_of_buildings=3.0)) == set()


NONE, SOME, MUCH = [0.9, 0.1, 0, 0], [0.2, 0.7, 0.1, 0], [0, 0.1, 0.2, 0.7]


@pytest.mark.parametrize(
    ("house", "barn", "worst"),
    [
        (NONE, MUCH, "barn"),
        (MUCH, SOME, "house"),
        (SOME, MUCH, "barn"),
        # one was not seen: damage seen goes before it, and no damage seen does not
        (None, SOME, "barn"),
        (None, NONE, "house"),
    ],
)
def test_the_worst_decides_and_the_others_are_kept(match, house, barn, worst):
    matches = match((5, 5), number_of_buildings=2.0)
    chosen = choose_worst(matches, grades_of(house=house, barn=barn, shed=NONE)).iloc[0]
    assert chosen["building_id"] == worst
    assert set(chosen["other_building_ids"].split(";")) == {"house", "barn", "shed"} - {worst}


def test_rows_of_one_building_stay_as_they_are(match):
    matches = match((5, 5))
    pd.testing.assert_frame_equal(choose_worst(matches, grades_of(house=MUCH)), matches)
