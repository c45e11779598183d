"""What imagery hands to detectors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

PRE, POST = 0, 1
"""Index on the time axis of a chip."""

BANDS = 3
"""Red, green, blue."""


@dataclass(frozen=True, slots=True, eq=False)
class ChipBatch:
    """Building-centred samples, north up, pre and post registered to each other.

    A chip is a square of ``chip_scale`` times the longer side of the building's bounding box
    (at least a minimum ground size), resampled to a fixed number of pixels: the building takes
    about the same share of each chip whatever its size.

    Attributes:
        building_ids: ``(batch,)`` ids, one a chip.
        images: uint8 ``(batch, time, bands, height, width)``; time is pre, post; bands RGB.
        valid: bool ``(batch, time, height, width)``; True = a pixel was seen there.
        footprint: bool ``(batch, height, width)``; True = inside the building footprint.
        pixel_m: float32 ``(batch,)``; ground size of a chip's pixel, metres.
    """

    building_ids: tuple[str, ...]
    images: NDArray[np.uint8]
    valid: NDArray[np.bool_]
    footprint: NDArray[np.bool_]
    pixel_m: NDArray[np.float32]

    def __post_init__(self) -> None:
        count = len(self.building_ids)
        if self.images.shape[:-2] != (count, 2, BANDS):
            raise ValueError(
                f"chips of {count} buildings need images ({count}, 2, {BANDS}, height, width), "
                f"got {self.images.shape}"
            )
        height, width = self.images.shape[-2:]
        if self.images.dtype != np.uint8:
            raise ValueError(f"chips are uint8, got {self.images.dtype}")
        if self.valid.shape != (count, 2, height, width):
            raise ValueError(
                f"valid needs shape ({count}, 2, {height}, {width}), got {self.valid.shape}"
            )
        if self.footprint.shape != (count, height, width):
            raise ValueError(
                f"footprint needs shape ({count}, {height}, {width}), got {self.footprint.shape}"
            )
        if self.pixel_m.shape != (count,):
            raise ValueError(f"pixel_m needs shape ({count},), got {self.pixel_m.shape}")

    def __len__(self) -> int:
        return len(self.building_ids)

    def select(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """The chips that a mask or an index array picks, in its order.

        A mask that picks all gives the very same batch: pixels are not copied for nothing.
        """
        if keep.dtype == np.bool_ and keep.all():
            return self
        return type(self)(
            tuple(np.asarray(self.building_ids, dtype=object)[keep]),
            self.images[keep],
            self.valid[keep],
            self.footprint[keep],
            self.pixel_m[keep],
        )

    def cut(self, size: int) -> Iterator[Self]:
        """The chips in their order, so many at a time; no pixel is copied."""
        for first in range(0, len(self), size):
            part = slice(first, first + size)
            yield type(self)(
                self.building_ids[part],
                self.images[part],
                self.valid[part],
                self.footprint[part],
                self.pixel_m[part],
            )

    @classmethod
    def concatenate(cls, batches: "list[ChipBatch]") -> Self:
        """One batch of several with chips of one size."""
        return cls(
            tuple(name for batch in batches for name in batch.building_ids),
            np.concatenate([batch.images for batch in batches]),
            np.concatenate([batch.valid for batch in batches]),
            np.concatenate([batch.footprint for batch in batches]),
            np.concatenate([batch.pixel_m for batch in batches]),
        )
