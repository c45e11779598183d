"""Stresses do what they say, repeat with their seed, and the figures show who breaks."""

import dataclasses

import numpy as np
import pytest

from core.damage import GradeProbabilities
from detectors.measuring.stress import (
    FIGURES,
    STRESSES,
    Stress,
    destroy_neighbours,
    measure_stress,
    mirror_dates,
    repeat_before,
    shift_post,
)

BY_NAME = {stress.name: stress for stress in STRESSES}


def rng(seed=0):
    return np.random.default_rng(seed)


def of_change(chips):
    """A grader that calls every difference between the dates damage."""
    apart = np.abs(chips.images[:, 1].astype(float) - chips.images[:, 0]).mean(axis=(1, 2, 3)) / 255
    damaged = np.clip(0.02 + 1.5 * apart, 0, 0.98)
    parts = [1 - damaged, damaged / 3, damaged / 3, damaged / 3]
    return GradeProbabilities(np.stack(parts, axis=1).astype(np.float32))


@pytest.mark.parametrize("stress", STRESSES, ids=lambda stress: stress.name)
def test_a_stress_is_pure_repeats_and_keeps_the_batch(chips_of, stress):
    chips = chips_of(5)
    kept = chips.images.copy(), chips.valid.copy()
    one, same = stress.change(chips, rng(4)), stress.change(chips, rng(4))
    assert np.array_equal(chips.images, kept[0])
    assert np.array_equal(chips.valid, kept[1])
    assert np.array_equal(one.images, same.images)
    assert one.building_ids == chips.building_ids
    assert np.array_equal(one.footprint, chips.footprint)
    assert not np.array_equal(one.images, chips.images)
    if stress.name not in ("coarse", "mirrored"):
        assert np.array_equal(one.images[:, 0], chips.images[:, 0])
    assert len(stress.change(chips_of(0), rng())) == 0


def test_a_shift_moves_by_its_metres_and_says_what_is_not_seen(chips_of):
    chips = dataclasses.replace(chips_of(8, px=64), valid=np.ones((8, 2, 64, 64), bool))
    chips.images[:, 1] = 0
    chips.images[:, 1, :, 32, 32] = 255
    chips.pixel_m[:] = np.repeat([0.25, 0.5], 4)
    moved = shift_post(chips, rng(), 4.0)
    for index in range(8):
        (row,), (column,) = np.nonzero(moved.images[index, 1, 0])
        length_m = np.hypot(row - 32, column - 32) * chips.pixel_m[index]
        assert length_m == pytest.approx(4.0, abs=float(chips.pixel_m[index]))
    lost = ~moved.valid[:, 1]
    assert lost.any(axis=(1, 2)).all()
    assert moved.valid[:, 0].all()
    assert not moved.images[:, 1].transpose(0, 2, 3, 1)[lost].any()


def test_a_shift_past_the_chip_shows_nothing(chips_of):
    moved = shift_post(chips_of(2), rng(), 1000.0)
    assert not moved.valid[:, 1].any()


def test_mirroring_twice_is_nothing_and_repeating_is_before(chips_of):
    chips = chips_of(3)
    back = mirror_dates(mirror_dates(chips, rng()), rng())
    assert np.array_equal(back.images, chips.images)
    assert np.array_equal(mirror_dates(chips, rng()).images[:, 0], chips.images[:, 1])
    again = repeat_before(chips, rng())
    assert np.array_equal(again.images[:, 1], chips.images[:, 0])
    assert np.array_equal(again.valid[:, 1], chips.valid[:, 0])


def test_rubble_spares_the_building(chips_of):
    chips = dataclasses.replace(chips_of(3), valid=np.ones((3, 2, 32, 32), bool))
    struck = destroy_neighbours(chips, rng())
    changed = (struck.images[:, 1] != chips.images[:, 1]).any(axis=1)
    assert not changed[chips.footprint].any()
    assert changed[~chips.footprint].mean() > 0.5


def test_haze_flattens_coarse_smooths_and_brown_is_for_green_only(chips_of):
    chips = dataclasses.replace(chips_of(2), valid=np.ones((2, 2, 32, 32), bool))
    plain = chips.images[:, 1].std()
    assert BY_NAME["haze"].change(chips, rng()).images[:, 1].std() == pytest.approx(
        plain * 0.6, rel=0.02
    )
    assert BY_NAME["coarse"].change(chips, rng()).images.std() < plain / 2
    assert BY_NAME["blur"].change(chips, rng()).images[:, 1].std() < plain / 3
    chips.images[0, 1] = np.array([60, 120, 50], np.uint8)[:, None, None]
    chips.images[1, 1] = np.array([120, 110, 100], np.uint8)[:, None, None]
    brown = BY_NAME["season"].change(chips, rng()).images
    assert brown[0, 1, 0, 0, 0] > 60
    assert brown[0, 1, 1, 0, 0] < 120
    assert np.array_equal(brown[1, 1], chips.images[1, 1])


def test_the_table_has_each_stress_beside_no_stress(labelled_of):
    labelled = labelled_of(16)
    table = measure_stress(of_change, labelled, STRESSES, seed=3)
    assert table["stress"].tolist() == [stress.name for stress in STRESSES]
    assert {f"{name}_unstressed" for name in FIGURES} <= set(table)
    by_name = table.set_index("stress")
    assert by_name["auc_damaged_unstressed"].nunique() == 1
    # nothing changed, so a grader of change is sure of no damage, below the event's share
    assert by_name.loc["unchanged", "mean_p_damaged"] < by_name.loc["unchanged", "base_rate"]
    assert by_name.loc["unchanged", "mean_p_damaged"] == pytest.approx(0.02, abs=0.01)
    # and by the same token it is fooled by mirrored dates
    assert by_name.loc["mirrored", "mean_p_damaged"] == pytest.approx(
        by_name.loc["mirrored", "mean_p_damaged_unstressed"], abs=1e-6
    )
    assert by_name.loc[["mirrored", "unchanged"], "auc_damaged"].isna().all()
    assert table["answers_changed"].between(0, 1).all()


def test_a_stress_draws_the_same_whoever_stands_beside_it(labelled_of):
    labelled = labelled_of(8)
    whole = measure_stress(of_change, labelled, STRESSES, seed=3).set_index("stress")
    alone = measure_stress(of_change, labelled, [BY_NAME["shift_4px"]], seed=3).iloc[0]
    assert alone["mean_p_damaged"] == whole.loc["shift_4px", "mean_p_damaged"]


def test_doing_nothing_changes_nothing(labelled_of):
    nothing = Stress("nothing", "as it is", lambda chips, _: chips)
    row = measure_stress(of_change, labelled_of(8), [nothing], seed=0).iloc[0]
    assert row["answers_changed"] == 0
    assert all(row[name] == row[f"{name}_unstressed"] for name in FIGURES)


def test_one_class_only_has_no_auc_and_no_chip_is_refused(labelled_of):
    labelled = labelled_of(8)
    sound = labelled.select(labelled.grades == 0)
    row = measure_stress(of_change, sound, STRESSES[:1], seed=0).iloc[0]
    assert np.isnan(row["auc_damaged"])
    assert np.isnan(row["average_precision_severe"])
    with pytest.raises(ValueError, match="at least one labelled chip"):
        measure_stress(of_change, labelled.select(np.zeros(8, bool)), STRESSES, seed=0)
