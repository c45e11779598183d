"""A known motion is found with its sign; where there is nothing to see none is believed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from imagery.registration.align import AlignOptions, Registration, Shift, register
from imagery.registration.align_field import MAX_STRETCH, fit_motion
from imagery.registration.texture import compute_texture

OPTIONS = AlignOptions()
SIZE = 700
PIXEL_M = 0.5
HOMES = np.array([[250.0, 250.0], [350.0, 350.0], [450.0, 300.0], [300.0, 480.0]])
"""Column and row."""


def _moved(image, rows, columns, turn_deg=0.0):
    """The same content, turned about the middle, then so many rows down and columns right."""
    angle = np.radians(turn_deg)
    back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array(image.shape[1:]) / 2 - 0.5
    offset = middle - back @ (middle + np.array([rows, columns]))
    moved = [
        ndimage.affine_transform(band.astype(np.float32), back, offset, order=1, mode="nearest")
        for band in image
    ]
    return np.stack(moved).clip(0, 255).round().astype(np.uint8)


def _texture(image, valid=None):
    valid = np.ones(image.shape[1:], bool) if valid is None else valid
    picture = Image.merge("RGB", [Image.fromarray(np.ascontiguousarray(band)) for band in image])
    return compute_texture(picture.convert("L"), valid, OPTIONS.reduce_by(PIXEL_M))


def _find(first, second, valid=None, homes=HOMES):
    return register(_texture(first, valid), _texture(second, valid), homes, PIXEL_M, OPTIONS)


@pytest.fixture(scope="module")
def ground(texture):
    return texture(SIZE)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(0, 0), (3, 0), (0, -4), (1.5, -0.8), (-2.3, 6.6), (17, 11), (-29.5, 0.25), (21, -21)],
)
def test_a_known_shift_is_found_with_its_sign(ground, rows, columns):
    found = _find(ground, _moved(ground, rows, columns))
    assert found.tile.quality > OPTIONS.min_quality
    assert (found.tile.rows_px, found.tile.columns_px) == pytest.approx((rows, columns), abs=0.3)
    assert found.rows_px == pytest.approx(np.full(len(HOMES), rows), abs=0.4)
    assert found.columns_px == pytest.approx(np.full(len(HOMES), columns), abs=0.4)
    assert found.is_own.all()
    assert not found.is_unlike


@pytest.mark.parametrize("turn_deg", [-1.0, 0.4, 1.0])
def test_a_turned_picture_has_another_shift_at_each_home(ground, turn_deg):
    found = _find(ground, _moved(ground, 5, -8, turn_deg))
    # the matrix takes (row, column); a turn moves a home across the way from the middle
    angle = np.radians(turn_deg)
    forward = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    away = HOMES[:, ::-1] - SIZE / 2
    expected = away @ forward.T - away + [5, -8]
    assert np.ptp(expected[:, 0]) > 0.5
    assert found.rows_px == pytest.approx(expected[:, 0], abs=0.5)
    assert found.columns_px == pytest.approx(expected[:, 1], abs=0.5)


def test_there_and_back_are_opposite(ground):
    second = _moved(ground, 2.4, -3.7)
    there, back = _find(ground, second).tile, _find(second, ground).tile
    assert (there.rows_px, there.columns_px) == pytest.approx(
        (-back.rows_px, -back.columns_px), abs=0.1
    )


def test_light_noise_and_coarse_pixels_do_not_hide_the_shift(ground):
    noise = np.random.default_rng(3).normal(0, 8, ground.shape)
    second = _moved(ground, -3, 5) * 0.6 + 60 + noise
    second = ndimage.zoom(ndimage.zoom(second, (1, 0.5, 0.5), order=1), (1, 2, 2), order=1)
    found = _find(ground, second.clip(0, 255).astype(np.uint8))
    assert found.tile.quality > OPTIONS.min_quality
    assert (found.tile.rows_px, found.tile.columns_px) == pytest.approx((-3, 5), abs=0.6)


@pytest.mark.parametrize("turns", range(4))
def test_missing_data_on_any_side_does_not_hide_the_shift(ground, turns):
    second = _moved(ground, 2.5, -6)
    valid = np.ones((SIZE, SIZE), bool)
    valid[: SIZE // 3] = False
    valid = np.rot90(valid, turns).copy()
    first, second = (np.where(valid, image, 0).astype(np.uint8) for image in (ground, second))
    found = _find(first, second, valid).tile
    assert found.quality > OPTIONS.min_quality
    assert (found.rows_px, found.columns_px) == pytest.approx((2.5, -6), abs=0.3)


def test_a_home_that_leans_has_a_shift_of_its_own_and_only_it(ground):
    """One neighbourhood lies 1 m off in the second image; far from it nothing moves."""
    second = ground.copy()
    second[:, 400:560, 220:380] = _moved(ground, 2, 0)[:, 400:560, 220:380]
    found = _find(ground, second)
    assert found.rows_px[3] == pytest.approx(1.8, abs=0.5)  # held back a little by the field
    assert np.abs(found.rows_px[:3]).max() < 0.3


def test_what_lies_too_far_from_the_field_is_not_believed(ground):
    second = ground.copy()
    second[:, 400:560, 220:380] = _moved(ground, 9, 0)[:, 400:560, 220:380]
    found = _find(ground, second)
    assert not found.is_own[3]
    assert np.abs(found.rows_px).max() < 0.5


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_flat_ground_gives_no_shift_and_no_suspicion(grey):
    flat = np.full((3, SIZE, SIZE), grey, np.uint8)
    found = _find(flat, flat)
    assert found.tile.quality < OPTIONS.min_quality
    assert not found.length_px.any()
    assert not found.is_unlike


@pytest.mark.parametrize("turns", range(4))
def test_the_rim_of_missing_data_is_no_edge_to_register_on(turns):
    valid = np.ones((SIZE, SIZE), bool)
    valid[:190, :320] = False
    valid = np.rot90(valid, turns).copy()
    images = [np.where(valid, np.full((3, SIZE, SIZE), grey, np.uint8), 0) for grey in (90, 180)]
    assert _find(*images, valid).tile.quality < OPTIONS.min_quality


def test_two_different_places_are_told_and_not_shifted(texture):
    found = _find(texture(SIZE, 1), texture(SIZE, 2))
    assert found.tile.quality < OPTIONS.min_quality
    assert found.is_unlike
    assert not found.length_px.any()


def test_a_shift_beyond_the_search_is_not_believed(ground):
    found = _find(ground, _moved(ground, 0, 75))
    assert found.tile.quality < OPTIONS.min_quality
    assert not found.length_px.any()


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (7, 7), (9, 400)])
def test_too_little_ground_gives_no_shift_and_proves_nothing(ground, shape):
    patch = ground[:, : shape[0], : shape[1]]
    found = _find(patch, patch, homes=np.zeros((2, 2)))
    assert found.length_px == pytest.approx([0, 0], abs=0.1)
    assert not found.is_unlike


def test_ground_that_nobody_saw_gives_no_shift(ground):
    found = _find(ground, ground, np.zeros((SIZE, SIZE), bool))
    assert found.tile.quality == 0
    assert not found.is_unlike


def test_no_homes_are_registered_to_nothing(ground):
    found = _find(ground, _moved(ground, 1, 2), homes=np.zeros((0, 2)))
    assert found.rows_px.shape == (0,)
    assert found.tile.columns_px == pytest.approx(2, abs=0.3)


def test_the_length_is_that_of_the_hypotenuse():
    assert Shift(3, -4, 9).length_px == 5
    assert Registration.none(3).length_px.tolist() == [0, 0, 0]


@given(
    shift=st.complex_numbers(max_magnitude=15, allow_nan=False),
    turn=st.floats(-0.02, 0.02),
    stretch=st.floats(-0.01, 0.01),
    wild=st.integers(0, 14),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, deadline=None)
def test_the_common_motion_is_found_among_wild_windows(shift, turn, stretch, wild, seed):
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:6, :6] * 96.0
    places = (columns + 1j * rows).ravel()
    shifts = shift + (stretch + 1j * turn) * (places - places.mean())
    truth = shifts.copy()
    noise = rng.normal(0, 0.05, (2, 36))
    shifts = shifts + noise[0] + 1j * noise[1]
    shifts[:wild] = rng.uniform(-18, 18, wild) + 1j * rng.uniform(-18, 18, wild)
    weights = rng.uniform(3, 9, 36)
    found = fit_motion(places, shifts, weights, 3.0).at(places)
    assert np.abs(found - truth).max() < 0.6


def test_no_motion_is_made_up_from_chance():
    rng = np.random.default_rng(1)
    places = rng.uniform(0, 600, 30) + 1j * rng.uniform(0, 600, 30)
    shifts = rng.uniform(-18, 18, 30) + 1j * rng.uniform(-18, 18, 30)
    field = fit_motion(places, shifts, np.ones(30), 3.0)
    assert max(map(abs, field.stretch)) < 2 * MAX_STRETCH
    assert np.abs(field.at(places)).max() < 60
