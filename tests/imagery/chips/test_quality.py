"""What hides the ground is found by construction, whichever way it lies, and called by its name."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy import ndimage

from imagery.chips.quality import (
    Cause,
    QualityOptions,
    Sight,
    compute_usable_frac,
    find_hidden,
    find_main_cause,
)
from imagery.registration.texture import compute_texture

OPTIONS = QualityOptions()
PIXEL_M = 0.5
SIZE = 400


def _look(pixels, valid=None, pixel_m=PIXEL_M, gsd_m=np.nan):
    """Causes on the pixels' own grid."""
    valid = np.ones(pixels.shape[1:], bool) if valid is None else valid
    picture = Image.merge("RGB", [Image.fromarray(np.ascontiguousarray(b)) for b in pixels])
    grey = picture.convert("L")
    sight = Sight(picture, grey, compute_texture(grey, valid, max(1, round(1 / pixel_m))), valid)
    found = find_hidden(sight, pixel_m, gsd_m, OPTIONS)
    full = found.causes.repeat(found.reduced_by, 0).repeat(found.reduced_by, 1)
    return full[: pixels.shape[1], : pixels.shape[2]]


def _disc(row, column, radius, size=SIZE):
    rows, columns = np.ogrid[:size, :size]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


@pytest.fixture
def ground(texture):
    """Fields and houses with the grain that every sensor has."""
    noise = np.random.default_rng(0).normal(0, 4, (3, SIZE, SIZE))
    return (texture(SIZE) + noise).clip(0, 255).astype(np.uint8)


def _veiled(ground, where, colour, opacity=1.0):
    """A sky over part of the ground."""
    pixels = ground.astype(float)
    cover = ndimage.gaussian_filter(where.astype(float), 3) * opacity
    return (pixels * (1 - cover) + np.array(colour)[:, None, None] * cover).astype(np.uint8)


@pytest.mark.parametrize(
    ("colour", "cause"),
    [([232, 235, 240], Cause.CLOUD), ([130, 128, 124], Cause.SMOKE), ([9, 10, 12], Cause.SHADOW)],
)
@pytest.mark.parametrize("opacity", [1.0, 0.85])
def test_a_sky_is_found_where_it_is_and_called_by_its_name(ground, colour, cause, opacity):
    where = _disc(150, 220, 90)
    causes = _look(_veiled(ground, where, colour, opacity))
    core = _disc(150, 220, 75)
    assert (causes[core] == cause).mean() > 0.97
    beyond = ~_disc(150, 220, 90 + 2 * OPTIONS.window_m / PIXEL_M)
    assert not causes[beyond].any()


@pytest.mark.parametrize("opacity", [0.0, 0.2])
def test_clear_and_hazy_ground_is_seen(ground, opacity):
    everywhere = np.ones((SIZE, SIZE), bool)
    assert not _look(_veiled(ground, everywhere, [220, 222, 226], opacity)).any()


@pytest.mark.parametrize(
    ("colour", "radius"),
    [([240, 240, 240], 40), ([250, 200, 130], 120), ([35, 32, 30], 40), ([40, 90, 60], 120)],
    ids=["white roof", "sand", "dark roof", "lawn"],
)
def test_what_is_small_or_coloured_is_no_sky(ground, colour, radius):
    causes = _look(_veiled(ground, _disc(200, 200, radius), colour))
    assert not np.isin(causes, [Cause.CLOUD, Cause.SMOKE, Cause.SHADOW]).any()


def test_size_counts_on_the_ground_not_in_pixels(ground):
    pixels = _veiled(ground, _disc(200, 200, 60), [236, 238, 240])
    assert (_look(pixels, pixel_m=1.0) == Cause.CLOUD).any()
    assert not (_look(pixels, pixel_m=0.3) == Cause.CLOUD).any()


def test_a_bright_town_of_many_roofs_is_no_cloud(ground):
    rows, columns = np.mgrid[:SIZE, :SIZE]
    ground[:, (rows % 40 < 24) & (columns % 40 < 24)] = 235
    assert not _look(ground).any()


@pytest.mark.parametrize("turns", range(4))
def test_a_picture_black_on_any_side_is_missing_there_and_nowhere_else(ground, turns):
    black = np.zeros((SIZE, SIZE), bool)
    black[: 3 * SIZE // 4] = True
    black = np.rot90(black, turns)
    causes = _look(np.where(black, 0, ground).astype(np.uint8))
    assert (causes[black] == Cause.NO_DATA).mean() > 0.98
    assert (causes == Cause.NO_DATA).mean() == pytest.approx(0.75, abs=0.01)
    assert (causes[~black] == Cause.NONE).mean() > 0.98


def test_what_the_file_calls_missing_says_nothing_of_its_surroundings(ground):
    valid = np.ones((SIZE, SIZE), bool)
    valid[:, :160] = False
    assert not _look(ground * valid, valid)[:, 164:].any()


def test_a_blinded_sensor_is_told(ground):
    ground[:, 100:130, 50:90] = 255
    causes = _look(ground)
    assert (causes[104:126, 54:86] == Cause.GLARE).all()
    assert (causes == Cause.GLARE).mean() < 0.01


@pytest.mark.parametrize(
    ("sigma_px", "is_blurred"), [(0, False), (0.5, False), (2.5, True), (4, True)]
)
def test_a_blurred_picture_is_told_and_a_sharp_one_is_not(ground, sigma_px, is_blurred):
    blurred = ndimage.gaussian_filter(ground.astype(float), (0, sigma_px, sigma_px))
    noise = np.random.default_rng(2).normal(0, 1, ground.shape)
    causes = _look((blurred + noise).clip(0, 255).astype(np.uint8))
    assert (causes == Cause.BLUR).all() == is_blurred
    assert (causes == Cause.BLUR).any() == is_blurred


def test_sharpness_is_judged_by_what_the_sensor_resolves(ground):
    coarse = ndimage.zoom(ndimage.zoom(ground, (1, 0.25, 0.25), order=1), (1, 4, 4), order=1)
    assert (_look(coarse) == Cause.BLUR).all()
    assert not (_look(coarse, gsd_m=2.0) == Cause.BLUR).any()


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 255))
@settings(max_examples=15, deadline=None)
def test_images_of_few_pixels_hide_nothing_by_their_size(height, width, grey):
    causes = _look(np.full((3, height, width), grey, np.uint8))
    assert not np.isin(causes, [Cause.CLOUD, Cause.SMOKE, Cause.SHADOW, Cause.BLUR]).any()


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


def test_the_main_cause_is_what_hides_most_of_the_building():
    footprint = np.zeros((3, 10, 10), bool)
    footprint[:, :, :6] = True
    hidden = np.zeros((3, 2, 10, 10), np.uint8)
    hidden[0, 0, :, :2], hidden[0, 1, :, 2:5] = Cause.SMOKE, Cause.CLOUD
    hidden[1, :, :, 6:] = Cause.SHADOW  # beside the building
    hidden[2, 1, :1] = Cause.NO_DATA
    causes = find_main_cause(footprint, hidden)
    assert causes.tolist() == [Cause.CLOUD, Cause.NONE, Cause.NO_DATA]
    assert find_main_cause(footprint[:0], hidden[:0]).shape == (0,)


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
