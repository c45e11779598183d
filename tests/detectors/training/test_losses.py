"""Targets lean to neighbours; water at a building says that there is damage, not how much."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

from detectors.training.losses import compute_loss, soften


@pytest.mark.parametrize("share", [0.0, 0.08, 0.3])
def test_targets_lean_to_the_neighbouring_grades_only(share):
    targets = soften(share)
    torch.testing.assert_close(targets.sum(1), torch.ones(4))
    expected = torch.tensor([
        [1 - share, share, 0, 0],
        [share, 1 - 2 * share, share, 0],
        [0, share, 1 - 2 * share, share],
        [0, 0, share, 1 - share],
    ])  # fmt: skip
    torch.testing.assert_close(targets, expected)


@pytest.fixture
def drawn():
    generator = torch.Generator().manual_seed(2)
    return torch.randn(64, 4, generator=generator), torch.arange(64) % 4, soften(0.08)


def test_without_water_it_is_the_cross_entropy_of_torch(drawn):
    logits, grades, targets = drawn
    loss = compute_loss(logits, grades, targets, torch.zeros(64, dtype=torch.bool))
    torch.testing.assert_close(loss, F.cross_entropy(logits, targets[grades]))


def test_major_of_a_flood_asks_for_damage_of_any_grade_and_other_grades_as_ever(drawn):
    logits, grades, targets = drawn
    is_water = torch.ones(64, dtype=torch.bool)
    is_major = grades == 2
    chances = logits.softmax(dim=1)
    expected = -(targets[grades] * chances.log()).sum(1)
    expected[is_major] = -(1 - chances[is_major, 0]).log()
    loss = compute_loss(logits, grades, targets, is_water)
    torch.testing.assert_close(loss, expected.mean())
    moved = logits.clone()
    moved[is_major, 2], moved[is_major, 1] = logits[is_major, 1], logits[is_major, 2]
    torch.testing.assert_close(compute_loss(moved, grades, targets, is_water), loss)
