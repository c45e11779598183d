"""Collars that no nodata value, mask or alpha marks, and the fringes of those that one does. Pure.

A collar is one extreme value in all bands, over a real share of a scene and along its border, or
along what is known not to be seen. Once, on a sample of the whole scene, it is decided whether
there is one, of which value, and where; each read then looks for that value there alone, so that
white roofs and black water inside the picture stay what they are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

MIN_AREA_FRAC = 0.005
"""Of the scene: slivers left by turning a scene by half a degree are as large."""
MIN_BORDER_FRAC = 0.05
"""Of the border's length; one roof or pond on the border of a scene is far shorter."""
EXACT_LEVELS = 1
"""Of 8 bits: a flat block of JPEG is off by half its step of the mean, 1 level at quality 50."""
FRINGE_LEVELS = 24
"""Of 8 bits: how far JPEG's ripples beside a sharp edge stray from a flat value."""
FRINGE_PX = 16
"""They end with the block, which with halved colours is of 16 px."""
MIXED_PX = 2
"""Pixels beside a collar that are mixed with it, by averages or by cubic convolution."""
_FLAT_PX = 9
"""Side of a square that a collar holds somewhere and speckles in dark water do not."""
_BYTE = "uint8"
_SIGNED = (0.0, -9_999.0, -32_768.0)
_VALUES = {
    _BYTE: (0.0, 255.0),
    "uint16": (0.0, 65_535.0),
    "int16": (*_SIGNED, 32_767.0),
    **{
        name: (*_SIGNED, -99_999.0, 65_535.0, float(np.finfo(name).min), float(np.finfo(name).max))
        for name in ("float32", "float64")
    },
}
"""What stands for nothing where nothing is said: ends of the type, and what tools write."""

Mask = NDArray[np.bool_]
Values = NDArray[np.generic]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Collar:
    """An unmarked collar of a scene.

    Attributes:
        value: of all bands in it.
        zone: bool ``(rows, columns)`` of equal parts of the scene; True = it may lie there.
    """

    value: float
    zone: Mask

    def find(self, values: Values, at: tuple[Places, Places]) -> Mask:
        """Pixels of the collar itself.

        Args:
            values: ``(bands, height, width)``.
            at: rows and columns of the zone that the pixels' rows and columns lie in.
        """
        zone = self.zone[np.ix_(*at)]
        return _equals(values, self.value) & zone if zone.any() else zone


def place_in_zone(start: int, length: int, steps: int, side: int, cells: int) -> Places:
    """Which of the equal parts of a side each pixel as read lies in.

    Args:
        start: first full-size pixel.
        length: full-size pixels.
        steps: pixels as read.
        side: full-size pixels along the whole side.
        cells: parts of it.
    """
    middles = start + (np.arange(steps) + 0.5) * length / steps
    places: Places = (middles * cells / side).astype(np.intp).clip(0, cells - 1)
    return places


def find_collars(values: Values, seen: Mask, cells: tuple[int, int]) -> tuple[Collar, ...]:
    """The unmarked collars of a scene.

    Args:
        values: ``(bands, height, width)`` of a sample of the whole scene, in its order.
        seen: ``(height, width)``; True = nothing says that this was not seen.
        cells: rows and columns of the zones, no more than the sample's.
    """
    border = _border_of(seen)
    found = []
    for value in _VALUES.get(values.dtype.name, ()):
        alike = _equals(values, value) & seen
        if not _may_be_collar(alike, border):  # most scenes, and patches cost ten times the rest
            continue
        where = _along(alike, border)
        if _may_be_collar(where, border):
            found.append(Collar(value, _widen(_any_in(where, cells), 1)))
    return tuple(found)


def _may_be_collar(where: Mask, border: Mask) -> bool:
    """Whether enough of a scene and of its border is alike."""
    if np.count_nonzero(where) < MIN_AREA_FRAC * where.size:
        return False
    along = np.count_nonzero(where & border)
    return bool(along >= MIN_BORDER_FRAC * 2 * sum(where.shape))


def trim_collar(values: Values, seen: Mask, collar: Mask, value: float) -> Mask:
    """What was seen, without an unmarked collar and what is mixed with it or ripples beside it.

    Args:
        values: ``(bands, height, width)``.
        seen: ``(height, width)``; True = a pixel was seen there.
        collar: ``(height, width)``; True = the collar.
        value: of all bands in it.
    """
    if not collar.any():
        return seen
    return trim_fringe(values, seen & ~_widen(collar, MIXED_PX), collar, value)


def trim_fringe(values: Values, seen: Mask, collar: Mask, value: float) -> Mask:
    """What was seen, without JPEG's ripples in a collar; single pixels of its value have none.

    Arguments as in ``trim_collar``; pixels of more than 8 bits are seldom JPEG, and stay.
    """
    if values.dtype.name != _BYTE or not collar.any():
        return seen
    flat = ndimage.minimum_filter(collar, _FLAT_PX, mode="nearest")
    near = _widen(flat, FRINGE_PX + _FLAT_PX // 2)
    trimmed: Mask = seen & ~(near & _is_near(values, value, FRINGE_LEVELS)) if near.any() else seen
    return trimmed


def _equals(values: Values, value: float) -> Mask:
    if values.dtype.name == _BYTE:
        return _is_near(values, value, EXACT_LEVELS)
    same: Mask = (values == np.array(value, values.dtype)).all(axis=0)
    return same


def _is_near(values: Values, value: float, levels: int) -> Mask:
    """Bytes of all bands within so many levels."""
    low, high = max(0, int(value) - levels), min(255, int(value) + levels)
    near: Mask = ((values >= low) & (values <= high)).all(axis=0)  # type: ignore[operator]
    return near


def _border_of(seen: Mask) -> Mask:
    """Pixels along the edge of the picture and along what was not seen."""
    inner = np.zeros_like(seen)
    rows = seen[:-2] & seen[1:-1] & seen[2:]
    inner[1:-1, 1:-1] = rows[:, :-2] & rows[:, 1:-1] & rows[:, 2:]
    return seen & ~inner


def _along(where: Mask, border: Mask) -> Mask:
    """The patches that touch the border."""
    patches, _ = ndimage.label(where)
    touching = np.zeros(patches.max() + 1, bool)
    touching[patches[border]] = True
    touching[0] = False
    along: Mask = touching[patches]
    return along


def _widen(where: Mask, by: int) -> Mask:
    wide: Mask = ndimage.maximum_filter(where, 2 * by + 1, mode="nearest")
    return wide


def _any_in(where: Mask, cells: tuple[int, int]) -> Mask:
    """Whether any pixel of each cell is in a mask."""
    rows, columns = (np.linspace(0, side, n, endpoint=False).astype(int)
                     for side, n in zip(where.shape, cells, strict=True))  # fmt: skip
    parts = np.logical_or.reduceat(np.logical_or.reduceat(where, rows, axis=0), columns, axis=1)
    return np.asarray(parts, bool)
