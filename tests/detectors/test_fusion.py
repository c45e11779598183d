"""Hazard and image agree to one posterior that never contradicts itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.fusion import FusionOptions, find_least_damaged, fuse, hold_to_hazard

OPTIONS = FusionOptions()
GRADES = st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda p: sum(p) > 1e-3)
PRIOR = st.floats(0, 1)


def _image(weights):
    return np.array([weights]) / sum(weights)


def _fuse(image, prior, options=OPTIONS):
    rate = np.atleast_1d(np.asarray(prior, float))
    return fuse(image, rate, np.full(len(rate), options.prior_weight), options.base_rate)


@given(GRADES, PRIOR, st.floats(0, 2), st.floats(0.01, 0.99))
@settings(max_examples=200)
def test_the_posterior_is_ordered_and_bounded(weights, prior, prior_weight, base_rate):
    fused = _fuse(_image(weights), prior, FusionOptions(base_rate, prior_weight))
    assert 0 <= fused.destroyed[0] <= fused.severe[0] <= fused.damage[0] <= 1


@given(GRADES, PRIOR, PRIOR)
@settings(max_examples=100)
def test_more_hazard_never_means_less_damage(weights, one, other):
    image = _image(weights)
    low, high = _fuse(image, min(one, other)), _fuse(image, max(one, other))
    for name in ("damage", "severe", "destroyed"):
        assert getattr(low, name)[0] <= getattr(high, name)[0] + 1e-12


@given(GRADES, PRIOR, st.floats(0, 1))
@settings(max_examples=100)
def test_a_worse_image_never_means_less_damage(weights, prior, share):
    image = _image(weights)
    worse = image * (1 - share)
    worse[0, 3] += share
    one, other = _fuse(image, prior), _fuse(worse, prior)
    for name in ("damage", "severe", "destroyed"):
        assert getattr(one, name)[0] <= getattr(other, name)[0] + 1e-9


@given(GRADES, PRIOR)
@settings(max_examples=100)
def test_without_weight_the_image_stands_alone(weights, prior):
    image = _image(weights)
    fused = _fuse(image, prior, FusionOptions(prior_weight=0.0))
    assert fused.damage[0] == pytest.approx(image[0, 1:].sum(), abs=2e-4)
    assert fused.severe[0] == pytest.approx(image[0, 2:].sum(), abs=2e-4)
    assert fused.destroyed[0] == pytest.approx(image[0, 3], abs=2e-4)


@given(GRADES)
def test_a_prior_at_the_base_rate_says_nothing_new(weights):
    image = _image(weights)
    fused = _fuse(image, OPTIONS.base_rate)
    assert fused.damage[0] == pytest.approx(image[0, 1:].sum(), abs=2e-4)


def test_full_weight_is_bayes_rule():
    image, base, prior = np.array([[0.4, 0.3, 0.2, 0.1]]), 0.25, 0.6
    fused = _fuse(image, prior, FusionOptions(base, 1.0))
    ratio = (0.6 / 0.4) / (base / (1 - base))
    odds = prior / (1 - prior) * ratio
    assert fused.damage[0] == pytest.approx(odds / (1 + odds))
    assert fused.severe[0] / fused.damage[0] == pytest.approx(0.3 / 0.6)


def test_a_clear_image_wins_over_a_rough_curve():
    destroyed = np.array([[0.01, 0.01, 0.01, 0.97]])
    whole = destroyed[:, ::-1]
    assert _fuse(destroyed, 0.01).damage[0] > 0.9
    assert _fuse(whole, 0.99).damage[0] < 0.25


def test_rows_do_not_mix():
    generator = np.random.default_rng(0)
    image = generator.dirichlet(np.ones(4), 50)
    prior = generator.random(50)
    together = _fuse(image, prior)
    for k in range(50):
        assert _fuse(image[k : k + 1], prior[k]).damage[0] == together.damage[k]


def test_no_locations_have_no_posterior():
    nothing = _fuse(np.empty((0, 4)), np.empty(0))
    assert len(nothing.damage) == len(nothing.severe) == len(nothing.destroyed) == 0


@pytest.mark.parametrize(
    "options", [FusionOptions(), FusionOptions(0.1, 0.0, 0.0, 0.0), FusionOptions(0.5, 0.6)]
)
def test_nothing_lifts_an_image_from_below_its_least_to_a_posterior(options):
    least = find_least_damaged(0.2, options)
    image = np.array([[1 - p, p, 0, 0] for p in (least * 0.99, min(1, least * 1.01))])
    weights = np.full(2, options.strongest)
    below, above = fuse(image, np.ones(2), weights, options.base_rate).damage
    assert below < 0.2 <= above


def test_a_home_whose_pictures_show_nothing_is_not_damaged_by_its_neighbours_alone():
    whole = np.array([[0.99, 0.01, 0.0, 0.0]])
    assert fuse(whole, np.ones(1), np.ones(1), 0.3).damage[0] < 0.1


def test_each_hazard_has_its_weight():
    hazards = np.array(["fire", "tornado", "wind", "rain", None], dtype=object)
    assert OPTIONS.choose_weights(hazards).tolist() == [0.75, 0.5, 0.25, 0.25, 0.5]


def test_neighbours_are_held_to_a_weak_hazard_by_bayes_rule():
    held = hold_to_hazard(np.array([0.3, 0.9, np.nan]), np.full(3, 0.01), 0.3)
    # odds times the prior's odds over the base rate's: 1/99 over 3/7
    odds = np.array([3 / 7, 9]) * (1 / 99) / (3 / 7)
    assert held[:2] == pytest.approx(odds / (1 + odds))
    assert np.isnan(held[2])


@given(st.floats(0.001, 0.999), PRIOR, PRIOR)
@settings(max_examples=100)
def test_neighbours_are_never_lifted_and_never_fall_as_the_hazard_rises(said, one, other):
    low, high = hold_to_hazard(np.full(2, said), np.sort([one, other]), OPTIONS.base_rate)
    assert 0 <= low <= high <= said + 1e-9
    assert hold_to_hazard(np.array([said]), np.array([0.6]), 0.3)[0] == pytest.approx(said)
