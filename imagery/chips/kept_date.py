"""One date of a tile, cut ahead and kept: on the day only the other date is read.

What is kept is what cutting would give again: chips and what hides parts of them, and the texture
that the other date is registered on.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from core.chips import BANDS
from core.grid import GeoGrid
from imagery.chips.cut import CutOptions, DateChips, PreparedDate
from imagery.chips.places import ChipPlaces
from imagery.chips.quality import KEEPS_PIXELS
from imagery.registration.texture import Texture


@dataclass(frozen=True, slots=True, eq=False)
class KeptDate:
    """Chips of one date and what the other can be registered on; takes a PreparedDate's place.

    Attributes:
        images: uint8 ``(buildings, bands, px, px)``.
        hidden: uint8 ``(touched, px, px)`` of ``Cause``, of the chips that something may hide.
        touched: bool ``(buildings,)``.
        texture: of the whole tile.
        grid: the grid that the other date must be read on.
    """

    images: NDArray[np.uint8]
    hidden: NDArray[np.uint8]
    touched: NDArray[np.bool_]
    texture: Texture
    grid: GeoGrid

    def select(self, wanted: NDArray[np.intp]) -> Self:
        """Some of the buildings, in the order asked for."""
        place = np.cumsum(self.touched) - 1
        chosen = wanted[self.touched[wanted]]
        return type(self)(
            self.images[wanted], self.hidden[place[chosen]], self.touched[wanted], self.texture,
            self.grid,
        )  # fmt: skip

    def of_part(self, part: slice) -> Self:
        """See ``Cuttable``."""
        return self.select(np.arange(len(self.images))[part])

    @property
    def valid(self) -> NDArray[np.bool_]:
        """``(buildings, px, px)``; True = a pixel was seen there."""
        seen = np.ones((len(self.images), *self.images.shape[-2:]), bool)
        seen[self.touched] = self.hidden <= KEEPS_PIXELS
        return seen

    def cut(self, _boxes: NDArray[np.float64], into: DateChips) -> NDArray[np.bool_]:
        """See ``PreparedDate.cut``; the chips are there already."""
        into.images[:] = self.images
        into.hidden[self.touched] = self.hidden
        return self.touched

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As named arrays, for storage."""
        return {
            "images": self.images,
            "hidden": self.hidden,
            "touched": self.touched,
            "edges": self.texture.edges,
            "reduced_by": np.array(self.texture.reduced_by),
            "crs": np.array(self.grid.crs),
            "transform": np.array(self.grid.transform[:6]),
            "shape": np.array(self.grid.shape),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """From what ``to_arrays`` gave.

        Raises:
            KeyError, ValueError: the arrays are others.
        """
        height, width = arrays["shape"].tolist()
        grid = GeoGrid(str(arrays["crs"]), Affine(*arrays["transform"].tolist()), height, width)
        texture = Texture(arrays["edges"], int(arrays["reduced_by"]))
        return cls(arrays["images"], arrays["hidden"], arrays["touched"], texture, grid)


def keep_date(places: ChipPlaces, date: PreparedDate, options: CutOptions) -> KeptDate:
    """Cut one date's chips to be kept. Pure.

    Args:
        places: which chips, and the grid.
        date: its pixels.
        options: size of chips.
    """
    px, count = options.chip.chip_px, len(places.building_ids)
    into = DateChips(
        np.empty((count, BANDS, px, px), np.uint8), np.zeros((count, px, px), np.uint8)
    )
    touched = date.cut(places.boxes, into)
    return KeptDate(into.images, into.hidden[touched], touched, date.texture, places.grid)
