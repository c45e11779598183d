"""Tiles and crops show the ground where it is, at the scale that the map asks for."""

import io
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
import shapely
from PIL import Image
from rasterio.transform import from_bounds

from core.scenes import Scene
from imagery.pixels.read import SceneReader
from imagery.shown.crops import CROP_PX, draw_crop
from imagery.shown.tiles import TILE_PX, draw_tile

WEST, SOUTH, SIDE = -85.6, 30.2, 0.004
PX = 512


def write_scene(folder, name, colour, bounds):
    """A scene of one colour with a white square of a tenth of its side in its middle."""
    path = folder / f"{name}.tif"
    image = np.empty((3, PX, PX), np.uint8)
    image[:] = np.array(colour, np.uint8)[:, None, None]
    half = PX // 20
    image[:, PX // 2 - half : PX // 2 + half, PX // 2 - half : PX // 2 + half] = 255
    with rasterio.open(
        path, "w", driver="GTiff", width=PX, height=PX, count=3, dtype="uint8", crs="EPSG:4326",
        transform=from_bounds(*bounds, PX, PX), photometric="RGB", tiled=True,
    ) as raster:  # fmt: skip
        raster.write(image)
    return Scene(
        name, str(path), datetime(2018, 10, 13, tzinfo=UTC), shapely.box(*bounds), 0.8, 10, 40,
        0.0, "test", "CC0-1.0",
    )  # fmt: skip


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    left = (WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)
    right = (WEST + SIDE / 2, SOUTH, WEST + 3 * SIDE / 2, SOUTH + SIDE)
    return [write_scene(folder, "green", (30, 160, 60), left),
            write_scene(folder, "red", (200, 40, 40), right)]  # fmt: skip


@pytest.fixture(scope="module")
def reader():
    with SceneReader() as opened:
        yield opened


def tile_at(lon, lat, zoom):
    n = 2**zoom
    phi = np.radians(lat)
    return zoom, int((lon + 180) / 360 * n), int((1 - np.arcsinh(np.tan(phi)) / np.pi) / 2 * n)


def open_webp(drawn):
    return np.asarray(Image.open(io.BytesIO(drawn)).convert("RGBA")).astype(int)


def pixel_of(lon, lat, place):
    zoom, column, row = place
    n = 2**zoom
    x = (lon + 180) / 360 * n - column
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * n - row
    return int(y * TILE_PX), int(x * TILE_PX)


def test_a_tile_lays_the_first_scene_on_top_and_the_others_where_it_ends(scenes, reader):
    lat = SOUTH + SIDE / 4
    for zoom in (15, 17):
        for lon, wanted in ((WEST + SIDE * 0.45, 1), (WEST + SIDE * 1.2, 0)):
            place = tile_at(lon, lat, zoom)
            drawn = open_webp(draw_tile(scenes, place, reader.read))
            seen = drawn[pixel_of(lon, lat, place)]
            assert seen[3] == 255
            assert seen[:3].argmax() == wanted


def test_a_mark_on_the_ground_lies_where_the_map_says(scenes, reader):
    lon, lat = WEST + SIDE / 2, SOUTH + SIDE / 2
    place = tile_at(lon, lat, 18)
    drawn = open_webp(draw_tile(scenes[:1], place, reader.read))
    row, column = pixel_of(lon, lat, place)
    assert (drawn[row, column, :3] > 240).all()


def test_where_nothing_was_seen_the_tile_is_see_through_or_absent(scenes, reader):
    lon, lat = WEST - 1e-5, SOUTH + SIDE / 2
    place = tile_at(lon, lat, 16)
    drawn = open_webp(draw_tile(scenes, place, reader.read))
    assert drawn[pixel_of(lon - 1e-4, lat, place)][3] == 0
    assert draw_tile(scenes, (16, 0, 0), reader.read) is None


def test_a_damaged_scene_costs_itself_and_no_more(scenes, reader, tmp_path):
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\0 no picture")
    lost = Scene("lost", str(broken), *(
        getattr(scenes[0], name) for name in (
            "captured_at_utc", "extent", "gsd_m", "off_nadir_deg", "sun_elevation_deg",
            "cloud_frac", "provider", "licence",
        )
    ))  # fmt: skip
    place = tile_at(WEST + SIDE / 4, SOUTH + SIDE / 4, 16)
    assert draw_tile([lost, *scenes], place, reader.read) == draw_tile(scenes, place, reader.read)
    assert draw_tile([lost], place, reader.read) is None


def test_a_crop_has_the_building_in_its_middle_at_a_scale_of_metres(scenes, reader):
    half = SIDE / 20
    middle = WEST + SIDE / 2, SOUTH + SIDE / 2
    outline = shapely.box(middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
    crop = np.asarray(Image.open(io.BytesIO(draw_crop(scenes[0], outline, reader.read))))
    assert crop.shape == (CROP_PX, CROP_PX, 3)
    assert (crop[CROP_PX // 2, CROP_PX // 2] > 240).all()
    white = (crop.min(axis=2) > 200).any(axis=1).sum()
    assert white == pytest.approx(CROP_PX / 2.5, rel=0.08)
    yellow = (crop[..., 0] > 200) & (crop[..., 1] > 150) & (crop[..., 2] < 120)
    assert yellow.any()
