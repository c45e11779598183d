"""An event's own reviews refit the pictures' chances, gently. Pure.

A network calibrated on other events is too sure, or has the wrong share of damage in mind, on the
next one. A slope and one bias a grade, fitted to the first reviewed homes, mend most of that
(vector scaling with one slope; Guo et al. 2017). Gaussian priors pull towards no change, so few
reviews move little; and the fit is kept only where it would have told each reviewed home better,
that home itself left out.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from core.damage import GRADED
from detectors.calibrate import MAX_PROBABILITY

_TINY = 1e-6
"""Chances are taken to be at least this before the logarithm is taken."""
_NEWTON_STEPS = 50
_NEWTON_TOLERANCE = 1e-9
MIN_SLOPE = 0.4
"""A fitted slope under this (temperature 2.5) says that the pictures tell next to nothing here, or
the opposite of what people saw. That is for a person to look at, not to be corrected for, and
twenty odd reviews must not be able to level every chance."""


@dataclass(frozen=True, slots=True)
class RecalibrationOptions:
    """How far reviews may pull."""

    min_reviews: int = 10
    """Under this nothing is fitted: a leave-one-out score of fewer says little."""
    slope_sd: float = 0.15
    """Standard deviation of the slope (1 / temperature) around 1: two of these reach from
    temperature 0.77 to 1.43, about as far as calibrated networks stray on other data (Ovadia et
    al. 2019)."""
    bias_sd: float = 0.5
    """Standard deviation of each grade's bias around 0, nats: events whose shares of a grade
    differ by a factor of two differ by 0.7."""


class Outcome(StrEnum):
    """What came of the reviews."""

    USED = "used"
    TOO_FEW = "too_few_reviews"
    NO_GAIN = "no_gain_left_out"
    """Leave-one-out likelihood is not better than without."""
    CONTRADICTED = "pictures_contradicted"
    """The slope fell under ``MIN_SLOPE``."""


@dataclass(frozen=True, slots=True)
class Recalibration:
    """What was fitted to an event's reviews, and whether it is used.

    Attributes:
        outcome: used, or why not.
        reviews: homes with a picture's grade and a person's.
        temperature: log chances are divided by it; 1 where not used.
        bias: then added, in the order of the grades; 0 where not used.
        log_loss_before: mean of minus the log chance of what people saw, nats; None without
            reviews.
        log_loss_after: the same with each home left out of the fit in turn; None where nothing
            was fitted.
    """

    outcome: Outcome
    reviews: int
    temperature: float = 1.0
    bias: tuple[float, ...] = (0.0,) * len(GRADED)
    log_loss_before: float | None = None
    log_loss_after: float | None = None

    def apply(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """Recalibrated chances ``(homes, grades)``; as they were where it is not used."""
        values = np.asarray(probabilities, np.float64)
        if self.outcome is not Outcome.USED:
            return values
        return _chances(_log(values), np.array([1 / self.temperature, *self.bias]))


def fit_recalibration(
    probabilities: NDArray[np.floating], grades: NDArray[np.int64], options: RecalibrationOptions
) -> Recalibration:
    """Fit to reviewed homes; keep the old chances unless a leave-one-out likelihood is better.

    Args:
        probabilities: ``(reviews, grades)``, calibrated chances from the image alone.
        grades: ``(reviews,)``, what people saw, 0 to 3.
        options: how far reviews may pull.
    """
    count = len(grades)
    if count == 0:
        return Recalibration(Outcome.TOO_FEW, 0)
    logs = _log(np.asarray(probabilities, np.float64))
    before = _log_loss(np.asarray(probabilities, np.float64), grades)
    if count < options.min_reviews:
        return Recalibration(Outcome.TOO_FEW, count, log_loss_before=before)
    fitted = _fit(logs, grades, options)
    after = _log_loss(_left_out_chances(logs, grades, fitted, options), grades)
    refused = Recalibration(Outcome.NO_GAIN, count, log_loss_before=before, log_loss_after=after)
    if fitted[0] < MIN_SLOPE:
        return replace(refused, outcome=Outcome.CONTRADICTED)
    if not after < before:
        return refused
    bias = tuple(float(value) for value in fitted[1:])
    return replace(refused, outcome=Outcome.USED, temperature=float(1 / fitted[0]), bias=bias)


def _log(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(np.maximum(probabilities, _TINY)))


def _chances(logs: NDArray[np.float64], fitted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chances of one fit, or of one fit a row, between the bounds of ``calibrate``."""
    scaled = softmax(logs * fitted[..., :1] + fitted[..., 1:], axis=-1)
    return np.asarray(scaled * MAX_PROBABILITY + (1 - MAX_PROBABILITY) / len(GRADED))


def _log_loss(chances: NDArray[np.float64], grades: NDArray[np.int64]) -> float:
    told = np.take_along_axis(chances, grades[:, None], axis=1)
    return float(-_log(told).mean())


def _fit(
    logs: NDArray[np.float64], grades: NDArray[np.int64], options: RecalibrationOptions
) -> NDArray[np.float64]:
    """Slope and biases ``(1 + grades,)`` of the highest posterior, by Newton's method.

    Minus the log posterior is strictly convex, so there is one; steps are halved until it falls.
    """
    here = _prior_mean()
    height = _objective(here, logs, grades, options)
    for _ in range(_NEWTON_STEPS):
        pulls, curvatures = _derivatives(here, logs, grades)
        precision = _prior_precision(options)
        gradient = pulls.sum(axis=0) + precision * (here - _prior_mean())
        step = np.linalg.solve(curvatures.sum(axis=0) + np.diag(precision), gradient)
        size = 1.0
        while (there := _objective(here - size * step, logs, grades, options)) > height:
            size /= 2
            if size < _NEWTON_TOLERANCE:
                return here
        here, height = here - size * step, there
        if abs(step).max() < _NEWTON_TOLERANCE:
            break
    return here


def _left_out_chances(
    logs: NDArray[np.float64],
    grades: NDArray[np.int64],
    fitted: NDArray[np.float64],
    options: RecalibrationOptions,
) -> NDArray[np.float64]:
    """Chances ``(reviews, grades)`` of each home from a fit without it, by one Newton step.

    At the fit the gradient without home i is minus the home's own, so the fit without it lies a
    step of (curvature without it)^-1 x (its gradient) away (Beirami et al. 2017).
    """
    pulls, curvatures = _derivatives(fitted, logs, grades)
    whole = curvatures.sum(axis=0) + np.diag(_prior_precision(options))
    steps = np.linalg.solve(whole - curvatures, pulls[:, :, None])[:, :, 0]
    return _chances(logs, fitted + steps)


def _derivatives(
    fitted: NDArray[np.float64], logs: NDArray[np.float64], grades: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gradient ``(reviews, 5)`` and curvature ``(reviews, 5, 5)`` of each home's log loss."""
    chances = softmax(logs * fitted[0] + fitted[1:], axis=1)
    # derivative of the four scores by slope and biases: the log chances, then the identity
    design = np.empty((len(grades), len(GRADED), 1 + len(GRADED)))
    design[:, :, 0], design[:, :, 1:] = logs, np.eye(len(GRADED))
    surprise = chances - np.eye(len(GRADED))[grades]
    spread = chances[:, :, None] * np.eye(len(GRADED)) - chances[:, :, None] * chances[:, None, :]
    pulls = np.einsum("ik,ikp->ip", surprise, design)
    return pulls, np.einsum("ikp,ikl,ilq->ipq", design, spread, design, optimize=True)


def _objective(
    fitted: NDArray[np.float64],
    logs: NDArray[np.float64],
    grades: NDArray[np.int64],
    options: RecalibrationOptions,
) -> float:
    told = log_softmax(logs * fitted[0] + fitted[1:], axis=1)[np.arange(len(grades)), grades]
    pull = 0.5 * (_prior_precision(options) * (fitted - _prior_mean()) ** 2).sum()
    return float(pull - told.sum())


def _prior_mean() -> NDArray[np.float64]:
    return np.array([1.0] + [0.0] * len(GRADED))


def _prior_precision(options: RecalibrationOptions) -> NDArray[np.float64]:
    return np.array([options.slope_sd] + [options.bias_sd] * len(GRADED)) ** -2.0
