"""Which pixels of a file a grid needs, and how they come to lie on it. Pure."""

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning
from rasterio.warp import reproject

from core.grid import GeoGrid, Window
from imagery.pixels.resample import Lie, resample

# rasterio hides this of the arrays that it warps, by a filter that threads share: now and then one
# of them shows it. Pixels come here with their place.
warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)

LATTICE = 21
"""Points along each side of a grid by which it is found in the file: 50 m apart on a tile."""
MARGIN_PX = 12
"""Read around what is needed: cubic convolution looks 2 px aside, and two builds of PROJ may
differ by a datum shift of some metres."""
WARP_MIB = 512
"""A tile of 2,200 px is warped in one piece: 20 MB a band."""
PLAIN_STEP = 1.2
"""Up to so many source pixels a grid's the kernel is as wide as on equal grids. GDAL widens it from
1.05 on, at three times the cost; on real scenes at 1.07 that changed a pixel by 0.2 grey levels."""
BENT_PX = 0.1
"""A grid whose points lie this near to those of a turned and stretched one is taken for it: GDAL's
own shortcut may be off by 0.125 px. A tile of 520 m under UTM bends EPSG:4326 by 0.015."""
_OPAQUE = 255
_NEARLY = 0.05
"""A grid of 1.95 pixels is read from averages of 2: half the bytes, and nothing to see of it."""

Places = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Source:
    """What is read for a grid.

    Attributes:
        window: pixels of the full-size image.
        reduced_by: whole number of pixels averaged into one, along each side.
        target: part of the grid that they can reach.
        is_inside: the grid lies inside the image, so no edge of it shows.
        step_px: pixels as read that lie along one of the grid's.
        plain: from the grid's ``(column, row)`` to the full-size image's; None where that is no
            plain turn and stretch.
    """

    window: Window
    reduced_by: int
    target: Window
    is_inside: bool
    step_px: float
    plain: Affine | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """``(height, width)`` as read."""
        return (
            math.ceil(self.window.rows / self.reduced_by),
            math.ceil(self.window.columns / self.reduced_by),
        )

    def place(self, transform: Affine) -> Affine:
        """Transform of the pixels as read.

        Args:
            transform: of the full-size image.
        """
        return transform @ self._as_read

    @property
    def lie(self) -> Lie | None:
        """Where the target lies on the pixels as read, if that is nearly straight."""
        if self.plain is None:
            return None
        corner = Affine.translation(self.target.column, self.target.row)
        lie = Lie(~self._as_read @ self.plain @ corner, self.target.rows, self.target.columns)
        return lie if lie.is_nearly_straight else None

    @property
    def _as_read(self) -> Affine:
        """From the pixels as read to those of the full-size image."""
        rows, columns = self.shape
        moved = Affine.translation(self.window.column, self.window.row)
        return moved @ Affine.scale(self.window.columns / columns, self.window.rows / rows)


def choose_source(
    crs: CRS, transform: Affine, shape: tuple[int, int], grid: GeoGrid
) -> Source | None:
    """The pixels of an image that a grid needs; None where they share no ground.

    Args:
        crs: of the image.
        transform: of the image.
        shape: ``(height, width)`` of the image.
        grid: what is asked for.
    """
    wkt = crs.to_wkt()
    found = _lattice(grid.height, grid.width)
    columns, rows = _through(found, grid.transform, _transformer(grid.crs, wkt), ~transform)
    box = _box(columns, rows)
    if box is None:
        return None
    step_px = _pixels_per_step(columns, rows, grid)
    reduced_by = max(1, math.floor(step_px + _NEARLY))
    window = _clip(box, MARGIN_PX * reduced_by, reduced_by, shape)
    if window is None:
        return None
    lattice = _lattice(window.rows, window.columns)
    lattice = (lattice[0] + window.column, lattice[1] + window.row)
    back = _box(*_through(lattice, transform, _transformer(wkt, grid.crs), ~grid.transform))
    target = None if back is None else _clip(back, MARGIN_PX, 1, grid.shape)
    if target is None:
        return None
    top, left, bottom, right = box
    inside = min(top, left, shape[0] - bottom, shape[1] - right) >= MARGIN_PX
    is_inside = inside and bool(np.isfinite(columns).all())
    plain = _find_plain(columns, rows, grid)
    return Source(window, reduced_by, target, is_inside, step_px / reduced_by, plain)


@dataclass(frozen=True, slots=True)
class Warp:
    """How pixels come to lie on a grid, by cubic convolution.

    Attributes:
        crs: of the pixels.
        transform: of the pixels.
        grid: where they go.
        step_px: how many of them lie along one of the grid's.
        lie: where it lies on them, if that is nearly straight: then it is laid faster.
    """

    crs: CRS
    transform: Affine
    grid: GeoGrid
    step_px: float
    lie: Lie | None = None

    def lay(
        self, bands: NDArray[np.uint8], seen: NDArray[np.bool_]
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Pixels on the grid and where anything was seen, weighing only those that were seen.

        Args:
            bands: ``(bands, height, width)``.
            seen: ``(height, width)``; True = a pixel was seen there.
        """
        if seen.all():
            height, width = seen.shape
            reached = self._reach((height, width))
            return _blank(self.lay_seen(bands), reached), reached
        alpha = np.where(seen, np.uint8(_OPAQUE), np.uint8(0))[None]
        warped = np.zeros((len(bands) + 1, *self.grid.shape), np.uint8)
        last = len(warped)
        reproject(
            np.concatenate([bands, alpha]), warped, src_alpha=last, dst_alpha=last,
            resampling=Resampling.cubic, **self._places(),
        )  # fmt: skip
        return warped[:-1], warped[-1] > 0

    def lay_seen(self, bands: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The same where all was seen; what lies beyond their edge says nothing."""
        if self.lie is not None:
            return resample(bands, self.lie)
        warped = np.zeros((len(bands), *self.grid.shape), np.uint8)
        reproject(bands, warped, resampling=Resampling.cubic, **self._places())
        return warped

    def _reach(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Where the grid lies on the pixels at all: one band, the nearest pixel of each."""
        if self.lie is not None:
            return self.lie.reach(*shape)
        warped = np.zeros((1, *self.grid.shape), np.uint8)
        opaque = np.full((1, *shape), _OPAQUE, np.uint8)
        reproject(opaque, warped, resampling=Resampling.nearest, **self._places())
        return warped[0] > 0

    def _places(self) -> dict[str, object]:
        plain = {"XSCALE": 1, "YSCALE": 1} if self.step_px <= PLAIN_STEP else {}
        return {
            "src_crs": self.crs,
            "src_transform": self.transform,
            "dst_crs": self.grid.crs,
            "dst_transform": self.grid.transform,
            "warp_mem_limit": WARP_MIB,
            **plain,
        }


def _blank(laid: NDArray[np.uint8], reached: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Bands, 0 where nothing was reached."""
    if reached.all():
        return laid
    kept = np.repeat(reached[..., None], len(laid), axis=2)  # as the bands lie: three times faster
    blanked: NDArray[np.uint8] = (laid.transpose(1, 2, 0) * kept).transpose(2, 0, 1)
    return blanked


@lru_cache(maxsize=256)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def _lattice(rows: int, columns: int) -> tuple[Places, Places]:
    """Columns and rows of points spread over a rectangle of pixels, each ``(LATTICE, LATTICE)``."""
    across, down = np.meshgrid(np.linspace(0, columns, LATTICE), np.linspace(0, rows, LATTICE))
    return across, down


def _through(
    places: tuple[Places, Places], there: Affine, between: Transformer, back: Affine
) -> tuple[Places, Places]:
    """Pixel places of one image in another; infinite where a CRS does not reach."""
    x, y = between.transform(*_apply(there, *places))
    return _apply(back, np.asarray(x), np.asarray(y))


def _apply(transform: Affine, columns: Places, rows: Places) -> tuple[Places, Places]:
    a, b, c, d, e, f = transform[:6]
    with np.errstate(invalid="ignore"):
        return a * columns + b * rows + c, d * columns + e * rows + f


def _find_plain(columns: Places, rows: Places, grid: GeoGrid) -> Affine | None:
    """The turn and stretch that places of the grid's mesh have, if they have one."""
    if not (np.isfinite(columns).all() and np.isfinite(rows).all()):
        return None
    across, down = _lattice(grid.height, grid.width)
    mesh = np.column_stack([across.ravel(), down.ravel(), np.ones(across.size)])
    places = np.column_stack([columns.ravel(), rows.ravel()])
    fitted = np.linalg.lstsq(mesh, places, rcond=None)[0]
    if np.abs(mesh @ fitted - places).max() > BENT_PX:
        return None
    return Affine(*fitted[:, 0], *fitted[:, 1])


def _box(columns: Places, rows: Places) -> tuple[float, float, float, float] | None:
    """Top, left, bottom, right of the places that are somewhere."""
    is_there = np.isfinite(columns) & np.isfinite(rows)
    if not is_there.any():
        return None
    across, down = columns[is_there], rows[is_there]
    return (float(down.min()), float(across.min()), float(down.max()), float(across.max()))


def _clip(
    box: tuple[float, float, float, float], margin: int, step: int, shape: tuple[int, int]
) -> Window | None:
    """The part of an image that a box covers with a margin, in whole ``step``s."""
    top, left, bottom, right = box
    if top >= shape[0] or left >= shape[1] or bottom <= 0 or right <= 0:
        return None
    row = max(0, math.floor((top - margin) / step) * step)
    column = max(0, math.floor((left - margin) / step) * step)
    rows = min(shape[0], math.ceil((bottom + margin) / step) * step) - row
    columns = min(shape[1], math.ceil((right + margin) / step) * step) - column
    return Window(row, column, rows, columns)


def _pixels_per_step(columns: Places, rows: Places, grid: GeoGrid) -> float:
    """How many of the image's pixels lie along one of the grid's, in the middle of the mesh."""
    with np.errstate(invalid="ignore"):
        area = np.abs(
            np.diff(columns, axis=1)[:-1] * np.diff(rows, axis=0)[:, :-1]
            - np.diff(rows, axis=1)[:-1] * np.diff(columns, axis=0)[:, :-1]
        )
    known = area[np.isfinite(area)]
    if not known.size:
        return 1.0
    cells = (LATTICE - 1) ** 2
    return math.sqrt(float(np.median(known)) * cells / (grid.height * grid.width))
