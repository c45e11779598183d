from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
import shapely

from core.errors import InputError
from core.events import Peril
from core.grid import Bounds
from core.schemas.hazards import HAZARD_ROWS, HAZARDS
from core.tables import check_table
from weather.fields.wind import compute_wind_at
from weather.hazards.footprint import FootprintOptions, is_in_path
from weather.hazards.hazard import AreaHazard, Hazard
from weather.hazards.hurricane import HurricaneHazard
from weather.hazards.prior import FLAT_PRIORS, WindPriorOptions

START = datetime(2018, 10, 10, tzinfo=UTC)
BOX = shapely.box(-86, 24, -84, 28)


@pytest.fixture
def hurricane(moving_storm) -> HurricaneHazard:
    return HurricaneHazard(moving_storm, drawing=FootprintOptions(cell_deg=0.05))


@pytest.fixture
def fire() -> AreaHazard:
    return AreaHazard(BOX, Peril.WILDFIRE, START, START + timedelta(days=21), "perimeter")


def test_a_hurricane_gives_each_location_its_own_wind(hurricane, moving_storm, locations):
    longitude, latitude = np.array([-84.6, -84.9, -83.0]), np.array([26.0, 25.5, 27.0])
    table = hurricane.assess(locations(longitude, latitude))
    check_table(table, HAZARDS)
    wind = compute_wind_at(moving_storm, longitude, latitude)
    np.testing.assert_allclose(table["sustained_wind_mps"], wind.sustained_mps)
    np.testing.assert_allclose(table["gust_mps"], wind.gust_mps)
    assert table["policy_number"].tolist() == ["P0", "P1", "P2"]
    assert set(table["hazard_basis"]) == {"track:AL992018"}
    assert (table["loss_at_utc"].dt.tz_localize(None) == pd.DatetimeIndex(wind.peak_at_utc)).all()
    assert table["loss_at_utc"].between(START, START + timedelta(hours=12)).all()
    assert (table["prior_severe"] < table["prior_damage"]).all()


def test_every_location_in_the_path_is_assessed_above_the_floor(hurricane, locations):
    rng = np.random.default_rng(1)
    book = locations(rng.uniform(-88, -82, 500), rng.uniform(22, 28, 500))
    reached = hurricane.find_in_path(book)
    table = hurricane.assess(book[reached])
    assert len(table) == reached.sum() > 50
    assert table["sustained_wind_mps"].min() >= hurricane.threshold_mps
    drawn = is_in_path(book, hurricane.footprint(Bounds(-88, 22, -82, 28)))
    assert (drawn == reached).mean() > 0.98
    assert (hurricane.find_in_path(book.iloc[::7]) == reached[::7]).all()


def test_an_area_holds_its_path_whole(fire, locations):
    assert fire.find_in_path(locations([-85.0, -86.0, -87.0], [25.0] * 3)).tolist() == [
        True, True, False,
    ]  # fmt: skip


def test_the_order_of_rows_does_not_matter(hurricane, locations):
    rng = np.random.default_rng(4)
    book = locations(rng.uniform(-88, -82, 60), rng.uniform(22, 28, 60))
    shuffled = book.sample(frac=1, random_state=0)
    table = hurricane.assess(book).set_index("policy_number")
    again = hurricane.assess(shuffled).set_index("policy_number").loc[table.index]
    pd.testing.assert_frame_equal(table, again, rtol=1e-9)


def test_the_building_moves_the_prior(hurricane, locations):
    def damage(year, code):
        return hurricane.assess(locations([-84.6], [26.0], year, code))["prior_damage"].iloc[0]

    assert damage(1970, 5350) > damage(1970, 5050) > damage(2015, 5050)


def test_a_place_the_storm_never_reached_keeps_a_row(hurricane, locations):
    table = hurricane.assess(locations([5.0, -85.0], [60.0, 60.0]))
    options = WindPriorOptions()
    assert (table["sustained_wind_mps"] == 0).all()
    assert (table["prior_damage"] == options.lowest_damage).all()
    # far north of a storm that goes north: nearest at its end
    assert table["loss_at_utc"].iloc[1] == START + timedelta(hours=12)


def test_missing_years_of_a_nullable_column(hurricane, locations):
    book = locations([-84.6, -84.6], [26.0, 26.0])
    book["year_built"] = pd.array([None, 1970.0], dtype="Float64")
    assert hurricane.assess(book)["prior_damage"].is_unique


def test_a_fire_gives_each_location_the_flat_prior(fire, locations):
    table = fire.assess(locations([-85.0, -84.5], [25.0, 25.5]))
    check_table(table, HAZARDS)
    flat = FLAT_PRIORS[Peril.WILDFIRE]
    assert table["prior_damage"].tolist() == [flat.damage] * 2
    assert table["prior_severe"].tolist() == [flat.severe] * 2
    assert table["sustained_wind_mps"].isna().all()
    assert table["gust_mps"].isna().all()
    assert (table["loss_at_utc"] == START).all()
    assert set(table["hazard_basis"]) == {"perimeter"}


def test_no_locations_give_an_empty_table_of_the_right_kind(hurricane, fire, locations):
    hazards: tuple[Hazard, ...] = (hurricane, fire)
    for hazard in hazards:
        table = hazard.assess(locations([], []))
        assert len(table) == 0
        check_table(table, HAZARDS)
        assert str(table["loss_at_utc"].dtype) == "datetime64[us, UTC]"


def test_footprints_come_from_the_hazard(hurricane, fire):
    assert hurricane.footprint().basis == "track:AL992018"
    assert fire.footprint().area.equals(BOX)


def test_wrong_tables_are_refused(hurricane, fire, locations):
    book = locations([-85.0], [25.0])
    for hazard in (hurricane, fire):
        with pytest.raises(InputError, match="the table lacks construction_code, year_built"):
            hazard.assess(book.drop(columns=["year_built", "construction_code"]))
        with pytest.raises(InputError, match="their CRS is EPSG:32616"):
            hazard.assess(book.set_crs("EPSG:32616", allow_override=True))


@pytest.mark.parametrize("tz", [None, timezone(timedelta(hours=-5))])
def test_an_areas_window_is_in_utc(tz):
    with pytest.raises(ValueError, match="window_start_utc must be UTC"):
        AreaHazard(BOX, Peril.WILDFIRE, START.replace(tzinfo=tz))


def test_an_areas_peril_is_a_row_and_a_reason_without_a_value(fire, locations):
    book = locations([-85.0, -84.5], [25.0, 25.5])
    rows = fire.rows(book)
    check_table(rows, HAZARD_ROWS)
    assert rows["hazard"].tolist() == ["fire", "fire"]
    assert rows["value"].isna().all()
    assert rows["is_reached"].all()
    assert set(rows["product"]) == {"perimeter"}
    assert fire.assess(book)["hazard_reason"].tolist() == ["fire", "fire"]


def test_a_peril_that_no_product_shows_has_no_rows(locations):
    sewers = AreaHazard(BOX, Peril.SEWAGE_BACKUP, START)
    book = locations([-85.0], [25.0])
    assert len(sewers.rows(book)) == 0
    assert sewers.assess(book)["hazard_reason"].isna().all()
