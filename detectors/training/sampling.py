"""Which chips stand for a set, and how much each event of it counts."""

import numpy as np
from numpy.typing import NDArray

KNOWN_CHIPS = 4000
"""Training chips that novelty is measured from: twenty for each of its dimensions."""


def draw_known(count: int, seed: int) -> NDArray[np.bool_]:
    """Which of ``count`` chips tell what they look like, at most ``KNOWN_CHIPS`` of them."""
    drawn: NDArray[np.bool_] = np.random.default_rng(seed).permutation(count) < KNOWN_CHIPS
    return drawn


def weigh_events(events: NDArray[np.str_]) -> NDArray[np.float64]:
    """Weight of each chip so that each event counts by the square root of its size.

    Args:
        events: ``(batch,)``, event of each chip.
    """
    _, inverse, counts = np.unique(events, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse] ** -0.5, np.float64)
