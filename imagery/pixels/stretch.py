"""Brings sensor counts and reflectances to the 8 bits that a picture has. Pure.

One stretch serves a whole scene, so that neighbouring tiles agree, and each date has its own,
since two sensors count differently. Each colour runs linearly from the 2nd to the 98th percentile
of what the scene shows, which is what viewers draw by default (QGIS's cumulative count cut).
Pictures of 8 bits are taken as they are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOW_PERCENT, HIGH_PERCENT = 2.0, 98.0
"""Cut at both ends: a few glints or sensor faults would leave the rest dark (QGIS)."""
HIGHEST = 255.0
_WHOLE_RANGE = {"uint16": 65_535.0, "int16": 10_000.0, "float32": 1.0, "float64": 1.0}
"""Where a sample shows nothing at all: counts, reflectance times 10,000, reflectance."""
_SMALLEST_SPAN = 1e-12
_COUNTS = 1 << 16
"""Different values of 16 bits: looked up in a table, some eight times faster than computed."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A linear map of each colour to 0..255; values beyond are cut.

    Attributes:
        low: what becomes 0, one a colour.
        high: what becomes 255, one a colour.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]

    def apply(self, values: NDArray[np.generic], seen: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """The values in 8 bits; 0 where nothing was seen.

        Args:
            values: ``(bands, height, width)``, any number type, NaN where not seen.
            seen: ``(height, width)``; True = a pixel was seen there.
        """
        if values.dtype.kind in "iu":
            every = np.arange(_COUNTS, dtype=np.uint16).view(values.dtype)
            tables = self._scale(np.broadcast_to(every, (len(values), _COUNTS)))
            scaled = np.stack(
                [table[band.view(np.uint16)] for table, band in zip(tables, values, strict=True)]
            )
        else:
            scaled = self._scale(np.where(seen, values, 0).reshape(len(values), -1))
        return scaled.reshape(values.shape) * seen

    def _scale(self, values: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Values ``(bands, any)`` in 8 bits."""
        low = np.array(self.low)[:, None]
        span = np.maximum(np.array(self.high)[:, None] - low, _SMALLEST_SPAN)
        scaled: NDArray[np.uint8] = (
            ((values - low) * (HIGHEST / span)).clip(0, HIGHEST).round().astype(np.uint8)
        )
        return scaled


def compute_stretch(values: NDArray[np.generic], seen: NDArray[np.bool_]) -> Stretch:
    """The stretch of a scene from a sample of it.

    Pixels of zeros alone are left out: collars that no nodata value marks.

    Args:
        values: ``(bands, height, width)`` of the sample.
        seen: ``(height, width)``; True = a pixel was seen there.
    """
    shown = values[:, seen & (values != 0).any(axis=0)]
    if not shown.size:
        whole = _WHOLE_RANGE.get(values.dtype.name, HIGHEST)
        return Stretch((0.0,) * len(values), (whole,) * len(values))
    low, high = np.percentile(shown.astype(np.float64), [LOW_PERCENT, HIGH_PERCENT], axis=1)
    return Stretch(tuple(map(float, low)), tuple(map(float, high)))
