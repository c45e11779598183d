from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy.integrate import quad

from core.errors import WeatherError
from core.units import KNOT_MPS
from weather.fields.rain import compute_rain_at, compute_rain_rate
from weather.fields.rain_options import RainFieldOptions
from weather.fields.storm import Track
from weather.sources.storms.hurdat2 import read_hurdat2

CENTRE = (-85.0, 25.0)
SPHERE = Geod(a=6_371_008.8, b=6_371_008.8)
OPTIONS = RainFieldOptions()


def rate_by_hand(radius_km, wind_kt):
    """R-CLIPER as Tuleya et al. (2007) print it, mm/h."""
    u = 1 + (wind_kt - 35) / 33
    t0, tm = -1.10 + 3.96 * u, -1.60 + 4.80 * u
    rm, re = 64.5 - 13.0 * u, 150.0 - 16.0 * u
    inches = (
        t0 + (tm - t0) * radius_km / rm if radius_km < rm else tm * np.exp(-(radius_km - rm) / re)
    )
    return inches * 25.4 / 24


def places_at(azimuth_deg, distance_m, centre=CENTRE):
    longitude, latitude, _ = SPHERE.fwd(
        *(np.full(np.shape(distance_m), c) for c in centre),
        np.broadcast_to(azimuth_deg, np.shape(distance_m)),
        distance_m,
    )
    return np.asarray(longitude), np.asarray(latitude)


@pytest.mark.parametrize("wind_kt", [35, 65, 120, 165])
def test_rates_are_the_published_ones(wind_kt):
    radii_km = np.array([0.0, 10, 30, 50, 100, 250, 499])
    found = compute_rain_rate(radii_km * 1000, np.full(7, wind_kt * KNOT_MPS), OPTIONS)
    assert found == pytest.approx([rate_by_hand(r, wind_kt) for r in radii_km], rel=1e-9)


def test_a_still_storm_rains_its_rate_times_the_hours(still_storm):
    distances = np.array([0.0, 20_000, 60_000, 150_000, 400_000])
    rain = compute_rain_at(still_storm, *places_at(70.0, distances))
    assert rain.total_mm == pytest.approx(
        [6 * rate_by_hand(d / 1000, 100) for d in distances], rel=1e-3
    )
    # an even rain has half fallen in the middle
    middle = np.datetime64("2018-10-10T03:00", "us")
    assert (abs(rain.half_at_utc - middle) <= np.timedelta64(30, "m")).all()


def test_it_is_the_same_all_round(still_storm):
    rain = compute_rain_at(still_storm, *places_at(np.arange(0, 360, 15.0), np.full(24, 90_000.0)))
    assert np.ptp(rain.total_mm) < 0.01


def test_a_moving_storm_rains_what_an_independent_integral_says(moving_storm):
    # 100 kt along a meridian, 2 degrees in 12 hours; 80 km east of its middle
    place = places_at(90.0, np.array([80_000.0]), (-85.0, 26.0))

    def rate_at(hour):
        centre = (-85.0, 25.0 + hour / 6)
        _, _, metres = SPHERE.inv(*centre, place[0][0], place[1][0])
        return rate_by_hand(metres / 1000, 100)

    wanted, _ = quad(rate_at, 0, 12)
    rain = compute_rain_at(moving_storm, *place)
    assert rain.total_mm[0] == pytest.approx(wanted, rel=2e-3)
    passed = np.datetime64("2018-10-10T06:00", "us")
    assert abs(rain.heaviest_at_utc[0] - passed) <= np.timedelta64(30, "m")


def test_a_slow_storm_rains_more(track, point):
    fast = track(point(0), point(6, (-85.0, 29.0)))
    slow = track(point(0), point(48, (-85.0, 29.0)))
    place = (np.array([-84.5]), np.array([27.0]))
    totals = [compute_rain_at(storm, *place).total_mm[0] for storm in (fast, slow)]
    assert totals[1] == pytest.approx(8 * totals[0], rel=0.01)


@given(split=st.integers(1, 11))
@settings(max_examples=11, deadline=None)
def test_rain_of_two_parts_of_a_life_adds_up(split):
    from tests.weather.conftest import make_point  # noqa: PLC0415  a fixture cannot be drawn with

    points = tuple(make_point(k, (-85.0, 25.0 + k / 6)) for k in range(13))
    place = (np.array([-84.0, -85.0]), np.array([26.0, 27.5]))
    whole, first, last = (
        compute_rain_at(Track("AL992018", "TEST", part), *place).total_mm
        for part in (points, points[: split + 1], points[split:])
    )
    np.testing.assert_allclose(first + last, whole, rtol=1e-3)


def test_chunks_give_what_one_piece_gives(moving_storm):
    rng = np.random.default_rng(2)
    places = rng.uniform(-90, -80, 400), rng.uniform(20, 32, 400)
    whole = compute_rain_at(moving_storm, *places, replace(OPTIONS, chunk_points=400))
    pieces = compute_rain_at(moving_storm, *places, replace(OPTIONS, chunk_points=7))
    np.testing.assert_allclose(pieces.total_mm, whole.total_mm, rtol=1e-9)
    is_wet = whole.total_mm > 0
    assert 100 < is_wet.sum() < 400
    assert (pieces.half_at_utc == whole.half_at_utc)[is_wet].mean() > 0.99


def test_far_places_stay_dry(still_storm):
    rain = compute_rain_at(still_storm, np.array([95.0, -85.0]), np.array([-25.0, 60.0]))
    assert rain.total_mm.tolist() == [0.0, 0.0]
    assert np.isnat(rain.heaviest_at_utc).all()
    assert np.isnat(rain.half_at_utc).all()
    assert len(compute_rain_at(still_storm, np.array([]), np.array([]))) == 0


def test_one_instant_has_no_duration(track, point):
    assert compute_rain_at(track(point()), np.array([-85.0]), np.array([25.0])).total_mm[0] == 0


def test_a_track_without_winds_is_refused(track, point):
    storm = track(point(0, wind_kt=None), point(6, wind_kt=None))
    with pytest.raises(WeatherError, match="no point of its track has a maximum wind"):
        compute_rain_at(storm, np.array([-85.0]), np.array([25.0]))


def test_options_are_checked():
    with pytest.raises(ValueError, match="reach_m must be positive, got 0"):
        RainFieldOptions(reach_m=0)


@pytest.mark.real_data
def test_harvey_rained_longest_on_houston_though_far_less_than_measured(weather_data):
    track = read_hurdat2(weather_data / "hurdat2" / "hurdat2_2017_2018.txt", "AL092017")
    # Houston Hobby 37.01 in, Cedar Bayou 51.88 in (NHC, Tropical Cyclone Report AL092017)
    measured_mm = np.array([37.01, 51.88]) * 25.4
    rain = compute_rain_at(track, np.array([-95.28, -94.915]), np.array([29.64, 29.77]))
    assert rain.total_mm == pytest.approx([198, 178], abs=1)
    # the climatology knows no stalled rain band: a fifth and a seventh of the measured
    assert rain.total_mm / measured_mm == pytest.approx([0.21, 0.135], abs=0.005)
    days = np.array(["2017-08-28", "2017-08-28"], dtype="datetime64[D]")
    assert (rain.half_at_utc.astype("datetime64[D]") == days).all()
    assert rain.half_at_utc[0] - track.points[0].at_utc.replace(tzinfo=None) > timedelta(days=11)
