"""Reports at places: the nearest one within a radius, in metres and hours."""

import numpy as np
import pytest

from weather.fields.sphere import EARTH_RADIUS_M
from weather.hazards.sampling.nearest import Reports, sample_nearest

NOON = np.datetime64("2018-06-15T12:00")


def reports(longitude, latitude, value=None, hours=None):
    count = len(longitude)
    ago = np.zeros(count) if hours is None else np.array(hours)
    return Reports(
        np.array(longitude, float), np.array(latitude, float),
        np.arange(count, dtype=float) if value is None else np.array(value, float), "mm",
        NOON - (ago * 3600).astype("timedelta64[s]"),
    )  # fmt: skip


def test_the_nearest_gives_value_distance_and_age():
    found = sample_nearest(
        reports([-90, -90], [40, 41], [25.4, 50.8], [3, -1]),
        np.array([-90.0, -90.0, -90.0, -80.0]), np.array([40.1, 40.9, 41.0, 40.0]), 20_000, NOON,
    )  # fmt: skip
    np.testing.assert_array_equal(found.report, [0, 1, 1, -1])
    np.testing.assert_array_equal(found.sampled.value, [25.4, 50.8, 50.8, np.nan])
    tenth = np.radians(0.1) * EARTH_RADIUS_M
    np.testing.assert_allclose(found.sampled.distance_m, [tenth, tenth, 0, np.nan], atol=1e-6)
    assert found.age[:2].astype("timedelta64[h]").astype(int).tolist() == [3, -1]
    assert np.isnat(found.age[3])
    assert found.sampled.is_covered.tolist() == [True, True, True, False]


def test_a_report_without_a_measure_is_still_near():
    found = sample_nearest(reports([-90], [40], [np.nan]), np.array([-90.0]), np.array([40.0]),
                           1, NOON)  # fmt: skip
    assert found.sampled.is_covered.tolist() == [True]
    assert np.isnan(found.sampled.value).all()


def test_no_reports_are_near_nothing():
    found = sample_nearest(reports([], []), np.array([-90.0]), np.array([40.0]), 1e5, NOON)
    assert found.report.tolist() == [-1]
    assert np.isnan(found.sampled.value).all()


def test_across_the_date_line_and_the_pole():
    found = sample_nearest(reports([179.9, 0], [0, 89.9]), np.array([-179.9, 180.0]),
                           np.array([0.0, 89.9]), 30_000, NOON)  # fmt: skip
    assert found.report.tolist() == [0, 1]
    fifth = np.radians(0.2) * EARTH_RADIUS_M
    np.testing.assert_allclose(found.sampled.distance_m, [fifth, fifth], rtol=1e-9)


def test_as_every_distance_tells():
    random = np.random.default_rng(8)
    made = reports(random.uniform(-100, -90, 80), random.uniform(30, 40, 80))
    x, y = random.uniform(-100, -90, 500), random.uniform(30, 40, 500)
    found = sample_nearest(made, x, y, 60_000, NOON)
    distance = _haversine_m(x[:, None], y[:, None], made.longitude_deg, made.latitude_deg)
    nearest = distance.min(axis=1)
    is_near = nearest <= 60_000
    np.testing.assert_array_equal(found.report, np.where(is_near, distance.argmin(axis=1), -1))
    np.testing.assert_allclose(found.sampled.distance_m, np.where(is_near, nearest, np.nan))


def _haversine_m(x, y, other_x, other_y):
    x, y, other_x, other_y = (np.radians(each) for each in (x, y, other_x, other_y))
    half = (
        np.sin((other_y - y) / 2) ** 2
        + np.cos(y) * np.cos(other_y) * np.sin((other_x - x) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half))


@pytest.mark.parametrize("within_m", [0, -1, np.nan])
def test_a_radius_that_is_none_is_refused(within_m):
    with pytest.raises(ValueError, match="radius"):
        sample_nearest(reports([0], [0]), np.zeros(1), np.zeros(1), within_m, NOON)
