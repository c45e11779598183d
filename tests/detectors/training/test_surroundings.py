"""Surroundings change hands; the building, its grade and what was not seen do not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Generator

from detectors.training.surroundings import SurroundingsOptions, exchange_surroundings

ALWAYS = SurroundingsOptions(
    probability=1, one_side_probability=0, both_dates_probability=0, margin_px=(1, 2)
)
NONE, MINOR, RUIN = 0, 1, 3


def _seeded(seed=0):
    return Generator().manual_seed(seed)


def _homes(grades):
    """Each home's pictures hold one value, by its place and date; the outline in the middle."""
    stacked = torch.zeros(len(grades), 2, 4, 64, 64)
    for place in range(len(grades)):
        for date in (0, 1):
            stacked[place, date, :3] = 0.1 * (1 + place) + 0.01 * date
    stacked[:, :, 3, 24:40, 24:40] = 1.0
    return stacked, torch.tensor(grades)


def test_a_sound_home_stands_among_ruins_and_a_ruin_among_sound_homes():
    stacked, grades = _homes([NONE, RUIN])
    before = stacked.clone()
    after = exchange_surroundings(stacked, grades, ALWAYS, _seeded())
    inside, corner = (..., slice(25, 39), slice(25, 39)), (..., slice(0, 8), slice(0, 8))
    torch.testing.assert_close(after[inside], before[inside])
    torch.testing.assert_close(after[0, 1, :3][corner], before[1, 1, :3][corner])
    torch.testing.assert_close(after[0, 0], before[0, 0])
    for date in (0, 1):
        torch.testing.assert_close(after[1, date, :3][corner], before[0, date, :3][corner])
    torch.testing.assert_close(after[:, :, 3], before[:, :, 3])


def test_there_is_no_seam():
    stacked, grades = _homes([NONE, RUIN])
    row = exchange_surroundings(stacked, grades, ALWAYS, _seeded())[0, 1, 0, 32]
    assert row.diff().abs().max() < 0.3 * (row.max() - row.min())


def test_the_ruins_may_have_stood_there_before():
    stacked, grades = _homes([NONE, RUIN])
    before = stacked.clone()
    after = exchange_surroundings(
        stacked, grades, replace(ALWAYS, both_dates_probability=1), _seeded()
    )
    torch.testing.assert_close(after[0, 0, :3, :8, :8], before[1, 0, :3, :8, :8])


def test_debris_on_one_side_leaves_the_other_as_it_was():
    stacked, grades = _homes([NONE, RUIN])
    before = stacked.clone()
    after = exchange_surroundings(
        stacked, grades, replace(ALWAYS, one_side_probability=1), _seeded()
    )
    changed = (after[0, 1, 0] - before[0, 1, 0]).abs() > 1e-6
    assert 0.2 < changed.float().mean() < 0.7


@pytest.mark.parametrize("grades", [[NONE, NONE], [RUIN, RUIN], [NONE, MINOR], []])
def test_without_a_lender_nothing_changes(grades):
    stacked, grades = _homes(grades)
    before = stacked.clone()
    torch.testing.assert_close(exchange_surroundings(stacked, grades, ALWAYS, _seeded()), before)


def test_what_was_not_seen_stays_so_and_is_not_lent():
    stacked, grades = _homes([NONE, RUIN])
    stacked[1, :, :3, :32] = 0.0
    stacked[0, 0, :3] = 0.0
    before = stacked.clone()
    after = exchange_surroundings(
        stacked, grades, replace(ALWAYS, both_dates_probability=1), _seeded()
    )
    assert not after[0, 0, :3].any(), "a date without a picture gets none"
    torch.testing.assert_close(after[0, 1, :3, :8], before[0, 1, :3, :8])


def test_it_happens_as_often_as_said():
    grades = [NONE, RUIN] * 300
    stacked, truth = _homes(grades)
    before = stacked.clone()
    after = exchange_surroundings(stacked, truth, SurroundingsOptions(probability=0.2), _seeded())
    is_changed = (after != before).flatten(1).any(dim=1).numpy()
    for grade in (NONE, RUIN):
        assert is_changed[np.array(grades) == grade].mean() == pytest.approx(0.2, abs=0.06)
