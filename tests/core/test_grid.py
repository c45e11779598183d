"""Grids cover what they promise, and metres mean metres."""

import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from core.grid import WGS84, Bounds, GeoGrid, Window, choose_metric_crs

UTM = "EPSG:32616"
METRES = st.floats(-1e6, 1e7)


@given(
    west=METRES,
    south=METRES,
    width=st.floats(0, 3000),
    height=st.floats(0, 3000),
    pixel_m=st.sampled_from([0.3, 0.31, 0.47, 0.5, 1.0, 3.0, 10.0]),
)
@settings(max_examples=300)
def test_a_covering_grid_covers_and_is_no_larger_than_it_must(west, south, width, height, pixel_m):
    asked = Bounds(west, south, west + width, south + height)
    grid = GeoGrid.covering(asked, UTM, pixel_m)
    got = grid.bounds
    rounding = 1e-9 * 1e7
    assert got.west <= asked.west + rounding
    assert got.south <= asked.south + rounding
    assert got.east >= asked.east - rounding
    assert got.north >= asked.north - rounding
    whole = pixel_m + rounding
    assert asked.west - got.west < whole
    assert got.north - asked.north < whole
    assert got.east - asked.east <= pixel_m + whole
    assert asked.south - got.south <= pixel_m + whole


@given(west=METRES, pixel_m=st.sampled_from([0.3, 0.5, 1.0]), step=st.integers(0, 4000))
@settings(max_examples=100)
def test_grids_of_one_pixel_size_share_their_pixel_edges(west, pixel_m, step):
    first = GeoGrid.covering(Bounds(west, 0, west + 10, 10), UTM, pixel_m)
    second = GeoGrid.covering(Bounds(west + step, 0, west + step + 10, 10), UTM, pixel_m)
    apart_px = (second.transform.c - first.transform.c) / pixel_m
    assert apart_px == pytest.approx(round(apart_px), abs=1e-3)


def test_a_grid_over_a_point_has_one_pixel():
    assert GeoGrid.covering(Bounds(3.2, 4.1, 3.2, 4.1), UTM, 0.5).shape == (1, 1)


def test_rows_run_south_from_the_north_edge():
    grid = GeoGrid.covering(Bounds(0, 0, 4, 2), UTM, 1.0)
    assert grid.shape == (2, 4)
    assert grid.transform == Affine(1, 0, 0, 0, -1, 2)
    assert grid.bounds.as_tuple() == (0, 0, 4, 2)


@pytest.mark.parametrize(
    "edges", [(1, 0, 0, 1), (0, 1, 1, 0), (float("nan"), 0, 1, 1), (0, 0, 1, float("nan"))]
)
def test_bounds_that_run_backwards_or_nowhere_are_refused(edges):
    with pytest.raises(ValueError, match="west to east"):
        Bounds(*edges)


def test_windows_and_grids_need_pixels():
    with pytest.raises(ValueError, match="0 x 3"):
        Window(0, 0, 0, 3)
    with pytest.raises(ValueError, match="5 x 0"):
        GeoGrid(UTM, Affine.identity(), 5, 0)


def test_a_window_slices_rows_then_columns():
    assert Window(2, 3, 4, 5).slices == (slice(2, 6), slice(3, 8))


BOX = st.tuples(*[st.integers(-5, 5)] * 4).map(
    lambda e: Bounds(min(e[0], e[2]), min(e[1], e[3]), max(e[0], e[2]), max(e[1], e[3]))
)


@given(BOX, BOX)
def test_rectangles_touch_each_other_mutually_as_points_say(one, other):
    columns = range(max(one.west, other.west), min(one.east, other.east) + 1)
    rows = range(max(one.south, other.south), min(one.north, other.north) + 1)
    assert one.intersects(other) is other.intersects(one) is bool(columns and rows)


def test_growing_moves_every_edge_outwards():
    assert Bounds(0, 1, 2, 3).buffered(10).as_tuple() == (-10, -9, 12, 13)


@pytest.mark.parametrize(
    ("longitude", "latitude", "crs"),
    [
        (-85.6, 30.2, "EPSG:32616"),
        (-122.7, 38.5, "EPSG:32610"),
        (119.9, -0.9, "EPSG:32750"),
        (-90.76, 14.38, "EPSG:32615"),
    ],
)
def test_places_lie_in_their_utm_zone(longitude, latitude, crs):
    assert choose_metric_crs(longitude, latitude) == crs


@given(st.floats(-179.9, 179.9), st.floats(-79.9, 83.9))
@settings(max_examples=40, deadline=None)
def test_a_hundred_metres_are_a_hundred_metres_in_the_chosen_crs(longitude, latitude):
    to_metric = Transformer.from_crs(WGS84, choose_metric_crs(longitude, latitude), always_xy=True)
    end = Geod(ellps="WGS84").fwd(longitude, latitude, 45, 100)[:2]
    (x0, x1), (y0, y1) = to_metric.transform([longitude, end[0]], [latitude, end[1]])
    assert ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 == pytest.approx(100, rel=2e-3)


@pytest.mark.parametrize(("longitude", "latitude"), [(0, 89.0), (0, -85.0)])
def test_the_poles_have_no_zone(longitude, latitude):
    with pytest.raises(ValueError, match=f"latitude {latitude}"):
        choose_metric_crs(longitude, latitude)
