"""Reviews mend a known fault, twenty of them wreck nothing, and no gain means no change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax, logit, softmax

from detectors.measuring.recalibration_curve import DRAWS, measure, simulate_recalibration
from detectors.recalibrate import (
    Outcome,
    RecalibrationOptions,
    _fit,
    _left_out_chances,
    _objective,
    fit_recalibration,
)

OPTIONS = RecalibrationOptions()


def _event(homes, seed, temperature=1.0, bias=(0.0, 0.0, 0.0, 0.0)):
    """Chances of a model, and grades drawn from the chances that it ought to have given."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(0, 2, (homes, 4)) + np.array([1.0, 0.0, -0.5, -0.5])
    right = softmax(log_softmax(scores, axis=1) / temperature + np.array(bias), axis=1)
    grades = (right.cumsum(axis=1) < generator.random((homes, 1))).sum(axis=1)
    return softmax(scores, axis=1), np.minimum(grades, 3).astype(np.int64)


def test_many_reviews_find_the_slope_and_shift_that_the_event_needs():
    chances, grades = _event(4000, 1, temperature=1.6, bias=(0.6, 0.0, -0.3, -0.3))
    fitted = fit_recalibration(chances, grades, OPTIONS)
    assert fitted.outcome is Outcome.USED
    assert fitted.reviews == 4000
    assert fitted.temperature == pytest.approx(1.6, rel=0.08)
    assert fitted.bias[0] - fitted.bias[3] == pytest.approx(0.9, abs=0.2)
    assert fitted.log_loss_after < fitted.log_loss_before
    others, truth = _event(3000, 2, temperature=1.6, bias=(0.6, 0.0, -0.3, -0.3))
    before, after = measure(others, truth), measure(fitted.apply(others), truth)
    assert after["log_loss"] < before["log_loss"]
    assert after["ece"] < before["ece"] / 2


def test_the_fit_is_the_minimum_that_a_general_optimiser_finds():
    chances, grades = _event(60, 3, temperature=0.7)
    logs = np.log(chances)
    found = minimize(_objective, [1, 0, 0, 0, 0], (logs, grades, OPTIONS), tol=1e-12).x
    assert _fit(logs, grades, OPTIONS) == pytest.approx(found, abs=1e-4)


def test_leaving_out_by_one_step_is_leaving_out():
    chances, grades = _event(40, 4, temperature=2.0)
    logs = np.log(chances)
    quick = _left_out_chances(logs, grades, _fit(logs, grades, OPTIONS), OPTIONS)
    for home in range(len(grades)):
        others = np.arange(len(grades)) != home
        apart = _fit(logs[others], grades[others], OPTIONS)
        scaled = softmax(logs[home] * apart[0] + apart[1:]) * 0.99 + 0.0025
        assert quick[home] == pytest.approx(scaled, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(
    grades=st.lists(st.integers(0, 3), min_size=20, max_size=20),
    seed=st.integers(0, 10_000),
)
def test_twenty_reviews_whatever_they_say_leave_chances_in_reason(grades, seed):
    chances, _ = _event(20, seed)
    fitted = fit_recalibration(chances, np.array(grades), OPTIONS)
    others = np.array([[0.7, 0.2, 0.05, 0.05], [0.1, 0.2, 0.3, 0.4], [0.97, 0.01, 0.01, 0.01]])
    moved = fitted.apply(others)
    assert (np.diff(moved[[2, 0, 1], 3]) > 0).all()  # who is worse off stays worse off
    assert np.isfinite(moved).all()
    assert moved.sum(axis=1) == pytest.approx(1)
    shift = logit(moved[:, 1:].sum(axis=1)) - logit(others[:, 1:].sum(axis=1))
    assert abs(shift).max() < 4.5
    assert 0.5 < fitted.temperature <= 2.5
    if fitted.outcome is Outcome.USED:
        assert fitted.log_loss_after < fitted.log_loss_before
    else:
        assert (moved == others).all()


def test_twenty_reviews_of_a_well_calibrated_event_cost_next_to_nothing():
    homes, truth = _event(4000, 5)
    before = measure(homes, truth)["log_loss"]
    costs = []
    for seed in range(40):
        fitted = fit_recalibration(*_event(20, 100 + seed), OPTIONS)
        costs.append(measure(fitted.apply(homes), truth)["log_loss"] - before)
    assert np.mean(costs) < 0.02
    assert max(costs) < 0.15


def test_what_cannot_or_should_not_be_fitted_changes_nothing():
    none = fit_recalibration(np.zeros((0, 4)), np.zeros(0, np.int64), OPTIONS)
    assert (none.outcome, none.reviews, none.log_loss_before) == (Outcome.TOO_FEW, 0, None)
    one = fit_recalibration(np.full((1, 4), 0.25), np.array([2]), OPTIONS)
    assert (one.outcome, one.log_loss_after) == (Outcome.TOO_FEW, None)
    assert one.log_loss_before == pytest.approx(np.log(4))
    chances, grades = _event(300, 6)
    turned = fit_recalibration(chances, grades[::-1], RecalibrationOptions(slope_sd=10.0))
    assert turned.outcome is not Outcome.TOO_FEW
    sure = np.tile([0.9925, 0.0025, 0.0025, 0.0025], (40, 1))
    right = fit_recalibration(sure, np.zeros(40, np.int64), OPTIONS)
    assert right.outcome is Outcome.NO_GAIN
    for fitted in (none, one, right):
        assert fitted.temperature == 1.0
        assert (fitted.apply(chances) == chances).all()


def test_pictures_that_say_the_opposite_are_not_turned_round():
    chances = np.tile([[0.9, 0.04, 0.03, 0.03], [0.03, 0.03, 0.04, 0.9]], (100, 1))
    grades = np.tile([3, 0], 100)
    assert fit_recalibration(chances, grades, OPTIONS).outcome is Outcome.CONTRADICTED


def test_certain_zeros_are_no_trouble():
    chances = np.tile([[1.0, 0, 0, 0], [0, 0, 0, 1.0]], (20, 1))
    fitted = fit_recalibration(chances, np.tile([0, 3, 0, 0], 10), OPTIONS)
    assert np.isfinite(fitted.log_loss_before)
    assert np.isfinite(fitted.apply(chances)).all()


def test_the_curve_falls_with_reviews_where_the_model_is_off():
    chances, grades = _event(500, 7, temperature=2.0, bias=(1.0, 0.0, -0.5, -0.5))
    curve = simulate_recalibration(chances, grades, (0, 25, 100, 200, 400), seed=3)
    assert set(curve["drawn_by"]) == {"random", "uncertain"}
    assert sorted(set(curve["reviews"])) == [0, 25, 100, 200]  # 400 is over half of the homes
    assert (curve["draws"] == DRAWS).all()
    for name in ("ece", "brier", "log_loss"):
        assert (curve[f"{name}_low"] <= curve[name]).all()
        assert (curve[name] <= curve[f"{name}_high"]).all()
    by_size = curve[curve["drawn_by"] == "random"].set_index("reviews")
    assert by_size.loc[200, "log_loss"] < by_size.loc[25, "log_loss"] < by_size.loc[0, "log_loss"]
    assert by_size.loc[0, "used_frac"] == 0
    assert by_size.loc[200, "used_frac"] == 1
    none = curve[curve["reviews"] == 0]
    assert none["log_loss"].nunique() == 1  # the same homes, whichever way the others are drawn


def test_the_curve_repeats_and_takes_small_events():
    chances, grades = _event(60, 8)
    curve = simulate_recalibration(chances, grades, (0, 25), seed=3)
    assert curve.equals(simulate_recalibration(chances, grades, (0, 25), seed=3))
    for homes in (0, 1, 2):
        small = simulate_recalibration(chances[:homes], grades[:homes], (0, 25), seed=3)
        assert list(small.columns) == list(curve.columns)
        assert len(small) == (2 if homes == 2 else 0)
