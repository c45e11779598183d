"""Image evidence and what is known beside it to one posterior. Pure.

The image's probability was calibrated where a share ``base_rate`` of homes was damaged. What is
known beside it, the hazard at the home and what the homes around show, is one rate
(``detectors.local_rate``). Posterior log-odds = image log-odds + weight x (rate's log-odds - base
log-odds): Bayes' rule, tempered because neighbours share light, sensor and the model's mistakes.
The weights are by hazard: a fire takes or leaves whole streets, a hurricane's wind hurts one roof
in three everywhere. docs/fusion.md has what they were fitted on and what they are worth.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from core.hazards.kinds import HazardKind
from detectors.calibrate import UNTOLD_BASE_RATE
from detectors.local_rate import LocalRateOptions

_EDGE = 1e-4
MOST_LIFT = 2.0
"""Log-odds that all beside the image may add: homes whose own pictures show nothing are not damaged
by their neighbours' alone. Half of the lift of a rate of 0.97 in a fire; more changed nothing."""


@dataclass(frozen=True, slots=True)
class FusionOptions:
    """How much what is known beside the image counts."""

    base_rate: float = UNTOLD_BASE_RATE
    """Share of damaged homes that the image's probabilities were calibrated on."""
    prior_weight: float = 0.5
    """Weight of the rate's log-odds beside the image's, for any hazard that has none of its own."""
    fire_weight: float = 0.75
    """The same for fire."""
    wind_weight: float = 0.25
    """The same for storms' wind and rain: one roof in three is hurt, whatever its neighbours, and
    the rain's chance is one number for a whole city."""
    local: LocalRateOptions = field(default_factory=LocalRateOptions)
    """How the homes around count."""

    @property
    def strongest(self) -> float:
        """The largest weight of all."""
        return max(self.prior_weight, self.fire_weight, self.wind_weight)

    def choose_weights(self, hazards: NDArray[np.object_]) -> NDArray[np.float64]:
        """Weight of each home by the hazard that leads there, ``(locations,)``."""
        is_storm = (hazards == HazardKind.WIND) | (hazards == HazardKind.RAIN)
        conditions = [hazards == HazardKind.FIRE, is_storm]
        own = [self.fire_weight, self.wind_weight]
        return np.select(conditions, own, self.prior_weight).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """After fusion, ``(locations,)`` each: P(minor or worse), P(major or worse), P(destroyed)."""

    damage: NDArray[np.float64]
    severe: NDArray[np.float64]
    destroyed: NDArray[np.float64]


def fuse(
    image: NDArray[np.float64],
    rate: NDArray[np.float64],
    weights: NDArray[np.float64],
    base_rate: float,
) -> Posterior:
    """Fuse the image's grades with what is known beside it.

    That moves P(damaged); what share of the damage is severe or total stays the image's.

    Args:
        image: ``(locations, 4)`` calibrated grade probabilities.
        rate: ``(locations,)`` P(minor or worse) from hazard, building and the homes around.
        weights: ``(locations,)`` of the rate.
        base_rate: see ``FusionOptions``.
    """
    damaged = np.clip(image[:, 1:].sum(axis=1), _EDGE, 1 - _EDGE)
    beside = np.clip(rate, _EDGE, 1 - _EDGE)
    lift = np.minimum(weights * (logit(beside) - logit(base_rate)), MOST_LIFT)
    posterior = expit(logit(damaged) + lift)
    ratio = posterior / damaged
    return Posterior(
        posterior, np.minimum(image[:, 2:].sum(axis=1) * ratio, posterior),
        np.minimum(image[:, 3] * ratio, posterior),
    )  # fmt: skip


def hold_to_hazard(
    damaged: NDArray[np.float64], prior: NDArray[np.float64], base_rate: float
) -> NDArray[np.float64]:
    """What pictures say of homes that count as neighbours, where the hazard is weak.

    Bayes' rule, untempered: whole homes get a tenth or two from pictures that were calibrated on a
    base rate, and a street's mean of those would speak for damage where there is next to none,
    and outvote the hazard. Only downwards: a strong hazard needs no help from its own echo.

    Args:
        damaged: ``(homes,)`` the image's P(minor or worse); NaN = not seen, and stays.
        prior: ``(homes,)`` the same of the hazard.
        base_rate: see ``FusionOptions``.
    """
    said = np.clip(damaged, _EDGE, 1 - _EDGE)
    shift = logit(np.clip(prior, _EDGE, 1 - _EDGE)) - logit(base_rate)
    return np.asarray(expit(logit(said) + np.minimum(shift, 0.0)), np.float64)


def find_least_damaged(posterior: float, options: FusionOptions) -> float:
    """The image's least P(minor or worse) that anything beside it could lift to a posterior.

    Args:
        posterior: P(minor or worse) after fusion, above 0 and below 1.
        options: weights.
    """
    strongest = options.strongest * (logit(1 - _EDGE) - logit(options.base_rate))
    least = float(expit(logit(posterior) - min(strongest, MOST_LIFT)))
    return least if least > _EDGE else 0.0
