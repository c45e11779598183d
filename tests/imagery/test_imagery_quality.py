"""Clouds and missing data are counted by construction, whichever way they lie."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imagery.quality import QualityOptions, compute_usable_frac, find_cloud

OPTIONS = QualityOptions()
PIXEL_M = 0.5


def _ground(texture, size=400):
    return texture(size), np.ones((size, size), bool)


def _disc(size, row, column, radius):
    rows, columns = np.ogrid[:size, :size]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def test_a_painted_cloud_is_found_where_it_is(texture):
    pixels, valid = _ground(texture)
    cloud = _disc(400, 150, 220, 90)
    pixels[:, cloud] = np.array([[240], [242], [245]])
    hidden = find_cloud(pixels, valid, PIXEL_M, OPTIONS)
    assert hidden[cloud].mean() > 0.97
    beyond = ~_disc(400, 150, 220, 90 + 2 * OPTIONS.grow_m / PIXEL_M)
    assert not hidden[beyond].any()


def test_clear_ground_has_no_cloud(texture):
    assert not find_cloud(*_ground(texture), PIXEL_M, OPTIONS).any()


@pytest.mark.parametrize(
    ("paint", "radius"),
    [
        ([[240], [240], [240]], 60),
        ([[250], [200], [130]], 120),
        ([[120], [120], [120]], 120),
    ],
    ids=["white roof", "sand", "asphalt"],
)
def test_what_is_small_coloured_or_dark_is_no_cloud(texture, paint, radius):
    pixels, valid = _ground(texture)
    pixels[:, _disc(400, 200, 200, radius)] = np.array(paint)
    assert not find_cloud(pixels, valid, PIXEL_M, OPTIONS).any()


def test_size_counts_on_the_ground_not_in_pixels(texture):
    pixels, valid = _ground(texture)
    pixels[:, _disc(400, 200, 200, 60)] = 240
    assert find_cloud(pixels, valid, 1.0, OPTIONS).any()
    assert not find_cloud(pixels, valid, 0.3, OPTIONS).any()


def test_a_bright_town_of_many_roofs_is_no_cloud(texture):
    pixels, valid = _ground(texture)
    rows, columns = np.mgrid[:400, :400]
    pixels[:, (rows % 40 < 24) & (columns % 40 < 24)] = 235
    assert not find_cloud(pixels, valid, PIXEL_M, OPTIONS).any()


def test_a_wholly_clouded_tile_is_hidden_and_missing_data_is_no_cloud():
    white = np.full((3, 300, 300), 245, np.uint8)
    valid = np.ones((300, 300), bool)
    assert find_cloud(white, valid, PIXEL_M, OPTIONS).all()
    assert not find_cloud(white, ~valid, PIXEL_M, OPTIONS).any()
    valid[:, :150] = False
    white[:, :, :150] = 0
    hidden = find_cloud(white, valid, PIXEL_M, OPTIONS)
    assert not hidden[:, :150].any()
    assert hidden[:, 170:].all()


@pytest.mark.parametrize("turns", range(4))
def test_a_chip_black_on_any_side_is_as_usable(turns):
    footprint = np.ones((1, 16, 16), bool)
    usable = np.ones((1, 16, 16), bool)
    usable[:, :12] = False
    usable = np.rot90(usable, turns, (1, 2))
    whole = np.ones_like(usable)
    assert compute_usable_frac(footprint, usable, whole) == pytest.approx([0.25])
    assert compute_usable_frac(footprint, whole, usable) == pytest.approx([0.25])


def test_only_the_building_counts():
    footprint = np.zeros((2, 10, 10), bool)
    footprint[0, :4, :4] = True
    footprint[1, 6:, 6:] = True
    usable = np.zeros((2, 10, 10), bool)
    usable[:, :5] = True
    whole = np.ones_like(usable)
    assert compute_usable_frac(footprint, usable, whole).tolist() == [1.0, 0.0]


def test_what_one_image_shows_and_the_other_hides_cannot_be_compared():
    footprint = np.ones((1, 8, 8), bool)
    left = np.zeros((1, 8, 8), bool)
    left[:, :, :4] = True
    assert compute_usable_frac(footprint, left, ~left).tolist() == [0.0]
    assert compute_usable_frac(footprint, left, left).tolist() == [0.5]


def test_a_footprint_without_a_pixel_is_not_seen():
    nothing = np.zeros((1, 4, 4), bool)
    assert compute_usable_frac(nothing, ~nothing, ~nothing).tolist() == [0.0]
    assert compute_usable_frac(*[np.zeros((0, 4, 4), bool)] * 3).shape == (0,)


MASKS = hnp.arrays(bool, (3, 2, 5, 6))


@given(MASKS)
@settings(max_examples=60)
def test_a_share_is_a_share_and_falls_as_less_is_seen(masks):
    footprint, pre, post = masks
    share = compute_usable_frac(footprint, pre, post)
    assert ((share >= 0) & (share <= 1)).all()
    assert (compute_usable_frac(footprint, post, pre) == share).all()
    for side in (pre, post):
        less = compute_usable_frac(footprint, pre & side, post & pre)
        assert (less <= share + 1e-12).all()
    alone = compute_usable_frac(footprint, pre, np.ones_like(post))
    assert (share <= alone).all()


@given(st.integers(1, 9), st.integers(1, 9))
@settings(max_examples=10, deadline=None)
def test_images_of_few_pixels_have_no_cloud(height, width):
    white = np.full((3, height, width), 250, np.uint8)
    assert not find_cloud(white, np.ones((height, width), bool), PIXEL_M, OPTIONS).any()
