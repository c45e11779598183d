"""How much of a building was really seen, from the pixels alone: what hides it, and how much. Pure.

No mask is asked for. Clouds, smoke and cloud shadow are told from clear ground by five measures of
18 m of ground, weighed as docs/quality.md shows; the rest is counted.
"""

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from math import isnan

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from imagery.registration.texture import Texture

_SEEN_ALL = 255
_EDGELESS_PX = 2
"""Measured pixels beside missing data whose edges are not known: 4 m."""
_MIN_KNOWN_FRAC = 0.3
"""Share of the ground measured together whose edges must be known."""
_EVERY = 3
"""Rows and columns that sharpness looks at: a third says as much as all."""


class Cause(IntEnum):
    """What hides a pixel, the surest last."""

    NONE = 0
    GLARE = 1
    BLUR = 2
    SHADOW = 3
    SMOKE = 4
    CLOUD = 5
    NO_DATA = 6


KEEPS_PIXELS = Cause.CLOUD
"""Up to here there is a picture, if not one to grade on; missing data is left out of chips. A veil
that is graded beside, or was none, leaves no black hole."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """A weighing of measures: over 0 the ground is hidden.

    Attributes:
        top: weight of the mean of the brightest values around, of 255.
        mean: of the mean brightness, of 255.
        contrast: of log(1 + standard deviation of brightness).
        saturation: of the mean of (max - min) / max of the colours.
        edges: of the mean edge strength, 0 to 1.
        offset: added to the sum.
    """

    top: float
    mean: float
    contrast: float
    saturation: float
    edges: float
    offset: float


VEIL = Scorer(-0.0767, 0.0905, 1.75, -25.06, -13.75, 7.9)
"""Cloud and smoke: pale, grey, few edges, nothing that stands out."""
SHADE = Scorer(-0.0002, -0.218, 2.45, -15.71, -9.11, 13.47)
"""Cloud shadow deep enough to hide: dark, grey, few edges."""


@dataclass(frozen=True, slots=True)
class QualityOptions:
    """What counts as seen."""

    min_usable_frac: float = 0.5
    """Below this a building is obscured."""
    level_m: float = 2.0
    """Pixels are averaged to about this size before anything is measured."""
    window_m: float = 18.0
    """Side of the ground that is measured together: more than a small roof, so that a white or a
    dark one is not taken for a sky."""
    min_area_m2: float = 2_900.0
    """Smaller hidden patches are roofs, pools and car parks; clouds and shadows are larger."""
    cloud_brightness: float = 165.0
    """A veil at least so bright, of 255, is called cloud; a darker one smoke. Only the word
    depends on it."""
    black: int = 2
    """Nothing brighter than this, of 255, over a whole measured pixel is missing data, whatever the
    file's mask says."""
    glare: int = 252
    """All colours at least so bright: the sensor was blinded."""
    min_sharpness: float = 0.45
    """Second differences at two pixels of the scene over those at four, and at four over eight.
    Clear real scenes have 0.64 to 1.2; a Gaussian blur of one pixel (sigma) 0.53, of two 0.40,
    where a model loses most of what it sees (docs/experiments.md)."""


@dataclass(frozen=True, slots=True, eq=False)
class HiddenMap:
    """Why the ground of a date cannot be seen, on a coarse grid.

    Attributes:
        causes: uint8 ``(height, width)`` of ``Cause``.
        reduced_by: side of its pixels in pixels of the image.
    """

    causes: NDArray[np.uint8]
    reduced_by: int


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One date as it is looked at.

    Attributes:
        picture: mode RGB.
        grey: its brightness, mode L.
        texture: its edges.
        valid: ``(height, width)``; True = a pixel was seen there.
    """

    picture: Image.Image
    grey: Image.Image
    texture: Texture
    valid: NDArray[np.bool_]


def find_hidden(sight: Sight, pixel_m: float, gsd_m: float, options: QualityOptions) -> HiddenMap:
    """What hides the ground of one date.

    Missing data that is painted black is found here; what the file itself calls missing is told
    apart from it only in that it is not measured.

    Args:
        sight: the date.
        pixel_m: ground size of its pixels.
        gsd_m: what the sensor resolved, metres; NaN = not known.
        options: what counts as seen.
    """
    finer_by = sight.texture.reduced_by
    reduce_by = finer_by * max(1, round(options.level_m / (pixel_m * finer_by)))
    level_m = pixel_m * reduce_by
    colours = np.asarray(sight.picture.reduce(reduce_by))
    highest, lowest = colours.max(axis=2), colours.min(axis=2)
    causes = np.zeros(highest.shape, np.uint8)
    if _is_blurred(sight.grey, pixel_m, gsd_m, options):
        causes[:] = Cause.BLUR
    causes[lowest >= options.glare] = Cause.GLARE
    seen = _seen_at(sight.valid, reduce_by) & (highest > options.black)
    edges = _reduce_to(np.abs(sight.texture.edges), reduce_by // finer_by, highest.shape)
    brightness = np.asarray(sight.grey.reduce(reduce_by), np.float32)
    measures = _measure(
        _Ground(highest, lowest, brightness, edges, seen), options.window_m / level_m
    )
    min_px = options.min_area_m2 / level_m**2
    scores = [_score(measures, each) for each in (SHADE, VEIL)]
    shade, veil = (_large(score > 0, min_px) for score in scores)
    causes[shade] = Cause.SHADOW
    veil &= ~(shade & (scores[0] > scores[1]))
    causes[veil] = np.where(measures[1][veil] >= options.cloud_brightness, Cause.CLOUD, Cause.SMOKE)
    causes[highest <= options.black] = Cause.NO_DATA
    return HiddenMap(causes, reduce_by)


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """What is measured, all ``(height, width)``."""

    highest: NDArray[np.uint8]
    lowest: NDArray[np.uint8]
    brightness: NDArray[np.float32]
    edges: NDArray[np.float32]
    seen: NDArray[np.bool_]


def _measure(ground: _Ground, window: float) -> list[NDArray[np.float32]]:
    """The measures of ``Scorer``, in its order, each over the ground seen around a pixel."""
    side = max(3, round(window) | 1)
    average = _Average(ground.seen, side)
    highest = ground.highest * ground.seen
    top = ndimage.maximum_filter(highest, side, mode="nearest").astype(np.float32)
    mean = average(ground.brightness)
    variance = np.maximum(average(ground.brightness**2) - mean * mean, 0)
    saturation = np.empty(mean.shape, np.float32)
    np.divide(ground.highest - ground.lowest, np.maximum(ground.highest, 1), out=saturation)
    return [
        average(top),
        mean,
        np.log1p(np.sqrt(variance)),
        average(saturation),
        _average_edges(ground, side),
    ]


class _Average:
    """Means over squares, of the ground that counts alone."""

    def __init__(self, counts: NDArray[np.bool_], side: int) -> None:
        self.side = side
        self.counts = None if counts.all() else counts
        self.share = np.ones((), np.float32)
        if self.counts is not None:
            share = ndimage.uniform_filter(counts.astype(np.float32), side, mode="nearest")
            self.share = np.maximum(share, np.float32(1 / side**2))

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean around each pixel."""
        weighed = values if self.counts is None else values * self.counts
        mean: NDArray[np.float32] = ndimage.uniform_filter(weighed, self.side, mode="nearest")
        return mean / self.share


def _average_edges(ground: _Ground, side: int) -> NDArray[np.float32]:
    """Mean edge strength; full where too little of it is known to call the ground smooth.

    Beside missing data there are no edges to be had, which is no sign of a sky.
    """
    if ground.seen.all():
        return _Average(ground.seen, side)(ground.edges)
    inner = ndimage.minimum_filter(ground.seen, 2 * _EDGELESS_PX + 1, mode="nearest")
    average = _Average(inner, side)
    known: NDArray[np.float32] = np.where(
        average.share >= _MIN_KNOWN_FRAC, average(ground.edges), np.float32(1)
    )
    return known


def _seen_at(valid: NDArray[np.bool_], reduce_by: int) -> NDArray[np.bool_]:
    """Pixels of the coarse grid of which every part was seen."""
    seen = Image.fromarray(valid.view(np.uint8) * np.uint8(_SEEN_ALL)).reduce(reduce_by)
    whole: NDArray[np.bool_] = np.asarray(seen) == _SEEN_ALL
    return whole


def _score(measures: list[NDArray[np.float32]], scorer: Scorer) -> NDArray[np.float32]:
    weights = (scorer.top, scorer.mean, scorer.contrast, scorer.saturation, scorer.edges)
    total = np.full_like(measures[0], scorer.offset)
    for weight, measure in zip(weights, measures, strict=True):
        total += np.float32(weight) * measure
    return total


def _reduce_to(values: NDArray[np.float32], by: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Means of squares of ``by`` pixels; the last row and column may be of fewer."""
    rows, columns = (range(0, side, by) for side in values.shape)
    sums = np.add.reduceat(np.add.reduceat(values, rows, axis=0), columns, axis=1)
    return (sums[: shape[0], : shape[1]] / (by * by)).astype(np.float32)


def _large(is_hidden: NDArray[np.bool_], min_px: float) -> NDArray[np.bool_]:
    """Only the patches of at least so many pixels."""
    if not is_hidden.any():
        return is_hidden
    patches, _ = ndimage.label(is_hidden)
    is_large = np.bincount(patches.ravel()) >= min_px
    is_large[0] = False
    kept: NDArray[np.bool_] = is_large[patches]
    return kept


def _is_blurred(grey: Image.Image, pixel_m: float, gsd_m: float, options: QualityOptions) -> bool:
    own_px = 1.0 if isnan(gsd_m) else max(1.0, gsd_m / pixel_m)
    reduce_by = round(2 * own_px)
    levels = [_second_differences(grey.reduce(n * reduce_by)) for n in (1, 2, 4)]
    # under a wide blur the finest level holds nothing but the sensor's noise
    return any(fine < options.min_sharpness * coarse for fine, coarse in pairwise(levels))


def _second_differences(level: Image.Image) -> float:
    values = np.asarray(level, np.float32)
    if min(values.shape) < _EVERY:
        return 0.0
    rows, columns = values[::_EVERY], values[:, ::_EVERY]
    across = np.abs(rows[:, 2:] - 2 * rows[:, 1:-1] + rows[:, :-2]).mean()
    down = np.abs(columns[2:] - 2 * columns[1:-1] + columns[:-2]).mean()
    return float(across + down)


def compute_usable_frac(
    footprint: NDArray[np.bool_], usable_pre: NDArray[np.bool_], usable_post: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Share of each footprint seen clearly in both images.

    Args:
        footprint: ``(batch, height, width)``; True = inside the building.
        usable_pre: same shape; True = seen and not hidden, before.
        usable_post: the same, after.

    Returns:
        ``(batch,)``, 0 to 1; 0 for a footprint without a pixel.
    """
    inside = np.count_nonzero(footprint, axis=(1, 2))
    clear = np.count_nonzero(footprint & usable_pre & usable_post, axis=(1, 2))
    return clear / np.maximum(inside, 1)


def find_main_cause(footprint: NDArray[np.bool_], hidden: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What hides most of each footprint at either date.

    Args:
        footprint: ``(batch, height, width)``; True = inside the building.
        hidden: ``(batch, time, height, width)`` of ``Cause``.

    Returns:
        ``(batch,)`` of ``Cause``; NONE where nothing hides any of it.
    """
    inside = hidden * footprint[:, None]
    counts = np.stack([np.count_nonzero(inside == cause, axis=(1, 2, 3)) for cause in Cause], 1)
    counts[:, Cause.NONE] = 0
    return counts.argmax(axis=1).astype(np.uint8)
