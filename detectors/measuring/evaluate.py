"""Figures of a detector on chips it has not seen. Binary and four-class apart, by event."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, confusion_matrix, f1_score, roc_auc_score

from core.damage import GRADED, DamageGrade
from detectors.measuring.metrics import compute_binned_error
from detectors.training.dataset import LabelledChips

DIGITS = 4


def score(probabilities: NDArray[np.floating], grades: NDArray[np.int64]) -> dict[str, Any]:
    """Figures of one set of chips.

    Args:
        probabilities: ``(batch, grades)``, calibrated.
        grades: ``(batch,)``, the truth.

    Returns:
        Counts, macro-F1 over the grades present, AUC and average precision of damaged and severe
        (absent where one side is empty), calibration error of P(damaged), confusion matrix.
    """
    damaged, severe = probabilities[:, 1:].sum(axis=1), probabilities[:, 2:].sum(axis=1)
    is_damaged, is_severe = grades >= DamageGrade.MINOR, grades >= DamageGrade.MAJOR
    answer = probabilities.argmax(axis=1)
    figures: dict[str, Any] = {
        "buildings": len(grades),
        "damaged": int(is_damaged.sum()),
        "severe": int(is_severe.sum()),
        "macro_f1": f1_score(
            grades, answer, average="macro", labels=np.unique(grades), zero_division=0
        ),
        "calibration_error_damaged": compute_calibration_error(damaged, is_damaged),
        "brier_damaged": float(((damaged - is_damaged) ** 2).mean()),
        "confusion": confusion_matrix(grades, answer, labels=[int(g) for g in GRADED]).tolist(),
    }
    for name, chance, truth in (("damaged", damaged, is_damaged), ("severe", severe, is_severe)):
        if 0 < truth.sum() < len(truth):
            figures[f"auc_{name}"] = roc_auc_score(truth, chance)
            figures[f"average_precision_{name}"] = average_precision_score(truth, chance)
    return {
        name: round(float(value), DIGITS) if isinstance(value, float) else value
        for name, value in figures.items()
    }


def score_by_event(
    probabilities: NDArray[np.floating], labelled: LabelledChips
) -> dict[str, dict[str, Any]]:
    """``score`` of each event."""
    return {
        str(event): score(
            probabilities[labelled.events == event], labelled.grades[labelled.events == event]
        )
        for event in np.unique(labelled.events)
    }


def compute_calibration_error(chances: NDArray[np.floating], happened: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    once = np.ones((1, len(chances)))
    return float(compute_binned_error(chances.astype(np.float64), happened, once)[0])
