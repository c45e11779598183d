"""Bare ground and roofs painted to order: what is under an outline is known by construction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from core.chips import PRE, ChipBatch
from imagery.chips.standing import compute_bareness, is_bare, measure_site

PX = 160
PIXEL_M = 0.25
GRASS, ROOF, BROWN = (90, 110, 70), (170, 165, 160), (125, 95, 80)


def _ground(seed=0, colour=GRASS):
    noise = np.random.default_rng(seed).normal(0, 9, (3, PX, PX))
    return np.array(colour, float)[:, None, None] + ndimage.gaussian_filter(noise, (0, 3, 3))


def _outline(rows=(60, 100), columns=(50, 110)):
    inside = np.zeros((PX, PX), bool)
    inside[slice(*rows), slice(*columns)] = True
    return inside


def _chips(*pictures, outline=None, valid=None, pixel_m=PIXEL_M):
    count = len(pictures)
    images = np.zeros((count, 2, 3, PX, PX), np.uint8)
    images[:, PRE] = np.clip(pictures, 0, 255)
    seen = np.ones((count, 2, PX, PX), bool) if valid is None else valid
    inside = np.repeat((_outline() if outline is None else outline)[None], count, axis=0)
    ids = tuple(f"b{number}" for number in range(count))
    return ChipBatch(ids, images, seen, inside, np.full(count, pixel_m, np.float32))


def _built(colour=ROOF, down=0, right=0, seed=0):
    picture = _ground(seed)
    inside = np.roll(_outline(), (down, right), axis=(0, 1))
    picture[:, inside] += np.array(colour, float)[:, None] - np.array(GRASS, float)[:, None]
    return ndimage.gaussian_filter(picture, (0, 1.5, 1.5))


def test_a_lawn_is_bare_and_a_roof_is_not():
    chips = _chips(_ground(), _built(), _built(BROWN), _ground(1, (150, 140, 120)))
    assert is_bare(chips).tolist() == [True, False, False, True]
    site = measure_site(chips)
    assert site.outline[1] > 0.7
    assert site.outline[0] < 0.2
    assert site.is_seen.all()


@settings(max_examples=15, deadline=None)
@given(down=st.integers(-16, 16), right=st.integers(-16, 16), colour=st.sampled_from([ROOF, BROWN]))
def test_a_roof_up_to_4_m_off_its_outline_still_stands(down, right, colour):
    chips = _chips(_built(colour, down, right), _built(colour))
    assert not is_bare(chips).any()
    aside, in_place = measure_site(chips).outline
    assert aside == pytest.approx(in_place, abs=0.05)


def test_a_neighbours_roof_farther_off_does_not_stand_in():
    aside, in_place = measure_site(_chips(_built(right=30), _built())).outline
    assert aside < in_place / 2


def test_woods_have_edges_but_none_along_the_outline():
    noise = np.random.default_rng(4).normal(0, 90, (1, PX, PX))
    woods = np.array([70.0, 85.0, 60.0])[:, None, None] + ndimage.gaussian_filter(noise, (0, 2, 2))
    site = measure_site(_chips(woods))
    assert site.texture[0] > 0.3
    assert site.outline[0] < 0.3


@pytest.mark.parametrize("rows", [slice(0, 75), slice(105, 160), slice(60, 100)])
def test_where_too_little_was_seen_nothing_is_said(rows):
    valid = np.ones((1, 2, PX, PX), bool)
    valid[0, PRE, rows] = False
    chips = _chips(_ground(), valid=valid)
    assert np.isnan(compute_bareness(chips)).all()
    assert not is_bare(chips).any()


def test_the_edge_of_missing_pixels_is_no_roof():
    valid = np.ones((2, 2, PX, PX), bool)
    valid[0, PRE, :, 135:] = False
    torn = _ground()
    torn[:, :, 135:] = 0
    with_gap, whole = measure_site(_chips(torn, _ground(), valid=valid)).outline
    assert with_gap == pytest.approx(whole, abs=0.05)


def test_the_picture_after_does_not_count():
    chips = _chips(_built())
    chips.images[:, 1] = 200
    assert compute_bareness(chips) == compute_bareness(_chips(_built()))


def test_each_chip_is_measured_on_its_own_and_none_is_fine():
    pictures = [_ground(seed) if seed % 2 else _built(seed=seed) for seed in range(70)]
    whole = compute_bareness(_chips(*pictures))
    alone = np.concatenate([compute_bareness(_chips(each)) for each in pictures[60:]])
    np.testing.assert_allclose(whole[60:], alone, rtol=1e-5)
    nothing = _chips(_ground()).select(np.zeros(1, bool))
    assert compute_bareness(nothing).shape == (0,)
    assert is_bare(nothing).dtype == bool


def test_an_outline_too_small_to_hold_a_pixel_says_nothing():
    assert not is_bare(_chips(_ground(), outline=np.zeros((PX, PX), bool))).any()


def test_a_blank_picture_and_a_huge_pixel_are_measured_without_complaint():
    blank = _chips(np.full((3, PX, PX), 128.0), pixel_m=50)
    assert np.isfinite(compute_bareness(blank)).all()
