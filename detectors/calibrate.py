"""From logits to probabilities that mean what they say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from core.damage import GRADED, DamageGrade
from core.hazards.kinds import EventKind

UNTOLD_BASE_RATE = 0.3
"""Of calibrations that do not say theirs."""
MAX_PROBABILITY = 0.99
"""No picture proves anything: probabilities stay between these bounds."""
BIAS_PULL = 0.02
"""Nats that a bias of 1 costs: a fold with few destroyed homes must not talk the grade down."""
GENERAL = "general"
"""Name of the calibration fitted to all kinds of events."""
MIN_KIND_HOMES, MIN_KIND_DAMAGED = 300, 30
"""Fewest homes, and damaged ones, that a kind's own calibration is fitted to: five numbers."""
KIND_LOG_TEMPERATURE_SD, KIND_BIAS_SD = 0.1, 0.1
"""Standard deviations of a kind's log temperature and biases around the general ones. How sure a
network is differs by kind, how common damage is by event: biases let further out learnt a block's
share of destroyed homes and told more of them "no damage" in the next (docs/experiments.md)."""


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


@dataclass(frozen=True, slots=True)
class Calibrations:
    """One calibration for each kind of event that enough is known of, and a general one.

    A network is not sure alike of all kinds: what it says of fires is nearly always so, and of wind
    much less. One temperature for both is too high for the one and too low for the other.

    Attributes:
        general: fitted to all events.
        by_kind: of kinds with homes enough.
    """

    general: Calibration
    by_kind: Mapping[EventKind, Calibration] = field(default_factory=dict)

    def choose(self, kind: EventKind | None) -> Calibration:
        """The calibration of events of a kind; None where the event is not known."""
        return self.general if kind is None else self.by_kind.get(kind, self.general)

    def name(self, kind: EventKind | None) -> str:
        """What ``choose`` chooses, in a word: the kind, or ``general``."""
        return str(kind) if kind in self.by_kind else GENERAL

    def probabilities(
        self, logits: NDArray[np.floating], kinds: NDArray[np.str_]
    ) -> NDArray[np.float32]:
        """Calibrated probabilities ``(batch, grades)``, each home by its event's kind.

        Args:
            logits: ``(batch, grades)``.
            kinds: ``(batch,)`` of EventKind; any other word stands for none.
        """
        chances = self.general.probabilities(logits)
        for kind, calibration in self.by_kind.items():
            is_own = kinds == str(kind)
            chances[is_own] = calibration.probabilities(logits[is_own])
        return chances

    @classmethod
    def fit(
        cls, logits: NDArray[np.floating], grades: NDArray[np.int64],
        weights: NDArray[np.floating], kinds: NDArray[np.str_],
    ) -> Self:  # fmt: skip
        """Fit the general one to all, and one near it to each kind of which enough is known.

        Args:
            logits: ``(batch, grades)``, of chips the network was not trained on.
            grades: ``(batch,)``, the truth.
            weights: ``(batch,)``, in the general one.
            kinds: ``(batch,)``, see ``probabilities``.
        """
        general = fit_calibration(logits, grades, weights)
        by_kind = {}
        for kind in EventKind:
            is_own = kinds == str(kind)
            damaged = int((grades[is_own] >= DamageGrade.MINOR).sum())
            if is_own.sum() >= MIN_KIND_HOMES and damaged >= MIN_KIND_DAMAGED:
                by_kind[kind] = fit_near(general, logits[is_own], grades[is_own])
        return cls(general, by_kind)


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
        likelihood = _log_chances(logits, values)[np.arange(len(grades)), grades]
        return float(-(share * likelihood).sum() + BIAS_PULL * (values[1:] ** 2).sum())

    found = minimize(loss, np.zeros(1 + len(GRADED)), method="L-BFGS-B")
    return Calibration(
        float(np.exp(found.x[0])), tuple(float(value) for value in found.x[1:]),
        float((share * (grades >= DamageGrade.MINOR)).sum()),
    )  # fmt: skip


def fit_near(
    general: Calibration, logits: NDArray[np.floating], grades: NDArray[np.int64]
) -> Calibration:
    """Fit temperature and biases of one kind by likelihood, with a pull towards the general ones.

    Args:
        general: where it stays without homes.
        logits: ``(batch, grades)``, of chips of the kind that the network was not trained on.
        grades: ``(batch,)``, the truth.
    """
    from scipy.optimize import minimize  # noqa: PLC0415  for training alone; runs do without

    mean = np.array([np.log(general.temperature), *general.bias])
    spread = np.array([KIND_LOG_TEMPERATURE_SD] + [KIND_BIAS_SD] * len(GRADED))

    def loss(values: NDArray[np.floating]) -> float:
        told = _log_chances(logits, values)[np.arange(len(grades)), grades]
        return float(0.5 * (((values - mean) / spread) ** 2).sum() - told.sum())

    found = minimize(loss, mean, method="L-BFGS-B").x
    return Calibration(
        float(np.exp(found[0])), tuple(float(value) for value in found[1:]),
        float((grades >= DamageGrade.MINOR).mean()),
    )  # fmt: skip


def _log_chances(logits: NDArray[np.floating], values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log chances ``(batch, grades)`` by the log of a temperature and biases."""
    return np.asarray(log_softmax(logits / np.exp(values[0]) + values[1:], axis=1), np.float64)
