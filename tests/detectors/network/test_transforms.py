"""What the network sees is the chip, resampled and varied as promised."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from torch import Generator

from core.chips import POST, PRE
from detectors.network.model import COLOURS
from detectors.network.transforms import (
    MAX_VALUE,
    SPREAD,
    AugmentOptions,
    Placement,
    draw_placement,
    scale_colours,
    stack_channels,
    take_outline,
    take_views,
    vary_colour,
    vary_history,
    vary_outline,
)

OPTIONS = AugmentOptions()


def _seeded(seed=0):
    return Generator().manual_seed(seed)


def test_channels_are_colours_around_their_mean_and_the_footprint(chips_of):
    chips = chips_of(3)
    stacked = stack_channels(chips)
    assert stacked.shape == (3, 2, 4, 32, 32)
    for chip, time in product(range(3), (0, 1)):
        seen = chips.valid[chip].all(axis=0)
        colours = chips.images[chip, time] / 255
        centred = colours - colours[:, seen].mean(axis=1)[:, None, None]
        expected = centred / centred[:, seen].std() * SPREAD
        found = stacked[chip, time, :3].numpy()
        np.testing.assert_allclose(found[:, seen], expected[:, seen], atol=1e-4)
        assert not found[:, ~seen].any()
    for time in (0, 1):
        np.testing.assert_array_equal(stacked[:, time, 3].numpy(), chips.footprint)


def test_haze_sun_and_sensor_of_a_date_do_not_show(chips_of):
    chips = chips_of(3)
    chips.valid[:] = True
    hazy = chips.select(np.arange(3))
    hazy.images[:, 1] = (chips.images[:, 1] * 0.5 + 100).round().astype(np.uint8)
    difference = (stack_channels(chips) - stack_channels(hazy)).abs()
    assert difference.max() < 0.02, "rounding to whole values is all that is left"


def test_an_even_or_unseen_chip_is_not_blown_up(chips_of):
    chips = chips_of(2)
    chips.images[0] = 90
    chips.valid[1] = False
    stacked = stack_channels(chips)
    assert torch.isfinite(stacked).all()
    assert stacked[:, :, :3].abs().max() < 1e-4


@pytest.mark.parametrize(("date", "other"), [(PRE, POST), (POST, PRE)])
def test_what_one_date_lacks_is_shown_at_neither(chips_of, date, other):
    whole = replace(chips_of(2), valid=np.ones((2, 2, 32, 32), bool))
    one, both = whole.valid.copy(), whole.valid.copy()
    one[0, date, :, 20:] = False
    both[0, :, :, 20:] = False
    images = stack_channels(replace(whole, valid=one))
    assert torch.equal(images, stack_channels(replace(whole, valid=both)))
    assert not images[0, other, :COLOURS, :, 20:].any()
    assert images[0, other, :COLOURS, :, :20].any()
    assert torch.equal(images[1], stack_channels(whole)[1])


def test_a_date_that_shows_nothing_takes_nothing_from_the_other(chips_of):
    whole = replace(chips_of(1), valid=np.ones((1, 2, 32, 32), bool))
    valid = whole.valid.copy()
    valid[:, PRE] = False
    images = stack_channels(replace(whole, valid=valid))[:, :, :COLOURS]
    assert not images[0, PRE].any()
    assert torch.equal(images[0, POST], stack_channels(whole)[0, POST, :COLOURS])


def test_chips_themselves_are_left_alone(chips_of):
    chips = chips_of(3)
    before = chips.images.copy()
    vary_colour(stack_channels(chips), OPTIONS, _seeded())
    np.testing.assert_array_equal(chips.images, before)


def _still(count):
    return Placement(torch.eye(2, 3).expand(count, 2, 2, 3))


@pytest.mark.parametrize("px", [16, 24, 32])
def test_an_unmoved_training_view_is_what_is_graded(chips_of, px):
    chips = chips_of(3)
    stacked = stack_channels(chips)
    outline = take_outline(chips, px).unsqueeze(1).expand(-1, 2, -1, -1, -1)
    graded = torch.cat([scale_colours(chips.images, chips.valid, px), outline], dim=2)
    assert graded.shape == (3, 2, 4, px, px)
    torch.testing.assert_close(take_views(stacked, _still(3), px), graded, atol=1e-5, rtol=0)
    inset = (32 - px) // 2
    assert torch.equal(graded, stacked[..., inset : 32 - inset, inset : 32 - inset])


def test_a_chip_smaller_than_the_view_is_refused(chips_of):
    with pytest.raises(ValueError, match=r"chips of 32 x 32 px are smaller than a view of 48 px"):
        take_outline(chips_of(1), 48)


def test_a_turned_view_takes_its_corners_from_the_chips_margin(chips_of):
    chips = chips_of(4, px=48)
    chips.valid[:] = True
    stacked = stack_channels(chips)
    stacked[:, :, 3] = 1.0
    options = AugmentOptions(scale_range=0.0, turn_deg=20.0, shift_frac=0.0)
    turned = take_views(stacked, draw_placement(4, options, _seeded()), 32)
    assert (turned[:, :, 3] > 0.999).all()


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


NEVER = AugmentOptions(
    no_before_probability=0, same_probability=0, swap_undamaged_probability=0,
    swap_damaged_probability=0,
)  # fmt: skip


@pytest.fixture
def pairs(chips_of):
    return stack_channels(chips_of(8)), torch.arange(8) % 4


def test_swapped_dates_are_no_damage(pairs):
    stacked, grades = pairs
    before = stacked.clone()
    options = replace(NEVER, swap_damaged_probability=1.0)
    told = vary_history(stacked, grades, options, _seeded())
    swapped = grades > 0
    assert (told == 0).all()
    assert torch.equal(stacked[swapped], before[swapped].flip(1))
    assert torch.equal(stacked[~swapped], before[~swapped])


def test_the_same_image_twice_is_no_damage(pairs):
    stacked, grades = pairs
    told = vary_history(stacked, grades, replace(NEVER, same_probability=1.0), _seeded())
    assert (told == 0).all()
    assert torch.equal(stacked[:, 0], stacked[:, 1])


def test_without_the_image_before_the_grade_stays(pairs):
    stacked, grades = pairs
    after = stacked[:, 1].clone()
    told = vary_history(stacked, grades, replace(NEVER, no_before_probability=1.0), _seeded())
    assert torch.equal(told, grades)
    assert not stacked[:, 0, :3].any()
    assert torch.equal(stacked[:, 1], after)


def test_chips_that_never_had_an_image_before_keep_history_and_colour(pairs):
    stacked, grades = pairs
    stacked[:, 0, :3] = 0.0
    before = stacked.clone()
    always = AugmentOptions(
        same_probability=0.5, swap_undamaged_probability=1, swap_damaged_probability=1
    )
    assert torch.equal(vary_history(stacked, grades, always, _seeded()), grades)
    assert torch.equal(stacked, before)
    assert not vary_colour(stacked, OPTIONS, _seeded())[:, 0, :3].any(), "unseen stays unseen"


def test_an_outline_may_become_its_box(chips_of):
    chips = chips_of(2)
    chips.footprint[:] = False
    chips.footprint[0, 4, 6] = chips.footprint[0, 9, 20] = True
    stacked = stack_channels(chips)
    vary_outline(stacked, AugmentOptions(box_probability=1.0), _seeded())
    box = torch.zeros(32, 32)
    box[4:10, 6:21] = 1.0
    assert torch.equal(stacked[0, 0, 3], box)
    assert torch.equal(stacked[0, 1, 3], box)
    assert not stacked[1, :, 3].any()
