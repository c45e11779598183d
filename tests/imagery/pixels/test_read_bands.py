"""Bands are what a file says they are, in whatever order, depth and compression they come."""

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.enums import ColorInterp

from core.damage import Status
from core.errors import SceneError
from core.grid import Bounds, GeoGrid
from flows.stages.tiles.grades import decide_status
from imagery.chips.cut import CutOptions, cut_tile
from imagery.chips.tiles import Tile
from imagery.pixels.bands import BandNames, choose_bands
from imagery.pixels.read import read_on_grid
from imagery.pixels.stretch import compute_stretch

UTM = "EPSG:32616"
SIZE = 128
PLACE = Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000)
GRID = GeoGrid(UTM, PLACE, SIZE, SIZE)
R, G, B, N, A = (getattr(ColorInterp, n) for n in ("red", "green", "blue", "nir", "alpha"))
NONE, GREY = ColorInterp.undefined, ColorInterp.gray


@pytest.fixture
def write_bands(write_scene):
    """Write pixels with colour interpretations of the caller's choice."""

    def write(pixels, colours=None, names=None, **profile):
        scene = write_scene(
            "bands", pixels, (UTM, PLACE), **({"photometric": "MINISBLACK"} | profile)
        )
        with rasterio.open(scene.href, "r+") as image:
            if colours is not None:
                image.colorinterp = colours
            if names is not None:
                image.descriptions = names
        with rasterio.open(scene.href) as image:
            assert colours is None or image.colorinterp == tuple(colours)
        return scene

    return write


@pytest.mark.parametrize(
    ("colours", "order"),
    [
        ((R, G, B), (0, 1, 2)),
        ((B, G, R), (2, 1, 0)),
        ((R, G, B, N), (0, 1, 2)),
        ((R, G, B, NONE), (0, 1, 2)),
        ((B, G, R, N), (2, 1, 0)),
        ((N, R, G, B), (1, 2, 3)),
        ((GREY, NONE, NONE), (0, 1, 2)),
    ],
)
def test_colours_are_found_by_what_the_file_calls_them(
    inspect_scene, write_bands, texture, colours, order
):
    pixels = np.concatenate([texture(SIZE), 255 - texture(SIZE, seed=1)[:1]])[: len(colours)]
    scene = write_bands(pixels, colours)
    inspect_scene(scene)
    read = read_on_grid(scene, GRID)
    assert np.array_equal(read.bands, pixels[list(order)])
    assert read.valid.all()


def test_colours_are_found_by_their_names_where_nothing_else_says(write_bands, texture):
    pixels = np.concatenate([texture(SIZE), texture(SIZE, seed=1)[:1]])
    scene = write_bands(pixels, names=("Blue", "green", "RED ", "nir"))
    assert np.array_equal(read_on_grid(scene, GRID).bands, pixels[[2, 1, 0]])


def test_a_panchromatic_image_is_a_grey_picture(write_bands, texture):
    pixels = texture(SIZE)[:1]
    read = read_on_grid(write_bands(pixels), GRID)
    assert np.array_equal(read.bands, np.repeat(pixels, 3, axis=0))


def test_alpha_is_told_from_infrared_by_name_not_by_place(write_bands, texture):
    alpha = np.full((1, SIZE, SIZE), 255, np.uint8)
    alpha[:, :, :50] = 0
    pixels = np.concatenate([alpha, texture(SIZE), alpha * 0])
    read = read_on_grid(write_bands(pixels, (A, R, G, B, N)), GRID)
    assert np.array_equal(read.valid, alpha[0] > 0)
    assert np.array_equal(read.bands[:, read.valid], texture(SIZE)[:, read.valid])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (BandNames((ColorInterp.palette,), ("",), ("uint8",)), ["palette", "-expand rgb"]),
        (
            BandNames((NONE,) * 4, ("",) * 4, ("uint8",) * 4),
            ["which of its 4 bands", "-colorinterp"],
        ),
        (BandNames((NONE,) * 8, ("",) * 8, ("uint16",) * 8), ["which of its 8 bands"]),
        (BandNames((GREY, NONE), ("",) * 2, ("uint8",) * 2), ["which of its 2 bands"]),
        (BandNames((R, G, N), ("",) * 3, ("uint8",) * 3), ["(red, green, nir)"]),
        (BandNames((R, R, G, B), ("",) * 4, ("uint8",) * 4), ["which of its 4 bands"]),
        (BandNames((R, G, B), ("",) * 3, ("complex64",) * 3), ["samples are complex64"]),
        (BandNames((GREY,), ("",), ("int8",)), ["samples are int8", "gdal_translate -ot"]),
        (BandNames((A,), ("",), ("uint8",)), ["which of its 1 bands"]),
    ],
)
def test_what_nothing_names_is_refused_with_a_remedy(said, words):
    with pytest.raises(SceneError) as caught:
        choose_bands(said, "reading scene x")
    assert all(word in str(caught.value) for word in ("reading scene x", *words))


def test_a_palette_in_a_file_is_refused(inspect_scene, write_scene):
    scene = write_scene("palette", np.zeros((1, SIZE, SIZE), np.uint8), (UTM, PLACE),
                        photometric="PALETTE")  # fmt: skip
    with rasterio.open(scene.href, "r+") as image:
        image.write_colormap(1, {0: (1, 2, 3, 255)})
    with pytest.raises(SceneError, match="palette"):
        inspect_scene(scene)


def _counts(texture, dtype):
    """A texture as a sensor would count it, and where it came from, 0..255."""
    shown = texture(SIZE).astype(float)
    scale = {"uint16": (300, 20), "int16": (-100, 15), "float32": (0.02, 0.002),
             "float64": (0.02, 0.002)}[dtype]  # fmt: skip
    return (scale[0] + shown * scale[1]).astype(dtype), shown


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32", "float64"])
def test_deep_pixels_keep_their_order_and_use_the_whole_range(
    inspect_scene, write_bands, texture, dtype
):
    counts, shown = _counts(texture, dtype)
    scene = write_bands(counts, (R, G, B))
    inspect_scene(scene)
    read = read_on_grid(scene, GRID)
    assert read.valid.all()
    for band, truth in zip(read.bands, shown, strict=True):
        low, high = np.percentile(truth, [2, 98])
        expected = ((truth - low) / (high - low)).clip(0, 1) * 255
        assert np.abs(band - expected).max() <= 1.5


def test_neighbouring_tiles_of_deep_pixels_agree(write_bands, texture):
    counts, _ = _counts(texture, "uint16")
    counts[:, :, : SIZE // 2] //= 4  # one half is much darker: each alone would be stretched more
    scene = write_bands(counts, (R, G, B))
    whole = read_on_grid(scene, GRID)
    for left in (0, SIZE // 2):
        part = GeoGrid(UTM, PLACE @ Affine.translation(left, 0), SIZE, SIZE // 2)
        read = read_on_grid(scene, part)
        assert np.array_equal(read.bands, whole.bands[:, :, left : left + SIZE // 2])


def test_a_stretch_does_not_hang_on_overviews_or_on_the_day(write_scene, texture):
    pixels = np.tile(texture(512), (1, 4, 3)).astype(np.uint16) * 30 + 200
    profile = {"blockxsize": 256, "blockysize": 256, "photometric": "RGB"}
    plain = write_scene("plain", pixels, (UTM, PLACE), **profile)
    with_overviews = write_scene("overviews", pixels, (UTM, PLACE), **profile)
    with rasterio.open(with_overviews.href, "r+") as image:
        image.build_overviews([2, 4], rasterio.enums.Resampling.nearest)
    first, again, other = (
        read_on_grid(scene, GRID).bands.astype(int) for scene in (plain, plain, with_overviews)
    )
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() < 4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_no_number_was_not_seen(write_bands, texture, dtype):
    counts, _ = _counts(texture, dtype)
    counts[0, 10:20, 10:20] = np.nan
    counts[1, 40:50, 40:50] = np.inf
    counts[2, 70:80, 70:80] = -np.inf
    read = read_on_grid(write_bands(counts, (R, G, B)), GRID)
    expected = np.isfinite(counts).all(axis=0)
    assert np.array_equal(read.valid, expected)
    assert 200 < read.bands[:, expected].max() <= 255


def test_a_scene_of_nothing_but_nan_was_not_seen(inspect_scene, write_bands):
    scene = write_bands(np.full((3, SIZE, SIZE), np.nan, np.float32), (R, G, B))
    inspect_scene(scene)
    assert not read_on_grid(scene, GRID).valid.any()


def test_a_nodata_value_of_deep_pixels_neither_shows_nor_stretches(write_bands, texture):
    counts, shown = _counts(texture, "uint16")
    counts[:, :, :40] = 65_535
    read = read_on_grid(write_bands(counts, (R, G, B), nodata=65_535), GRID)
    assert np.array_equal(read.valid, (counts != 65_535).any(axis=0))
    low, high = np.percentile(shown[0, :, 40:], [2, 98])
    expected = ((shown[0, :, 40:] - low) / (high - low)).clip(0, 1) * 255
    assert np.abs(read.bands[0, :, 44:] - expected[:, 4:]).max() <= 1.5


def test_an_unmarked_collar_of_zeros_does_not_stretch():
    values = np.full((3, 10, 10), 500, np.uint16)
    values[:, :5] = 0
    values[:, 5] = 100
    stretch = compute_stretch(values, np.ones((10, 10), bool))
    assert min(stretch.low) == 100
    assert compute_stretch(values * 0, np.ones((10, 10), bool)).high == (65_535,) * 3


def test_a_flat_scene_is_stretched_to_something():
    values = np.full((3, 10, 10), 500, np.uint16)
    seen = np.ones((10, 10), bool)
    assert compute_stretch(values, seen).apply(values, seen).shape == (3, 10, 10)


def _codecs():
    lossless = [("deflate", {}), ("lzw", {"predictor": 2}), ("zstd", {}), ("lerc", {}),
                ("packbits", {}), ("none", {})]  # fmt: skip
    return [pytest.param({"compress": name, **options}, id=name) for name, options in lossless]


@pytest.mark.parametrize("profile", _codecs())
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_any_lossless_compression_gives_the_same_pixels(
    inspect_scene, write_scene, texture, profile, dtype
):
    pixels = texture(SIZE).astype(dtype)
    plain = write_scene("plain", pixels, (UTM, PLACE), photometric="RGB")
    other = write_scene("other", pixels, (UTM, PLACE), photometric="RGB", **profile)
    inspect_scene(other)
    assert np.array_equal(read_on_grid(other, GRID).bands, read_on_grid(plain, GRID).bands)


@pytest.mark.parametrize("tiled", [True, False])
@pytest.mark.parametrize(
    ("interleave", "photometric"), [("pixel", "RGB"), ("pixel", "YCBCR"), ("band", "RGB")]
)
def test_jpeg_gives_nearly_the_same_pixels(
    inspect_scene, write_scene, tiled, interleave, photometric
):
    smooth = np.linspace(40, 200, SIZE * SIZE).reshape(1, SIZE, SIZE)
    pixels = np.concatenate([smooth, 255 - smooth, smooth / 2]).astype(np.uint8)
    scene = write_scene(
        "jpeg", pixels, (UTM, PLACE), compress="jpeg", photometric=photometric, tiled=tiled,
        interleave=interleave, jpeg_quality=95, blockxsize=None if not tiled else 64,
        blockysize=16 if not tiled else 64,
    )  # fmt: skip
    inspect_scene(scene)
    assert np.abs(read_on_grid(scene, GRID).bands.astype(int) - pixels).max() < 12


def test_an_alpha_of_zeros_ends_as_not_seen_and_never_as_graded(
    inspect_scene, write_bands, texture, footprints_of
):
    pixels = np.concatenate([texture(SIZE), np.zeros((1, SIZE, SIZE), np.uint8)])
    scene = write_bands(pixels, (R, G, B, A), photometric="RGB", alpha="YES")
    inspect_scene(scene)
    assert not read_on_grid(scene, GRID).valid.any()
    x, y = PLACE @ (SIZE / 2, SIZE / 2)
    home = footprints_of({"home": _square(x, y, 6)}).set_crs(UTM, allow_override=True)
    tile = Tile("a", "b", (0, 0), Bounds(x - 20, y - 20, x + 20, y + 20), ("home",))
    options = CutOptions()
    cut = cut_tile(tile, scene, scene, home, options)
    status, reason = decide_status(cut, options)[:2]
    assert status.tolist() == [Status.NO_IMAGERY]
    assert reason.tolist() != ["seen"]


def _square(x, y, half):
    return shapely.box(x - half, y - half, x + half, y + half)
