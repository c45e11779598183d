"""How unlike the training chips a chip is, by what the network itself reads in it.

The Mahalanobis distance of the network's last layer but one from the training chips (Lee et al.
2018), one Gaussian for all grades, covariance shrunk (Ledoit & Wolf 2004). It tells noise, broken
files, single pictures and unknown surroundings; a kind of damage that was never trained on may look
like any home to it, so a low value promises nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = 201
"""Quantiles kept of the known distances: steps of half a percent."""
_FEWEST = 2
"""Chips without which no spread can be told."""


@dataclass(frozen=True, slots=True, eq=False)
class Novelty:
    """Where training chips lie, and how far away known chips are that were not trained on.

    Attributes:
        mean: float32 ``(width,)``, of the training chips' readings.
        whitening: float32 ``(width, width)``; readings less the mean, times this, have unit spread.
        known: float32 ``(levels,)``, quantiles of the distances of chips kept back, rising.
    """

    mean: NDArray[np.float32]
    whitening: NDArray[np.float32]
    known: NDArray[np.float32]

    def compute_novelty_frac(self, readings: NDArray[np.floating]) -> NDArray[np.float32]:
        """``(batch,)``: the share of chips kept back that lie nearer to the training chips.

        Args:
            readings: ``(batch, width)``, see ``SiameseDamageNet.read``.
        """
        distance = _distance(readings, self.mean, self.whitening)
        shares = np.linspace(0.0, 1.0, len(self.known))
        return np.interp(distance, self.known, shares).astype(np.float32)


def fit_novelty(trained: NDArray[np.floating], known: NDArray[np.floating]) -> Novelty | None:
    """Learn what is known; None where there are too few chips to tell.

    Args:
        trained: ``(chips, width)``, readings of chips that the network was trained on.
        known: ``(chips,)``, ``measure_distances`` of chips like them that were not trained on.
    """
    if min(len(trained), len(known)) < _FEWEST:
        return None
    mean, whitening = _locate(trained)
    levels = np.quantile(known, np.linspace(0.0, 1.0, LEVELS))
    return Novelty(mean, whitening, levels.astype(np.float32))


def measure_distances(
    trained: NDArray[np.floating], kept_back: NDArray[np.floating]
) -> NDArray[np.float64]:
    """``(chips,)``: how far chips that were kept back lie from those trained on, in spreads.

    Args:
        trained: ``(chips, width)``, readings of chips that a network was trained on.
        kept_back: ``(chips, width)``, the same network's, of chips like them that it was not.

    Returns:
        Distances, which compare between networks of one shape; none where too few chips are
        trained on to tell.
    """
    if len(trained) < _FEWEST:
        return np.empty(0)
    return _distance(kept_back, *_locate(trained))


def _locate(
    trained: NDArray[np.floating],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and whitening of readings."""
    from sklearn.covariance import LedoitWolf  # noqa: PLC0415  seconds, for training alone

    fitted = LedoitWolf().fit(trained)
    values, vectors = np.linalg.eigh(fitted.precision_)
    whitening = (vectors * np.sqrt(np.maximum(values, 0.0))).astype(np.float32)
    return np.asarray(fitted.location_, np.float32), whitening


def _distance(
    readings: NDArray[np.floating], mean: NDArray[np.float32], whitening: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Mahalanobis distance of each reading."""
    return np.asarray(np.linalg.norm((readings - mean) @ whitening, axis=1), np.float64)
