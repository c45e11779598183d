"""Several hazards of one event: any puts a home in the path, each keeps its own row."""

from datetime import UTC, datetime

import numpy as np
import pytest
import shapely

from core.events import Peril
from core.schemas.hazards import HAZARD_ROWS, HAZARDS
from core.tables import check_table
from tests.weather.hazards.test_field import make_grid
from weather.hazards.field import FieldHazard, HazardKind
from weather.hazards.footprint import FootprintOptions
from weather.hazards.hazard import AreaHazard
from weather.hazards.hurricane import HurricaneHazard
from weather.hazards.union import UnionHazard

START, END = datetime(2018, 9, 12, tzinfo=UTC), datetime(2018, 9, 16, tzinfo=UTC)
INLAND = shapely.box(-84.2, 30.0, -84.0, 30.2)
PLACES = ([-85.0, -84.75, -84.1, -80.0], [26.0, 30.05, 30.1, 40.0])
"""In the wind; in deep water; in the fire; nowhere."""


@pytest.fixture
def parts(moving_storm):
    return (
        HurricaneHazard(moving_storm, drawing=FootprintOptions(cell_deg=0.1)),
        FieldHazard(HazardKind.SURGE, make_grid(), 0.5, "surge.tif", START, END),
        AreaHazard(INLAND, Peril.WILDFIRE, START, END, "perimeter"),
    )


@pytest.fixture
def union(parts):
    return UnionHazard(parts)


def test_a_home_is_in_the_path_of_any(union, parts, locations):
    book = locations(*PLACES)
    each = [part.find_in_path(book).tolist() for part in parts]
    assert each == [[True, False, False, False], [False, True, False, False],
                    [False, False, True, False]]  # fmt: skip
    assert union.find_in_path(book).tolist() == [True, True, True, False]


def test_the_footprint_is_that_of_all(union, parts):
    whole = union.footprint()
    for part in parts:
        assert whole.area.buffer(1e-9).covers(part.footprint().area)
    assert {"sustained_wind", "surge", "fire"} <= set(whole.areas["hazard"])


def test_two_areas_of_one_hazard_are_drawn_as_one_and_scene_extents_as_none(parts):
    beside = shapely.box(-84.0, 30.0, -83.9, 30.2)
    other = AreaHazard(beside, Peril.WILDFIRE, START, END, "perimeter")
    imaged = AreaHazard(beside, Peril.WILDFIRE, START, END, "scene_extents")
    drawn = UnionHazard((parts[2], other, imaged)).footprint().areas
    assert drawn[["hazard", "value", "unit"]].to_numpy().tolist() == [["fire", 0.0, ""]]
    assert drawn.geometry.iloc[0].equals(shapely.box(-84.2, 30.0, -83.9, 30.2))


def test_reasons_dates_and_chances_are_those_of_the_hazard_that_struck(union, parts, locations):
    book = locations(*PLACES).iloc[:3]
    table = check_table(union.assess(book), HAZARDS)
    assert table["leading_hazard"].tolist() == ["wind", "surge", "fire"]
    assert [reason.split(";")[0] for reason in table["hazard_reason"]] == ["wind", "surge", "fire"]
    for row, part in enumerate(parts):
        own = part.assess(book).iloc[row]
        assert table.loc[row, "loss_at_utc"] == own["loss_at_utc"]
        assert table.loc[row, "prior_severe"] == own["prior_severe"]
    assert table["loss_until_utc"].isna().tolist() == [True, False, False]


def test_a_flat_chance_counts_only_inside_its_area(union, locations):
    table = union.assess(locations(*PLACES).iloc[1:2])
    assert table["prior_damage"].iloc[0] == pytest.approx(0.95, abs=0.05)  # of 1.5 m of water


def test_each_hazard_keeps_its_row_and_areas_those_inside_alone(union, locations):
    rows = check_table(union.rows(locations(*PLACES).iloc[:3]), HAZARD_ROWS)
    by_home = rows.groupby("policy_number")["hazard"].agg(list)
    assert by_home["P0"] == ["wind", "rain"]
    assert by_home["P1"] == ["surge"]
    assert by_home["P2"] == ["fire"]


def test_a_home_that_two_hazards_reach_names_both(parts, locations):
    everywhere = AreaHazard(shapely.box(-90, 20, -80, 40), Peril.STORM_SURGE, START, END)
    table = UnionHazard((parts[0], everywhere)).assess(locations([-85.0], [26.0]))
    assert table["hazard_reason"].tolist() == ["wind;rain;surge"] or table[
        "hazard_reason"
    ].tolist() == ["wind;surge"]
    assert table["hazard_basis"].tolist() == ["track:AL992018;area_of_interest"]


def test_no_homes_are_fine(union, locations):
    empty = locations([], [])
    assert len(union.assess(empty)) == len(union.rows(empty)) == 0
    assert union.find_in_path(empty).tolist() == []


def test_one_hazard_twice_is_that_hazard(parts, locations):
    book = locations(*PLACES)
    book = book[parts[0].find_in_path(book)]
    once, twice = parts[0].assess(book), UnionHazard((parts[0], parts[0])).assess(book)
    for name in ("prior_damage", "gust_mps", "loss_at_utc", "hazard_reason"):
        assert (once[name] == twice[name]).all()
    assert np.isfinite(twice["rain_mm"]).all()
