"""Each pixel read is the right one, and each failure says whether to try again."""

import math
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from PIL import Image
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.warp import reproject

from core.errors import SceneError, TransientError
from core.grid import WGS84, Bounds, GeoGrid
from imagery.chips.backdrop import LONGER_SIDE_PX, WEB_MERCATOR, draw_backdrop
from imagery.event_folder import write_cog
from imagery.pixels.read import SceneReader, read_on_grid

UTM = "EPSG:32616"
SIZE = 256


def _center(scene, place):
    """The middle of the scene's pixels, in UTM."""
    crs, transform = place
    to_utm = Transformer.from_crs(crs, UTM, always_xy=True)
    return to_utm.transform(*(transform @ (SIZE / 2, SIZE / 2)))


def _grid(center, half_m=40.0, pixel_m=0.5):
    x, y = center
    return GeoGrid.covering(Bounds(x - half_m, y - half_m, x + half_m, y + half_m), UTM, pixel_m)


def _positions(grid, place):
    """Column and row of the scene under each pixel centre of the grid."""
    crs, transform = place
    rows, columns = np.mgrid[: grid.height, : grid.width]
    x, y = grid.transform @ (columns + 0.5, rows + 0.5)
    xs, ys = Transformer.from_crs(UTM, crs, always_xy=True).transform(x, y)
    return ~transform @ (xs, ys)


def test_every_pixel_is_the_right_one(write_scene, ramp, placement):
    scene = write_scene("ramp", ramp(SIZE), placement)
    grid = _grid(_center(scene, placement))
    pixels = read_on_grid(scene, grid)
    columns, rows = _positions(grid, placement)
    inside = (np.minimum(columns, rows) > 4) & (np.maximum(columns, rows) < SIZE - 4)
    assert inside.mean() > 0.9
    assert pixels.valid[inside].all()
    red, green, blue = (band[inside].astype(float) for band in pixels.bands)
    assert np.abs(red + 0.5 - columns[inside]).max() < 1
    assert np.abs(green + 0.5 - rows[inside]).max() < 1
    assert np.abs(red + 0.5 - columns[inside]).mean() < 0.4
    assert np.abs(red + blue - 255).max() <= 1


def test_outside_the_scene_nothing_is_seen(write_scene, ramp, placement):
    scene = write_scene("ramp", ramp(SIZE), placement)
    grid = _grid(_center(scene, placement), half_m=130)
    valid = read_on_grid(scene, grid).valid
    columns, rows = _positions(grid, placement)
    depth = np.minimum.reduce([columns, rows, SIZE - columns, SIZE - rows])
    assert valid[depth > 1.5].all()
    assert not valid[depth < -1.5].any()
    assert valid.sum() == pytest.approx(SIZE**2, rel=0.05)


def test_a_grid_beside_the_scene_sees_nothing(write_scene, ramp, placement):
    scene = write_scene("ramp", ramp(SIZE), placement)
    x, y = _center(scene, placement)
    pixels = read_on_grid(scene, _grid((x + 5000, y)))
    assert not pixels.valid.any()


def test_pixels_on_the_scenes_own_grid_come_unchanged(write_scene, texture):
    transform = Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000)
    scene = write_scene("own", texture(SIZE), (UTM, transform))
    pixels = read_on_grid(scene, GeoGrid(UTM, transform, SIZE, SIZE))
    assert np.array_equal(pixels.bands, texture(SIZE))
    assert pixels.valid.all()


def test_resampling_is_that_of_rasterio(write_scene, texture, placement):
    crs, transform = placement
    scene = write_scene("texture", texture(SIZE), placement)
    grid = _grid(_center(scene, placement), half_m=30)
    expected = np.zeros((3, *grid.shape), np.uint8)
    reproject(
        texture(SIZE), expected, src_crs=crs, src_transform=transform,
        dst_crs=UTM, dst_transform=grid.transform, resampling=Resampling.cubic,
        XSCALE=1, YSCALE=1,  # GDAL takes a turned grid for a coarser one
    )  # fmt: skip
    change = np.abs(read_on_grid(scene, grid).bands.astype(int) - expected)
    assert change.mean() < 1
    assert np.quantile(change, 0.99) <= 12


@pytest.mark.parametrize("turns", range(4))
def test_a_mask_says_what_was_seen(write_scene, texture, turns):
    transform = Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000)
    valid = np.ones((SIZE, SIZE), bool)
    valid[:100] = False
    valid = np.rot90(valid, turns).copy()
    scene = write_scene("masked", texture(SIZE), (UTM, transform), valid=valid)
    pixels = read_on_grid(scene, GeoGrid(UTM, transform, SIZE, SIZE))
    assert np.array_equal(pixels.valid, valid)


def test_an_alpha_band_says_what_was_seen(write_scene, texture):
    transform = Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000)
    alpha = np.full((1, SIZE, SIZE), 255, np.uint8)
    alpha[:, :, :90] = 0
    scene = write_scene(
        "alpha", np.concatenate([texture(SIZE), alpha]), (UTM, transform),
        photometric="RGB", alpha="YES",
    )  # fmt: skip
    pixels = read_on_grid(scene, GeoGrid(UTM, transform, SIZE, SIZE))
    assert np.array_equal(pixels.valid, alpha[0] > 0)
    seen = pixels.valid
    assert np.array_equal(pixels.bands[:, seen], texture(SIZE)[:, seen])


def test_a_nodata_value_says_what_was_not_seen(write_scene, texture):
    transform = Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000)
    pixels = texture(SIZE)
    pixels[:, :, :100] = 0
    pixels[:, 30:60, 30:60] = np.array([0, 80, 90])[:, None, None]
    scene = write_scene("nodata", pixels, (UTM, transform), nodata=0)
    valid = read_on_grid(scene, GeoGrid(UTM, transform, SIZE, SIZE)).valid
    assert not valid[80:, :97].any()
    assert valid[:, 103:].all()
    assert valid[33:57, 33:57].all()


def test_what_was_written_as_an_event_is_read_back(inspect_scene, tmp_path, scene_image, scene_of):
    pixels = np.full((3, SIZE, SIZE), 40, np.uint8)
    pixels[0, :128, :128] = 200
    valid = np.ones((SIZE, SIZE), bool)
    valid[:, 192:] = False
    image = scene_image(pixels=pixels, valid=valid)
    write_cog(image, tmp_path / "a.tif")
    scene = scene_of(tmp_path / "a.tif", image.outline)
    inspect_scene(scene)
    grid = _grid(_center(scene, (WGS84, image.transform)))
    read = read_on_grid(scene, grid)
    columns, rows = _positions(grid, (WGS84, image.transform))
    red = (columns < 120) & (rows < 120)
    assert np.abs(read.bands[0][red].astype(int) - 200).max() < 12
    other = (columns > 136) & (columns < 186)
    assert np.abs(read.bands[0][other].astype(int) - 40).max() < 12
    assert read.valid[columns < 190].all()
    assert not read.valid[columns > 194].any()


def test_coarser_reads_average_rather_than_pick(tmp_path, scene_image, scene_of):
    checks = np.indices((512, 512)).sum(axis=0) // 2 % 2
    image = scene_image(pixels=np.repeat((checks * 200)[None], 3, 0).astype(np.uint8))
    write_cog(image, tmp_path / "a.tif")
    scene = scene_of(tmp_path / "a.tif", image.outline)
    x, y = _center(scene, (WGS84, image.transform))
    read = read_on_grid(scene, _grid((x + 40, y - 40), half_m=40, pixel_m=4.0))
    assert read.bands.mean() == pytest.approx(100, abs=12)
    assert read.bands.std() < 25


def _png(write_scene, place=None, **profile):
    pixels = profile.pop("pixels", np.zeros((3, 64, 64), np.uint8))
    place = place or (UTM, Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000))
    return write_scene("odd", pixels, place, **profile)


@pytest.fixture(params=["inspected", "read"])
def use(request, inspect_scene):
    """Either of the two ways in which a scene is first opened."""
    ways = {"inspected": inspect_scene, "read": lambda s: read_on_grid(s, _grid((630_010, 3e6)))}
    return ways[request.param]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"place": (UTM, Affine.identity())}, ["where its pixels lie", "gdal_edit"]),
        ({"place": (None, Affine(0.5, 0, 6e5, 0, -0.5, 3e6))}, ["states no CRS", "rio edit-info"]),
        (
            {"pixels": np.zeros((4, 64, 64), np.uint8), "photometric": "MINISBLACK"},
            ["which of its 4 bands", "gdal_edit.py -colorinterp_1 blue"],
        ),
        ({"pixels": np.zeros((3, 64, 64), np.uint32)}, ["samples are uint32", "gdal_translate"]),
    ],
    ids=["no place", "no CRS", "unnamed bands", "32 bits"],
)
def test_a_scene_of_another_kind_is_refused_with_a_remedy(write_scene, change, words, use):
    scene = _png(write_scene, **change)
    with pytest.raises(SceneError) as caught:
        use(scene)
    assert all(word in str(caught.value) for word in (*words, scene.scene_id, scene.href))


def test_a_missing_file_is_named(tmp_path, scene_of, use):
    scene = scene_of(tmp_path / "gone.tif", shapely.box(0, 0, 1, 1))
    with pytest.raises(SceneError, match="No such file") as caught:
        use(scene)
    assert scene.href in caught.value.work
    assert "Fetch the file again" in caught.value.remedy


@pytest.fixture(params=["cog", "tiled", "strips"])
def whole(request, tmp_path, scene_image, scene_of, texture):
    """An undamaged scene in one of the layouts that files come in."""
    image = scene_image(pixels=texture(700))
    if request.param == "cog":
        write_cog(image, tmp_path / "whole.tif")
        return scene_of(tmp_path / "whole.tif", image.outline)
    write_scene = request.getfixturevalue("write_scene")
    return write_scene("whole", image.pixels, tiled=request.param == "tiled")


@pytest.mark.parametrize("keep", [0.0, 0.01, 0.5, 0.999])
def test_a_file_cut_short_is_found_before_anything_relies_on_it(inspect_scene, whole, keep):
    inspect_scene(whole)
    path = Path(whole.href)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(SceneError, match=r"the file is damaged or missing|no CRS") as caught:
        inspect_scene(whole)
    assert whole.href in caught.value.work


def test_a_file_written_with_other_pixels_is_laid_out_otherwise(tmp_path, scene_of, texture):
    noise = np.random.default_rng(3).integers(0, 200, (3, 600, 600), np.uint8)
    said = []
    for number, pixels in enumerate((noise, noise, noise // 2)):
        path = tmp_path / f"{number}.tif"
        profile = {"driver": "COG", "compress": "deflate", "crs": "EPSG:32616", "dtype": "uint8",
                   "transform": Affine(0.5, 0, 63e4, 0, -0.5, 3e6)}  # fmt: skip
        _, height, width = pixels.shape
        with rasterio.open(path, "w", height=height, width=width, count=3, **profile) as target:
            target.write(pixels)
        with SceneReader() as reader:
            said.append(reader.describe_layout(scene_of(path, shapely.box(0, 0, 1, 1))))
    assert said[0] == said[1] != said[2]


def test_damage_in_the_middle_is_found_when_it_is_read(write_scene, texture, tmp_path):
    place = (UTM, Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000))
    scene = write_scene("hole", texture(SIZE), place)
    data = bytearray((tmp_path / "hole.tif").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = b"\x07" * 400
    (tmp_path / "hole.tif").write_bytes(data)
    with pytest.raises(SceneError, match="damaged"):
        read_on_grid(scene, GeoGrid(UTM, place[1], SIZE, SIZE))


@pytest.fixture
def server(serve_ranges, write_scene, tmp_path):
    """A server of one noisy scene: its blocks take several requests."""
    pixels = np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE), dtype=np.uint8)
    write_scene("served", pixels, (UTM, Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000)))
    return serve_ranges((tmp_path / "served.tif").read_bytes())


def _refuse(code, *, times=math.inf):
    """What a server does that refuses so many requests from now on."""
    left = times

    def behave(handler, *_):
        nonlocal left
        left -= 1
        if left >= 0:
            handler.refuse(code)
        return left >= 0

    return behave


GRID = GeoGrid(UTM, Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000), SIZE, SIZE)


@pytest.mark.server
def test_a_scene_is_read_from_a_server(inspect_scene, server, served, tmp_path):
    inspect_scene(served)
    with rasterio.open(tmp_path / "served.tif") as image:
        assert np.array_equal(read_on_grid(served, GRID).bands, image.read())
    assert len(server.asked) < 12


@pytest.mark.server
@pytest.mark.parametrize("code", [500, 503, 429])
def test_a_server_in_trouble_is_worth_another_try_which_then_succeeds(
    inspect_scene, server, served, code
):
    server.behave = _refuse(code)
    with pytest.raises(TransientError, match=f"response code: {code}") as caught:
        inspect_scene(served)
    assert served.href in caught.value.work
    server.behave = None
    inspect_scene(served)
    assert read_on_grid(served, GRID).valid.all()


@pytest.mark.server
@pytest.mark.parametrize("code", [404, 403])
def test_what_the_server_does_not_have_is_no_passing_trouble(inspect_scene, server, served, code):
    server.behave = _refuse(code)
    with pytest.raises(SceneError, match=f"response code: {code}"):
        inspect_scene(served)


@pytest.mark.server
def test_a_server_that_fails_between_header_and_pixels_is_worth_another_try(
    inspect_scene, server, served
):
    inspect_scene(served)
    server.behave = _refuse(500)
    with pytest.raises(TransientError):
        read_on_grid(served, GRID)
    server.behave = None
    assert read_on_grid(served, GRID).valid.all()


@pytest.mark.server
def test_one_refused_request_is_not_even_noticed(inspect_scene, server, served):
    server.behave = _refuse(500, times=1)
    inspect_scene(served)
    server.behave = _refuse(500, times=1)
    assert read_on_grid(served, GRID).valid.all()


@pytest.mark.server
def test_a_file_cut_short_on_the_server_is_set_aside(inspect_scene, server, served):
    server.data = server.data[:-100]
    with pytest.raises(SceneError, match="damaged"):
        inspect_scene(served)


@pytest.mark.server
def test_a_server_that_is_not_there_is_worth_another_try(inspect_scene, server, served):
    server.shutdown()
    server.server_close()
    with pytest.raises(TransientError, match="127"):
        inspect_scene(served)


def test_a_backdrop_shows_the_whole_scene_the_right_way_round(tmp_path, scene_image, scene_of):
    pixels = np.full((3, SIZE, SIZE), 30, np.uint8)
    pixels[0, :128, :128] = 220  # north-west
    pixels[1, 128:, 128:] = 220  # south-east
    image = scene_image(pixels=pixels)
    write_cog(image, tmp_path / "a.tif")
    jpeg, bounds = draw_backdrop(scene_of(tmp_path / "a.tif", image.outline))
    picture = np.asarray(Image.open(BytesIO(jpeg))).astype(int)
    height, width = picture.shape[:2]
    assert max(height, width) == LONGER_SIDE_PX
    assert bounds.as_tuple() == pytest.approx(image.outline.bounds)
    to_mercator = Transformer.from_crs(WGS84, WEB_MERCATOR, always_xy=True)
    west, south, east, north = to_mercator.transform_bounds(*bounds.as_tuple())
    assert width / height == pytest.approx((east - west) / (north - south), rel=0.01)
    quarter, rest = slice(20, height // 2 - 20), slice(height // 2 + 20, height - 20)
    left, right = slice(20, width // 2 - 20), slice(width // 2 + 20, width - 20)
    assert np.median(picture[quarter, left, 0]) > 190
    assert np.median(picture[rest, right, 1]) > 190
    assert np.median(picture[quarter, right]) < 60
