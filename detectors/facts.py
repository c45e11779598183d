"""What can be measured in a pair of chips: facts about the roof and the ground around it.

They do not grade. They say in plain terms what changed between the two pictures, so that a person
can see whether the grade rests on something that is there. ``detectors.reasons`` puts them into
words. Pure numpy and scipy, vectorised over the batch.
"""

from dataclasses import dataclass, fields
from types import EllipsisType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.chips import POST, PRE, ChipBatch
from core.pictures.halving import split_squares
from core.pictures.looks import GREY_WEIGHTS
from detectors.colour import mix_lab

RING_GAP_PX = 1
"""Pixels left out on each side of the outline: registration is no better than that. These and all
below are halved pixels."""
RING_PX = 8
"""Width of the ring around the footprint; a quarter of the building, which takes 32 of 80."""
MIN_SEEN_PX = 25
"""Under so many pixels seen in both pictures nothing is measured."""
ROUGH_PX = 3
"""Texture is what departs from the mean over so many pixels."""
RIM_PX = 3
"""Ground around the footprint that counts to the building's picture: its walls lean out, and its
edges and shadow are what a person knows it by."""
LIKENESS_BLUR_PX = 1.0
"""Pictures are compared at this blur: finer than a roof's planes, coarser than JPEG's noise."""
BLUR_REACH = 2.0
"""The blur's window ends so many of its widths from its middle; what lies beyond weighs 5%."""
LEAN_PX = 2
"""The picture after may lie so far off either way: a roof leans by the angle of view."""
FAINT_LAB = 10.0
"""A roof that differs less than this (CIE 1976) from the ground before never stood out from it."""
REACH_PX = RING_GAP_PX + RING_PX + ROUGH_PX
"""Ground so far from the footprint has no part in its facts, but for the chip's contrast."""
CHUNK = 16
"""Chips at once: few enough that they stay in the processor's cache."""
_TINY = 1e-3

TARP_HUE_DEG = (195.0, 235.0)
"""Hue of the polyethylene sheets that Operation Blue Roof lays, as satellites see them; pools and
shaded grey are greener, purpler or less saturated."""
TARP_SATURATION = 0.3
TARP_VALUE = 70.0
"""Darker than this, of 255, a blue is a shadow."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Facts of a batch, ``(batch,)`` each; NaN where too little was seen to measure.

    Attributes:
        likeness: correlation of the building's brightness, with a rim around it, before and after,
            where the two fit best; 1 = the same picture, 0 = nothing is recognised.
        roof_texture: log2 of the roof's fine texture after over before, each relative to the
            contrast of the ground in its chip; 1 = twice as rough.
        ring_texture: the same in a ring around the footprint: debris raises it.
        roof_colour: CIE 1976 difference of the roof's mean colour, after what changed around it
            (light, season, sensor) is taken off.
        standing_out: difference of the roof's colour from that of the ring, after over before; 0 =
            the footprint looks like the ground around it, 1 also where it never stood out.
        tarp_frac: share of the roof that is tarp blue after and was not before, 0 to 1.
    """

    likeness: NDArray[np.float64]
    roof_texture: NDArray[np.float64]
    ring_texture: NDArray[np.float64]
    roof_colour: NDArray[np.float64]
    standing_out: NDArray[np.float64]
    tarp_frac: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.roof_texture)

    @property
    def is_measured(self) -> NDArray[np.bool_]:
        """``(batch,)``; True = enough was seen."""
        return np.isfinite(np.stack([getattr(self, name) for name in FACTS])).all(axis=0)

    @classmethod
    def concatenate(cls, parts: "list[Facts]") -> Self:
        """One of several."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in FACTS))


FACTS = tuple(field.name for field in fields(Facts))


def measure_facts(chips: ChipBatch) -> Facts:
    """Measure each chip on its own; the batch it is in does not matter.

    Args:
        chips: registered pairs.
    """
    if not len(chips):
        return Facts(*(np.empty(0) for _ in FACTS))
    return Facts.concatenate([_measure(part) for part in chips.cut(CHUNK)])


def _measure(chips: ChipBatch) -> Facts:
    images, footprint, seen = _halve(chips)
    light = np.tensordot(images, GREY_WEIGHTS, axes=(2, 0)).astype(np.float32)
    contrast = _spread(light, seen & ~_dilated(footprint, RING_GAP_PX))
    scale = np.maximum(contrast, 1.0)[:, :, None, None]
    near = _find_near(footprint)
    return _measure_near(images[near], light[near], footprint[near], seen[near], scale)


def _find_near(footprint: NDArray[np.bool_]) -> tuple[EllipsisType, slice, slice]:
    """The rows and columns that any footprint's facts can depend on."""
    return ..., _span(footprint, axis=1), _span(footprint, axis=2)


def _span(footprint: NDArray[np.bool_], axis: int) -> slice:
    places = np.flatnonzero(footprint.any(axis=(0, 3 - axis)))
    first, last = (int(places[0]), int(places[-1])) if len(places) else (0, 0)
    return slice(max(0, first - REACH_PX), last + 1 + REACH_PX)


def _measure_near(
    images: NDArray[np.uint8], light: NDArray[np.float32], footprint: NDArray[np.bool_],
    seen: NDArray[np.bool_], scale: NDArray[np.float32],
) -> Facts:  # fmt: skip
    near, inner = _dilated(footprint, RING_GAP_PX), _eroded(footprint, RING_GAP_PX)
    roof = inner & seen
    ring = _dilated(footprint, RING_GAP_PX + RING_PX) & ~near & seen
    rough = _roughness(light) / scale
    colours = mix_lab(images, np.stack([roof, ring], axis=1))
    is_measured = (roof.sum(axis=(1, 2)) >= MIN_SEEN_PX) & (ring.sum(axis=(1, 2)) >= MIN_SEEN_PX)
    found = (
        _likeness(light, _dilated(footprint, RIM_PX) & seen),
        _log_ratio(rough, roof),
        _log_ratio(rough, ring),
        _colour_change(colours),
        _standing_out(colours),
        _tarp_gain(images, roof),
    )
    return Facts(*(np.where(is_measured, values, np.nan).astype(np.float64) for values in found))


def _halve(chips: ChipBatch) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """Images at half the pixels; footprint; what was seen wholly and at both dates."""
    parts = split_squares(chips.images)
    total: NDArray[np.uint16] = np.sum(parts, axis=0, dtype=np.uint16)
    seen = np.logical_and.reduce(split_squares(chips.valid)).all(axis=1)
    footprint, *_ = split_squares(chips.footprint)
    return (total // len(parts)).astype(np.uint8), footprint, seen


def _dilated(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    size = 2 * by_px + 1
    grown: NDArray[np.uint8] = ndimage.maximum_filter(mask.view(np.uint8), size=(1, size, size))
    return grown.astype(bool)


def _eroded(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    return ~_dilated(~mask, by_px)


def _mean(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean over the mask, ``(batch, time, ...)`` of ``(batch, time, ..., height, width)``."""
    weights = mask.reshape(len(mask), *(1,) * (values.ndim - 3), *mask.shape[1:])
    total = (values * weights).sum(axis=(-2, -1), dtype=np.float64)
    mean: NDArray[np.float64] = total / np.maximum(weights.sum(axis=(-2, -1)), 1)
    return mean


def _spread(light: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    mean = _mean(light, seen)
    variance = _mean((light - mean[:, :, None, None].astype(np.float32)) ** 2, seen)
    return np.sqrt(variance).astype(np.float32)


def _roughness(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Local departure from a blurred self: planes and lone edges give little, rubble much."""
    blurred = ndimage.uniform_filter(light, size=(1, 1, ROUGH_PX, ROUGH_PX))
    return np.abs(light - blurred)


def _likeness(light: NDArray[np.float32], area: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The best correlation over the area, the picture after moved by up to ``LEAN_PX``.

    What moves out of the picture counts as its edge's brightness.
    """
    blurred = ndimage.gaussian_filter(light, LIKENESS_BLUR_PX, axes=(2, 3), truncate=BLUR_REACH)
    edge = (LEAN_PX, LEAN_PX)
    after = np.pad(blurred[:, POST], ((0, 0), edge, edge), mode="edge")
    before = (blurred[:, PRE] - _mean(blurred, area)[:, PRE, None, None].astype(np.float32)) * area
    power = np.maximum(_inner(before, before), _TINY)
    height, width = area.shape[1:]
    windows = [
        after[:, row : row + height, column : column + width]
        for row in range(2 * LEAN_PX + 1)
        for column in range(2 * LEAN_PX + 1)
    ]
    count = np.maximum(area.sum(axis=(1, 2)), 1)
    return np.max([_correlate(before, power, moved * area, count) for moved in windows], axis=0)


def _correlate(
    before: NDArray[np.float32], power: NDArray[np.float64], after: NDArray[np.float32],
    count: NDArray[np.int64],
) -> NDArray[np.float64]:  # fmt: skip
    """Correlation of masked pictures; ``before`` has mean 0, so the other's mean drops out."""
    total = after.sum(axis=(1, 2), dtype=np.float64)
    spread = np.maximum(_inner(after, after) - total**2 / count, _TINY)
    return _inner(before, after) / np.sqrt(power * spread)


def _inner(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.einsum("brc,brc->b", one, other).astype(np.float64)


def _log_ratio(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    mean = _mean(values, mask) + _TINY
    ratio: NDArray[np.float64] = np.log2(mean[:, POST] / mean[:, PRE])
    return ratio


def _colour_change(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of ``(batch, time, roof and ring, Lab)``: how the roof's colour moved against the ring's."""
    moved = colours[:, POST] - colours[:, PRE]
    return np.linalg.norm(moved[:, 0] - moved[:, 1], axis=1)


def _standing_out(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    apart = np.linalg.norm(colours[:, :, 0] - colours[:, :, 1], axis=2)
    is_faint = apart[:, PRE] < FAINT_LAB
    return np.where(is_faint, 1.0, apart[:, POST] / np.maximum(apart[:, PRE], FAINT_LAB))


def _tarp_gain(images: NDArray[np.uint8], roof: NDArray[np.bool_]) -> NDArray[np.float64]:
    is_tarp = _is_tarp(images)
    gained = is_tarp[:, POST] & ~is_tarp[:, PRE] & roof
    share: NDArray[np.float64] = gained.sum(axis=(1, 2)) / np.maximum(roof.sum(axis=(1, 2)), 1)
    return share


def _is_tarp(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    red, green, blue = (images[:, :, band].astype(np.float32) for band in range(3))
    highest, lowest = blue, np.minimum(red, green)
    spread = np.maximum(highest - lowest, 1.0)
    hue_deg = 240.0 + 60.0 * (red - green) / spread
    is_blue = (blue >= green) & (blue >= red) & (blue >= TARP_VALUE)
    is_vivid = spread >= TARP_SATURATION * highest
    return is_blue & is_vivid & (hue_deg >= TARP_HUE_DEG[0]) & (hue_deg <= TARP_HUE_DEG[1])
