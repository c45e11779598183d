"""What reviews would have been worth: figures on homes not reviewed, by number of reviews. Pure."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.damage import DamageGrade
from detectors.measuring.evaluate import compute_calibration_error
from detectors.recalibrate import Outcome, RecalibrationOptions, fit_recalibration

DRAWS = 40
"""Repeated draws; 95% of 40 leaves one out at either end."""
REVIEWABLE_FRAC = 0.5
"""Of each draw's homes, this share may be reviewed and the others measure. Thus all sizes and
both ways of drawing are measured on the same homes; otherwise reviewing the hard ones would look
good because only easy ones are left."""
RANGE = (2.5, 97.5)
"""Percentiles of the 95% range over draws."""
SIZES = (0, 25, 50, 100, 150, 200)
"""A day's reviews of one to a few people."""
FIGURES = ("ece", "brier", "log_loss")
"""Calibration error and Brier score of P(minor or worse); log loss of the four grades."""
_TINY = 1e-6

Chooser = Callable[[NDArray[np.float64]], NDArray[np.intp]]
"""Order in which homes of these chances are reviewed."""


def simulate_recalibration(
    probabilities: NDArray[np.floating],
    grades: NDArray[np.int64],
    sizes: Iterable[int],
    seed: int,
    options: RecalibrationOptions | None = None,
) -> pd.DataFrame:
    """Draw homes to review, recalibrate by them, and measure on homes that nobody may review.

    Args:
        probabilities: ``(homes, grades)``, calibrated, image only, before any recalibration.
        grades: ``(homes,)``, the truth, 0 to 3.
        sizes: how many homes are reviewed; those larger than half of the homes are left out.
        seed: of the draws.
        options: how far reviews may pull; by default as in a run.

    Returns:
        One row a way of drawing (``random``, or ``uncertain``: the least sure first) and size:
        ``drawn_by, reviews, draws, used_frac`` and of each of ``FIGURES`` its mean over draws
        and 95% range (``_low``, ``_high``). No rows where there are under two homes.
    """
    options = options or RecalibrationOptions()
    chances = np.asarray(probabilities, np.float64)
    reviewable = int(len(grades) * REVIEWABLE_FRAC)
    wanted = sorted({size for size in sizes if 0 <= size <= reviewable}) if reviewable else []
    generator = np.random.default_rng(seed)
    measured = []
    for draw in range(DRAWS if wanted else 0):
        order = generator.permutation(len(grades))
        pool, others = order[:reviewable], order[reviewable:]
        for name, choose in _CHOOSERS.items():
            ranked = pool[choose(chances[pool])]
            for size in wanted:
                reviewed = ranked[:size]
                fitted = fit_recalibration(chances[reviewed], grades[reviewed], options)
                figures = measure(fitted.apply(chances[others]), grades[others])
                is_used = fitted.outcome is Outcome.USED
                measured.append({"drawn_by": name, "reviews": size, "draw": draw,
                                 "is_used": is_used} | figures)  # fmt: skip
    table = pd.DataFrame(measured, columns=_MEASURED)
    return _summarise(table.astype(dict.fromkeys(FIGURES, np.float64) | {"is_used": bool}))


def measure(chances: NDArray[np.float64], grades: NDArray[np.int64]) -> dict[str, float]:
    """``FIGURES`` of some homes; lower is better."""
    damaged = chances[:, DamageGrade.MINOR :].sum(axis=1)
    is_damaged = grades >= DamageGrade.MINOR
    told = np.maximum(np.take_along_axis(chances, grades[:, None], axis=1), _TINY)
    return {
        "ece": compute_calibration_error(damaged, is_damaged),
        "brier": float(((damaged - is_damaged) ** 2).mean()),
        "log_loss": float(-np.log(told).mean()),
    }


def _at_random(chances: NDArray[np.float64]) -> NDArray[np.intp]:
    """As they come: the pool is in random order already."""
    return np.arange(len(chances))


def _least_sure_first(chances: NDArray[np.float64]) -> NDArray[np.intp]:
    """By entropy of the four grades, largest first."""
    entropy = -(chances * np.log(np.maximum(chances, _TINY))).sum(axis=1)
    return np.argsort(-entropy, kind="stable")


_CHOOSERS: dict[str, Chooser] = {"random": _at_random, "uncertain": _least_sure_first}
_MEASURED = ["drawn_by", "reviews", "draw", "is_used", *FIGURES]


def _summarise(measured: pd.DataFrame) -> pd.DataFrame:
    groups = measured.groupby(["drawn_by", "reviews"], sort=True)
    columns = {"draws": groups.size(), "used_frac": groups["is_used"].mean()}
    for name in FIGURES:
        columns[name] = groups[name].mean()
        for end, percentile in zip(("low", "high"), RANGE, strict=True):
            columns[f"{name}_{end}"] = groups[name].quantile(percentile / 100)
    return pd.DataFrame(columns).reset_index()
