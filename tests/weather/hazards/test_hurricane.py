"""What a track means for homes: wind and rain, each with its own row, and the union of both."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from core.grid import Bounds
from core.schemas.hazards import HAZARD_ROWS, HAZARDS
from core.tables import check_table
from core.units import KNOT_MPS
from weather.fields.rain import compute_rain_at
from weather.fields.storm import WindRadii
from weather.fields.wind import compute_wind_at
from weather.hazards.footprint import (
    FootprintOptions,
    compute_track_footprint,
    is_in_path,
)
from weather.hazards.hurricane import HurricaneHazard
from weather.hazards.prior import HEAVY_RAIN_PRIOR
from weather.hazards.thresholds import SCREEN_RAIN_MM
from weather.sources.storms.hurdat2 import read_hurdat2

START = datetime(2018, 10, 10, tzinfo=UTC)
NEAR = Bounds(-90, 20, -80, 30)
DRAWING = FootprintOptions(cell_deg=0.1)
SCREEN = 50 * KNOT_MPS
HOUSTON = Bounds(-95.8, 29.6, -95.1, 30.1)


@pytest.fixture
def stalled(track, point) -> HurricaneHazard:
    """A tropical storm of 40 kt that stands still for four days: it only rains."""
    weak = WindRadii(tuple([0.0] * 4), tuple([0.0] * 4), tuple([0.0] * 4))
    storm = track(*(point(24 * day, wind_kt=40, radii=weak) for day in range(5)))
    return HurricaneHazard(storm, drawing=DRAWING)


@pytest.fixture
def hurricane(moving_storm) -> HurricaneHazard:
    return HurricaneHazard(moving_storm, drawing=DRAWING, rain_threshold_mm=60.0)


@pytest.fixture
def book(locations):
    rng = np.random.default_rng(5)
    return locations(rng.uniform(-89, -81, 400), rng.uniform(21, 30, 400))


def test_a_storm_without_strong_winds_has_its_path_by_rain(stalled, locations):
    places = locations([-85.3, -85.3, -85.3], [25.0, 26.0, 29.0])
    assert stalled.find_in_path(places).tolist() == [True, True, False]
    table = stalled.assess(places)
    check_table(table, HAZARDS)
    assert table["hazard_reason"].tolist()[:2] == ["rain", "rain"]
    assert table["hazard_reason"].isna().tolist() == [False, False, True]
    assert table["leading_hazard"].equals(table["hazard_reason"])
    # an even rain has half fallen two days in; wind would have been dated from the first instant
    middle = START + timedelta(hours=48)
    assert table["loss_at_utc"][:2].sub(middle).abs().max() < timedelta(hours=1)
    assert table["prior_damage"].tolist()[:2] == [HEAVY_RAIN_PRIOR.damage] * 2
    assert table["prior_severe"].tolist()[:2] == [HEAVY_RAIN_PRIOR.severe] * 2
    assert table["prior_damage"].iloc[2] < HEAVY_RAIN_PRIOR.damage


def test_the_path_is_where_wind_or_rain_passed_its_threshold(hurricane, book):
    longitude, latitude = book.geometry.x.to_numpy(), book.geometry.y.to_numpy()
    windy = compute_wind_at(hurricane.track, longitude, latitude).sustained_mps >= SCREEN
    wet = compute_rain_at(hurricane.track, longitude, latitude).total_mm >= 60
    assert min((windy & wet).sum(), (windy & ~wet).sum()) > 5
    assert (hurricane.find_in_path(book) == (windy | wet)).all()
    reasons = hurricane.assess(book)["hazard_reason"]
    assert (reasons == "wind;rain").tolist() == (windy & wet).tolist()
    assert (reasons == "wind").tolist() == (windy & ~wet).tolist()


def test_no_home_leaves_the_path_that_wind_alone_put_in_it(hurricane, book):
    drawn = compute_track_footprint(hurricane.track, SCREEN, DRAWING, NEAR)
    both = hurricane.footprint(NEAR)
    assert both.basis == drawn.basis
    assert both.area.buffer(1e-6).covers(drawn.area)
    assert set(both.areas["hazard"]) == {"sustained_wind", "storm_rain"}
    agrees = is_in_path(book, both) == hurricane.find_in_path(book)
    assert agrees.mean() > 0.97


def test_the_worse_of_wind_and_rain_is_the_prior(hurricane, book):
    heavy = hurricane.assess(book)
    dry = HurricaneHazard(hurricane.track, rain_threshold_mm=10_000.0).assess(book)
    assert (heavy["prior_damage"] >= dry["prior_damage"]).all()
    wet = heavy["hazard_reason"].fillna("").str.contains("rain")
    assert heavy.loc[wet, "prior_damage"].min() >= HEAVY_RAIN_PRIOR.damage
    pd.testing.assert_frame_equal(
        heavy.loc[~wet, ["prior_damage", "prior_severe", "loss_at_utc"]],
        dry.loc[~wet, ["prior_damage", "prior_severe", "loss_at_utc"]],
    )


def test_each_home_keeps_each_hazards_own_row(hurricane, book):
    rows, table = hurricane.rows(book), hurricane.assess(book)
    check_table(rows, HAZARD_ROWS)
    assert rows["hazard"].tolist() == ["wind", "rain"] * len(book)
    wind, rain = (rows[rows["hazard"] == word].reset_index(drop=True) for word in ("wind", "rain"))
    assert wind["account_number"].tolist() == table["account_number"].tolist()
    np.testing.assert_array_equal(wind["value"], table["sustained_wind_mps"])
    np.testing.assert_array_equal(rain["value"], table["rain_mm"])
    assert set(wind["unit"]) == {"m/s"}
    assert set(rain["unit"]) == {"mm"}
    assert (rain["is_reached"] == (rain["value"] >= 60)).all()
    assert set(rows["product"]) == {"track:AL992018"}
    assert (rain["peak_at_utc"].isna() == (rain["value"] == 0)).all()
    assert len(hurricane.rows(book.iloc[:0])) == 0


def test_a_threshold_of_rain_is_one_the_field_knows(moving_storm):
    with pytest.raises(ValueError, match="rain_threshold_mm must be at least"):
        HurricaneHazard(moving_storm, rain_threshold_mm=0.0)


@pytest.fixture(scope="module")
def points(weather_data):
    """xBD's buildings: disaster, lon, lat, damage."""
    return pd.read_csv(weather_data.parent / "damage_points" / "xbd_hurricane_points.csv")


def open_storm(weather_data, storm_id) -> HurricaneHazard:
    return HurricaneHazard(
        read_hurdat2(weather_data / "hurdat2" / "hurdat2_2017_2018.txt", storm_id)
    )


def place(points, locations):
    return locations(points["lon"], points["lat"]).assign(damage=points["damage"].to_numpy())


@pytest.mark.real_data
def test_houstons_flooded_homes_are_in_harveys_path_by_rain(weather_data, points, locations):
    """Must show: 95% and more of the flooded homes of 29.6 to 30.1 N, 95.8 to 95.1 W."""
    homes = points[
        (points["disaster"] == "hurricane-harvey")
        & points["damage"].isin(["minor-damage", "major-damage", "destroyed"])
        & points["lat"].between(HOUSTON.south, HOUSTON.north)
        & points["lon"].between(HOUSTON.west, HOUSTON.east)
    ]
    book = place(homes, locations)
    assert len(book) == 3849
    harvey = open_storm(weather_data, "AL092017")
    assert harvey.find_in_path(book).mean() >= 0.95
    table = harvey.assess(book)
    assert (table["hazard_reason"] == "rain").mean() >= 0.95
    assert table["rain_mm"].min() > SCREEN_RAIN_MM
    days = table["loss_at_utc"].dt.date.unique().tolist()
    assert days == [datetime(2017, 8, 28, tzinfo=UTC).date()]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("storm_id", "disaster"),
    [("AL142018", "hurricane-michael"), ("AL062018", "hurricane-florence")],
)
def test_michael_and_florence_keep_every_row_that_they_had(
    weather_data, points, locations, storm_id, disaster
):
    hazard = open_storm(weather_data, storm_id)
    homes = place(points[points["disaster"] == disaster], locations)
    rng = np.random.default_rng(8)
    around = locations(rng.uniform(-90, -72, 3000), rng.uniform(27, 38, 3000))
    for book in (homes, around):
        longitude, latitude = book.geometry.x.to_numpy(), book.geometry.y.to_numpy()
        had = compute_wind_at(hazard.track, longitude, latitude).sustained_mps >= SCREEN
        assert had.sum() > 100
        assert hazard.find_in_path(book)[had].all()
    assert hazard.find_in_path(homes).all()


@pytest.mark.real_data
def test_michaels_prior_is_what_the_labels_say(weather_data, points, locations):
    homes = points[
        (points["disaster"] == "hurricane-michael") & (points["damage"] != "un-classified")
    ]
    table = open_storm(weather_data, "AL142018").assess(place(homes, locations))
    is_damaged = homes["damage"] != "no-damage"
    is_severe = homes["damage"].isin(["major-damage", "destroyed"])
    assert (is_damaged.mean(), is_severe.mean()) == pytest.approx((0.304, 0.087), abs=1e-3)
    assert table["prior_damage"].mean() == pytest.approx(0.306, abs=2e-3)
    assert table["prior_severe"].mean() == pytest.approx(0.107, abs=2e-3)
    assert roc_auc_score(is_damaged, table["prior_damage"]) == pytest.approx(0.732, abs=2e-3)
    assert roc_auc_score(is_severe, table["prior_severe"]) == pytest.approx(0.711, abs=2e-3)
