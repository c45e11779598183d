"""From logits to probabilities that mean what they say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from core.damage import GRADED, DamageGrade

UNTOLD_BASE_RATE = 0.3
"""Of calibrations that do not say theirs."""
MAX_PROBABILITY = 0.99
"""No picture proves anything: probabilities stay between these bounds."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperature and one bias a grade (vector scaling with one slope; Guo et al. 2017).

    Attributes:
        temperature: logits are divided by it; above 1 the network was too sure.
        bias: added to the scaled logits, in the order of the grades; they undo the balanced
            drawing of training chips.
        base_rate: share of homes of minor damage or worse among those it was fitted to, as they
            were weighed: what the probabilities take for usual.
    """

    temperature: float
    bias: tuple[float, ...]
    base_rate: float = UNTOLD_BASE_RATE

    def probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.float32]:
        """Calibrated probabilities ``(batch, grades)`` of logits of that shape."""
        scaled = softmax(logits / self.temperature + np.asarray(self.bias), axis=1)
        floor = (1 - MAX_PROBABILITY) / len(GRADED)
        return (scaled * MAX_PROBABILITY + floor).astype(np.float32)


def fit_calibration(
    logits: NDArray[np.floating], grades: NDArray[np.int64], weights: NDArray[np.floating]
) -> Calibration:
    """Fit temperature and biases by weighted likelihood, with a pull of the biases towards 0.

    Args:
        logits: ``(batch, grades)``, of chips the network was not trained on.
        grades: ``(batch,)``, the truth.
        weights: ``(batch,)``; an event of many buildings need not outweigh the others.
    """
    from scipy.optimize import minimize  # noqa: PLC0415  for training alone; runs do without

    share = weights / weights.sum()

    def loss(values: NDArray[np.floating]) -> float:
        scaled = logits / np.exp(values[0]) + values[1:]
        likelihood = log_softmax(scaled, axis=1)[np.arange(len(grades)), grades]
        return float(-(share * likelihood).sum() + BIAS_PULL * (values[1:] ** 2).sum())

    found = minimize(loss, np.zeros(1 + len(GRADED)), method="L-BFGS-B")
    return Calibration(
        float(np.exp(found.x[0])), tuple(float(value) for value in found.x[1:]),
        float((share * (grades >= DamageGrade.MINOR)).sum()),
    )  # fmt: skip


BIAS_PULL = 0.02
"""Nats that a bias of 1 costs: a fold with few destroyed homes must not talk the grade down."""
