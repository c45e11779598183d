"""Figures of a list sorted by chance, for many weightings of its homes at once. Pure.

A row of weights is a resample: how often each home was drawn. Homes of equal chance stand at one
step of the list, so the order in which they came does not matter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SLACK = 1e-9
"""Rounding that a share may exceed its limit by."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Homes from the top of the list down to each step, ``(resamples, steps)`` each.

    Attributes:
        hits: those where it happened.
        misses: those where it did not.
    """

    hits: Floats
    misses: Floats


def rank(chances: Floats, happened: NDArray[np.bool_], weights: Floats) -> Ranking:
    """Sort homes by chance, highest first, and cumulate their weights.

    Args:
        chances: ``(homes,)``, at least one.
        happened: ``(homes,)``, the truth.
        weights: ``(resamples, homes)``, at least 0.
    """
    order = np.argsort(-chances, kind="stable")
    steps = np.flatnonzero(np.append(np.diff(chances[order]) != 0, [True]))
    sorted_weights = weights[:, order]
    hits = np.cumsum(sorted_weights * happened[order], axis=1)[:, steps]
    return Ranking(hits, np.cumsum(sorted_weights, axis=1)[:, steps] - hits)


def divide(part: Floats, whole: Floats) -> Floats:
    """``part / whole``; NaN where the whole is empty."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)


def compute_auc(ranking: Ranking) -> Floats:
    """Area under the ROC curve, ``(resamples,)``; NaN where one side is empty."""
    hits, misses = ranking.hits, ranking.misses
    middle = hits - np.diff(hits, axis=1, prepend=0) / 2
    area = (np.diff(misses, axis=1, prepend=0) * middle).sum(axis=1)
    return divide(area, hits[:, -1] * misses[:, -1])


def compute_average_precision(ranking: Ranking) -> Floats:
    """Precision averaged over steps of recall, ``(resamples,)``; NaN where it never happened."""
    hits, listed = ranking.hits, ranking.hits + ranking.misses
    precision = np.divide(hits, listed, out=np.zeros_like(hits), where=listed > 0)
    gained = np.diff(hits, axis=1, prepend=0)
    return divide((gained * precision).sum(axis=1), hits[:, -1])


def compute_precision_at(ranking: Ranking, capacity: int) -> Floats:
    """Share of hits among the first ``capacity`` homes, ``(resamples,)``.

    Of the step that the capacity cuts, the expected share is taken. Where the list is shorter
    than the capacity, all of it counts.
    """
    listed = ranking.hits + ranking.misses
    size = np.minimum(capacity, listed[:, -1])
    cut = (listed < size[:, None] - _SLACK).sum(axis=1)
    rows = np.arange(len(listed))
    before = np.maximum(cut - 1, 0)
    is_first = cut == 0
    hits_before = np.where(is_first, 0.0, ranking.hits[rows, before])
    listed_before = np.where(is_first, 0.0, listed[rows, before])
    share = divide(size - listed_before, listed[rows, cut] - listed_before)
    return divide(hits_before + share * (ranking.hits[rows, cut] - hits_before), size)


def compute_recall_within(ranking: Ranking, budget: float) -> Floats:
    """Highest recall with at most a share ``budget`` of the misses listed, ``(resamples,)``.

    NaN where one side is empty.
    """
    misses = ranking.misses
    allowed = (misses <= budget * misses[:, -1:] + _SLACK).sum(axis=1)
    hits = np.where(allowed > 0, ranking.hits[np.arange(len(misses)), allowed - 1], 0.0)
    return np.where(misses[:, -1] > 0, divide(hits, ranking.hits[:, -1]), np.nan)


def compute_recall_at_precision(ranking: Ranking, precision: float) -> Floats:
    """Highest recall where the precision is at least ``precision``, 0 where it never is.

    ``(resamples,)``; NaN where it never happened.
    """
    hits, listed = ranking.hits, ranking.hits + ranking.misses
    best = np.where(hits >= precision * listed - _SLACK, hits, 0.0).max(axis=1)
    return divide(best, hits[:, -1])


def choose_threshold(chances: Floats, happened: NDArray[np.bool_], budget: float) -> float | None:
    """Lowest threshold that at most a share ``budget`` of the misses reaches or exceeds.

    None where there are no misses to set it by.
    """
    misses = np.sort(chances[~happened])[::-1]
    if not len(misses):
        return None
    allowed = int(budget * len(misses) + _SLACK)
    return float(np.nextafter(misses[allowed], np.inf)) if allowed < len(misses) else 0.0
