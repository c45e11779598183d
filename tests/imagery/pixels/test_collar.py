"""Collars that nothing marks are no pixels; water, roofs and what lies beside them are."""

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.enums import Resampling

from core.grid import Bounds, GeoGrid
from imagery.chips.cut import CutOptions, cut_tile
from imagery.chips.tiles import Tile
from imagery.pixels.collar import FRINGE_PX, MIXED_PX, find_collars, place_in_zone
from imagery.pixels.read import read_on_grid

UTM = "EPSG:32616"
SIZE = 256
EDGE = 100
"""First column that is a picture."""
PLACE = Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000)
GRID = GeoGrid(UTM, PLACE, SIZE, SIZE)
DEEP = [
    ("uint16", 65_535), ("uint16", 0), ("int16", -9_999), ("int16", -32_768), ("int16", 0),
    ("float32", -9_999), ("float32", np.finfo("float32").min), ("float64", 0),
]  # fmt: skip


def _counts(texture, dtype):
    scale = 0.002 if dtype.startswith("float") else 15
    return ((texture(SIZE).astype(float) + 20) * scale).astype(dtype)


def _collared(pixels, value, edge=EDGE):
    with_collar = pixels.copy()
    with_collar[:, :, :edge] = value
    return with_collar


@pytest.mark.parametrize(("dtype", "value"), DEEP)
def test_a_collar_of_deep_pixels_neither_shows_nor_stretches(write_scene, texture, dtype, value):
    pixels = _collared(_counts(texture, dtype), value)
    plain, marked = (
        write_scene(name, pixels, (UTM, PLACE), photometric="RGB", **said)
        for name, said in (("plain", {}), ("marked", {"nodata": value}))
    )
    read, truth = read_on_grid(plain, GRID), read_on_grid(marked, GRID)
    assert not read.valid[:, :EDGE].any()
    assert read.valid[:, EDGE + MIXED_PX :].all()
    inner = np.s_[:, :, EDGE + 2 * MIXED_PX :]
    assert np.abs(read.bands[inner].astype(int) - truth.bands[inner]).max() <= 3


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("has_overviews", [False, True])
def test_a_collar_of_a_picture_is_not_seen(write_scene, texture, value, has_overviews):
    pixels = _collared(texture(SIZE).clip(30, 220), value)
    scene = write_scene("scene", pixels, (UTM, PLACE), photometric="RGB")
    if has_overviews:
        with rasterio.open(scene.href, "r+") as image:
            image.build_overviews([2, 4], Resampling.average)
    for reduced_by in (1, 2):
        grid = GeoGrid(
            UTM, PLACE @ Affine.scale(reduced_by), SIZE // reduced_by, SIZE // reduced_by
        )
        valid = read_on_grid(scene, grid).valid
        assert not valid[:, : EDGE // reduced_by].any()
        assert valid[:, EDGE // reduced_by + MIXED_PX + 1 :].all()


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("said", [{}, {"nodata": True}])
def test_ripples_of_jpeg_in_a_collar_are_no_pixels(write_scene, texture, value, said):
    shift = 0 if value else 60
    pixels = _collared(texture(SIZE).clip(10, 150) + np.uint8(shift), value)
    said = {"nodata": value} if said else {}
    scene = write_scene(
        "jpeg", pixels, (UTM, PLACE), compress="jpeg", photometric="YCBCR", jpeg_quality=75,
        interleave="pixel", blockxsize=64, blockysize=64, **said,
    )  # fmt: skip
    with rasterio.open(scene.href) as image:
        stored = image.read().astype(int)
    rippled = np.abs(stored[:, :, :EDGE] - value).max(axis=0) > 1
    assert rippled.any()
    valid = read_on_grid(scene, GRID).valid
    assert valid[:, :EDGE].mean() < 0.002
    assert valid[:, EDGE + FRINGE_PX :].all()


@pytest.mark.parametrize("value", [0, 255])
def test_white_roofs_and_black_water_inside_a_picture_stay(write_scene, texture, value):
    pixels = texture(SIZE).clip(30, 220)
    pixels[:, 60:200, 60:200] = value  # a lake or a hall, over a quarter of the scene
    pixels[:, :5, 30:40] = value  # and a roof on its border
    assert read_on_grid(write_scene("inside", pixels, (UTM, PLACE)), GRID).valid.all()


@pytest.mark.parametrize("value", [0, 255])
def test_a_roof_beside_a_collar_of_its_own_colour_stays(write_scene, texture, value):
    pixels = _collared(texture(SIZE).clip(60, 190), value)
    pixels[:, 60:80, 160:180] = value
    valid = read_on_grid(write_scene("roof", pixels, (UTM, PLACE)), GRID).valid
    assert valid[:, EDGE + MIXED_PX :].all()
    assert not valid[:, :EDGE].any()


def test_dark_water_along_the_border_stays(write_scene, texture):
    pixels = _collared(texture(SIZE).clip(30, 220), 0)
    pixels[:, :, :EDGE] = np.array([6, 10, 14], np.uint8)[:, None, None]
    assert read_on_grid(write_scene("sea", pixels, (UTM, PLACE)), GRID).valid.all()


def test_dark_water_with_speckles_of_the_nodata_value_loses_those_alone(write_scene):
    pixels = np.full((3, SIZE, SIZE), 8, np.uint8)
    pixels[:, ::20, ::20] = 0
    read = read_on_grid(write_scene("speckled", pixels, (UTM, PLACE), nodata=0), GRID)
    assert np.array_equal(read.valid, (pixels > 0).any(axis=0))


def test_a_turned_scene_has_wedges_and_each_is_found():
    rows, columns = np.mgrid[:500, :500]
    turned = (rows + 0.05 * columns < 25) | (columns - 0.05 * rows > 485)
    values = np.where(turned, 255, 100).astype(np.uint8)[None]
    (found,) = find_collars(values, np.ones(turned.shape, bool), turned.shape)
    assert found.value == 255
    assert found.zone[turned].all()
    assert found.zone.mean() < turned.mean() * 1.5


def test_a_collar_inside_what_is_marked_is_found():
    values = np.full((3, 300, 300), 100, np.uint16)
    values[:, :40] = 65_535
    seen = np.ones((300, 300), bool)
    seen[:20] = False
    (found,) = find_collars(values, seen, (300, 300))
    assert found.value == 65_535
    assert not found.zone[45:].any()


def test_a_large_scene_without_overviews_is_told_by_its_windows(write_scene, monkeypatch, texture):
    monkeypatch.setattr("imagery.pixels.sample.SAMPLE_DECODED_MPX", 0)
    monkeypatch.setattr("imagery.pixels.sample.SAMPLE_WINDOW_PX", 16)
    pixels = _collared(_counts(texture, "uint16"), 65_535)
    read = read_on_grid(write_scene("large", pixels, (UTM, PLACE), photometric="RGB"), GRID)
    assert not read.valid[:, :EDGE].any()
    assert read.valid[:, EDGE + MIXED_PX :].all()
    assert read.bands[:, :, EDGE + 4 :].std() > 40


def test_pixels_are_placed_in_equal_parts():
    assert place_in_zone(10, 20, 10, 40, 4).tolist() == [1] * 5 + [2] * 5
    assert place_in_zone(0, 7, 7, 7, 3).tolist() == [0, 0, 1, 1, 1, 2, 2]


@pytest.mark.parametrize("collar", [("uint8", 0), ("uint8", 255), ("uint16", 65_535)])
@pytest.mark.parametrize("role", ["before", "after"])
def test_a_home_astride_a_collar_is_seen_as_far_as_it_is_seen(
    write_scene, texture, footprints_of, collar, role
):
    dtype, value = collar
    pixels = texture(SIZE).clip(30, 220).astype(dtype)
    scenes = {
        name: write_scene(name, shown, (UTM, PLACE), photometric="RGB")
        for name, shown in (("whole", pixels), ("collared", _collared(pixels, value)))
    }
    pair = ("collared", "whole") if role == "before" else ("whole", "collared")
    x, y = PLACE @ (EDGE, SIZE / 2)
    homes = {
        name: shapely.box(x + east - 8, y - 8, x + east + 8, y + 8)
        for name, east in (("hidden", -12), ("astride", 2), ("clear", 20))
    }
    tile = Tile("a", "b", (0, 0), Bounds(x - 30, y - 30, x + 40, y + 30), tuple(homes))
    footprints = footprints_of(homes).set_crs(UTM, allow_override=True)
    cut = cut_tile(tile, *(scenes[name] for name in pair), footprints, CutOptions())
    seen = dict(zip(cut.chips.building_ids, cut.seen_frac, strict=True))
    assert seen["hidden"] == 0
    assert seen["astride"] == pytest.approx(9 / 16, abs=0.1)
    assert seen["clear"] > 0.95
