"""Cubic convolution of a picture onto a grid that lies nearly straight on it, by Pillow. Pure.

Rows first, then columns, as Pillow resizes: a fifth of what GDAL's warp takes, which weighs 16
pixels for each, with the same kernel. A grid that is turned a little (EPSG:4326 under UTM is, by up
to some degrees) is laid in strips, so narrow that none drifts from its place by more than
``DRIFT_PX``.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from PIL import Image

DRIFT_PX = 0.06
"""GDAL's own shortcut, coordinates between points that it computes, may be off by 0.125 px."""
MAX_TURN = 0.05
"""Turn (radians) up to which strips pay: of 2 px, they take as long as GDAL."""
_CUBIC = Image.Resampling.BICUBIC
_REACH_PX = 4
"""Rows around what is asked for that the kernel may look at; 2 at most steps, 4 at a step of 2."""


@dataclass(frozen=True, slots=True)
class Lie:
    """Where a grid lies on a picture.

    Attributes:
        to_picture: from the grid's ``(column, row)`` to the picture's, both at pixels' corners.
        height: rows of the grid.
        width: columns of the grid.
    """

    to_picture: Affine
    height: int
    width: int

    @property
    def is_nearly_straight(self) -> bool:
        """North is up in both, within ``MAX_TURN``."""
        a, b, _, d, e, _ = self.to_picture[:6]
        return a > 0 and e > 0 and abs(b) <= MAX_TURN * e and abs(d) <= MAX_TURN * a

    def reach(self, height: int, width: int) -> NDArray[np.bool_]:
        """``(height, width)`` of the grid; True = its pixel's middle lies on the picture.

        Args:
            height: of the picture.
            width: of the picture.
        """
        a, b, c, d, e, f = self.to_picture[:6]
        across, down = np.arange(self.width) + 0.5, np.arange(self.height)[:, None] + 0.5
        reached = np.ones((self.height, self.width), bool)
        for places, start, step, end in (
            (across, -(b * down + c), a, width),
            (down, -(d * across + f), e, height),
        ):
            first, last = start / step, (start + end) / step
            if first.max() > places.min():
                reached &= places >= first
            if last.min() <= places.max():
                reached &= places < last
        return reached


def resample(bands: NDArray[np.uint8], lie: Lie) -> NDArray[np.uint8]:
    """A picture on a grid; beyond its edge the picture's last pixels go on.

    Args:
        bands: uint8 ``(bands, height, width)`` of one band or three.
        lie: where the grid lies on it; nearly straight.

    Returns:
        uint8 ``(bands, height, width)`` of the grid; the bands of a pixel lie side by side.
    """
    top, bottom = _span(
        lie.to_picture.f, lie.to_picture.d * lie.width, lie.to_picture.e * lie.height
    )
    across = _along_rows(lie)
    left, right = _span(
        across.c + across.b * top, across.a * lie.width, across.b * (bottom - top)
    )  # fmt: skip
    picture = _cut_out(bands, (left, top, right, bottom))
    rows_laid = _lay_rows(picture, Affine.translation(-left, 0) @ across, top, lie.width)
    pixels = np.asarray(_lay_columns(rows_laid, Affine.translation(0, -top) @ lie.to_picture, lie))
    return pixels[None] if len(bands) == 1 else pixels.transpose(2, 0, 1)


def _along_rows(lie: Lie) -> Affine:
    """From a column of the grid and a row of the picture to a column of the picture."""
    a, b, c, d, e, f = lie.to_picture[:6]
    return Affine(a - b * d / e, b / e, c - b * f / e, 0, 1, 0)


def _span(start: float, *lengths: float) -> tuple[int, int]:
    """Whole pixels from first to last that a parallelogram needs along one side."""
    lowest = start + sum(min(0.0, length) for length in lengths)
    highest = start + sum(max(0.0, length) for length in lengths)
    return floor(lowest) - _REACH_PX, ceil(highest) + _REACH_PX


def _lay_rows(picture: Image.Image, across: Affine, top: int, width: int) -> Image.Image:
    """The rows of a picture, of which the first is row ``top``, with the grid's columns."""
    laid = Image.new(picture.mode, (width, picture.height))
    for start, end in pairwise(_strips(picture.height, across.b)):
        left = across.b * (top + (start + end) / 2) + across.c
        strip = picture.crop((0, start, picture.width, end))
        box = (left, 0, left + across.a * width, end - start)
        laid.paste(strip.resize((width, end - start), _CUBIC, box=box), (0, start))
    return laid


def _lay_columns(picture: Image.Image, down: Affine, lie: Lie) -> Image.Image:
    """The grid, of a picture that has its columns."""
    laid = Image.new(picture.mode, (lie.width, lie.height))
    for start, end in pairwise(_strips(lie.width, down.d)):
        top = down.d * (start + end) / 2 + down.f
        strip = picture.crop((start, 0, end, picture.height))
        box = (0, top, end - start, top + down.e * lie.height)
        laid.paste(strip.resize((end - start, lie.height), _CUBIC, box=box), (start, 0))
    return laid


def _strips(length: int, drift: float) -> list[int]:
    """Where strips of a length begin and end, that drift so far a pixel."""
    wide = max(1, int(2 * DRIFT_PX / abs(drift))) if abs(drift) * length > 2 * DRIFT_PX else length
    return [*range(0, length, wide), length]


def _cut_out(bands: NDArray[np.uint8], box: tuple[int, int, int, int]) -> Image.Image:
    """Left, top, right, bottom of a picture, which may lie beyond its edge."""
    left, top, right, bottom = box
    height, width = bands.shape[1:]
    if min(left, top) >= 0 and right <= width and bottom <= height:
        part = bands[:, top:bottom, left:right]
    else:
        rows, columns = np.arange(top, bottom), np.arange(left, right)
        part = bands[:, rows.clip(0, height - 1)][:, :, columns.clip(0, width - 1)]
    if len(part) == 1:
        return Image.fromarray(np.ascontiguousarray(part[0]))
    return Image.merge("RGB", [Image.fromarray(np.ascontiguousarray(band)) for band in part])
