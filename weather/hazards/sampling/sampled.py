"""What a hazard product says at places, and how it came to be known there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """One product at ``places`` places.

    Attributes:
        value: ``(places,)`` in ``unit``, NaN where the product says none.
        unit: of the values.
        distance_m: ``(places,)``, from the place to what gave its value; 0 where that holds the
            place, NaN where nothing gave one.
        is_covered: ``(places,)``, whether the product looks there: covered without a value means
            that nothing was found.
        how: it was sampled, as lists say it.
    """

    value: Array
    unit: str
    distance_m: Array
    is_covered: NDArray[np.bool_]
    how: str
