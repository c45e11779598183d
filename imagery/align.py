"""The shift between two images of one place, and how far to trust it. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

_EPSILON = 1e-9
_GAUSSIAN_REACH = 4.0
"""Standard deviations that the smoothing looks around; the rim of missing data is that wide, and
must not be taken for an edge that both images share."""


@dataclass(frozen=True, slots=True)
class AlignOptions:
    """How shifts are searched and believed."""

    search_m: float = 15.0
    """Largest shift looked for in each direction; public satellite pairs differ by metres."""
    min_quality: float = 8.0
    """Peak height in standard deviations of the correlation surface; below it no shift is
    believed and none is applied."""
    max_shift_m: float = 12.0
    """A believed shift beyond this says that the pair does not fit together: misaligned."""
    min_side_m: float = 200.0
    """A tile smaller than this is read with more ground around it: texture to register on."""
    smooth_px: float = 1.0
    """Gaussian that calms sensor noise before edges are taken, pixels."""
    exclude_px: int = 3
    """Half width of the peak left out of the surface's standard deviation."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Where the second image lies relative to the first.

    Attributes:
        rows_px: content of the second lies this many rows further down.
        columns_px: and this many columns further right.
        quality: peak height in standard deviations of the correlation surface.
    """

    rows_px: float
    columns_px: float
    quality: float

    @property
    def length_px(self) -> float:
        """Length of the shift."""
        return float(np.hypot(self.rows_px, self.columns_px))


NO_SHIFT = Shift(0.0, 0.0, 0.0)


def estimate_shift(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    search_px: int,
    options: AlignOptions,
) -> Shift:
    """Phase correlation of edge strength, sub-pixel by a parabola through the peak.

    Edges rather than brightness, since sun and sensor differ; see Kuglin and Hines 1975 for the
    correlation, Foroosh et al. 2002 for its sub-pixel peak.

    Args:
        first: ``(bands, height, width)``.
        second: same shape, on the same grid.
        valid: ``(height, width)``; True = seen in both.
        search_px: largest shift looked for in each direction.
        options: how shifts are believed.
    """
    reach = min(search_px, min(valid.shape) // 2 - 1)
    if not valid.any() or reach <= options.exclude_px:
        return NO_SHIFT  # no surface is left around the peak to judge it by
    product = fft.rfft2(_edges(second, valid, options)) * np.conj(
        fft.rfft2(_edges(first, valid, options))
    )
    surface = fft.irfft2(product / (np.abs(product) + _EPSILON), s=valid.shape)
    surface = ndimage.gaussian_filter(surface, 1.0, mode="wrap")
    near = np.roll(surface, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    row, column = np.unravel_index(int(near.argmax()), near.shape)
    rest = near.copy()
    k = options.exclude_px
    rest[max(0, row - k) : row + k + 1, max(0, column - k) : column + k + 1] = np.nan
    quality = (near[row, column] - np.nanmean(rest)) / (np.nanstd(rest) + _EPSILON)
    return Shift(
        float(row - reach + _parabola(near[:, column], int(row))),
        float(column - reach + _parabola(near[row], int(column))),
        float(quality),
    )


def _edges(
    pixels: NDArray[np.uint8], valid: NDArray[np.bool_], options: AlignOptions
) -> NDArray[np.float32]:
    grey = pixels.mean(axis=0, dtype=np.float32)
    grey = ndimage.gaussian_filter(grey, options.smooth_px, truncate=_GAUSSIAN_REACH)
    strength = np.hypot(ndimage.sobel(grey, 0), ndimage.sobel(grey, 1))
    margin_px = round(_GAUSSIAN_REACH * options.smooth_px) + 2
    inner = ndimage.minimum_filter(valid, 2 * margin_px + 1, mode="constant", cval=False)
    strength = np.where(inner, np.log1p(strength), 0.0)
    strength -= strength.sum() / max(1, inner.sum()) * inner
    taper = np.outer(np.hanning(valid.shape[0]), np.hanning(valid.shape[1]))
    edges: NDArray[np.float32] = (strength * taper).astype(np.float32)
    return edges


def _parabola(values: NDArray[np.float64], peak: int) -> float:
    if peak in (0, len(values) - 1):
        return 0.0
    before, top, after = values[peak - 1 : peak + 2]
    curvature = before - 2 * top + after
    return float(0.5 * (before - after) / curvature) if curvature < 0 else 0.0
