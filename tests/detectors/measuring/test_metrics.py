"""Figures are those of scikit-learn, whole and drawn anew, and absent where they cannot be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
    roc_auc_score,
)

from detectors.measuring.evaluate import STATED, compute_calibration_error, score
from detectors.measuring.metrics import (
    GRADE_NAMES,
    Judged,
    MetricOptions,
    compute_confusion,
    compute_figures,
    compute_harmonic_mean,
    explain_absent,
)
from detectors.measuring.ranking import (
    choose_threshold,
    compute_auc,
    compute_average_precision,
    compute_precision_at,
    compute_recall_at_precision,
    compute_recall_within,
    rank,
)

OPTIONS = MetricOptions(capacity=(5, 20))


def judged_of(homes: int, seed: int, opened: float | None = 0.5) -> Judged:
    """Homes whose answers lean to the truth; chances in tenths, so that many are equal."""
    generator = np.random.default_rng(seed)
    grades = np.append(np.arange(4), generator.integers(0, 4, homes - 4))
    raw = generator.integers(1, 11, (homes, 4)) + 8 * np.eye(4, dtype=int)[grades]
    chances = raw / raw.sum(axis=1, keepdims=True)
    is_opened = None if opened is None else chances[:, 2:].sum(axis=1) >= opened
    return Judged(chances, grades.astype(np.int64), is_opened)


lists = st.integers(0, 10_000).map(
    lambda seed: (
        np.round(np.random.default_rng(seed).random(30), 1),
        np.append([True, False], np.random.default_rng(seed + 1).random(28) < 0.4),
        np.append([1, 1], np.random.default_rng(seed + 2).integers(0, 4, 28)).astype(float),
    )
)


@given(lists)
@settings(max_examples=50, deadline=None)
def test_rankings_are_sklearns_with_homes_repeated(drawn):
    chances, happened, weights = drawn
    ranking = rank(chances, happened, weights[None])
    times = weights.astype(int)
    truth, said = np.repeat(happened, times), np.repeat(chances, times)
    assert compute_auc(ranking)[0] == pytest.approx(roc_auc_score(truth, said))
    assert compute_average_precision(ranking)[0] == pytest.approx(
        average_precision_score(truth, said)
    )


@given(lists, st.sampled_from([0.0, 0.02, 0.1, 0.5, 1.0]))
@settings(max_examples=50, deadline=None)
def test_lists_cut_by_budget_precision_and_capacity_are_those_of_every_threshold(drawn, share):
    chances, happened, weights = drawn
    ranking = rank(chances, happened, weights[None])
    cuts = [chances >= threshold for threshold in np.unique(chances)] + [chances > 1]
    hits = np.array([weights[cut & happened].sum() for cut in cuts])
    misses = np.array([weights[cut & ~happened].sum() for cut in cuts])
    positives, negatives = weights[happened].sum(), weights[~happened].sum()
    within = hits[misses <= share * negatives + 1e-12].max() / positives
    assert compute_recall_within(ranking, share)[0] == pytest.approx(within)
    exact = hits[hits >= share * (hits + misses) - 1e-12].max() / positives
    assert compute_recall_at_precision(ranking, share)[0] == pytest.approx(exact)
    for cut in range(len(hits) - 1):
        size = round(hits[cut] + misses[cut])
        if size:
            assert compute_precision_at(ranking, size)[0] == pytest.approx(hits[cut] / size)


def test_a_capacity_that_cuts_equal_chances_takes_the_expected_share():
    ranking = rank(
        np.array([0.9, 0.5, 0.5, 0.5, 0.5]), np.array([True, True, False, False, False]),
        np.ones((1, 5)),
    )  # fmt: skip
    assert compute_precision_at(ranking, 1)[0] == 1
    assert compute_precision_at(ranking, 3)[0] == pytest.approx((1 + 2 / 4) / 3)
    assert compute_precision_at(ranking, 99)[0] == pytest.approx(2 / 5)


def test_all_figures_of_all_homes_are_sklearns():
    judged = judged_of(200, 1)
    figures = {
        name: values[0]
        for name, values in compute_figures(judged, np.ones((1, 200)), OPTIONS).items()
    }
    answer = judged.probabilities.argmax(axis=1)
    for part, expected in zip(
        ("precision", "recall", "f1"),
        precision_recall_fscore_support(judged.grades, answer, labels=range(4), zero_division=0),
        strict=False,
    ):
        assert [figures[f"{part}_{grade}"] for grade in GRADE_NAMES] == pytest.approx(expected)
    assert figures["macro_f1"] == pytest.approx(f1_score(judged.grades, answer, average="macro"))
    for name, grade in (("damaged", 1), ("severe", 2)):
        chance, truth = judged.probabilities[:, grade:].sum(axis=1), judged.grades >= grade
        assert figures[f"auc_{name}"] == pytest.approx(roc_auc_score(truth, chance))
        precision = average_precision_score(truth, chance)
        assert figures[f"average_precision_{name}"] == pytest.approx(precision)
        assert figures[f"brier_{name}"] == pytest.approx(brier_score_loss(truth, chance))
    is_severe = judged.grades >= 2
    f1 = [figures[f"f1_{grade}"] for grade in GRADE_NAMES]
    assert figures["harmonic_f1"] == pytest.approx(4 / sum(1 / value for value in f1))
    assert figures["recall_severe_at_choice"] == judged.is_opened[is_severe].mean()
    assert figures["false_alarms_at_choice"] == judged.is_opened[~is_severe].mean()
    confusion = compute_confusion(judged, np.ones((1, 200)))[0]
    assert (confusion == confusion_matrix(judged.grades, answer)).all()


def test_weights_are_homes_repeated_for_every_figure():
    judged = judged_of(60, 2)
    times = np.random.default_rng(3).integers(0, 4, 60)
    times[:4] = 1
    repeated = Judged(*(np.repeat(values, times, axis=0) for values in
                        (judged.probabilities, judged.grades, judged.is_opened)))  # fmt: skip
    weighted = compute_figures(judged, times[None].astype(float), OPTIONS)
    plain = compute_figures(repeated, np.ones((1, times.sum())), OPTIONS)
    for name, values in plain.items():
        assert weighted[name] == pytest.approx(values, nan_ok=True), name


def test_many_resamples_at_once_are_those_one_by_one():
    judged = judged_of(40, 5)
    weights = np.random.default_rng(6).integers(0, 3, (7, 40)).astype(float)
    together = compute_figures(judged, weights, OPTIONS)
    for row in range(7):
        alone = compute_figures(judged, weights[row : row + 1], OPTIONS)
        for name, values in together.items():
            assert values[row] == pytest.approx(alone[name][0], nan_ok=True), (name, row)


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=8),
    st.booleans(),
    st.integers(0, 99),
)
@settings(max_examples=80, deadline=None)
def test_what_is_nan_has_a_reason_and_what_has_one_is_nan(grades, has_choice, seed):
    chances = np.random.default_rng(seed).dirichlet(np.ones(4), len(grades))
    opened = np.zeros(len(grades), bool) if has_choice else None
    judged = Judged(chances, np.array(grades, np.int64), opened)
    figures = compute_figures(judged, np.ones((1, len(grades))), OPTIONS)
    reasons = explain_absent(judged, OPTIONS)
    undefined = {name for name, values in figures.items() if np.isnan(values[0])}
    short = {name for name in reasons if name.startswith("precision_") and "_at_" in name}
    assert undefined == set(reasons) - short
    assert set(reasons) <= set(figures)
    assert all(reasons[name] == f"there are only {len(grades)} homes" for name in short)


def test_the_harmonic_mean_is_nothing_if_one_grade_is():
    f1 = np.array([[0.5, 0.5, 0.5, 0.5], [1, 1, 1, 0], [1, 1, 1, np.nan], [0.9, 0.3, 0.6, 0.9]])
    expected = [0.5, 0, np.nan, 4 / (1 / 0.9 + 1 / 0.3 + 1 / 0.6 + 1 / 0.9)]
    assert compute_harmonic_mean(f1) == pytest.approx(expected, nan_ok=True)


@given(lists, st.sampled_from([0.0, 0.02, 0.2, 0.99, 1.0]))
@settings(max_examples=50, deadline=None)
def test_a_threshold_keeps_to_its_budget_and_is_the_lowest_that_does(drawn, budget):
    chances, happened, _ = drawn
    threshold = choose_threshold(chances, happened, budget)
    misses = chances[~happened]
    assert (misses >= threshold).mean() <= budget + 1e-9
    lower = chances[chances < threshold]
    if len(lower):
        assert (misses >= lower.max()).mean() > budget


def test_no_threshold_without_homes_to_spare():
    assert choose_threshold(np.array([0.2, 0.9]), np.array([True, True]), 0.02) is None


def test_the_calibration_error_of_a_coin_told_as_sure_is_half():
    chances, happened = np.ones(10), np.arange(10) % 2 == 0
    assert compute_calibration_error(chances, happened) == pytest.approx(0.5)
    assert compute_calibration_error(np.full(10, 0.5), happened) == pytest.approx(0)


def test_a_card_states_the_same_figures_and_leaves_out_what_one_side_cannot_give():
    judged = judged_of(200, 3)
    figures = compute_figures(judged, np.ones((1, 200)), OPTIONS)
    stated = score(judged.probabilities, judged.grades)
    assert {name: stated[name] for name in STATED} == {
        name: round(float(figures[name][0]), 4) for name in STATED
    }
    answer = judged.probabilities.argmax(axis=1)
    assert stated["confusion"] == confusion_matrix(judged.grades, answer).tolist()
    alone = score(judged.probabilities, np.zeros(200, np.int64))
    assert not {name for name in alone if name.startswith(("auc", "average"))}
    assert {"macro_f1", "brier_damaged", "calibration_error_damaged"} <= set(alone)
