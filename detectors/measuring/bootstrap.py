"""Intervals by drawing scenes anew. Pure.

Homes of a scene share roofs, light and sensor: drawing homes would take one picture for hundreds
of independent proofs. Whole scenes are drawn instead (the cluster bootstrap; Field & Welsh 2007).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.measuring.ranking import Floats

BLOCK_VALUES = 2_000_000
"""Weights held at once, 16 MB: all resamples of a big set would fill memory."""
MIN_DEFINED_FRAC = 0.9
"""Share of resamples that must give the figure; fewer, and the interval would be of the lucky."""
MIN_SCENES = 2
"""From one scene nothing can be drawn anew."""


@dataclass(frozen=True, slots=True)
class BootstrapOptions:
    """How often to draw."""

    resamples: int = 1000
    """Enough for 2.5% tails (Efron & Tibshirani 1993, ch. 13)."""
    seed: int = 20181010
    """Of the draws: the same scores give the same intervals."""
    confidence: float = 0.95
    """Share between the two ends."""


def draw_scenes(scenes: int, options: BootstrapOptions) -> NDArray[np.int64]:
    """How often each scene is drawn, ``(resamples, scenes)``; each row sums to ``scenes``."""
    generator = np.random.default_rng(options.seed)
    return generator.multinomial(scenes, np.full(scenes, 1 / scenes), size=options.resamples)


def split_blocks(draws: NDArray[np.int64], homes: int) -> Iterator[NDArray[np.int64]]:
    """The draws in parts whose weights of ``homes`` homes fit into memory."""
    rows = max(1, BLOCK_VALUES // max(homes, 1))
    for first in range(0, len(draws), rows):
        yield draws[first : first + rows]


def compute_interval(values: Floats, options: BootstrapOptions) -> tuple[float, float] | None:
    """Percentile interval of a figure's resamples; None where too few of them gave it.

    Args:
        values: ``(resamples,)``, NaN where a resample could not give the figure.
        options: the confidence.
    """
    defined = values[~np.isnan(values)]
    if len(defined) < MIN_DEFINED_FRAC * len(values) or not len(defined):
        return None
    tail = (1 - options.confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)
