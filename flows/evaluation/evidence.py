"""What pictures, the hazard and both together are worth, side by side. Pure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.measuring.bootstrap import (
    MIN_SCENES,
    BootstrapOptions,
    compute_interval,
    draw_scenes,
)
from detectors.measuring.metrics import Judged, MetricOptions, compute_figures

FIGURES = (
    "auc_damaged", "auc_severe", "average_precision_severe", "brier_damaged",
    "calibration_error_damaged",
)  # fmt: skip
DIGITS = 4
Floats = NDArray[np.float64]


def compare_evidence(
    chances: Mapping[str, tuple[Floats, Floats]], grades: NDArray[np.int64],
    scenes: NDArray[np.object_], options: BootstrapOptions | None = None,
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """Figures of each kind of evidence on the same homes, with intervals over scenes.

    Args:
        chances: by name of the evidence P(minor or worse) and P(major or worse), ``(homes,)``.
        grades: ``(homes,)``, the truth.
        scenes: ``(homes,)``, the scene after that each lies in.
        options: of the intervals.

    Returns:
        By name of the evidence and of the figure: value, low and high; absent where the homes
        cannot give it, low and high where too few scenes can.
    """
    drawn = options or BootstrapOptions()
    names, scene_of = np.unique(scenes.astype(str), return_inverse=True)
    once = np.ones((1, len(grades)))
    draws = draw_scenes(len(names), drawn)[:, scene_of] if len(names) >= MIN_SCENES else once
    return {
        name: _figures(_judge(*given, grades), (once, draws.astype(np.float64)), drawn)
        for name, given in chances.items()
    }


def _judge(damage: Floats, severe: Floats, grades: NDArray[np.int64]) -> Judged:
    """As grades' chances: nothing here tells destroyed from major."""
    worst = np.minimum(severe, damage)
    nothing = np.zeros_like(damage)
    return Judged(np.column_stack([1 - damage, damage - worst, worst, nothing]), grades)


def _figures(
    judged: Judged, weights: tuple[Floats, Floats], options: BootstrapOptions
) -> dict[str, dict[str, float]]:
    values, resampled = (compute_figures(judged, each, MetricOptions()) for each in weights)
    told = {}
    for name in FIGURES:
        value = float(values[name][0])
        if np.isnan(value):
            continue
        ends = compute_interval(resampled[name], options) if len(weights[1]) > 1 else None
        told[name] = {"value": round(value, DIGITS)}
        if ends is not None:
            told[name] |= {"low": round(ends[0], DIGITS), "high": round(ends[1], DIGITS)}
    return told
