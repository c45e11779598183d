"""Cuts building-centred before/after chips out of tiles that were read once.

``read_tile`` reads and registers both dates of a tile; its chips are then cut all at once or a few
at a time. The parts are open, so that the date before can be prepared ahead: ``place_chips`` needs
no pixels, ``prepare_date`` one date's, ``register`` only their textures.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, Self

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.chips import BANDS, POST, PRE, ChipBatch
from core.grid import GeoGrid
from core.scenes import Scene
from imagery.chips.places import ChipPlaces, pick_footprints, place_chips
from imagery.chips.quality import (
    KEEPS_PIXELS,
    Cause,
    HiddenMap,
    QualityOptions,
    Sight,
    compute_usable_frac,
    find_hidden,
    find_main_cause,
)
from imagery.chips.through import Looks, find_shown, is_sky
from imagery.chips.tiles import ChipOptions, Tile
from imagery.pixels.read import Pixels, read_on_grid
from imagery.registration.align import AlignOptions, Registration, Shift, register
from imagery.registration.texture import Texture, compute_texture

MIN_PIXEL_M = 0.3
"""Finer imagery is read at this size: a chip of a house has about 0.3 m a pixel anyway."""

DEFAULT_PIXEL_M = 0.5
"""Where a catalogue states no ground sample distance."""

NEAR_PX = 32
"""Squares in which it is noted whether anything is hidden: most chips then need no mask cut."""


@dataclass(frozen=True, slots=True)
class CutOptions:
    """All that decides what a chip looks like; part of every cache key."""

    chip: ChipOptions = field(default_factory=ChipOptions)
    quality: QualityOptions = field(default_factory=QualityOptions)
    align: AlignOptions = field(default_factory=AlignOptions)


@dataclass(frozen=True, slots=True, eq=False)
class DateChips:
    """One date's chips.

    Attributes:
        images: uint8 ``(batch, bands, px, px)``, 0 where there is no picture of the ground.
        hidden: uint8 ``(batch, px, px)`` of ``Cause``.
    """

    images: NDArray[np.uint8]
    hidden: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class PreparedDate:
    """One date of a tile, ready to be registered and cut.

    Attributes:
        picture: its pixels, RGB.
        hidden: mode L, a ``Cause`` a pixel.
        hidden_near: bool, whether anything is hidden in each square of ``NEAR_PX`` of it.
        texture: what it can be registered on.
    """

    picture: Image.Image
    hidden: Image.Image
    hidden_near: NDArray[np.bool_]
    texture: Texture

    def of_part(self, _part: slice) -> Self:
        """See ``Cuttable``."""
        return self

    def cut(self, boxes: NDArray[np.float64], into: DateChips) -> NDArray[np.bool_]:
        """Cut one date's chips.

        Args:
            boxes: ``(batch, 4)`` left, top, right, bottom of each chip in its pixels.
            into: filled; ``hidden`` comes in as zeros.

        Returns:
            ``(batch,)``; True = something of the chip may be hidden.
        """
        size = into.images.shape[-2:][::-1]
        width, height = self.picture.size
        touched = np.zeros(len(boxes), bool)
        for chip, box in enumerate(boxes.clip(0, [width, height, width, height]).tolist()):
            cut = self.picture.resize(size, Image.Resampling.BILINEAR, box=box)
            into.images[chip] = np.asarray(cut).transpose(2, 0, 1)
            left, top, right, bottom = (int(side) // NEAR_PX for side in box)
            if self.hidden_near[top : bottom + 1, left : right + 1].any():
                touched[chip] = True
                causes = self.hidden.resize(size, Image.Resampling.NEAREST, box=box)
                into.hidden[chip] = np.asarray(causes)
                into.images[chip][:, into.hidden[chip] > KEEPS_PIXELS] = 0
        return touched


@dataclass(frozen=True, slots=True, eq=False)
class TileChips:
    """Chips of a tile and what was learnt on the way.

    Attributes:
        chips: one a building.
        seen_frac: ``(batch,)`` share of each footprint that has pixels in both images.
        usable_frac: ``(batch,)`` share of each footprint seen clearly in both images.
        clear_frac: ``(batch, time)`` share of each footprint seen clearly at each date.
        cause: uint8 ``(batch,)`` of ``Cause``: what hides most of each footprint.
        pixel_m: ground size of the tile's pixels.
        registration: where the image after lies relative to the one before; already corrected.
    """

    chips: ChipBatch
    seen_frac: NDArray[np.float64]
    usable_frac: NDArray[np.float64]
    clear_frac: NDArray[np.float64]
    cause: NDArray[np.uint8]
    pixel_m: float
    registration: Registration

    @property
    def shift(self) -> Shift:
        """The shift at the tile's middle."""
        return self.registration.tile

    @property
    def shift_m(self) -> NDArray[np.float64]:
        """``(batch,)`` length of each building's corrected shift, metres."""
        return self.registration.length_px * self.pixel_m


ReadPixels = Callable[[Scene, GeoGrid], Pixels]


def cut_tile(
    tile: Tile, pre: Scene, post: Scene, footprints: gpd.GeoDataFrame, options: CutOptions,
    *, read: ReadPixels = read_on_grid,
) -> TileChips:  # fmt: skip
    """All chips of a tile at once; see ``read_tile``."""
    return read_tile(tile, pre, post, footprints, options, read=read).cut()


def read_tile(
    tile: Tile, pre: Scene, post: Scene, footprints: gpd.GeoDataFrame, options: CutOptions,
    *, read: ReadPixels = read_on_grid,
) -> "RegisteredTile":  # fmt: skip
    """Read a tile of both scenes and register them.

    Args:
        tile: the plan.
        pre: scene before.
        post: scene after.
        footprints: building_id and geometry in a metric CRS, at least the tile's buildings.
        options: chips, quality, registration.
        read: reads a scene; ``SceneReader.read`` where many tiles are read.

    Raises:
        KeyError: a building has no footprint.
        SceneError, TransientError: see ``read_on_grid``.
    """
    wanted = pick_footprints(tile.building_ids, footprints)
    grid = choose_grid(tile, pre, post, str(footprints.crs), options.align)
    before, after = (
        prepare_date(read(scene, grid), grid.transform.a, scene.gsd_m, options)
        for scene in (pre, post)
    )
    return register_dates(place_chips(wanted, grid, options.chip), before, after, options)


def choose_grid(tile: Tile, pre: Scene, post: Scene, crs: str, options: AlignOptions) -> GeoGrid:
    """The grid that both scenes of a tile are read on.

    It has room for the shift around the tile's chips, and enough ground to register on.
    """
    bounds = tile.bounds
    shorter = min(bounds.east - bounds.west, bounds.north - bounds.south)
    margin_m = max(options.search_m, (options.min_side_m - shorter) / 2)
    return GeoGrid.covering(bounds.buffered(margin_m), crs, choose_pixel_m(pre, post))


def choose_pixel_m(pre: Scene, post: Scene) -> float:
    """Ground size of a tile's pixels: the finer of the two scenes, not under ``MIN_PIXEL_M``."""
    stated = [s.gsd_m for s in (pre, post) if not np.isnan(s.gsd_m)]
    return max(MIN_PIXEL_M, min(stated, default=DEFAULT_PIXEL_M))


class Cuttable(Protocol):
    """A date of a tile that chips can be had of: prepared now, or kept from a quiet day."""

    @property
    def texture(self) -> Texture:
        """What it can be registered on."""
        ...

    def of_part(self, part: slice) -> "Cuttable":
        """The date as some of the tile's buildings are cut from it."""
        ...

    def cut(self, boxes: NDArray[np.float64], into: DateChips) -> NDArray[np.bool_]:
        """See ``PreparedDate.cut``."""
        ...


def register_dates(
    places: ChipPlaces, before: Cuttable, after: PreparedDate, options: CutOptions
) -> "RegisteredTile":
    """Register two dates on one grid. Pure.

    Args:
        places: which chips, and the grid.
        before: the date before, on that grid.
        after: the date after, on that grid.
        options: chips, quality, registration.
    """
    found = register(before.texture, after.texture, places.middles, places.pixel_m, options.align)
    return RegisteredTile(places, before, after, found, options.chip.chip_px)


@dataclass(frozen=True, slots=True, eq=False)
class RegisteredTile:
    """Both dates of a tile, ready to cut chips of.

    Attributes:
        places: where the chips lie.
        before: the date before.
        after: the date after.
        found: where it lies relative to the one before.
        chip_px: side of a chip.
    """

    places: ChipPlaces
    before: Cuttable
    after: PreparedDate
    found: Registration
    chip_px: int

    def cut_parts(self, size: int) -> Iterator[TileChips]:
        """All chips in the tile's order, so many at a time: a dense tile has hundreds."""
        for first in range(0, len(self.places), size):
            yield self.cut(slice(first, first + size))

    def cut(self, part: slice = slice(None)) -> TileChips:
        """Some of the chips, in the tile's order."""
        places, found = self.places.select(part), self.found.select(part)
        moved = places.boxes + np.column_stack([found.columns_px, found.rows_px] * 2)
        px, count = self.chip_px, len(places)
        images = np.empty((count, 2, BANDS, px, px), np.uint8)
        hidden = np.zeros((count, 2, px, px), np.uint8)
        touched = np.zeros(count, bool)
        dates: tuple[tuple[Cuttable, NDArray[np.float64], int], ...] = (
            (self.before.of_part(part), places.boxes, PRE), (self.after, moved, POST),
        )  # fmt: skip
        for date, boxes, time in dates:
            touched |= date.cut(boxes, DateChips(images[:, time], hidden[:, time]))
        textures = (self.before.texture, self.after.texture)
        hidden[touched] = _clear_shown(
            Looks(
                textures, (places.boxes[touched], moved[touched]), images[touched],
                places.footprint[touched], hidden[touched], places.chip_pixel_m[touched],
            )
        )  # fmt: skip
        valid = _spread(hidden[touched] <= KEEPS_PIXELS, touched)
        chips = ChipBatch(places.building_ids, images, valid, places.footprint, places.chip_pixel_m)
        return _sum_up(places, chips, hidden[touched], touched, found)


def _clear_shown(looks: Looks) -> NDArray[np.uint8]:
    """What hides chips, without the skies under which the home is seen all the same."""
    shown = find_shown(looks)[:, :, None, None] & is_sky(looks.hidden)
    cleared: NDArray[np.uint8] = np.where(shown, np.uint8(Cause.NONE), looks.hidden)
    return cleared


def _sum_up(
    places: ChipPlaces, chips: ChipBatch, hidden: NDArray[np.uint8], touched: NDArray[np.bool_],
    found: Registration,
) -> TileChips:  # fmt: skip
    """Shares and causes; only the chips that something hides a part of are looked at."""
    has_any = np.asarray(chips.footprint.any(axis=(1, 2)), np.float64)
    footprint = chips.footprint[touched]
    seen_frac, usable_frac = has_any.copy(), has_any.copy()
    for shares, limit in ((seen_frac, Cause.NO_DATA), (usable_frac, Cause.GLARE)):
        is_seen = hidden < limit
        shares[touched] = compute_usable_frac(footprint, is_seen[:, PRE], is_seen[:, POST])
    clear_frac = np.column_stack([has_any, has_any])
    for time in (PRE, POST):
        is_clear = hidden[:, time] < Cause.GLARE
        clear_frac[touched, time] = compute_usable_frac(footprint, is_clear, is_clear)
    cause = np.zeros(len(chips), np.uint8)
    cause[touched] = find_main_cause(footprint, hidden)
    return TileChips(chips, seen_frac, usable_frac, clear_frac, cause, places.pixel_m, found)


def _spread(some: NDArray[np.bool_], touched: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Masks of the chips touched, and all True for the others."""
    whole = np.ones((len(touched), *some.shape[1:]), bool)
    whole[touched] = some
    return whole


def prepare_date(pixels: Pixels, pixel_m: float, gsd_m: float, options: CutOptions) -> PreparedDate:
    """Find what one date hides and what it can be registered on. Pure.

    Args:
        pixels: the date's pixels on the tile's grid.
        pixel_m: ground size of the grid's pixels.
        gsd_m: what the sensor resolved, metres; NaN = not known.
        options: quality, registration.
    """
    picture = pixels.draw()
    grey = picture.convert("L")
    texture = compute_texture(grey, pixels.valid, options.align.reduce_by(pixel_m))
    found = find_hidden(
        Sight(picture, grey, texture, pixels.valid), pixel_m, gsd_m, options.quality
    )
    hidden = _draw_hidden(found, pixels.valid)
    rows, columns = (range(0, side, NEAR_PX) for side in hidden.shape)
    near = np.maximum.reduceat(np.maximum.reduceat(hidden, rows, axis=0), columns, axis=1) > 0
    return PreparedDate(picture, Image.fromarray(hidden), near, texture)


def _draw_hidden(found: HiddenMap, valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """``Cause`` a pixel of the tile, what the file itself calls missing included."""
    height, width = valid.shape
    coarse = Image.fromarray(found.causes)
    box = (0, 0, width / found.reduced_by, height / found.reduced_by)
    drawn = np.array(coarse.resize((width, height), Image.Resampling.NEAREST, box=box))
    drawn[~valid] = Cause.NO_DATA
    return drawn
