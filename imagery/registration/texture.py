"""What of an image can be registered on: directions of edges, and how windows of it correlate.

Pure. Directions instead of brightness, since sun and sensor differ between dates: each pixel counts
by where its gradient points and hardly by how strong it is (orientation correlation, Fitch et al.
2002, with half of the phase correlation's whitening, Kuglin and Hines 1975).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft, ndimage

NOISE_LEVEL = 4.0
"""Gradient, in grey levels over two pixels, at which half the weight is given: sensor noise."""
_WHITENING = 0.5
"""Power of the spectrum's amplitude divided out: 1 trusts every frequency alike, noise too. Half
gave the steadiest peaks on real pairs (docs/registration.md)."""
_SMOOTH_PX = 1.0
"""Gaussian over the correlation surface, so that the peak is wider than a pixel."""
_SEEN_ALL = 255
_RIM_PX = 2
"""Gradients this near to missing data are edges of the data."""
_EPSILON = 1e-6
_TINY = 1e-12
"""Keeps empty windows from dividing by nothing."""
_HALF = 0.5
_BATCH = 128
"""Windows correlated at once: their spectra stay within the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """An image's edge directions on a coarser grid.

    Attributes:
        edges: complex64 ``(height, width)``, 0 where nothing was seen; length up to 1.
        reduced_by: side of its pixels in pixels of the image.
    """

    edges: NDArray[np.complex64]
    reduced_by: int

    @property
    def strength(self) -> float:
        """Mean length, 0 to 1: near 0 there is nothing to register on."""
        return float(np.abs(self.edges).mean()) if self.edges.size else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Square windows of two textures that are held against each other; texture pixels.

    Attributes:
        corners: ``(windows, 2)`` row and column of each corner; may lie outside.
        offsets: ``(windows, 2)`` where the second's window is taken relative to the first's.
        size_px: their side.
        reach_px: largest shift looked for around the offset.
    """

    corners: NDArray[np.intp]
    offsets: NDArray[np.intp]
    size_px: int
    reach_px: int


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Where windows of the second image fit those of the first best.

    Attributes:
        rows_px: ``(windows,)`` content of the second lies this many texture pixels further down.
        columns_px: and this many further right.
        quality: height of the peak in standard deviations of its surface; 0 where one of the
            windows is empty.
        surface: the mean surface around no shift, ``(2 * reach + 1, 2 * reach + 1)``.
    """

    rows_px: NDArray[np.float64]
    columns_px: NDArray[np.float64]
    quality: NDArray[np.float64]
    surface: NDArray[np.float64]


def compute_texture(grey: Image.Image, valid: NDArray[np.bool_], reduce_by: int) -> Texture:
    """Edge directions of an image, averaged over squares of ``reduce_by`` pixels first.

    Args:
        grey: brightness, mode L.
        valid: ``(height, width)``; True = a pixel was seen there.
        reduce_by: 1 or more.
    """
    level = np.asarray(grey.reduce(reduce_by), np.float32)
    down, right = np.zeros_like(level), np.zeros_like(level)
    np.subtract(level[2:], level[:-2], out=down[1:-1])
    np.subtract(level[:, 2:], level[:, :-2], out=right[:, 1:-1])
    edges = np.empty(level.shape, np.complex64)
    length = np.hypot(down, right)
    length += NOISE_LEVEL
    np.divide(right, length, out=edges.real)
    np.divide(down, length, out=edges.imag)
    edges[[0, -1]] = 0
    edges[:, [0, -1]] = 0
    if not valid.all():
        seen = Image.fromarray(valid.view(np.uint8) * np.uint8(_SEEN_ALL)).reduce(reduce_by)
        whole = np.asarray(seen) == _SEEN_ALL
        edges *= ndimage.minimum_filter(whole, 2 * _RIM_PX + 1, mode="constant", cval=False)
    return Texture(edges, reduce_by)


def correlate_windows(first: Texture, second: Texture, windows: Windows) -> Peaks:
    """Correlate windows of two textures, sub-pixel.

    Args:
        first: before.
        second: after, on the same grid.
        windows: where.
    """
    side = 2 * windows.reach_px + 1
    total = np.zeros((side, side))
    parts = []
    for start in range(0, len(windows.corners), _BATCH):
        corners = windows.corners[start : start + _BATCH]
        moved = corners + windows.offsets[start : start + _BATCH]
        one = _spectra(_take(first.edges, corners, windows.size_px))
        other = _spectra(_take(second.edges, moved, windows.size_px))
        surfaces, spread = _surfaces(one, other, windows.reach_px)
        total += surfaces.sum(axis=0)
        parts.append(_find_peaks(surfaces, spread))
    found = np.concatenate(parts, axis=1) if parts else np.zeros((3, 0))
    return Peaks(found[0], found[1], found[2], total / max(1, len(windows.corners)))


def _take(
    edges: NDArray[np.complex64], corners: NDArray[np.intp], size: int
) -> NDArray[np.complex64]:
    height, width = edges.shape
    rows, columns = (corners[:, k, None] + np.arange(size) for k in (0, 1))
    taken = edges[rows.clip(0, height - 1)[:, :, None], columns.clip(0, width - 1)[:, None, :]]
    if rows.min() < 0 or columns.min() < 0 or rows.max() >= height or columns.max() >= width:
        taken *= ((rows >= 0) & (rows < height))[:, :, None]
        taken *= ((columns >= 0) & (columns < width))[:, None, :]
    return taken


def _spectra(windows: NDArray[np.complex64]) -> NDArray[np.complex64]:
    windows -= windows.mean(axis=(1, 2), keepdims=True)
    windows *= _taper(windows.shape[-1])
    spectra: NDArray[np.complex64] = fft.fft2(windows, workers=1, overwrite_x=True)
    return spectra


def _surfaces(
    one: NDArray[np.complex64], other: NDArray[np.complex64], reach: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Surfaces around no shift, in standard deviations of the whole; and whether there is any."""
    product = np.multiply(other, np.conj(one, out=one), out=other)
    amplitude = np.abs(product)
    floor = _EPSILON * amplitude.mean(axis=(1, 2), keepdims=True) + np.float32(_TINY)
    product *= _low_pass(one.shape[-1]) / (amplitude + floor) ** np.float32(_WHITENING)
    product[:, 0, 0] = 0
    whole = fft.ifft2(product, workers=1, overwrite_x=True).real
    spread = whole.std(axis=(1, 2))
    rim = np.r_[-reach : reach + 1]
    near = whole[:, rim[:, None], rim]
    return near / np.maximum(spread, np.float32(_EPSILON))[:, None, None], spread


def _find_peaks(surfaces: NDArray[np.float32], spread: NDArray[np.float32]) -> NDArray[np.float64]:
    """``(3, windows)``: rows, columns and quality of the highest point of each surface."""
    count, side, _ = surfaces.shape
    reach = side // 2
    inner = surfaces[:, 1:-1, 1:-1].reshape(count, -1).argmax(axis=1)
    row, column = inner // (side - 2) + 1, inner % (side - 2) + 1
    each = np.arange(count)
    top = surfaces[each, row, column].astype(np.float64)
    down = _parabola(surfaces[each, row - 1, column], top, surfaces[each, row + 1, column])
    right = _parabola(surfaces[each, row, column - 1], top, surfaces[each, row, column + 1])
    has_any = spread > _EPSILON
    return np.stack([row - reach + down, column - reach + right, top]) * has_any


def _parabola(
    before: NDArray[np.floating], top: NDArray[np.floating], after: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Where a parabola through three heights is highest, -0.5 to 0.5 from the middle one."""
    curvature = before - 2 * top + after
    bent = np.where(curvature < 0, curvature, -1.0)
    offset = np.where(curvature < 0, _HALF * (before - after) / bent, 0.0)
    return offset.clip(-_HALF, _HALF)


@lru_cache(maxsize=8)
def _taper(size: int) -> NDArray[np.float32]:
    ramp = np.hanning(size + 2)[1:-1]
    return np.outer(ramp, ramp).astype(np.float32)


@lru_cache(maxsize=8)
def _low_pass(size: int) -> NDArray[np.float32]:
    squared = fft.fftfreq(size) ** 2
    response = np.exp(-2 * (np.pi * _SMOOTH_PX) ** 2 * (squared[:, None] + squared))
    return response.astype(np.float32)
