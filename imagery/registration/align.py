"""The shift between two images of one place, for a tile and for each building. Pure.

Coarse to fine: windows over the whole tile are searched as far as the options allow; the motion
that most of them share (a shift, a turn, a change of scale) becomes the tile's field. Smaller
windows then refine the field, and one around each building finds its own shift, which counts as far
as its peak is clear and the field makes it likely. docs/registration.md has the figures.
"""

from dataclasses import dataclass
from math import ceil
from typing import Self

import numpy as np
from numpy.typing import NDArray

from imagery.registration.align_field import NO_FIELD, ShiftField, fit_motion, refine_field
from imagery.registration.texture import Texture, Windows, correlate_windows

_FAR_CHANCE = 5.0
_NEAR_CHANCE = 4.0
"""Usual peaks of far and near windows that show two different places: such a peak weighs nothing.
Medians over pairs of unlike real scenes were 5.2 and 3.7."""


@dataclass(frozen=True, slots=True)
class AlignOptions:
    """How shifts are searched and believed."""

    search_m: float = 18.0
    """Largest shift looked for in each direction: 30 pixels of 0.5 m and room for what the pair is
    off by itself; public satellite pairs differ by metres."""
    texture_m: float = 1.0
    """Pixels are averaged to about this size first: as exact as 0.5 m on real pairs, and four times
    cheaper."""
    far_px: int = 128
    """Side of the windows that search far, texture pixels: a tapered half of it must overlap."""
    far_step_px: int = 96
    """From one of them to the next."""
    near_px: int = 64
    """Side of the windows that refine, texture pixels: a house and its neighbours."""
    near_reach_m: float = 6.0
    """How far these look around the first motion."""
    min_quality: float = 8.0
    """Height of the mean peak over a tile, in standard deviations that chance would give it; below
    it no shift is believed and none is applied. Unlike real scenes reach 6, real pairs start
    at 17."""
    unlike_quality: float = 6.0
    """Below it two dates with texture are said to show different places. Of 59 pairs of unlike real
    tiles of 550 m 56 lie below; of 193 real pairs one does, of four homes. Between the two no shift
    is applied: woods that lost their leaves fit no better than that."""
    min_own_quality: float = 7.0
    """Height of a building's own peak, in standard deviations of its surface, to count."""
    max_own_m: float = 3.0
    """A building's own shift strays less than this from the field: a roof 6 m high leans 3 m
    between views of 0 and 27 degrees; farther off is another house's roof."""
    max_shift_m: float = 12.0
    """A believed shift beyond this says that the pair does not fit together: misaligned."""
    min_strength: float = 0.3
    """Mean edge strength from which a tile has texture: towns have 0.5 to 0.65, sensor noise on
    open water or bare ground less than 0.2. With texture at both dates and no shift to believe, the
    two show different places."""
    min_windows: int = 9
    """Fewer windows with texture than this prove nothing about the pair."""
    min_side_m: float = 250.0
    """A tile smaller than this is read with more ground around it: texture to register on."""

    def reduce_by(self, pixel_m: float) -> int:
        """How many of the tile's pixels make one of the texture's."""
        return max(1, round(self.texture_m / pixel_m))


@dataclass(frozen=True, slots=True)
class Shift:
    """Where the second image lies relative to the first.

    Attributes:
        rows_px: content of the second lies this many rows further down.
        columns_px: and this many columns further right.
        quality: height of the mean peak, see ``AlignOptions.min_quality``; 0 = nothing to see.
    """

    rows_px: float
    columns_px: float
    quality: float

    @property
    def length_px(self) -> float:
        """Length of the shift."""
        return float(np.hypot(self.rows_px, self.columns_px))


NO_SHIFT = Shift(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Shifts of a tile and its buildings, in pixels of the tile's grid.

    Attributes:
        tile: the shift at the tile's middle; none where it is not believed, with its quality.
        rows_px: ``(buildings,)`` shift of each down.
        columns_px: ``(buildings,)`` and right.
        own_quality: ``(buildings,)`` height of the building's own peak; 0 = nothing to see.
        is_own: ``(buildings,)``; True = its own shift counts, else the tile's field alone.
        is_unlike: both dates have texture and no motion joins them: they show different places.
    """

    tile: Shift
    rows_px: NDArray[np.float64]
    columns_px: NDArray[np.float64]
    own_quality: NDArray[np.float64]
    is_own: NDArray[np.bool_]
    is_unlike: bool

    @classmethod
    def none(cls, buildings: int, tile: Shift = NO_SHIFT, *, is_unlike: bool = False) -> Self:
        """No shift for so many buildings."""
        zeros = np.zeros(buildings)
        return cls(tile, zeros, zeros, zeros, np.zeros(buildings, bool), is_unlike)

    def select(self, part: slice) -> Self:
        """That of some of the buildings."""
        return type(self)(
            self.tile, self.rows_px[part], self.columns_px[part], self.own_quality[part],
            self.is_own[part], self.is_unlike,
        )  # fmt: skip

    @property
    def length_px(self) -> NDArray[np.float64]:
        """``(buildings,)`` length of each shift."""
        return np.hypot(self.rows_px, self.columns_px)


def register(
    first: Texture,
    second: Texture,
    places: NDArray[np.float64],
    pixel_m: float,
    options: AlignOptions,
) -> Registration:
    """How far buildings lie apart in two images on one grid.

    Args:
        first: texture before.
        second: texture after, of the same grid.
        places: ``(buildings, 2)`` column and row of each building's middle on that grid.
        pixel_m: ground size of the grid's pixels.
        options: how shifts are searched and believed.
    """
    level_m = pixel_m * first.reduced_by
    dates = _Dates(first, second, level_m, options)
    motion = _find_motion(dates)
    if motion is None:
        return Registration.none(len(places))
    corners = _lattice(first.edges.shape, options.near_px, options.near_px)
    around = _look_near(dates, corners, motion)
    if around.mean_peak < options.min_quality:
        tile = Shift(0.0, 0.0, around.mean_peak)
        is_unlike = (
            around.mean_peak < options.unlike_quality
            and min(first.strength, second.strength) >= options.min_strength
            and around.used >= options.min_windows
        )
        return Registration.none(len(places), tile, is_unlike=is_unlike)
    corners = np.rint(places[:, ::-1] / first.reduced_by).astype(np.intp) - options.near_px // 2
    homes = _look_near(dates, corners, motion)
    weights = np.maximum(np.r_[around.quality, homes.quality] - _NEAR_CHANCE, 0.0)
    field = refine_field(
        motion, np.r_[around.places, homes.places], np.r_[around.shifts, homes.shifts], weights,
        options.max_own_m / level_m,
    )  # fmt: skip
    return _choose_shifts(field, homes, around.mean_peak, dates)


@dataclass(frozen=True, slots=True, eq=False)
class _Dates:
    """Both textures, the ground size of their pixels, and how they are searched."""

    first: Texture
    second: Texture
    level_m: float
    options: AlignOptions


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """What near windows found: texture pixels, complex as column + 1j * row."""

    places: NDArray[np.complex128]
    shifts: NDArray[np.complex128]
    quality: NDArray[np.float64]
    mean_peak: float
    used: int


def _find_motion(dates: _Dates) -> ShiftField | None:
    """What far windows share; none where nothing can be seen to move."""
    options = dates.options
    size = options.far_px
    corners = _lattice(dates.first.edges.shape, size, options.far_step_px)
    reach = min(ceil(options.search_m / dates.level_m), size // 2 - 1)
    windows = Windows(corners, np.zeros_like(corners), size, reach)
    found = correlate_windows(dates.first, dates.second, windows)
    weights = np.maximum(found.quality - _FAR_CHANCE, 0.0)
    if not weights.any():
        return NO_FIELD if found.quality.any() else None
    shifts = found.columns_px + 1j * found.rows_px
    tolerance_px = options.max_own_m / dates.level_m
    return fit_motion(_middles(corners, size), shifts, weights, tolerance_px)


def _look_near(dates: _Dates, corners: NDArray[np.intp], motion: ShiftField) -> _Near:
    """Windows at the corners, held against where the motion says their ground lies."""
    size = dates.options.near_px
    places = _middles(corners, size)
    expected = np.rint(motion.at(places))
    offsets = np.stack([expected.imag, expected.real], axis=1).astype(np.intp)
    reach = min(ceil(dates.options.near_reach_m / dates.level_m), size // 2 - 1)
    windows = Windows(corners, offsets, size, reach)
    found = correlate_windows(dates.first, dates.second, windows)
    used = int((found.quality > 0).sum())
    mean_peak = float(found.surface.max()) * len(corners) / max(1, used) ** 0.5
    shifts = expected + found.columns_px + 1j * found.rows_px
    return _Near(places, shifts, found.quality, mean_peak, used)


def _choose_shifts(
    field: ShiftField, homes: _Near, mean_peak: float, dates: _Dates
) -> Registration:
    """The field's shift, and as much of a building's own as its distance from it allows."""
    expected = field.at(homes.places)
    apart = np.abs(homes.shifts - expected) * dates.level_m / dates.options.max_own_m
    is_own = (homes.quality >= dates.options.min_own_quality) & (apart < 1)
    own = (homes.shifts - expected) * np.where(is_own, 1 - apart**2, 0.0)
    shifts = (expected + own) * dates.first.reduced_by
    middle = field.at_middle * dates.first.reduced_by
    return Registration(
        Shift(middle.imag, middle.real, mean_peak),
        shifts.imag, shifts.real, homes.quality, is_own, is_unlike=False,
    )  # fmt: skip


def _middles(corners: NDArray[np.intp], size: int) -> NDArray[np.complex128]:
    middles = corners + size / 2
    return middles[:, 1] + 1j * middles[:, 0]


def _lattice(shape: tuple[int, ...], size: int, step: int) -> NDArray[np.intp]:
    """``(windows, 2)`` row and column of the corners of windows that cover a shape evenly."""
    rows, columns = np.meshgrid(*(_starts(side, size, step) for side in shape), indexing="ij")
    return np.stack([rows.ravel(), columns.ravel()], axis=1)


def _starts(side: int, size: int, step: int) -> NDArray[np.intp]:
    if side <= size:
        return np.array([(side - size) // 2], dtype=np.intp)
    return np.rint(np.linspace(0, side - size, ceil((side - size) / step) + 1)).astype(np.intp)
