"""Saliency points where the evidence is, follows the weights, and leaves the network alone."""

import copy
import threading

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from core.provenance import ModelRef
from detectors.calibrate import Calibration
from detectors.network.kept import KeptDetector, look_before
from detectors.network.model import Evidence, SiameseDamageNet
from detectors.network.options import ModelOptions, PredictOptions
from detectors.network.predict import SiameseDetector, compute_logits
from detectors.network.saliency import combine, lay_on_chip, map_damage

EXACT = PredictOptions(batch=3)
UNCALIBRATED = Calibration(1.0, (0.0,) * 4)


class _Sum(nn.Module):
    """Its evidence speaks for damage wherever it is, a cell as much as the other."""

    def conclude(self, evidence, _outline):
        return evidence.coarse.sum(dim=(2, 3))

    def decide(self, readings):
        return readings @ torch.tensor([[-1.0, 1.0, 1.0, 1.0]])


def _evidence(*maps):
    coarse = torch.stack([torch.as_tensor(each, dtype=torch.float32) for each in maps])[:, None]
    return Evidence(coarse, torch.zeros(len(maps), 1, 8, 8))


def _outline(count, px=64):
    drawn = torch.zeros(count, 1, px, px)
    drawn[..., 16:48, 16:48] = 1
    return drawn


def _detector(network, options=EXACT):
    return SiameseDetector(network, UNCALIBRATED, ModelRef("m", "0", "MIT"), options)


def test_it_points_where_the_evidence_is():
    left = np.zeros((4, 4))
    left[1:3, 0] = [1, 3]
    heat = map_damage(_Sum(), _evidence(left, np.zeros((4, 4))), _outline(2))
    assert heat[0] == pytest.approx(left / 3)
    assert not heat[1].any()


def test_nothing_that_speaks_for_damage_is_no_heat():
    assert not map_damage(_Sum(), _evidence(-np.ones((4, 4))), _outline(1)).any()


def test_it_is_the_gradient_of_the_odds_of_damage(network):
    """As autograd gives it through the whole network, from the map on."""
    generator = torch.Generator().manual_seed(3)
    maps = torch.rand(2, 16, 2, 2, generator=generator)
    fine = torch.rand(2, 8, 4, 4, generator=generator)
    outline = _outline(2, 32)
    moved = maps.clone().requires_grad_(True)
    logits = network.decide(network.conclude(Evidence(moved, fine), outline))
    chances = logits.softmax(dim=1)
    odds = ((1 - chances[:, 0]) / chances[:, 0]).log()
    (gradient,) = torch.autograd.grad(odds.sum(), moved)
    expected = combine(maps, gradient)
    assert torch.allclose(map_damage(network, Evidence(maps, fine), outline), expected, atol=1e-5)


def test_other_weights_look_elsewhere():
    """Adebayo et al. 2018: a map that random weights leave as it is, explains the picture only."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        options = ModelOptions(view_px=64, coarse=32, fine=8, hidden=16)
        first, second = (SiameseDamageNet(options).eval() for _ in range(2))
        evidence = Evidence(torch.rand(6, 32, 4, 4), torch.rand(6, 8, 8, 8))
    one, other = (map_damage(each, evidence, _outline(6)).numpy() for each in (first, second))
    alike = [abs(spearmanr(a.ravel(), b.ravel()).statistic) for a, b in zip(one, other, strict=True)
             if a.any() and b.any()]  # fmt: skip
    assert alike
    assert np.mean(alike) < 0.6
    assert (map_damage(first, evidence, _outline(6)).numpy() == one).all()


def test_the_network_is_left_as_it_was_and_may_be_used_meanwhile(network, chips_of):
    before = copy.deepcopy(network.state_dict())
    wants = {name: each.requires_grad for name, each in network.named_parameters()}
    evidence, failures = Evidence(torch.rand(3, 16, 2, 2), torch.rand(3, 8, 4, 4)), []

    def grade():
        try:
            for _ in range(10):
                _detector(network).grade(chips_of(4))
        except RuntimeError as error:
            failures.append(error)

    other = threading.Thread(target=grade)
    other.start()
    for _ in range(20):
        map_damage(network, evidence, _outline(3, 32))
    other.join()
    assert failures == []
    assert all(each.grad is None for each in network.parameters())
    assert {name: each.requires_grad for name, each in network.named_parameters()} == wants
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_it_works_where_gradients_are_switched_off(network):
    with torch.inference_mode():
        evidence = Evidence(torch.rand(2, 16, 2, 2), torch.rand(2, 8, 4, 4))
        assert map_damage(network, evidence, _outline(2, 32)).isfinite().all()


def test_gradients_weigh_whole_channels():
    maps = torch.rand(2, 3, 4, 4)
    gradient = torch.zeros(2, 3, 4, 4)
    gradient[:, 1] = 1
    expected = maps[:, 1] / maps[:, 1].amax(dim=(1, 2), keepdim=True)
    assert torch.allclose(combine(maps, gradient), expected)
    assert not combine(maps, -gradient).any()


def test_it_lies_in_the_middle_where_the_view_is_smaller_than_the_chip():
    laid = lay_on_chip(torch.ones(1, 2, 2), 32, (64, 60))
    assert laid.shape == (1, 64, 60)
    assert laid.sum() == 32 * 32
    assert (laid[0, 16:48, 14:46] == 1).all()


@pytest.fixture
def alarmed(network, chips_of):
    """A detector that calls half of the chips damaged."""
    own = copy.deepcopy(network)
    logits = torch.from_numpy(compute_logits(own, chips_of(20), EXACT))
    odds = logits[:, 1:].logsumexp(dim=1) - logits[:, 0]
    with torch.no_grad():
        own.head[-1].bias[0] += odds.median()
    return _detector(own)


def test_only_homes_graded_damaged_are_explained(alarmed, chips_of):
    grades = alarmed.grade(chips_of(20))
    assert 0 < grades.is_damaged.sum() < 20
    assert grades.heat.shape == (20, 32, 32)
    assert grades.heat.dtype == np.float32
    explained = ~np.isnan(grades.heat).all(axis=(1, 2))
    assert (explained == grades.is_damaged).all()
    assert (explained == ~np.isnan(grades.heat).any(axis=(1, 2))).all()
    assert np.nanmin(grades.heat) >= 0
    assert np.nanmax(grades.heat) <= 1


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_the_batching_does_not_matter(alarmed, chips_of, batch):
    chips = chips_of(20)
    other = _detector(alarmed.network, PredictOptions(batch=batch)).grade(chips)
    np.testing.assert_allclose(other.heat, alarmed.grade(chips).heat, atol=1e-3)


def test_what_was_kept_from_before_explains_as_well(alarmed, chips_of):
    chips = chips_of(12)
    rows = {name: row for row, name in enumerate(chips.building_ids[:8])}
    kept = KeptDetector(alarmed, look_before(alarmed, chips.select(np.arange(8))), rows)
    np.testing.assert_allclose(
        kept.grade(chips).heat, alarmed.grade(chips).heat, atol=0.05, equal_nan=True
    )


def test_of_no_homes_there_is_no_heat(network, chips_of):
    grades = _detector(network).grade(chips_of(0))
    assert len(grades) == 0
    assert grades.heat.shape == (0, 32, 32)
