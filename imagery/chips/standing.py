"""Does the picture before show a building under the outline? Pure.

Outlines are often newer than the images, and a home built after them stands on bare ground there.
Three measures tell bare ground from a roof; none asks for the roof to lie just where the outline
does, since the two come from different pictures. docs/unbuilt.md has what they find and miss.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from core.chips import PRE, ChipBatch
from core.pictures.halving import HALVING, split_squares

REACH_M = 4.5
"""How far the roof may lie from its outline, metres. Microsoft's outlines of Joplin lie 2 to 4 m
off; at 6 m more chance edges fit, at 3 m displaced homes count as bare."""
MAX_REACH_PX = 16
"""The same for the smallest chips, halved pixels."""
NOISE_LEVEL = 6.0
"""Gradient over all colours, grey levels a halved pixel, at which an edge has half its weight."""
BLUR_PX = 1.0
"""Gradients are taken at this blur: finer than a roof's edge, coarser than JPEG's noise."""
RING_GAP_PX = 1
"""Left out around the outline: it is no better placed than that. Halved pixels, as below."""
RING_PX = 8
"""Width of the ground around it that its colour is held against."""
RIM_PX = 2
"""Gradients this near to missing pixels are edges of the picture."""
MIN_SEEN_FRAC = 0.95
"""Of the outline and of the ring around it; with less seen nothing is said."""
INSIDE_FRAC = 0.99
"""Halved pixels with so much of them inside the outline are inside."""
CHUNK = 16
"""Chips at once: few enough that they stay in the processor's cache."""
_TINY = 1e-6

WEIGHTS = (-13.5, -6.7, 43.5)
"""Of outline, texture and greenness in the log odds of bare ground."""
BIAS = 8.34
"""Log odds where all three are 0. Both fitted on homes of Hurricane Michael (xBD) and on outlines
moved from there to ground without a building, the two counted alike."""
BARE_FRAC = 0.97
"""Bareness from which the ground counts as bare. Few standing homes may be above: 6 in 1,000 of
Michael's are, 2 in 1,000 of Santa Rosa's, which had no part in the fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """What the picture before shows under and around outlines, ``(batch,)`` each.

    Attributes:
        outline: how well edges run along the outline where they do it best within ``REACH_M``;
            about 0 by chance, 1 = a sharp edge along all of it.
        texture: share of the outline, there, on which there are edges in any direction.
        greenness: excess green inside less that of the ring around: roofs are less green than
            gardens.
        is_seen: whether enough was seen to measure.
    """

    outline: NDArray[np.float64]
    texture: NDArray[np.float64]
    greenness: NDArray[np.float64]
    is_seen: NDArray[np.bool_]


def compute_bareness(chips: ChipBatch) -> NDArray[np.float64]:
    """How much the ground under each outline looks bare before, 0 to 1; NaN = not seen enough.

    Args:
        chips: any; only the date before counts. Each is judged on its own.
    """
    site = measure_site(chips)
    measures = np.column_stack([site.outline, site.texture, site.greenness])
    bareness = 1 / (1 + np.exp(-(measures @ np.array(WEIGHTS) + BIAS)))
    return np.where(site.is_seen, bareness, np.nan)


def is_bare(chips: ChipBatch) -> NDArray[np.bool_]:
    """Whether the picture before surely shows no building; where it cannot tell, False."""
    bare: NDArray[np.bool_] = compute_bareness(chips) >= BARE_FRAC
    return bare


def measure_site(chips: ChipBatch) -> Site:
    """Measure the date before of each chip."""
    parts = [_measure(part) for part in chips.cut(CHUNK)]
    if not parts:
        none = np.empty(0)
        return Site(none, none, none, none.astype(bool))
    names = ("outline", "texture", "greenness", "is_seen")
    return Site(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _measure(chips: ChipBatch) -> Site:
    picture = _halve(chips.images[:, PRE].astype(np.float32))
    inside = _halve(chips.footprint.astype(np.float32))
    seen = _halve(chips.valid[:, PRE].astype(np.float32)) == 1
    outline, texture = _fit_outline(picture, inside, seen, REACH_M / (HALVING * chips.pixel_m))
    roof = inside > INSIDE_FRAC
    near, ring = (_grow(inside, px) for px in (RING_GAP_PX, RING_GAP_PX + RING_PX))
    ring &= ~near
    greenness = _excess_green(picture, roof & seen) - _excess_green(picture, ring & seen)
    is_seen = roof.any(axis=(1, 2)) & (_share(seen, inside > 0) >= MIN_SEEN_FRAC)
    is_seen &= _share(seen, ring) >= MIN_SEEN_FRAC
    return Site(outline, texture, greenness, is_seen)


def _fit_outline(
    picture: NDArray[np.float32], inside: NDArray[np.float32], seen: NDArray[np.bool_],
    reach_px: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """The best place of each outline: how well edges follow it, and how many edges lie there.

    Directions of edges are doubled angles, so that light-dark and dark-light edges agree and the
    trees' many directions cancel out; all places are tried at once by Fourier transforms.

    Args:
        picture: ``(batch, bands, height, width)``.
        inside: ``(batch, height, width)``, 0 to 1.
        seen: ``(batch, height, width)``.
        reach_px: ``(batch,)``.
    """
    across, strength = _edges(picture)
    is_inner = ndimage.minimum_filter(seen, size=(1, *[2 * RIM_PX + 1] * 2), mode="nearest")
    across, strength = across * is_inner, strength * is_inner
    blurred = ndimage.gaussian_filter(inside, (0, BLUR_PX, BLUR_PX))
    down, right = np.gradient(blurred, axis=(1, 2))
    weight = np.hypot(right, down) + _TINY
    along = (right + 1j * down) ** 2 / weight
    length = weight.sum(axis=(1, 2), dtype=np.float64)
    fits = _correlate(across, along.astype(np.complex64))
    offsets = np.abs(np.arange(-MAX_REACH_PX, MAX_REACH_PX + 1))
    reach = np.clip(np.ceil(reach_px), 1, MAX_REACH_PX)[:, None, None]
    fits[(offsets[:, None] > reach) | (offsets > reach)] = -np.inf
    fits = fits.reshape(len(fits), -1)
    best = fits.argmax(axis=1), np.arange(len(fits))
    lies = _correlate(strength, weight).reshape(len(fits), -1)
    return fits[best[::-1]] / length, lies[best[::-1]] / length


def _edges(
    picture: NDArray[np.float32],
) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
    """Direction of the edge at each pixel as a doubled angle, and its strength; lengths up to 1.

    Over all colours at once (Di Zenzo 1986): a brown roof may be as bright as its lawn.
    """
    blurred = ndimage.gaussian_filter(picture, (0, 0, BLUR_PX, BLUR_PX))
    down, right = np.gradient(blurred, axis=(2, 3))
    rights, downs, both = ((a * b).sum(axis=1) for a, b in ((right, right), (down, down),
                                                            (right, down)))  # fmt: skip
    total = rights + downs
    scale = total + NOISE_LEVEL**2
    across = ((rights - downs) + 2j * both) / scale
    return across.astype(np.complex64), total / scale


def _correlate(
    values: NDArray[np.complexfloating | np.floating],
    pattern: NDArray[np.complexfloating | np.floating],
) -> NDArray[np.float64]:
    """Sum of values under the pattern moved by up to ``MAX_REACH_PX`` each way.

    Returns:
        ``(batch, 2 * MAX_REACH_PX + 1, 2 * MAX_REACH_PX + 1)``.
    """
    size = [fft.next_fast_len(side + MAX_REACH_PX) for side in values.shape[1:]]
    spectrum = fft.fft2(values, size) * np.conj(fft.fft2(pattern, size))
    found = fft.ifft2(spectrum).real
    moves = np.arange(-MAX_REACH_PX, MAX_REACH_PX + 1)
    near: NDArray[np.float64] = found[:, moves[:, None], moves].astype(np.float64)
    return near


def _halve(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of each square of ``HALVING`` pixels; an odd last row or column is left out."""
    first, *others = split_squares(values)
    mean = np.zeros_like(first)
    for part in (first, *others):
        mean += part
    mean /= np.float32(HALVING**2)
    return mean


def _grow(inside: NDArray[np.float32], reach_px: int) -> NDArray[np.bool_]:
    grown: NDArray[np.bool_] = (
        ndimage.maximum_filter(inside, size=(1, *[2 * reach_px + 1] * 2), mode="constant") > 0
    )
    return grown


def _share(seen: NDArray[np.bool_], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    total = where.sum(axis=(1, 2))
    share: NDArray[np.float64] = (seen & where).sum(axis=(1, 2)) / np.maximum(total, 1)
    return share


def _excess_green(picture: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Green less the mean of red and blue, over their sum, of the mean colour (Woebbecke 1995)."""
    red, green, blue = (picture * where[:, None]).sum(axis=(2, 3), dtype=np.float64).T
    return (2 * green - red - blue) / np.maximum(red + green + blue, 1.0)
