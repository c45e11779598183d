"""Figures of a detector on chips it has not seen. Binary and four-class apart, by event."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.damage import PROBABILITIES, DamageGrade
from detectors.measuring.metrics import (
    Judged,
    MetricOptions,
    compute_binned_error,
    compute_confusion,
    compute_figures,
)

DIGITS = 4
STATED = (
    "macro_f1", "calibration_error_damaged", "brier_damaged", "auc_damaged",
    "average_precision_damaged", "auc_severe", "average_precision_severe",
)  # fmt: skip
"""Figures of ``metrics`` that are stated where there is no room for all."""


def score(probabilities: NDArray[np.floating], grades: NDArray[np.int64]) -> dict[str, Any]:
    """The few figures that a card or a backtest states of one set of chips.

    Args:
        probabilities: ``(batch, grades)``, calibrated.
        grades: ``(batch,)``, the truth.

    Returns:
        Counts, macro-F1 over the grades present, AUC and average precision of damaged and severe
        (absent where one side is empty), calibration error of P(damaged), confusion matrix.
    """
    judged, once = Judged(probabilities.astype(np.float64), grades), np.ones((1, len(grades)))
    computed = compute_figures(judged, once, MetricOptions())
    absent = _ranked_without_both_sides(grades)
    figures = {name: round(float(computed[name][0]), DIGITS) for name in STATED}
    return {
        "buildings": len(grades),
        "damaged": int((grades >= DamageGrade.MINOR).sum()),
        "severe": int((grades >= DamageGrade.MAJOR).sum()),
        **{name: value for name, value in figures.items() if name not in absent},
        "confusion": compute_confusion(judged, once)[0].astype(int).tolist(),
    }


def _ranked_without_both_sides(grades: NDArray[np.int64]) -> set[str]:
    """Figures of rankings that tell nothing, since all homes or none are damaged (or severe)."""
    absent = set()
    for name, grade in (("damaged", DamageGrade.MINOR), ("severe", DamageGrade.MAJOR)):
        if not 0 < (grades >= grade).sum() < len(grades):
            absent |= {f"auc_{name}", f"average_precision_{name}"}
    return absent


def score_by_event(scores: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """``score`` of each event of SCORES."""
    return {
        str(event): score(part[PROBABILITIES].to_numpy(), part["grade"].to_numpy())
        for event, part in scores.groupby("event_id")
    }


def compute_calibration_error(chances: NDArray[np.floating], happened: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    once = np.ones((1, len(chances)))
    return float(compute_binned_error(chances.astype(np.float64), happened, once)[0])
