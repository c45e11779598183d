"""Calibration finds the temperature that made the labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import softmax

from core.damage import GRADED, GradeProbabilities
from core.hazards.kinds import EventKind
from detectors.calibrate import (
    GENERAL,
    MAX_PROBABILITY,
    MIN_KIND_HOMES,
    Calibration,
    Calibrations,
    fit_calibration,
    fit_near,
)

COUNT = 8_000
UNCALIBRATED = Calibration(1.0, (0.0,) * len(GRADED))
FLOOR = (1 - MAX_PROBABILITY) / len(GRADED)


def _draw(temperature, bias=(0.0, 0.0, 0.0, 0.0), seed=0):
    """Logits, and grades drawn from what they say at a temperature."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 3, (COUNT, len(GRADED)))
    chances = softmax(logits / temperature + np.array(bias), axis=1)
    grades = (chances.cumsum(axis=1) < generator.random((COUNT, 1))).sum(axis=1)
    return logits, grades.clip(0, 3)


def _loss(calibration, logits, grades):
    chances = calibration.probabilities(logits)[np.arange(len(grades)), grades]
    return float(-np.log(chances).mean())


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_recovered(temperature):
    found = fit_calibration(*_draw(temperature), np.ones(COUNT))
    assert found.temperature == pytest.approx(temperature, rel=0.08)
    assert np.abs(found.bias).max() < 0.15


def test_a_known_bias_is_recovered_but_for_the_pull_towards_none():
    bias = np.array([1.0, 0.5, -0.5, -1.0])
    found = fit_calibration(*_draw(1.5, bias), np.ones(COUNT))
    share = np.array(found.bias) / bias
    assert share.min() > 0.6
    assert share.max() < 1.05
    assert sum(found.bias) == pytest.approx(0, abs=0.05)


def test_calibrated_probabilities_are_the_shares_that_come_true():
    logits, grades = _draw(3.0)
    found = fit_calibration(logits, grades, np.ones(COUNT))
    fresh, truth = _draw(3.0, seed=1)
    chances = found.probabilities(fresh)
    for low in np.arange(0, 1, 0.2):
        chosen = (chances >= low) & (chances < low + 0.2)
        came_true = (truth[:, None] == np.arange(4))[chosen].mean()
        assert came_true == pytest.approx(chances[chosen].mean(), abs=0.05)
    assert _loss(found, fresh, truth) < _loss(UNCALIBRATED, fresh, truth)


def test_weights_say_whose_truth_counts():
    first, second = _draw(1.0), _draw(4.0, seed=2)
    logits = np.concatenate([first[0], second[0]])
    grades = np.concatenate([first[1], second[1]])
    weights = np.repeat([1.0, 1e-6], COUNT)
    found = fit_calibration(logits, grades, weights)
    assert found.temperature == pytest.approx(1.0, rel=0.08)
    assert fit_calibration(logits, grades, weights * 7).temperature == pytest.approx(
        found.temperature, rel=1e-3
    )


def test_it_knows_the_share_of_damaged_homes_behind_it_as_they_were_weighed():
    logits, grades = _draw(1.0)
    weights = np.where(grades >= 1, 3.0, 1.0)
    expected = np.average(grades >= 1, weights=weights)
    assert fit_calibration(logits, grades, weights).base_rate == pytest.approx(expected)


def test_a_grade_absent_from_the_fold_stays_possible():
    logits, grades = _draw(1.0)
    keep = grades != 3
    found = fit_calibration(logits[keep], grades[keep], np.ones(keep.sum()))
    assert np.isfinite([found.temperature, *found.bias]).all()
    assert (found.probabilities(logits)[:, 3] > 0).all()


@given(
    logits=hnp.arrays(np.float32, (5, 4), elements=st.floats(-1e4, 1e4, width=32)),
    temperature=st.floats(0.05, 50),
    bias=st.tuples(*[st.floats(-5, 5)] * 4),
)
@settings(max_examples=80)
def test_any_logits_give_bounded_probabilities_that_sum_to_one(logits, temperature, bias):
    chances = Calibration(temperature, bias).probabilities(logits)
    assert chances.dtype == np.float32
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)
    assert chances.min() >= FLOOR - 1e-6
    assert chances.max() <= MAX_PROBABILITY + FLOOR + 1e-6
    assert len(GradeProbabilities(chances)) == 5


def test_no_logits_give_no_probabilities():
    assert UNCALIBRATED.probabilities(np.empty((0, 4), np.float32)).shape == (0, 4)


@pytest.fixture(scope="module")
def two_kinds():
    """Fires at a temperature of 0.6 and winds at 1.4, and some water: logits, grades, kinds."""
    parts = {"fire": _draw(0.6), "wind": _draw(1.4, seed=1), "water": _draw(1.0, seed=2)}
    few = MIN_KIND_HOMES - 1
    sizes = {"fire": COUNT, "wind": COUNT, "water": few}
    logits = np.concatenate([parts[kind][0][:n] for kind, n in sizes.items()])
    grades = np.concatenate([parts[kind][1][:n] for kind, n in sizes.items()])
    return logits, grades, np.repeat(list(sizes), list(sizes.values()))


def test_each_kind_has_its_own_temperature_where_enough_is_known_of_it(two_kinds):
    logits, grades, kinds = two_kinds
    found = Calibrations.fit(logits, grades, np.ones(len(grades)), kinds)
    assert set(found.by_kind) == {EventKind.FIRE, EventKind.WIND}
    assert found.choose(EventKind.FIRE).temperature == pytest.approx(0.6, rel=0.08)
    assert found.choose(EventKind.WIND).temperature == pytest.approx(1.4, rel=0.08)
    assert found.choose(EventKind.WATER) == found.choose(EventKind.OTHER) == found.general
    assert (
        found.choose(None) == found.general == fit_calibration(logits, grades, np.ones(len(grades)))
    )
    assert [found.name(kind) for kind in (EventKind.FIRE, EventKind.WATER, None)] == [
        "fire", GENERAL, GENERAL,
    ]  # fmt: skip


def test_homes_are_told_by_the_calibration_of_their_events_kind(two_kinds):
    logits, grades, kinds = two_kinds
    found = Calibrations.fit(logits, grades, np.ones(len(grades)), kinds)
    chances = found.probabilities(logits, np.where(kinds == "wind", "", kinds))
    for word, kind in (("fire", EventKind.FIRE), ("wind", None), ("water", None)):
        own = kinds == word
        expected = found.choose(kind).probabilities(logits[own])
        np.testing.assert_array_equal(chances[own], expected)


def test_a_kind_without_damage_has_none_of_its_own():
    logits, _ = _draw(1.0)
    calm = np.zeros(COUNT, np.int64)
    found = Calibrations.fit(logits, calm, np.ones(COUNT), np.full(COUNT, "other"))
    assert not found.by_kind


def test_few_homes_move_a_kind_little_from_the_general():
    logits, grades = _draw(3.0)
    moved = [
        abs(np.log(fit_near(UNCALIBRATED, logits[:n], grades[:n]).temperature))
        for n in (5, 50, 500)
    ]
    assert moved[0] < 0.2 < moved[1] < moved[2] < np.log(3.2)
