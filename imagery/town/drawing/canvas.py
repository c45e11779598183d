"""The painted surface: what colour the ground has, how high it stands and how it slopes."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from imagery.town.noise import Raster, draw_noise

MARGIN_PX = 24
"""Painted beyond the town on each side, so that a shifted picture has no empty edge."""


@dataclass(slots=True, eq=False)
class Canvas:
    """A surface under construction; painters change it in place.

    Attributes:
        albedo: float32 ``(3, height, width)``, digital numbers in full sun on flat ground.
        height_m: float32 ``(height, width)``, above the ground.
        slope_x: float32 ``(height, width)``, rise to the right, metres a metre.
        slope_y: float32 ``(height, width)``, rise downwards in the picture, metres a metre.
        grain: fine texture with standard deviation 1, the same in both pictures.
        blotch: coarser texture, likewise.
        gsd_m: ground size of a pixel.
    """

    albedo: Raster
    height_m: Raster
    slope_x: Raster
    slope_y: Raster
    grain: Raster
    blotch: Raster
    gsd_m: float

    @classmethod
    def blank(cls, rng: np.random.Generator, town_px: tuple[int, int], gsd_m: float) -> Self:
        """Flat and black, of ``town_px`` rows and columns and a margin around."""
        rows, columns = town_px[0] + 2 * MARGIN_PX, town_px[1] + 2 * MARGIN_PX
        flat = np.zeros((rows, columns), dtype=np.float32)
        return cls(
            np.zeros((3, rows, columns), dtype=np.float32),
            flat,
            flat.copy(),
            flat.copy(),
            draw_noise(rng, (rows, columns), 2),
            draw_noise(rng, (rows, columns), 16, 2),
            gsd_m,
        )

    def copy(self) -> Self:
        """A surface to go on from; the textures are shared, they are never painted on."""
        return type(self)(
            self.albedo.copy(),
            self.height_m.copy(),
            self.slope_x.copy(),
            self.slope_y.copy(),
            self.grain,
            self.blotch,
            self.gsd_m,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, the margin included."""
        rows, columns = self.height_m.shape
        return (int(rows), int(columns))

    def axes_m(self) -> tuple[Raster, Raster]:
        """Town metres at pixel centres: x ``(1, width)`` to the right, y ``(height, 1)`` down."""
        rows, columns = self.shape
        x = (np.arange(columns, dtype=np.float32) - MARGIN_PX + 0.5) * self.gsd_m
        y = (np.arange(rows, dtype=np.float32) - MARGIN_PX + 0.5) * self.gsd_m
        return x[None, :], y[:, None]

    def to_px(self, metres: Raster) -> Raster:
        """Fractional row or column of town metres; a whole number is a pixel's centre."""
        return metres / self.gsd_m + MARGIN_PX - 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A cut of the canvas around an object, with the object's own axes.

    Attributes:
        where: row and column slices.
        p: metres along the object's first axis, ``(rows, columns)``.
        q: metres along its second axis, a quarter turn clockwise as seen in the picture.
        cosine: of the angle from the picture's x axis to p.
        sine: of that angle.
    """

    where: tuple[slice, slice]
    p: Raster
    q: Raster
    cosine: float
    sine: float


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Oriented rectangles, one a row: drives, cars, pools, sheds.

    Attributes:
        at_m: ``(n, 2)`` centres x, y, town metres.
        angle_rad: ``(n,)`` from the x axis, clockwise as seen.
        half_m: ``(n, 2)`` half sizes along and across.
        colour: ``(n, 3)`` digital numbers.
        top_m: height; 0 lies on the ground.
        corner_m: corner radius.
    """

    at_m: Raster
    angle_rad: Raster
    half_m: Raster
    colour: Raster
    top_m: float = 0.0
    corner_m: float = 0.0

    def select(self, keep: NDArray[np.bool_]) -> Self:
        """The rows that a mask picks."""
        return type(self)(
            self.at_m[keep],
            self.angle_rad[keep],
            self.half_m[keep],
            self.colour[keep],
            self.top_m,
            self.corner_m,
        )


def cut_patch(canvas: Canvas, at_m: tuple[float, float], reach_m: float, angle_rad: float) -> Patch:
    """The square of ``reach_m`` around a point, cut at the canvas edge (it may be empty)."""
    rows, columns = canvas.shape
    column, row = (value / canvas.gsd_m + MARGIN_PX - 0.5 for value in at_m)
    reach = reach_m / canvas.gsd_m + 1
    top, bottom = max(0, int(row - reach)), min(rows, int(row + reach) + 2)
    left, right = max(0, int(column - reach)), min(columns, int(column + reach) + 2)
    dx = (np.arange(left, max(left, right), dtype=np.float32) - column)[None, :] * canvas.gsd_m
    dy = (np.arange(top, max(top, bottom), dtype=np.float32) - row)[:, None] * canvas.gsd_m
    cosine, sine = float(np.cos(angle_rad)), float(np.sin(angle_rad))
    return Patch(
        (slice(top, max(top, bottom)), slice(left, max(left, right))),
        dx * cosine + dy * sine,
        dy * cosine - dx * sine,
        cosine,
        sine,
    )


def depth_inside_m(
    p: Raster, q: Raster, half_m: tuple[float, float], corner_m: float = 0.0
) -> Raster:
    """Metres inside a rounded rectangle's edge, negative outside, at local points."""
    over_p, over_q = np.abs(p) - (half_m[0] - corner_m), np.abs(q) - (half_m[1] - corner_m)
    if corner_m == 0:
        return -np.maximum(over_p, over_q)
    outside = np.hypot(np.maximum(over_p, 0), np.maximum(over_q, 0))
    return corner_m - outside - np.minimum(np.maximum(over_p, over_q), 0)


def cover_of(depth_m: Raster, gsd_m: float) -> Raster:
    """Share of a pixel that is inside an edge, 0 to 1, from its depth inside it."""
    return np.clip(depth_m / gsd_m + 0.5, 0, 1)


def blend(canvas: Canvas, where: tuple[slice, slice], cover: Raster, colour: Raster) -> None:
    """Lay a colour, ``(3,)`` or ``(3, rows, columns)``, over a cut with a cover of 0 to 1."""
    for band, over in zip(canvas.albedo, colour.astype(np.float32, copy=False), strict=True):
        under = band[where]
        under += (over - under) * cover


def glaze(canvas: Canvas, cover: Raster, colour: Raster, texture: Raster | float = 1.0) -> None:
    """Lay a colour ``(3,)`` times a texture over the whole canvas; only covered rows are touched.

    Args:
        canvas: painted in place.
        cover: ``(height, width)``, 0 to 1.
        colour: ``(3,)`` digital numbers.
        texture: factor, ``(height, width)`` or one for all.
    """
    rows, columns = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(cover.any(axis=0))
    if len(rows) == 0:
        return
    where = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    cover = cover[where].astype(np.float32, copy=False)
    texture = texture[where] if isinstance(texture, np.ndarray) else texture
    for band, value in zip(canvas.albedo, colour, strict=True):
        under = band[where]
        under += (np.float32(value) * texture - under) * cover


def paint_boxes(canvas: Canvas, boxes: Boxes) -> None:
    """Lay oriented rectangles on the canvas, in their order."""
    for at, angle, half, colour in zip(
        boxes.at_m, boxes.angle_rad, boxes.half_m, boxes.colour, strict=True
    ):
        reach_m = float(np.hypot(*half))
        patch = cut_patch(canvas, (float(at[0]), float(at[1])), reach_m, float(angle))
        size_m = (float(half[0]), float(half[1]))
        corner_m = min(boxes.corner_m, *size_m)
        cover = cover_of(depth_inside_m(patch.p, patch.q, size_m, corner_m), canvas.gsd_m)
        texture = 1 + 0.04 * canvas.grain[patch.where] + 0.03 * canvas.blotch[patch.where]
        blend(canvas, patch.where, cover, colour[:, None, None] * texture)
        if boxes.top_m > 0:
            inside = cover > 0.5  # noqa: PLR2004  more in than out
            canvas.height_m[patch.where][inside] = boxes.top_m
            canvas.slope_x[patch.where][inside] = 0
            canvas.slope_y[patch.where][inside] = 0


def scatter_strips(canvas: Canvas, strips: Boxes) -> None:
    """Lay many small strips at once: debris, boards, trunks. They raise what they lie on."""
    if len(strips.at_m) == 0:
        return
    step_m = 0.7 * canvas.gsd_m
    along = np.linspace(-1, 1, max(2, int(2 * strips.half_m[:, 0].max() / step_m) + 1))
    across = np.linspace(-1, 1, max(1, int(2 * strips.half_m[:, 1].max() / step_m) + 1))
    along, across = (axis.ravel() for axis in np.meshgrid(along, across))
    p, q = strips.half_m[:, :1] * along, strips.half_m[:, 1:] * across
    cosine, sine = np.cos(strips.angle_rad)[:, None], np.sin(strips.angle_rad)[:, None]
    columns = canvas.to_px(strips.at_m[:, :1] + p * cosine - q * sine)
    rows = canvas.to_px(strips.at_m[:, 1:] + p * sine + q * cosine)
    pixels, owners, _ = index_inside(canvas.shape, rows, columns)
    for band, values in zip(canvas.albedo, strips.colour.T, strict=True):
        band.reshape(-1)[pixels] = values[owners]
    raised = canvas.height_m.reshape(-1)
    raised[np.unique(pixels)] += np.float32(strips.top_m)


def index_inside(
    shape: tuple[int, int], rows: Raster, columns: Raster
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Flat pixel index and owner (first axis) of the points inside, and which ones those are."""
    row, column = np.rint(rows).astype(np.intp), np.rint(columns).astype(np.intp)
    inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    owners = np.broadcast_to(np.arange(len(rows))[:, None], rows.shape)
    return row[inside] * shape[1] + column[inside], owners[inside], inside
