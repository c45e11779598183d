"""Chips that cannot be graded are told apart from those that can, and cost nobody else a grade."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.chips import BANDS, POST, PRE, ChipBatch
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
    BANDS_WRONG = "bands_not_rgb"
    SIZE_WRONG = "chip_size_differs"
    NOT_UINT8 = "pixels_not_uint8"
    NOT_FINITE = "pixels_not_finite"
    SCALE_WRONG = "pixel_size_not_positive"


@dataclass(frozen=True, slots=True, eq=False)
class ChipSample:
    """One chip as it comes from anywhere, unchecked.

    Attributes:
        building_id: whose.
        image: should be uint8 ``(time, bands, height, width)``.
        valid: should be bool ``(time, height, width)``.
        footprint: should be bool ``(height, width)``.
        pixel_m: ground size of a pixel, metres.
    """

    building_id: str
    image: NDArray[np.generic]
    valid: NDArray[np.generic]
    footprint: NDArray[np.generic]
    pixel_m: float


@dataclass(frozen=True, slots=True)
class ChipReject:
    """A chip left out: whose, why, and the offending value."""

    building_id: str
    flaw: ChipFlaw
    value: str


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


def collect_chips(
    samples: Iterable[ChipSample], chip_px: int
) -> tuple[ChipBatch, tuple[ChipReject, ...]]:
    """One batch of the samples that are well formed, and the others with their reasons.

    Args:
        samples: chips of any make.
        chip_px: side that chips have, pixels.
    """
    good: list[ChipSample] = []
    rejects: list[ChipReject] = []
    for sample in samples:
        reject = _find_malformed(sample, chip_px)
        if reject is None:
            good.append(sample)
        else:
            rejects.append(reject)
    return _stack(good, chip_px), tuple(rejects)


def _find_malformed(sample: ChipSample, chip_px: int) -> ChipReject | None:
    shape, side = sample.image.shape, (chip_px, chip_px)
    sizes = (shape[-2:], sample.valid.shape, sample.footprint.shape)
    checks = (
        (ChipFlaw.BANDS_WRONG, shape[:-2] != (len((PRE, POST)), BANDS), shape),
        (ChipFlaw.SIZE_WRONG, sizes != (side, (len((PRE, POST)), *side), side), sizes),
        (ChipFlaw.NOT_FINITE, not _is_finite(sample.image), "NaN or infinity"),
        (ChipFlaw.NOT_UINT8, sample.image.dtype != np.uint8, sample.image.dtype),
        (ChipFlaw.SCALE_WRONG, not 0 < sample.pixel_m < np.inf, sample.pixel_m),
    )
    for flaw, is_wrong, value in checks:
        if is_wrong:
            return ChipReject(sample.building_id, flaw, str(value))
    return None


def _is_finite(image: NDArray[np.generic]) -> bool:
    return image.dtype.kind != "f" or bool(np.isfinite(image.astype(np.float64)).all())


def _stack(samples: list[ChipSample], chip_px: int) -> ChipBatch:
    count, side = len(samples), (chip_px, chip_px)
    return ChipBatch(
        tuple(sample.building_id for sample in samples),
        np.array([s.image for s in samples], np.uint8).reshape(count, 2, BANDS, *side),
        np.array([s.valid for s in samples], bool).reshape(count, 2, *side),
        np.array([s.footprint for s in samples], bool).reshape(count, *side),
        np.array([s.pixel_m for s in samples], np.float32),
    )
