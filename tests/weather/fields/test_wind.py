import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from core.errors import WeatherError
from core.units import KNOT_MPS, NAUTICAL_MILE_M
from weather.fields.storm import Track, WindRadii
from weather.fields.vortex import compute_vortex, estimate_rmw_m
from weather.fields.wind import WindFieldOptions, compute_nearest_approach, compute_wind_at
from weather.sources.storms.hurdat2 import read_hurdat2

AZIMUTHS = {"NE": 45.0, "SE": 135.0, "SW": 225.0, "NW": 315.0}
RADII_NMI = {34: (150, 140, 90, 110), 50: (90, 80, 50, 60), 64: (50, 45, 30, 35)}
CENTRE = (-85.0, 25.0)
SPHERE = Geod(a=6_371_008.8, b=6_371_008.8)
FINE = WindFieldOptions(lowest_wind_mps=0.5)


def places_at(azimuth_deg, distance_m, centre=CENTRE):
    """Places by an independent geodesic solver, on the same sphere."""
    distance = np.atleast_1d(np.asarray(distance_m, dtype=float))
    azimuth = np.broadcast_to(azimuth_deg, distance.shape)
    longitude, latitude, _ = SPHERE.fwd(
        np.full(distance.shape, centre[0]), np.full(distance.shape, centre[1]), azimuth, distance
    )
    return np.asarray(longitude), np.asarray(latitude)


def wind_kt(track, azimuth_deg, distance_nmi, options=FINE, centre=CENTRE):
    longitude, latitude = places_at(
        azimuth_deg, np.asarray(distance_nmi, dtype=float) * NAUTICAL_MILE_M, centre
    )
    return compute_wind_at(track, longitude, latitude, options).sustained_mps / KNOT_MPS


@pytest.mark.parametrize("quadrant", AZIMUTHS)
def test_a_still_storm_has_its_maximum_at_the_rmw(still_storm, quadrant):
    assert wind_kt(still_storm, AZIMUTHS[quadrant], 20) == pytest.approx(100, rel=1e-6)


@pytest.mark.parametrize("threshold_kt", [34, 50, 64])
@pytest.mark.parametrize(("place", "quadrant"), list(enumerate(AZIMUTHS)))
def test_a_still_storm_has_each_wind_at_its_radius(still_storm, place, quadrant, threshold_kt):
    radius_nmi = RADII_NMI[threshold_kt][place]
    found = wind_kt(still_storm, AZIMUTHS[quadrant], radius_nmi)
    assert found == pytest.approx(threshold_kt, rel=1e-6)


def test_wind_rises_in_the_eye_in_proportion_and_is_calm_at_the_centre(still_storm):
    assert wind_kt(still_storm, 45.0, [5, 10, 15]) == pytest.approx([25, 50, 75], rel=1e-6)
    centre = compute_wind_at(still_storm, np.array([CENTRE[0]]), np.array([CENTRE[1]]), FINE)
    assert centre.sustained_mps[0] == 0


@given(azimuth_deg=st.floats(0, 360), steps=st.lists(st.floats(1.001, 1.5), min_size=2, max_size=9))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # the storm is never changed
def test_wind_only_falls_outside_the_rmw(still_storm, azimuth_deg, steps):
    distances = 20 * np.cumprod([1.0, *steps])
    found = wind_kt(still_storm, azimuth_deg, distances)
    assert (np.diff(found) <= 1e-9).all()
    assert found.max() <= 100 * (1 + 1e-9)


def test_between_quadrants_the_wind_lies_between_theirs(still_storm):
    east, south_east, north_east = (wind_kt(still_storm, a, 60)[0] for a in (90.0, 135.0, 45.0))
    assert min(south_east, north_east) < east < max(south_east, north_east)
    assert east == pytest.approx(np.sqrt(south_east * north_east), rel=1e-6)


def test_beyond_the_last_radius_it_is_a_modified_rankine_vortex(still_storm):
    assert wind_kt(still_storm, 45.0, 600) == pytest.approx(34 * (600 / 150) ** -0.5, rel=1e-6)


def test_a_quadrant_without_64_kt_winds_peaks_below(track, point):
    radii = {**RADII_NMI, 64: (50, 45, 0, 35)}
    radii_m = WindRadii(*(tuple(v * NAUTICAL_MILE_M for v in radii[k]) for k in (34, 50, 64)))
    storm = track(point(0, radii=radii_m), point(6, radii=radii_m))
    weak = wind_kt(storm, AZIMUTHS["SW"], np.linspace(1, 200, 400))
    assert 60 < weak.max() < 64
    assert wind_kt(storm, AZIMUTHS["SW"], 50) == pytest.approx(50, rel=1e-6)
    assert wind_kt(storm, AZIMUTHS["NE"], 20) == pytest.approx(100, rel=1e-6)


def test_an_rmw_outside_a_quadrants_radius_gives_way_to_the_radius(track, point):
    storm = track(point(0, rmw_nmi=40), point(6, rmw_nmi=40))
    assert wind_kt(storm, AZIMUTHS["SW"], 30) == pytest.approx(64, rel=1e-6)
    assert wind_kt(storm, AZIMUTHS["SW"], 24) == pytest.approx(100, rel=1e-6)


def test_unknown_radii_and_rmw_are_estimated(track, point):
    storm = track(
        point(0, radii=WindRadii(), rmw_nmi=None), point(6, radii=WindRadii(), rmw_nmi=None)
    )
    rmw_nmi = estimate_rmw_m(np.array([100 * KNOT_MPS]), np.array([25.0]))[0] / NAUTICAL_MILE_M
    # Willoughby, Darling and Rahn (2006), eq. 7a, by hand: 46.4 exp(-0.7974 + 0.4225) km
    assert rmw_nmi * 1.852 == pytest.approx(31.9, abs=0.1)
    assert wind_kt(storm, 10.0, rmw_nmi) == pytest.approx(100, rel=1e-6)
    assert wind_kt(storm, 200.0, 4 * rmw_nmi) == pytest.approx(50, rel=1e-6)


@pytest.mark.parametrize("latitude", [25.0, -25.0])
def test_motion_favours_one_side_by_hemisphere(track, point, latitude):
    places = [(-85.0, latitude), (-85.0, latitude + 1), (-85.0, latitude + 2)]
    storm = track(*(point(6 * k, place, radii=WindRadii()) for k, place in enumerate(places)))
    centre = places[1]
    east, west = (
        compute_wind_at(storm, *places_at(a, 30 * NAUTICAL_MILE_M, centre), FINE).sustained_mps[0]
        for a in (90.0, 270.0)
    )
    still = dataclasses.replace(FINE, motion_asymmetry_frac=0.0)
    stronger, weaker = (east, west) if latitude > 0 else (west, east)
    assert stronger > weaker + 1
    # no motion adds beyond the storm's own maximum
    for options in (FINE, still):
        ring = places_at(np.arange(0, 360, 5.0), np.full(72, 20 * NAUTICAL_MILE_M), centre)
        assert compute_wind_at(storm, *ring, options).sustained_mps.max() <= 100 * KNOT_MPS * 1.0001


def test_the_favoured_side_of_a_fast_storm_has_the_tracks_maximum(track, point):
    places = [(-85.0, 25.0), (-85.0, 28.0), (-85.0, 31.0)]
    storm = track(*(point(6 * k, place) for k, place in enumerate(places)))
    found = wind_kt(storm, AZIMUTHS["NE"], 20, FINE, places[1])
    assert found == pytest.approx(100, rel=0.003)


def test_the_weak_side_of_a_fast_storm_still_has_the_winds_of_its_radii(track, point):
    # 30 m/s forward takes some 30 m/s from the left side, where 64 kt winds were surveyed
    places = [(-85.0, 25.0), (-85.0, 31.0), (-85.0, 37.0)]
    storm = track(*(point(6 * k, place, wind_kt=80) for k, place in enumerate(places)))
    vortex = compute_vortex(storm, FINE)
    south_west = np.exp(vortex.log_wind[len(vortex) // 2, 2]) / KNOT_MPS
    assert south_west[1:5] == pytest.approx([64 * 1.02, 64, 50, 34])


def test_of_equal_winds_the_first_instant_counts(still_storm):
    longitude, latitude = places_at(45.0, np.linspace(30_000, 200_000, 50))
    peaks = compute_wind_at(still_storm, longitude, latitude).peak_at_utc
    assert (peaks == np.datetime64("2018-10-10T00:00", "us")).all()


def test_the_peak_instant_is_when_the_eyewall_passes(moving_storm):
    # 20 nmi east of the centre's place six hours in: the maximum passes abeam at that instant
    longitude, latitude = places_at(90.0, 20 * NAUTICAL_MILE_M, (-85.0, 26.0))
    peak = compute_wind_at(moving_storm, longitude, latitude).peak_at_utc[0]
    passed = np.datetime64("2018-10-10T06:00", "us")
    assert abs(peak - passed) <= np.timedelta64(90, "m")


def test_time_steps_include_the_tracks_own_instants(track, point):
    storm = track(point(0), point(0.7), point(6))
    instants = compute_vortex(storm, WindFieldOptions(time_step_s=3600.0)).at_utc
    assert np.datetime64("2018-10-10T00:42", "us") in instants
    assert instants[0] == np.datetime64("2018-10-10T00:00", "us")
    assert instants[-1] == np.datetime64("2018-10-10T06:00", "us")
    assert (np.diff(instants) > np.timedelta64(0)).all()


def test_the_eye_moves_between_fixes(moving_storm):
    # a third of the way from the first to the second fix, by a solver that knows no track
    distances = np.linspace(0, 111_195 * 2, 7)
    longitude, latitude = places_at(0.0, distances)
    nearest = compute_nearest_approach(moving_storm, longitude, latitude)
    hours = (nearest - np.datetime64("2018-10-10T00:00", "us")) / np.timedelta64(1, "h")
    assert hours == pytest.approx(np.linspace(0, 12, 7), abs=0.17)


def test_a_finer_time_step_changes_little(moving_storm):
    longitude, latitude = np.meshgrid(np.linspace(-86, -84, 15), np.linspace(25, 27, 15))
    args = (moving_storm, longitude.ravel(), latitude.ravel())
    coarse = compute_wind_at(*args, WindFieldOptions()).sustained_mps
    fine = compute_wind_at(*args, WindFieldOptions(time_step_s=60.0)).sustained_mps
    assert np.abs(coarse - fine).max() < 0.05 * fine.max()


def test_chunks_give_what_one_piece_gives(moving_storm):
    rng = np.random.default_rng(7)
    longitude, latitude = rng.uniform(-95, -75, 700), rng.uniform(15, 37, 700)
    whole = compute_wind_at(moving_storm, longitude, latitude, WindFieldOptions(chunk_points=700))
    assert 0 < np.isnat(whole.peak_at_utc).sum() < 700
    for size in (1, 13, 256):
        pieces = compute_wind_at(
            moving_storm, longitude, latitude, WindFieldOptions(chunk_points=size)
        )
        np.testing.assert_allclose(pieces.sustained_mps, whole.sustained_mps, rtol=1e-12)
        assert (
            (pieces.peak_at_utc == whole.peak_at_utc) | np.isnat(whole.peak_at_utc)
        ).mean() > 0.99


def test_skipping_instants_never_loses_wind(moving_storm):
    """An oracle that skips nothing: every instant as a storm of its own."""
    rng = np.random.default_rng(3)
    longitude, latitude = rng.uniform(-88, -82, 60), rng.uniform(23, 29, 60)
    options = dataclasses.replace(FINE, time_step_s=3600.0)
    found = compute_wind_at(moving_storm, longitude, latitude, options).sustained_mps
    vortex = compute_vortex(moving_storm, options)
    strongest = np.zeros(60)
    for step in range(len(vortex)):
        centre = vortex.axes[step, 0]
        centre_lon = np.degrees(np.arctan2(centre[1], centre[0]))
        centre_lat = np.degrees(np.arcsin(centre[2]))
        azimuth, _, distance = SPHERE.inv(
            np.full(60, centre_lon), np.full(60, centre_lat), longitude, latitude
        )
        turn = (np.asarray(azimuth) - 45.0) / 90.0
        left = np.floor(turn).astype(int) % 4
        share = turn - np.floor(turn)
        log_wind = [
            [
                np.interp(np.log(d), vortex.log_radius[step, q], vortex.log_wind[step, q])
                for d, q in zip(distance, quadrant, strict=True)
            ]
            for quadrant in (left, (left + 1) % 4)
        ]
        wind = np.exp((1 - share) * log_wind[0] + share * np.array(log_wind[1]))
        strongest = np.maximum(strongest, wind)
    np.testing.assert_allclose(found, strongest, rtol=1e-6)


@pytest.mark.parametrize(("roughness_m", "factor"), [(0.002, 1.166), (0.03, 1.082), (0.3, 0.944)])
def test_gusts_are_sustained_winds_times_the_factor_of_the_ground(still_storm, roughness_m, factor):
    options = WindFieldOptions(roughness_m=roughness_m)
    wind = compute_wind_at(still_storm, *places_at(45.0, [40_000.0, 90_000.0]), options)
    np.testing.assert_allclose(wind.gust_mps, wind.sustained_mps * factor, rtol=1e-3)


def test_far_places_have_no_wind_and_no_instant(still_storm):
    wind = compute_wind_at(still_storm, np.array([95.0, 0.0]), np.array([-25.0, 89.9]))
    assert (wind.sustained_mps == 0).all()
    assert np.isnat(wind.peak_at_utc).all()


def test_places_all_round_the_earth_in_one_chunk(still_storm):
    longitude = np.array([-85.2, 95.0, 5.0, -175.0, 180.0])
    wind = compute_wind_at(still_storm, longitude, np.array([25.0, -25.0, 0.0, 60.0, -89.0]))
    assert wind.sustained_mps[0] > 50 * KNOT_MPS
    assert (wind.sustained_mps[1:] == 0).all()


def test_no_places(still_storm):
    wind = compute_wind_at(still_storm, np.array([]), np.array([]))
    assert len(wind) == 0
    assert wind.peak_at_utc.dtype == np.dtype("datetime64[us]")


def test_a_track_of_one_point(track, point):
    assert wind_kt(track(point()), 45.0, 20) == pytest.approx(100, rel=1e-6)


def test_gaps_in_the_wind_are_closed_and_none_at_all_is_an_error(track, point):
    storm = track(point(0, wind_kt=80), point(6, wind_kt=None), point(12, wind_kt=120))
    assert wind_kt(storm, 45.0, 20)[0] == pytest.approx(120, rel=1e-6)
    with pytest.raises(WeatherError, match="no point of its track has a maximum wind"):
        wind_kt(track(point(0, wind_kt=None)), 45.0, 20)


def test_the_antimeridian_is_nothing_special(track, point):
    def shifted(by_deg):
        return track(
            *(
                point(6 * k, ((longitude + by_deg + 180) % 360 - 180, 20.0))
                for k, longitude in enumerate((-1.5, 0.0, 1.5))
            )
        )

    rng = np.random.default_rng(5)
    longitude, latitude = rng.uniform(-3, 3, 80), rng.uniform(18, 22, 80)
    here = compute_wind_at(shifted(0), longitude, latitude)
    across = compute_wind_at(shifted(180), (longitude + 180 + 180) % 360 - 180, latitude)
    np.testing.assert_allclose(across.sustained_mps, here.sustained_mps, rtol=1e-9)
    turned = compute_wind_at(shifted(0), longitude + 360, latitude)
    np.testing.assert_allclose(turned.sustained_mps, here.sustained_mps, rtol=1e-9)


def test_arguments_are_checked(still_storm):
    with pytest.raises(ValueError, match="one shape"):
        compute_wind_at(still_storm, np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="NaN or infinity"):
        compute_wind_at(still_storm, np.array([np.nan]), np.zeros(1))
    with pytest.raises(ValueError, match=r"roughness_m must be above 0 and at most 2, got 0\.0"):
        WindFieldOptions(roughness_m=0.0)
    with pytest.raises(ValueError, match="time_step_s must be positive, got 0"):
        WindFieldOptions(time_step_s=0)
    with pytest.raises(ValueError, match="motion_asymmetry_frac must be 0 to 1"):
        WindFieldOptions(motion_asymmetry_frac=2)


@pytest.fixture(scope="module")
def michael(weather_data) -> Track:
    return read_hurdat2(weather_data / "hurdat2" / "hurdat2_2017_2018.txt", "AL142018")


@pytest.mark.real_data
def test_michael_at_places_of_the_florida_panhandle(michael):
    places = {
        "Mexico Beach": (-85.417, 29.948),
        "Panama City": (-85.66, 30.17),
        "Marianna": (-85.23, 30.77),
        "Pensacola": (-87.22, 30.42),
    }
    longitude, latitude = np.array(list(places.values())).T
    wind = compute_wind_at(michael, longitude, latitude)
    knots = dict(zip(places, wind.sustained_mps / KNOT_MPS, strict=True))
    assert 125 <= knots["Mexico Beach"] <= 140
    assert knots["Mexico Beach"] > knots["Panama City"] > 96
    assert 83 < knots["Marianna"] < knots["Panama City"]
    assert 34 < knots["Pensacola"] < 64
    landfall = np.datetime64("2018-10-10T17:30", "us")
    assert abs(wind.peak_at_utc[0] - landfall) <= np.timedelta64(2, "h")
    # the track's strongest wind, 140 kt at landfall, is found somewhere round the landfall point
    longitude, latitude = np.meshgrid(np.linspace(-86, -85, 60), np.linspace(29.5, 30.5, 60))
    ring = compute_wind_at(michael, longitude.ravel(), latitude.ravel())
    assert ring.sustained_mps.max() / KNOT_MPS == pytest.approx(140, rel=0.02)
