"""A field as a hazard: who is in its path, its rows, dates, chances and outline."""

from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from core.grid import Bounds
from core.hazards.kinds import HazardKind
from core.schemas.hazards import HAZARD_ROWS, HAZARDS
from core.tables import check_table
from core.units import FOOT_M
from weather.hazards.cells import outline_cells
from weather.hazards.curves import CURVES, compute_prior
from weather.hazards.field import FieldHazard
from weather.hazards.levels import choose_levels
from weather.sources.grids.grid import ArrayCells, HazardGrid

START, END = datetime(2018, 9, 12, tzinfo=UTC), datetime(2018, 9, 16, tzinfo=UTC)
AT = datetime(2018, 9, 14, 6, tzinfo=UTC)
DEPTH = np.array([[0.0, 0.2, 0.6, -1.0], [0.0, 0.0, 1.5, np.nan]])
"""Metres, cells of a tenth of a degree from 85.0W, 30.2N down; -1 was not looked at."""


def make_grid(values=DEPTH, unit="m", **changes):
    transform = Affine(0.1, 0, -85, 0, -0.1, 30.2)
    given = {"no_coverage": (-1.0,), "valid_at_utc": AT} | changes
    return HazardGrid(
        ArrayCells(values), values.shape, transform, "EPSG:4326", "depth", unit, **given
    )


@pytest.fixture
def surge():
    return FieldHazard(HazardKind.SURGE, make_grid(), 0.5, "surge.tif", START, END)


@pytest.fixture
def homes(locations):
    """In the cells with 0.6, 1.5 and 0.2 m, in one not looked at, in one without a value, and
    outside."""
    return locations([-84.75, -84.75, -84.85, -84.65, -84.65, -80],
                     [30.15, 30.05, 30.15, 30.15, 30.05, 30.15])  # fmt: skip


def test_homes_are_in_the_path_from_the_threshold_on(surge, homes):
    assert surge.find_in_path(homes).tolist() == [True, True, False, False, False, False]


def test_each_home_has_the_value_its_source_and_its_time(surge, homes):
    rows = check_table(surge.rows(homes.iloc[:2]), HAZARD_ROWS)
    assert rows["value"].tolist() == [0.6, 1.5]
    assert set(rows["hazard"]) == {"surge"}
    assert set(rows["product"]) == {"surge.tif"}
    assert set(rows["peak_at_utc"]) == {AT}
    assert rows["is_reached"].all()


def test_deeper_water_is_likelier_damage_and_the_loss_can_be_of_the_whole_window(surge, homes):
    table = check_table(surge.assess(homes.iloc[:2]), HAZARDS)
    assert table["prior_damage"].is_monotonic_increasing
    assert (table["prior_severe"] < table["prior_damage"]).all()
    assert set(table["loss_at_utc"]) == {START}
    assert set(table["loss_until_utc"]) == {END}
    assert table["hazard_reason"].tolist() == ["surge", "surge"]
    assert table["gust_mps"].isna().all()


def test_a_field_of_gusts_gives_gusts_and_their_curves(homes):
    hazard = FieldHazard(
        HazardKind.WIND, make_grid(DEPTH * 60, "m/s"), 30.0, "gust.tif", START, END
    )
    table = hazard.assess(homes.iloc[:2])
    assert table["gust_mps"].tolist() == [36.0, 90.0]
    assert table["prior_damage"].iloc[1] > 0.9


def test_a_field_of_rain_gives_rain(homes):
    hazard = FieldHazard(
        HazardKind.RAIN, make_grid(DEPTH * 1000, "mm"), 500.0, "qpe.tif", START, END
    )
    assert hazard.assess(homes.iloc[:3])["rain_mm"].tolist() == [600.0, 1500.0, 200.0]


def test_the_outline_is_that_of_the_cells(surge):
    drawn = surge.footprint()
    assert drawn.area.symmetric_difference(shapely.box(-84.8, 30.0, -84.7, 30.2)).area < 1e-9
    assert drawn.areas["value"].tolist() == pytest.approx([0.5, 3 * FOOT_M])
    deeper = drawn.areas.geometry.iloc[1]
    assert drawn.area.covers(deeper)
    assert 0 < deeper.area < drawn.area.area


def test_levels_are_those_of_the_hazards_own_scale():
    assert choose_levels(HazardKind.SURGE, "m", FOOT_M) == pytest.approx(
        [FOOT_M, 3 * FOOT_M, 6 * FOOT_M, 9 * FOOT_M]
    )
    assert choose_levels(HazardKind.SURGE, "m", 2.7) == [2.7]
    assert choose_levels(HazardKind.SURGE, "mm", 300.0) == [300.0]
    assert choose_levels(HazardKind.QUAKE, "MMI", 6.0) == [6.0]


def test_only_what_lies_near_is_drawn(surge):
    near = surge.footprint(Bounds(-85.0, 30.11, -84.71, 30.2))
    assert near.area.symmetric_difference(shapely.box(-84.8, 30.1, -84.7, 30.2)).area < 1e-9
    assert surge.footprint(Bounds(10, 50, 11, 51)).area.is_empty
    assert len(surge.footprint(Bounds(10, 50, 11, 51)).areas) == 0


def test_a_small_field_is_drawn_whole_wherever_it_lies_in_the_map(surge):
    whole = surge.footprint().area
    for east in (0.7, 1.3, 3.1):
        near = Bounds(-85.0 - 6 + east, 26.9, -85.0 + east, 32.9)
        assert surge.footprint(near).area.equals(whole)


def test_the_outline_of_a_field_in_metres_lies_in_degrees():
    grid = HazardGrid(
        ArrayCells(np.ones((2, 2))), (2, 2), Affine(1000, 0, 500_000, 0, -1000, 3_320_000),
        "EPSG:32616", "depth", "m",
    )  # fmt: skip
    west, south, east, north = outline_cells(grid, [0.5], None)[0].bounds
    assert (round(west, 3), round(east - west, 3)) == (-87.0, 0.021)
    assert 29.9 < south < north < 30.1


@pytest.mark.parametrize("kind", CURVES)
@given(values=st.lists(st.floats(0, 200), min_size=2, max_size=20))
def test_chances_rise_with_the_hazard_and_stay_chances(kind, values):
    prior = compute_prior(kind, np.sort(values))
    for chances in (prior.damage, prior.severe):
        assert (np.diff(chances) >= 0).all()
        assert ((chances >= 0) & (chances <= 1)).all()
    assert (prior.severe <= prior.damage).all()


def test_where_nothing_is_known_nothing_is_likely():
    prior = compute_prior(HazardKind.HAIL, np.array([np.nan, 0.0]))
    assert prior.damage.tolist() == [0.0, 0.0]
