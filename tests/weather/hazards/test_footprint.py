import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from core.errors import InputError, WeatherError
from core.grid import Bounds, choose_metric_crs
from core.tables import HAZARD_AREAS, check_table
from core.units import KNOT_MPS, NAUTICAL_MILE_M
from weather.fields.storm import WindRadii
from weather.fields.wind import compute_wind_at
from weather.hazards.footprint import (
    MAP_WINDS_MPS,
    FootprintOptions,
    compute_area_footprint,
    compute_track_footprint,
    is_in_path,
)
from weather.sources.storms.hurdat2 import read_hurdat2

NEAR = Bounds(-88.0, 22.0, -82.0, 28.0)
SCREEN = 50 * KNOT_MPS
COARSE = FootprintOptions(cell_deg=0.05)


@pytest.fixture(scope="module")
def round_storm():
    """100 kt, still, the same radii on all sides: its 50 kt area is a disc of 80 nmi."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    from weather.fields.storm import Track, TrackPoint  # noqa: PLC0415

    radii = WindRadii(*((nmi * NAUTICAL_MILE_M,) * 4 for nmi in (140, 80, 45)))
    start = datetime(2018, 10, 10, tzinfo=UTC)
    points = tuple(
        TrackPoint(start + timedelta(hours=h), 25.0, -85.0, 100 * KNOT_MPS, None, radii, 37_040.0)
        for h in (0, 6)
    )
    return Track("AL992018", "ROUND", points)


def test_a_round_storms_footprint_is_a_disc(round_storm):
    footprint = compute_track_footprint(round_storm, SCREEN, COARSE, NEAR)
    area = gpd.GeoSeries([footprint.area], crs="EPSG:4326").to_crs(choose_metric_crs(-85, 25))
    # the centre itself is calm: a disc with a hole of 10 nmi, where the eye's wind is under 50 kt
    expected_m2 = np.pi * ((80**2 - 10**2) * NAUTICAL_MILE_M**2)
    assert area.area.iloc[0] == pytest.approx(expected_m2, rel=0.01)
    assert footprint.basis == "track:AL992018"


def test_contours_are_nested_valid_and_ordered(round_storm):
    areas = compute_track_footprint(round_storm, SCREEN, COARSE, NEAR).areas
    check_table(areas, HAZARD_AREAS)
    assert set(areas["hazard"]) == {"sustained_wind"}
    assert set(areas["unit"]) == {"m/s"}
    # 100 kt: everything up to category 3 but 113 and 137 kt
    assert areas["value"].tolist() == pytest.approx([v for v in MAP_WINDS_MPS if v < 51.4])
    assert areas.geometry.is_valid.all()
    for weaker, stronger in zip(areas.geometry, areas.geometry[1:], strict=False):
        assert stronger.difference(weaker).area < 1e-9


def test_the_area_agrees_with_the_wind_at_random_places(moving_storm, locations):
    footprint = compute_track_footprint(moving_storm, SCREEN, FootprintOptions(0.03), NEAR)
    rng = np.random.default_rng(2)
    longitude, latitude = rng.uniform(-88, -82, 2000), rng.uniform(22, 28, 2000)
    inside = is_in_path(locations(longitude, latitude), footprint)
    wind = compute_wind_at(moving_storm, longitude, latitude).sustained_mps
    assert inside[wind > SCREEN * 1.03].all()
    assert not inside[wind < SCREEN * 0.97].any()
    assert 0.1 < inside.mean() < 0.9


def test_near_limits_the_area_without_moving_its_edge(moving_storm):
    whole = compute_track_footprint(moving_storm, SCREEN, COARSE)
    window = Bounds(-85.0, 25.0, -84.0, 26.0)
    part = compute_track_footprint(moving_storm, SCREEN, COARSE, window)
    cut = whole.area.intersection(shapely.box(*window.as_tuple()))
    assert part.area.symmetric_difference(cut).area < 0.01 * cut.area
    assert whole.area.bounds[3] > 27


def test_a_storm_wider_than_any_is_drawn_whole(track, point):
    wide = WindRadii(*((nmi * NAUTICAL_MILE_M,) * 4 for nmi in (900, 300, 60)))
    storm = track(point(0, radii=wide), point(6, radii=wide))
    area = compute_track_footprint(storm, 34 * KNOT_MPS, FootprintOptions(most_cells=20_000)).area
    assert area.bounds[3] == pytest.approx(25 + 900 / 60, abs=0.3)
    assert area.bounds[1] == pytest.approx(25 - 900 / 60, abs=0.3)


def test_a_weak_storm_has_an_empty_area(track, point, locations):
    calm = WindRadii(*((0.0,) * 4 for _ in range(3)))
    storm = track(point(0, wind_kt=30, radii=calm), point(6, wind_kt=30, radii=calm))
    footprint = compute_track_footprint(storm, SCREEN, COARSE)
    assert footprint.area.is_empty
    assert len(footprint.areas) == 0
    check_table(footprint.areas, HAZARD_AREAS)
    assert not is_in_path(locations([-85.0], [25.0]), footprint).any()


def test_a_storm_across_the_antimeridian_stays_within_the_map(track, point, locations):
    storm = track(point(0, (179.5, 20.0)), point(6, (-179.5, 20.0)))
    footprint = compute_track_footprint(storm, SCREEN, COARSE)
    west, _, east, _ = footprint.area.bounds
    assert (west, east) == (-180, 180)
    places = locations([179.8, -179.8, 0.0, 170.0], [20.3, 20.3, 20.0, 20.0])
    assert is_in_path(places, footprint).tolist() == [True, True, False, False]
    assert footprint.area.area < 30


def test_the_threshold_must_be_above_what_the_field_computes(moving_storm):
    with pytest.raises(ValueError, match=r"above the field's lowest wind \(12.0 m/s\), got 12.0"):
        compute_track_footprint(moving_storm, 12.0)
    with pytest.raises(ValueError, match="cell_deg and most_cells must be positive"):
        FootprintOptions(cell_deg=0)


def test_an_area_is_taken_as_given():
    drawn = shapely.box(-123, 38, -122, 39)
    footprint = compute_area_footprint(drawn, "perimeter")
    assert footprint.area.equals(drawn)
    assert footprint.basis == "perimeter"
    assert len(footprint.areas) == 0
    check_table(footprint.areas, HAZARD_AREAS)


def test_a_bow_tie_is_mended_and_stray_lines_are_dropped():
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    assert compute_area_footprint(bow_tie, "perimeter").area.area == pytest.approx(0.5)
    with_line = shapely.GeometryCollection(
        [shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (5, 5)])]
    )
    assert compute_area_footprint(with_line, "perimeter").area.bounds == (0, 0, 1, 1)


@pytest.mark.parametrize(
    "empty", [shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)]), shapely.Polygon()]
)
def test_an_area_needs_an_area(empty):
    with pytest.raises(WeatherError, match=f"it is a {empty.geom_type} without any area"):
        compute_area_footprint(empty, "area_of_interest")


def test_an_area_in_metres_is_told_apart():
    with pytest.raises(WeatherError, match="are not degrees of longitude and latitude"):
        compute_area_footprint(shapely.box(500_000, 4_000_000, 510_000, 4_010_000), "perimeter")
    with pytest.raises(WeatherError, match="EPSG:4326, longitude first"):
        compute_area_footprint(shapely.box(0, 89, 1, 91), "perimeter")


def test_the_boundary_counts_as_inside(locations):
    footprint = compute_area_footprint(shapely.box(0, 0, 1, 1), "perimeter")
    places = locations([0.5, 1.0, 0.0, 1.000001], [0.5, 0.5, 0.0, 0.5])
    assert is_in_path(places, footprint).tolist() == [True, True, True, False]


def test_no_locations_are_in_no_path(locations):
    footprint = compute_area_footprint(shapely.box(0, 0, 1, 1), "perimeter")
    found = is_in_path(locations([], []), footprint)
    assert found.shape == (0,)
    assert found.dtype == bool


def test_a_location_without_a_place_is_not_in_the_path(locations):
    places = locations([0.5, 0.5], [0.5, 0.5])
    places.loc[1, "geometry"] = None
    footprint = compute_area_footprint(shapely.box(0, 0, 1, 1), "perimeter")
    assert is_in_path(places, footprint).tolist() == [True, False]


@pytest.mark.parametrize("crs", ["EPSG:32616", None])
def test_locations_in_another_crs_are_refused(locations, crs):
    places = locations([0.5], [0.5]).set_crs(crs, allow_override=True)
    footprint = compute_area_footprint(shapely.box(0, 0, 1, 1), "perimeter")
    with pytest.raises(InputError, match=f"their CRS is {crs}"):
        is_in_path(places, footprint)


@pytest.mark.real_data
def test_michaels_footprint_over_the_panhandle(weather_data, locations):
    track = read_hurdat2(weather_data / "hurdat2" / "hurdat2_2017_2018.txt", "AL142018")
    options = FootprintOptions(cell_deg=0.05)
    footprint = compute_track_footprint(track, SCREEN, options, Bounds(-88, 29, -84, 32))
    places = locations([-85.417, -85.66, -87.22], [29.948, 30.17, 30.42])
    assert is_in_path(places, footprint).tolist() == [True, True, False]
    strongest = footprint.areas.iloc[-1]
    assert strongest["value"] == pytest.approx(137 * KNOT_MPS)
    centre = strongest.geometry.centroid
    _, _, distance_m = Geod(ellps="WGS84").inv(centre.x, centre.y, -85.5, 30.0)
    assert distance_m < 60_000


@pytest.mark.real_data
def test_michaels_whole_life_is_drawn_from_the_caribbean_to_portugal(weather_data):
    track = read_hurdat2(weather_data / "hurdat2" / "hurdat2_2017_2018.txt", "AL142018")
    footprint = compute_track_footprint(track, SCREEN, FootprintOptions(most_cells=20_000))
    west, south, east, north = footprint.area.bounds
    assert west < -86
    assert south < 21
    assert east > -15
    assert north > 48
