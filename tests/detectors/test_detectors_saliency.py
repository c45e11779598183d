"""Saliency points where the evidence is, follows the weights, and leaves the network alone."""

import copy
import threading

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from core.damage import GradeProbabilities
from detectors.model import ModelOptions
from detectors.saliency import ExplainOptions, can_explain, combine, explain, needs_picture

OPTIONS = ExplainOptions(batch=3)


class _Stub(nn.Module):
    """Evidence is how much a place changed between the dates; the head sums it up."""

    def __init__(self, channels=6, view_px=64):
        super().__init__()
        self.options = ModelOptions(view_px=view_px)
        self.evidence = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2)
        )
        self.head = nn.Linear(channels, 4)

    def forward(self, views):
        change = (views[:, 1, :3] - views[:, 0, :3]).abs()
        return self.head(self.evidence(change).mean(dim=(2, 3)))


def _sees_change(view_px=64):
    """A stub whose weights are set by hand: change anywhere speaks for damage."""
    stub = _Stub(channels=1, view_px=view_px)
    with torch.no_grad():
        stub.evidence[0].weight.fill_(0.1)
        stub.evidence[0].bias.zero_()
        stub.head.weight.copy_(torch.tensor([[-1.0], [1.0], [1.0], [1.0]]))
        stub.head.bias.zero_()
    return stub


@pytest.fixture
def one_sided(chips_of):
    """Chips that changed on the left side only."""
    chips = chips_of(5, px=64)
    chips.valid[:] = True
    chips.images[:, 1] = chips.images[:, 0]
    chips.images[:, 1, :, 20:40, 8:24] ^= 0xFF
    return chips


def test_it_points_where_the_change_is(one_sided):
    heat = explain(_sees_change(), one_sided, OPTIONS)
    assert heat.shape == (5, 64, 64)
    assert heat.dtype == np.float32
    assert heat.min() >= 0
    assert heat.max(axis=(1, 2)) == pytest.approx(np.ones(5), abs=0.1)
    left, right = heat[:, 20:40, 8:24].mean(axis=(1, 2)), heat[:, 20:40, 40:56].mean(axis=(1, 2))
    assert (left > 10 * right + 0.1).all()


def test_it_lies_in_the_middle_where_the_view_is_smaller_than_the_chip(one_sided):
    heat = explain(_sees_change(view_px=32), one_sided, OPTIONS)
    assert heat[:, :16].max() == heat[:, 48:].max() == heat[:, :, :16].max() == 0
    rows, columns = np.nonzero(heat[0] > 0.5)
    assert 16 <= columns.min() <= columns.max() < 26
    assert 18 <= rows.min() <= rows.max() < 42


def test_other_weights_look_elsewhere(chips_of):
    """Adebayo et al. 2018: a map that random weights leave as it is, explains the picture only."""
    chips = chips_of(6, px=64)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = _Stub()
        second = copy.deepcopy(first)
        for part in (second.evidence[0], second.head):
            part.reset_parameters()
    one, other = explain(first, chips, OPTIONS), explain(second, chips, OPTIONS)
    alike = [abs(spearmanr(a.ravel(), b.ravel()).statistic) for a, b in zip(one, other, strict=True)
             if a.any() and b.any()]  # fmt: skip
    assert not alike or np.mean(alike) < 0.6
    assert explain(first, chips, OPTIONS) == pytest.approx(one)


def test_nothing_that_speaks_for_damage_is_no_heat(one_sided):
    stub = _sees_change()
    with torch.no_grad():
        stub.head.weight.neg_()
    assert not explain(stub, one_sided, OPTIONS).any()


def test_the_network_is_left_as_it_was_and_may_be_used_meanwhile(one_sided):
    stub = _sees_change().eval()
    before = copy.deepcopy(stub.state_dict())
    failures = []

    def grade():
        try:
            with torch.inference_mode():
                for _ in range(40):
                    stub(torch.zeros(2, 2, 4, 64, 64))
        except RuntimeError as error:
            failures.append(error)

    other = threading.Thread(target=grade)
    other.start()
    for _ in range(4):
        explain(stub, one_sided, OPTIONS)
    other.join()
    assert failures == []
    assert all(
        parameter.grad is None and parameter.requires_grad for parameter in stub.parameters()
    )
    assert not stub.evidence._forward_hooks
    assert all(torch.equal(value, before[name]) for name, value in stub.state_dict().items())


def test_it_works_where_gradients_are_switched_off(one_sided):
    with torch.inference_mode():
        assert explain(_sees_change(), one_sided, OPTIONS).any()


def test_gradients_stop_at_the_evidence():
    maps = torch.rand(2, 3, 4, 4)
    gradient = torch.zeros(2, 3, 4, 4)
    gradient[:, 1] = 1
    expected = maps[:, 1] / maps[:, 1].amax(dim=(1, 2), keepdim=True)
    assert torch.allclose(combine(maps, gradient), expected)
    assert not combine(maps, -gradient).any()


def test_the_batching_does_not_matter(one_sided):
    whole = explain(_sees_change(), one_sided, ExplainOptions(batch=64))
    assert explain(_sees_change(), one_sided, ExplainOptions(batch=1)) == pytest.approx(
        whole, abs=1e-5
    )
    nobody = one_sided.select(np.zeros(5, bool))
    assert explain(_sees_change(), nobody, OPTIONS).shape == (0, 64, 64)


def test_a_network_without_evidence_is_refused(one_sided):
    assert not can_explain(nn.Identity())
    assert not can_explain(None)
    with pytest.raises(ValueError, match="Identity has no submodule 'evidence'"):
        explain(nn.Identity(), one_sided, OPTIONS)


def test_evidence_of_another_shape_is_refused(one_sided):
    class Doubled(_Stub):
        def forward(self, views):
            super().forward(views)
            return super().forward(views)

    with pytest.raises(ValueError, match="for 3 chips, not one each"):
        explain(Doubled(), one_sided, OPTIONS)


def test_only_damaged_homes_are_explained():
    values = np.array(
        [[0.6, 0.2, 0.1, 0.1], [0.5, 0.2, 0.2, 0.1], [0.1, 0.3, 0.3, 0.3]], np.float32
    )
    assert needs_picture(GradeProbabilities(values)).tolist() == [False, True, True]
