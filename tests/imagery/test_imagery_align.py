"""A known shift is found with its sign; where there is nothing to see none is believed."""

import warnings

import numpy as np
import pytest
from scipy import ndimage

from imagery.align import NO_SHIFT, AlignOptions, Shift, estimate_shift
from imagery.synthetic import TownOptions, render_town

OPTIONS = AlignOptions()
SIZE = 320
SEARCH_PX = 30


def _moved(image, rows, columns):
    """The same content, that many rows further down and columns further right."""
    moved = ndimage.shift(image.astype(float), (0, rows, columns), order=3, mode="nearest")
    return moved.clip(0, 255).round().astype(np.uint8)


def _find(first, second, valid=None, search_px=SEARCH_PX):
    valid = np.ones(first.shape[1:], bool) if valid is None else valid
    return estimate_shift(first, second, valid, search_px, OPTIONS)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(0, 0), (3, 0), (0, -4), (1.5, -0.8), (-2.3, 6.6), (17, 11), (-24.5, 0.25)],
)
def test_a_known_shift_is_found_with_its_sign(texture, rows, columns):
    first = texture(SIZE)
    found = _find(first, _moved(first, rows, columns))
    assert found.quality > OPTIONS.min_quality
    assert found.rows_px == pytest.approx(rows, abs=0.3)
    assert found.columns_px == pytest.approx(columns, abs=0.3)


def test_there_and_back_are_opposite(texture):
    first = texture(SIZE)
    second = _moved(first, 2.4, -3.7)
    there, back = _find(first, second), _find(second, first)
    assert there.rows_px == pytest.approx(-back.rows_px, abs=0.1)
    assert there.columns_px == pytest.approx(-back.columns_px, abs=0.1)


def test_light_and_noise_do_not_hide_the_shift(texture):
    first = texture(SIZE)
    noise = np.random.default_rng(3).normal(0, 8, first.shape)
    second = (_moved(first, -3, 5) * 0.6 + 60 + noise).clip(0, 255).astype(np.uint8)
    found = _find(first, second)
    assert found.quality > OPTIONS.min_quality
    assert (found.rows_px, found.columns_px) == pytest.approx((-3, 5), abs=0.3)


@pytest.mark.parametrize("turns", range(4))
def test_missing_data_on_any_side_does_not_hide_the_shift(texture, turns):
    first = texture(SIZE)
    second = _moved(first, 2.5, -6)
    valid = np.ones((SIZE, SIZE), bool)
    valid[: SIZE // 3] = False
    valid = np.rot90(valid, turns).copy()
    first, second = (np.where(valid, image, 0).astype(np.uint8) for image in (first, second))
    found = _find(first, second, valid)
    assert found.quality > OPTIONS.min_quality
    assert (found.rows_px, found.columns_px) == pytest.approx((2.5, -6), abs=0.3)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_flat_ground_gives_no_shift_to_believe(grey):
    flat = np.full((3, SIZE, SIZE), grey, np.uint8)
    assert _find(flat, flat).quality < OPTIONS.min_quality


@pytest.mark.parametrize("turns", range(4))
def test_the_rim_of_missing_data_is_no_edge_to_register_on(turns):
    valid = np.ones((SIZE, SIZE), bool)
    valid[:90, :120] = False
    valid = np.rot90(valid, turns).copy()
    images = [np.where(valid, np.full((3, SIZE, SIZE), grey, np.uint8), 0) for grey in (90, 180)]
    assert _find(*images, valid).quality < OPTIONS.min_quality


def test_noise_and_unlike_ground_give_no_shift_to_believe(texture):
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, (2, 3, SIZE, SIZE), dtype=np.uint8)
    assert _find(noise[0], noise[1]).quality < OPTIONS.min_quality
    assert _find(texture(SIZE, 1), texture(SIZE, 2)).quality < OPTIONS.min_quality


def test_a_shift_beyond_the_search_is_not_believed(texture):
    first = texture(SIZE)
    assert _find(first, _moved(first, 0, 45)).quality < OPTIONS.min_quality


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (7, 7), (9, 400)])
@pytest.mark.parametrize("search_px", [0, 1, 30])
def test_too_little_ground_gives_no_shift(texture, shape, search_px):
    patch = texture(SIZE)[:, : shape[0], : shape[1]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _find(patch, patch, search_px=search_px) == NO_SHIFT


def test_ground_that_nobody_saw_gives_no_shift(texture):
    image = texture(64)
    assert _find(image, image, np.zeros((64, 64), bool)) == NO_SHIFT


def test_the_length_is_that_of_the_hypotenuse():
    assert Shift(3, -4, 9).length_px == 5


def test_a_rendered_towns_shift_is_found():
    options = TownOptions(
        seed=4, homes=12, tile_px=384, cloud_homes=0, missing_tiles=0, post_shift_px=(2.3, -1.4)
    )
    scenes = {scene.scene_id.split("-", 2)[2]: scene for scene in render_town(options).scenes}
    found = _find(scenes["pre-r0c0"].pixels, scenes["post-r0c0"].pixels)
    assert found.quality > OPTIONS.min_quality
    assert found.columns_px == pytest.approx(2.3, abs=0.3)
    assert found.rows_px == pytest.approx(-1.4, abs=0.3)
