"""Every figure of an evaluation, for many weightings of the homes at once. Pure.

One row of weights gives the figure itself (all ones) or a resample's (how often each scene was
drawn). A figure that a row cannot give is NaN there; ``explain_absent`` says why before anybody
asks, so that a NaN never reaches a report.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.damage import GRADED, DamageGrade
from detectors.measuring.ranking import (
    Floats,
    compute_auc,
    compute_average_precision,
    compute_precision_at,
    compute_recall_at_precision,
    compute_recall_within,
    divide,
    rank,
)

CALIBRATION_BINS = 10
"""Bins of equal width of the calibration error (Naeini et al. 2015)."""
GRADE_NAMES = tuple(grade.name.lower() for grade in GRADED)


@dataclass(frozen=True, slots=True)
class MetricOptions:
    """Where the lists are cut."""

    false_alarm_budget: float = 0.02
    """Share of homes without severe damage that may be opened wrongly."""
    capacity: tuple[int, ...] = (50, 200)
    """Homes that a team can look at in a day: one adjuster's week, a small team's day."""
    destroyed_precision: float = 0.95
    """Precision asked of a list of destroyed homes, to be acted on without a look."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Homes with truth and the model's answer.

    Attributes:
        probabilities: ``(homes, grades)``, calibrated.
        grades: ``(homes,)``, the truth.
        is_opened: ``(homes,)`` P(severe) reaches the threshold set on other homes; None where
            none was set.
    """

    probabilities: Floats
    grades: NDArray[np.int64]
    is_opened: NDArray[np.bool_] | None = None

    def chance_of(self, grade: DamageGrade) -> Floats:
        """P(that grade or worse), ``(homes,)``."""
        chances: Floats = self.probabilities[:, grade:].sum(axis=1)
        return chances


def compute_figures(judged: Judged, weights: Floats, options: MetricOptions) -> dict[str, Floats]:
    """All figures, ``(resamples,)`` each, NaN where a row of weights cannot give one.

    Args:
        judged: at least one home.
        weights: ``(resamples, homes)``, at least 0.
        options: where lists are cut.
    """
    return {
        **_of_rankings(judged, weights, options),
        **_of_choice(judged, weights),
        **_of_grades(judged, weights),
        **_of_chances(judged, weights),
    }


def _of_rankings(judged: Judged, weights: Floats, options: MetricOptions) -> dict[str, Floats]:
    figures = {}
    for name, grade in (("damaged", DamageGrade.MINOR), ("severe", DamageGrade.MAJOR)):
        ranking = rank(judged.chance_of(grade), judged.grades >= grade, weights)
        figures[f"auc_{name}"] = compute_auc(ranking)
        figures[f"average_precision_{name}"] = compute_average_precision(ranking)
        for capacity in options.capacity:
            figures[f"precision_{name}_at_{capacity}"] = compute_precision_at(ranking, capacity)
    figures["recall_severe_at_budget"] = compute_recall_within(ranking, options.false_alarm_budget)
    destroyed = DamageGrade.DESTROYED
    ranking = rank(judged.chance_of(destroyed), judged.grades >= destroyed, weights)
    figures["recall_destroyed_at_precision"] = compute_recall_at_precision(
        ranking, options.destroyed_precision
    )
    return figures


def _of_choice(judged: Judged, weights: Floats) -> dict[str, Floats]:
    """What the threshold set on other homes does here."""
    if judged.is_opened is None:
        nothing = np.full(len(weights), np.nan)
        return {"recall_severe_at_choice": nothing, "false_alarms_at_choice": nothing}
    is_severe = judged.grades >= DamageGrade.MAJOR
    opened = weights * judged.is_opened
    return {
        "recall_severe_at_choice": divide(opened @ is_severe, weights @ is_severe),
        "false_alarms_at_choice": divide(opened @ ~is_severe, weights @ ~is_severe),
    }


def compute_confusion(judged: Judged, weights: Floats) -> Floats:
    """Weights of truth (rows) and likeliest grade (columns), ``(resamples, grades, grades)``."""
    size = len(GRADED)
    cells = np.eye(size * size)[judged.grades * size + judged.probabilities.argmax(axis=1)]
    return (weights @ cells).reshape(-1, size, size)


def _of_grades(judged: Judged, weights: Floats) -> dict[str, Floats]:
    confusion = compute_confusion(judged, weights)
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    truth, answered = confusion.sum(axis=2), confusion.sum(axis=1)
    is_there = truth > 0
    f1 = np.where(is_there, divide(2 * hits, truth + answered), np.nan)
    figures = {"macro_f1": divide(np.nansum(f1, axis=1), is_there.sum(axis=1).astype(float))}
    figures["harmonic_f1"] = compute_harmonic_mean(f1)
    for values, name in ((divide(hits, answered), "precision"), (divide(hits, truth), "recall")):
        figures |= {f"{name}_{grade}": values[:, n] for n, grade in enumerate(GRADE_NAMES)}
    return figures | {f"f1_{grade}": f1[:, n] for n, grade in enumerate(GRADE_NAMES)}


def compute_harmonic_mean(f1: Floats) -> Floats:
    """The damage part of the xBD score: harmonic mean of the grades' F1 (Gupta et al. 2019).

    0 where one of them is 0; NaN where one of them is absent. xBD counts pixels; this counts
    buildings, so it stands beside the literature's figures and not among them.

    Args:
        f1: ``(resamples, grades)``.
    """
    with np.errstate(divide="ignore"):
        return f1.shape[1] / (1 / f1).sum(axis=1)


def _of_chances(judged: Judged, weights: Floats) -> dict[str, Floats]:
    figures = {}
    for name, grade in (("damaged", DamageGrade.MINOR), ("severe", DamageGrade.MAJOR)):
        chances, happened = judged.chance_of(grade), judged.grades >= grade
        squares = (chances - happened) ** 2
        figures[f"brier_{name}"] = divide(weights @ squares, weights.sum(axis=1))
        figures[f"calibration_error_{name}"] = compute_binned_error(chances, happened, weights)
    return figures


def compute_binned_error(chances: Floats, happened: NDArray[np.bool_], weights: Floats) -> Floats:
    """Expected calibration error over bins of equal width (Naeini et al. 2015), ``(resamples,)``.

    Args:
        chances: ``(homes,)``, 0 to 1.
        happened: ``(homes,)``, the truth.
        weights: ``(resamples, homes)``, at least 0.
    """
    bins = np.minimum((chances * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    inside = np.eye(CALIBRATION_BINS)[bins] * (chances - happened)[:, None]
    return divide(np.abs(weights @ inside).sum(axis=1), weights.sum(axis=1))


def explain_absent(judged: Judged, options: MetricOptions) -> dict[str, str]:
    """Why figures of these homes cannot be given, by figure; the others can."""
    homes, reasons = len(judged.grades), {}
    for name, grade in (("damaged", DamageGrade.MINOR), ("severe", DamageGrade.MAJOR)):
        count = int((judged.grades >= grade).sum())
        if count in (0, homes):
            side = f"no home is {name}" if count == 0 else f"all homes are {name}"
            reasons[f"auc_{name}"] = side
            if count == 0:
                reasons[f"average_precision_{name}"] = side
        for capacity in options.capacity:
            if capacity > homes:
                reasons[f"precision_{name}_at_{capacity}"] = f"there are only {homes} homes"
    reasons |= _explain_severe(judged)
    answers = set(judged.probabilities.argmax(axis=1).tolist())
    for grade, name in zip(GRADED, GRADE_NAMES, strict=True):
        words = name.replace("_", " ")
        if not (judged.grades == grade).any():
            reasons |= {f"{part}_{name}": f"no home is {words}" for part in ("recall", "f1")}
            reasons["harmonic_f1"] = f"no home is {words}"
        if int(grade) not in answers:
            reasons[f"precision_{name}"] = f"the model calls no home {words}"
    if not (judged.grades == DamageGrade.DESTROYED).any():
        reasons["recall_destroyed_at_precision"] = "no home is destroyed"
    return reasons


def _explain_severe(judged: Judged) -> dict[str, str]:
    is_severe = judged.grades >= DamageGrade.MAJOR
    reasons = {}
    if is_severe.all() or not is_severe.any():
        side = "all homes are severe" if is_severe.all() else "no home is severe"
        reasons["recall_severe_at_budget"] = side
        unanswered = "false_alarms_at_choice" if is_severe.all() else "recall_severe_at_choice"
        reasons[unanswered] = side
    if judged.is_opened is None:
        unset = "no threshold: no homes without severe damage were kept apart to set it"
        reasons |= {"recall_severe_at_choice": unset, "false_alarms_at_choice": unset}
    return reasons
