"""Smooth random fields, grown by doubling; only sums and products, so the same everywhere."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Raster = NDArray[np.floating[Any]]
"""A float array over pixels."""


def draw_noise(
    rng: np.random.Generator, shape: tuple[int, int], coarsest_px: int, finest_px: int = 1
) -> Raster:
    """Fractal noise with mean 0 and standard deviation 1, float32 ``shape``.

    Each octave has half the cell of the one before and a little over half its amplitude. A
    doubling is one step of cubic B-spline subdivision, so no cell corner shows.

    Args:
        rng: source of randomness.
        shape: rows and columns.
        coarsest_px: cell of the first octave, a power of two.
        finest_px: cell of the last octave, a power of two.
    """
    sizes = [shape]
    for _ in range(coarsest_px.bit_length() - 1):
        rows, columns = sizes[-1]
        sizes.append((-(-rows // 2) + 2, -(-columns // 2) + 2))
    sizes.reverse()
    field = rng.standard_normal(sizes[0], dtype=np.float32)
    cell_px, amplitude = coarsest_px, 1.0
    for rows, columns in sizes[1:]:
        field = _double(_double(field, rows).T, columns).T
        cell_px //= 2
        amplitude *= 0.58
        if cell_px >= finest_px:
            field += np.float32(amplitude) * rng.standard_normal((rows, columns), dtype=np.float32)
    field -= field.mean()
    field /= max(float(field.std()), 1e-6)
    return np.ascontiguousarray(field)


def _double(field: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    """Twice the rows, less the two outermost, cut to ``rows``."""
    before, middle, after = field[:-2], field[1:-1], field[2:]
    doubled = np.empty((2 * len(middle), field.shape[1]), dtype=np.float32)
    doubled[0::2] = (before + after) * np.float32(0.125) + middle * np.float32(0.75)
    doubled[1::2] = (middle + after) * np.float32(0.5)
    return doubled[:rows]


def smooth_step(field: Raster, low: float, high: float) -> Raster:
    """0 below ``low``, 1 above ``high``, an S between."""
    share = np.clip((field - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)
