"""What the network sees is the chip, resampled and varied as promised."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Generator

from detectors.model import ModelOptions
from detectors.transforms import (
    MAX_VALUE,
    AugmentOptions,
    draw_placement,
    flipped,
    stack_channels,
    straight,
    take_views,
    vary_colour,
)

OPTIONS = AugmentOptions()


def _seeded(seed=0):
    return Generator().manual_seed(seed)


def _views(stacked, placement, px, zooms=(1.0,)):
    return take_views(stacked, placement, ModelOptions(view_px=px, zooms=zooms))


def test_channels_are_colours_from_minus_one_to_one_and_the_footprint(chips_of):
    chips = chips_of(3)
    stacked = stack_channels(chips)
    assert stacked.shape == (3, 2, 4, 32, 32)
    seen = chips.valid[:, :, None]
    expected = np.where(seen, chips.images / 127.5 - 1, 0)
    np.testing.assert_allclose(stacked[:, :, :3].numpy(), expected, atol=1e-6)
    for time in (0, 1):
        np.testing.assert_array_equal(stacked[:, time, 3].numpy(), chips.footprint)


def test_chips_themselves_are_left_alone(chips_of):
    chips = chips_of(3)
    before = chips.images.copy()
    vary_colour(stack_channels(chips), OPTIONS, _seeded())
    np.testing.assert_array_equal(chips.images, before)


def test_a_straight_view_of_the_chips_size_is_the_chip(chips_of):
    stacked = stack_channels(chips_of(3))
    views = _views(stacked, straight(3), 32)
    torch.testing.assert_close(views[:, 0], stacked, atol=1e-5, rtol=0)


@pytest.mark.parametrize("px", [16, 20, 31])
def test_a_straight_view_is_a_plain_resize(chips_of, px):
    stacked = stack_channels(chips_of(3))
    oracle = F.interpolate(stacked.flatten(0, 1), size=(px, px), mode="bilinear")
    views = _views(stacked, straight(3), px)
    torch.testing.assert_close(views[:, 0].flatten(0, 1), oracle, atol=1e-4, rtol=0)


def test_a_closer_view_is_the_middle_of_the_chip(chips_of):
    stacked = stack_channels(chips_of(2))
    views = _views(stacked, straight(2), 16, zooms=(1.0, 0.5))
    assert views.shape == (2, 2, 2, 4, 16, 16)
    torch.testing.assert_close(views[:, 1], stacked[..., 8:24, 8:24], atol=1e-5, rtol=0)


@pytest.mark.parametrize(("rows", "columns"), list(product([False, True], repeat=2)))
def test_a_flip_mirrors_both_dates_and_the_footprint_and_undoes_itself(chips_of, rows, columns):
    stacked = stack_channels(chips_of(2))
    axes = [axis for axis, is_flipped in ((-2, rows), (-1, columns)) if is_flipped]
    placement = flipped(2, rows=rows, columns=columns)
    once = _views(stacked, placement, 32)[:, 0]
    torch.testing.assert_close(once, torch.flip(stacked, axes), atol=1e-5, rtol=0)
    torch.testing.assert_close(_views(once, placement, 32)[:, 0], stacked, atol=1e-4, rtol=0)


def test_a_seed_reproduces_every_variation(chips_of):
    for seed in (0, 1):
        one, other = (draw_placement(5, OPTIONS, _seeded(seed)).matrix for _ in range(2))
        assert torch.equal(one, other)
        pair = [vary_colour(stack_channels(chips_of(5)), OPTIONS, _seeded(seed)) for _ in "ab"]
        assert torch.equal(*pair)
    assert not torch.equal(
        draw_placement(5, OPTIONS, _seeded(0)).matrix, draw_placement(5, OPTIONS, _seeded(1)).matrix
    )


def test_both_dates_turn_together_and_shift_a_little_apart():
    matrix = draw_placement(500, OPTIONS, _seeded()).matrix
    assert torch.equal(matrix[:, 0, :, :2], matrix[:, 1, :, :2])
    shift_frac = matrix[..., 2].abs() / 2
    assert shift_frac.max() <= OPTIONS.shift_frac
    assert not torch.equal(matrix[:, 0, :, 2], matrix[:, 1, :, 2])
    size = torch.linalg.det(matrix[:, 0, :, :2])
    assert (size < 0).float().mean().item() == pytest.approx(0.5, abs=0.1)
    zoom = size.abs().sqrt()
    assert zoom.max() <= 1 + OPTIONS.scale_range + 1e-5
    assert zoom.min() >= 1 / (1 + OPTIONS.scale_range) - 1e-5


def test_turns_stay_within_the_promised_angle_of_a_quarter():
    matrix = draw_placement(500, OPTIONS, _seeded()).matrix[:, 0]
    angle = torch.rad2deg(torch.atan2(-matrix[:, 0, 1], matrix[:, 1, 1]))
    off_quarter = (angle + 45) % 90 - 45
    assert off_quarter.abs().max() <= OPTIONS.turn_deg + 1e-3
    quarters = torch.round(angle / 90).long() % 4
    assert set(quarters.tolist()) == {0, 1, 2, 3}


def test_nothing_to_vary_varies_nothing(chips_of):
    still = AugmentOptions(
        scale_range=0, turn_deg=0, shift_frac=0, brightness=0, contrast=0, colour=0,
        blur_probability=0,
    )  # fmt: skip
    stacked = stack_channels(chips_of(4))
    torch.testing.assert_close(vary_colour(stacked.clone(), still, _seeded()), stacked)
    matrix = draw_placement(64, still, _seeded()).matrix[:, 0, :, :2]
    rounded = matrix.round()
    torch.testing.assert_close(matrix, rounded, atol=1e-6, rtol=0)
    assert (rounded.abs().sum(dim=-1) == 1).all()


def test_colours_vary_within_bounds_and_the_footprint_never(chips_of):
    stacked = stack_channels(chips_of(8))
    varied = vary_colour(stacked.clone(), OPTIONS, _seeded())
    assert torch.equal(varied[:, :, 3], stacked[:, :, 3])
    assert varied.abs().max() <= MAX_VALUE + 1e-6
    change = (varied - stacked)[:, :, :3].mean(dim=(2, 3, 4))
    assert not torch.allclose(change[:, 0], change[:, 1], atol=1e-3)


def test_a_blur_spreads_one_date(chips_of):
    only_blur = AugmentOptions(brightness=0, contrast=0, colour=0, blur_probability=0.5)
    stacked = stack_channels(chips_of(40))
    varied = vary_colour(stacked.clone(), only_blur, _seeded())
    is_changed = (varied != stacked).flatten(2).any(dim=-1)
    assert is_changed.float().mean().item() == pytest.approx(0.5, abs=0.2)
    assert (is_changed[:, 0] != is_changed[:, 1]).any()
    inner = stacked[..., :3, 2:5, 2:5].mean(dim=(-1, -2))[is_changed]
    torch.testing.assert_close(varied[..., :3, 3, 3][is_changed], inner, atol=1e-5, rtol=0)
