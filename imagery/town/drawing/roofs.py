"""Roofs of a rendered town, whole: their planes, ridges, colours."""

from dataclasses import dataclass

import numpy as np

from imagery.town.drawing.canvas import Canvas, Patch, blend, cover_of, cut_patch
from imagery.town.homes import Homes
from imagery.town.noise import Raster

RIDGE_M = 0.5
"""Half width of the lighter band where ridge caps lie."""
SEAM_PERIOD_M = 1.8
"""Metal panel seams; wider than real ones (0.4 m), which half-metre pixels cannot show."""


@dataclass(slots=True, eq=False)
class Roof:
    """A roof under construction, over a patch of the canvas in the home's own axes.

    Attributes:
        patch: where it is, and local coordinates.
        depth_m: metres inside its outline, negative outside.
        height_m: height of its surface.
        slope_p: rise along p.
        slope_q: rise along q.
        colour: ``(3, rows, columns)``.
        cover: share of a pixel that it hides, 0 to 1.
    """

    patch: Patch
    depth_m: Raster
    height_m: Raster
    slope_p: Raster
    slope_q: Raster
    colour: Raster
    cover: Raster

    def flatten(self, where: Raster, height_m: Raster | float) -> None:
        """Level the surface at a height where ``where`` is at least a half."""
        inside = where >= 0.5  # noqa: PLR2004  more in than out
        self.height_m = np.where(inside, height_m, self.height_m)
        self.slope_p = np.where(inside, 0, self.slope_p)
        self.slope_q = np.where(inside, 0, self.slope_q)

    def lay(self, where: Raster, colour: Raster) -> None:
        """Blend a colour, ``(3,)`` or ``(3, rows, columns)``, over the roof."""
        over = colour[:, None, None] if colour.ndim == 1 else colour
        self.colour = self.colour + (over - self.colour) * where


def raise_roof(canvas: Canvas, homes: Homes, index: int, reach_m: float = 0.0) -> Roof:
    """The whole roof of a home, not yet laid on the canvas.

    Args:
        canvas: gives the textures.
        homes: all homes.
        index: which one.
        reach_m: extra ground around, for damage that spills.
    """
    radius_m = float(homes.compute_radius_m()[index]) + reach_m
    at = (float(homes.at_m[index, 0]), float(homes.at_m[index, 1]))
    patch = cut_patch(canvas, at, radius_m, float(homes.angle_rad[index]))
    is_hip, pitch = bool(homes.is_hip[index]), float(homes.pitch[index])
    half, wing_half = homes.half_m[index], homes.wing_half_m[index]
    depth, rise, slope_p, slope_q = _raise_wing(
        patch.p, patch.q, (float(half[0]), float(half[1])), is_hip
    )
    crest = min(float(half[0]), float(half[1])) - rise
    if wing_half[0] > 0:
        at_p, at_q = homes.wing_at_m[index]
        other = _raise_wing(
            patch.p - at_p, patch.q - at_q, (float(wing_half[0]), float(wing_half[1])), is_hip
        )
        is_higher = other[1] > rise
        crest = np.where(is_higher, float(min(wing_half)) - other[1], crest)
        depth = np.maximum(depth, other[0])
        slope_p, slope_q = np.where(is_higher, (other[2], other[3]), (slope_p, slope_q))
        rise = np.maximum(rise, other[1])
    return Roof(
        patch,
        depth,
        float(homes.eave_m[index]) + pitch * np.maximum(rise, 0),
        pitch * slope_p,
        pitch * slope_q,
        _colour_roof(canvas, patch, homes, index, crest),
        cover_of(depth, canvas.gsd_m),
    )


def lay_roof(canvas: Canvas, roof: Roof) -> None:
    """Put a finished roof on the canvas."""
    patch = roof.patch
    blend(canvas, patch.where, roof.cover, roof.colour)
    inside = roof.cover > 0.5  # noqa: PLR2004  more in than out
    turned_x = roof.slope_p * patch.cosine - roof.slope_q * patch.sine
    turned_y = roof.slope_p * patch.sine + roof.slope_q * patch.cosine
    for layer, values in (
        (canvas.height_m, roof.height_m),
        (canvas.slope_x, turned_x),
        (canvas.slope_y, turned_y),
    ):
        layer[patch.where][inside] = values[inside]


def _raise_wing(
    p: Raster,
    q: Raster,
    half_m: tuple[float, float],
    is_hip: bool,  # noqa: FBT001  a datum
) -> tuple[Raster, Raster, Raster, Raster]:
    """Depth inside, run from the eave, and the sign of the rise along p and q, of one wing.

    The ridge runs along the longer side; a hip roof also slopes at the two ends.
    """
    from_p, from_q = half_m[0] - np.abs(p), half_m[1] - np.abs(q)
    depth = np.minimum(from_p, from_q)
    ridge_along_p = half_m[0] >= half_m[1]
    run = depth if is_hip else (from_q if ridge_along_p else from_p)
    falls_along_q = from_q <= from_p if is_hip else np.full(p.shape, ridge_along_p)
    slope_p = np.where(falls_along_q, 0, -np.sign(p))
    slope_q = np.where(falls_along_q, -np.sign(q), 0)
    return depth, np.where(depth > -1, run, -1), slope_p, slope_q


def _colour_roof(canvas: Canvas, patch: Patch, homes: Homes, index: int, crest_m: Raster) -> Raster:
    """Shingles with stains, a lighter ridge; panels with seams on metal."""
    grain, blotch = canvas.grain[patch.where], canvas.blotch[patch.where]
    texture = 1 + 0.045 * grain + 0.035 * blotch
    texture = texture + 0.07 * np.clip(1 - np.abs(crest_m) / RIDGE_M, 0, 1)
    if homes.is_metal[index]:
        seams = np.cos(2 * np.pi * patch.p / SEAM_PERIOD_M)
        texture = 1 + 0.015 * grain + 0.02 * seams + 0.02 * blotch
    return homes.colour[index][:, None, None] * texture
