"""Worn pictures are poorer in the way that is said, no more often, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from torch import Generator

from detectors.training.wear import WearOptions, wear

NEVER = WearOptions(jpeg_probability=0, coarse_probability=0, season_probability=0)


def _seeded(seed=0):
    return Generator().manual_seed(seed)


@pytest.fixture
def chips(chips_of):
    """Chips of smooth ground, the pictures after all leaf green."""
    made = chips_of(60)
    smooth = ndimage.gaussian_filter(made.images.astype(np.float32), (0, 0, 0, 2, 2)) * 4 - 382
    images = np.clip(smooth + 127, 0, 255).astype(np.uint8)
    images[:, 1, 0], images[:, 1, 2] = images[:, 1, 1] // 2, images[:, 1, 1] // 3
    return replace(made, images=images)


def test_never_changes_nothing_and_the_given_chips_are_left_alone(chips):
    before = chips.images.copy()
    np.testing.assert_array_equal(wear(chips, NEVER, _seeded()).images, before)
    wear(chips, WearOptions(jpeg_probability=1), _seeded())
    np.testing.assert_array_equal(chips.images, before)


@pytest.mark.parametrize("name", ["jpeg_probability", "coarse_probability"])
def test_each_date_is_drawn_apart_and_as_often_as_said(chips, name):
    worn = wear(chips, replace(NEVER, **{name: 0.3}), _seeded())
    is_changed = (worn.images != chips.images).any(axis=(2, 3, 4))
    assert is_changed.mean() == pytest.approx(0.3, abs=0.12)
    assert (is_changed[:, 0] != is_changed[:, 1]).any()
    assert worn.building_ids == chips.building_ids
    for part in ("valid", "footprint", "pixel_m"):
        np.testing.assert_array_equal(getattr(worn, part), getattr(chips, part))


def test_the_same_draws_wear_alike(chips):
    first, second = (wear(chips, WearOptions(), _seeded(4)).images for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (wear(chips, WearOptions(), _seeded(5)).images != first).any()


def test_a_coarser_sensor_keeps_the_light_and_loses_detail(chips_of):
    noisy = chips_of(10)
    worn = wear(noisy, replace(NEVER, coarse_probability=1, coarse_factor=(2, 2.001)), _seeded())
    fine, coarse = noisy.images.astype(float), worn.images.astype(float)
    np.testing.assert_allclose(coarse.mean(axis=(3, 4)), fine.mean(axis=(3, 4)), atol=3)
    assert coarse.std(axis=(3, 4)).max() < 0.6 * fine.std(axis=(3, 4)).min()


def test_a_poor_jpeg_is_near_the_picture(chips):
    worn = wear(chips, replace(NEVER, jpeg_probability=1, jpeg_quality=(40, 41)), _seeded())
    apart = np.abs(worn.images[:, 0].astype(int) - chips.images[:, 0])
    assert 0 < apart.mean() < 12


def test_only_what_is_green_dries(chips):
    worn = wear(chips, replace(NEVER, season_probability=1), _seeded())
    grey = chips.images.copy()
    grey[:] = grey[:, :, :1]
    kept = wear(replace(chips, images=grey), replace(NEVER, season_probability=1), _seeded())
    np.testing.assert_allclose(kept.images.astype(int), grey, atol=1)
    green_before, green_after = (
        (each[:, 1, 1].astype(int) - each[:, 1, 0]).mean() for each in (chips.images, worn.images)
    )
    assert green_after < 0.8 * green_before
