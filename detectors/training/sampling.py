"""Which chips stand for a set, and how much each event of it counts."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.hazards.kinds import EventKind

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


def tell_kinds(events: NDArray[np.str_], known: Mapping[str, EventKind]) -> NDArray[np.str_]:
    """``(batch,)`` EventKind of each chip's event; empty where it is not known.

    Args:
        events: ``(batch,)``, event of each chip.
        known: kinds of events.
    """
    names, inverse = np.unique(events, return_inverse=True)
    kinds: NDArray[np.str_] = np.array([str(known.get(str(name), "")) for name in names])[inverse]
    return kinds
