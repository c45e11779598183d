"""Chips that cannot be graded are told apart from those that can, and cost nobody else a grade."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.chips import POST, PRE, ChipBatch
from core.damage import GRADED, GradeProbabilities
from detectors.base import Detector

MIN_LEVELS = 3
"""Fewer distinct brightnesses than this over all seen pixels is fill, not a picture."""


class ChipFlaw(StrEnum):
    """Why a chip cannot be graded."""

    NONE = ""
    OUTLINE_EMPTY = "outline_without_pixels"
    """The footprint covers no pixel."""
    NOTHING_SEEN = "no_pixels_on_building"
    """Not one pixel of the footprint was seen at one of the dates."""
    BLANK = "blank_picture"
    """Every seen pixel of one of the dates has about the same value."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a detector said of every chip of a batch.

    Attributes:
        grades: of the chips that it could grade, in their order.
        flaws: ``(batch,)`` values of ``ChipFlaw``; empty text = graded.
    """

    grades: GradeProbabilities
    flaws: NDArray[np.str_]

    @property
    def is_graded(self) -> NDArray[np.bool_]:
        """``(batch,)``; True = it has a grade."""
        graded: NDArray[np.bool_] = self.flaws == str(ChipFlaw.NONE)
        return graded


def grade_usable(detector: Detector, chips: ChipBatch) -> Judged:
    """Grade the chips that can be graded and say of each other one why not."""
    flaws = screen_chips(chips)
    is_good = flaws == str(ChipFlaw.NONE)
    if not is_good.any():
        return Judged(GradeProbabilities(np.empty((0, len(GRADED)), np.float32)), flaws)
    return Judged(detector.grade(chips.select(is_good)), flaws)


def screen_chips(chips: ChipBatch) -> NDArray[np.str_]:
    """``(batch,)`` flaw of each chip of a well-formed batch; empty text = none."""
    is_seen = np.asarray((chips.valid & chips.footprint[:, None]).any(axis=(2, 3)))
    on_roof = is_seen[:, PRE] & is_seen[:, POST]
    flaws = np.select(
        [~chips.footprint.any(axis=(1, 2)), ~on_roof, _is_blank(chips)],
        [str(ChipFlaw.OUTLINE_EMPTY), str(ChipFlaw.NOTHING_SEEN), str(ChipFlaw.BLANK)],
        str(ChipFlaw.NONE),
    )
    return np.asarray(flaws, np.str_)


def _is_blank(chips: ChipBatch) -> NDArray[np.bool_]:
    level = chips.images.max(axis=2)
    highest = np.where(chips.valid, level, np.uint8(0)).max(axis=(2, 3))
    lowest = np.where(chips.valid, level, np.uint8(255)).min(axis=(2, 3))
    levels = highest.astype(np.int64) - lowest + 1
    blank: NDArray[np.bool_] = (levels < MIN_LEVELS).any(axis=1)
    return blank
