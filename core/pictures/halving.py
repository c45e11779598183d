"""Chips at half their pixels.

A chip of a house has about twice the pixels that the satellite saw, and what is measured on it need
not take longer than grading it.
"""

from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)

HALVING = 2
"""Pixels along a side of the square that becomes one."""


def split_squares(values: NDArray[T]) -> list[NDArray[T]]:
    """The first, second, ... pixel of every square of ``HALVING`` pixels, each as a view.

    Args:
        values: ``(..., height, width)``; an odd last row or column is left out.

    Returns:
        ``HALVING ** 2`` views ``(..., height // HALVING, width // HALVING)``, row by row.
    """
    height, width = (side // HALVING * HALVING for side in values.shape[-2:])
    return [
        values[..., row:height:HALVING, column:width:HALVING]
        for row, column in product(range(HALVING), repeat=2)
    ]
