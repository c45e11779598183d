"""Light, air and lens: from a painted surface to the picture that a sensor would give."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from imagery.town.drawing.canvas import MARGIN_PX, Canvas
from imagery.town.noise import Raster
from imagery.town.style import Capture

SKY_SHARE = np.array([0.36, 0.39, 0.44], dtype=np.float32)
"""Share of a sunlit flat ground's light that comes from the sky, by band: shadows keep it, and
look blue."""
HAZE = np.array([136, 146, 152], dtype=np.float32)
"""Colour of haze."""
LENS_PX = 6
"""Margin that the blur may reach into."""
SOFT_EDGE_M = 0.6
"""Height over which a shadow's edge fades."""


def compute_sun_on_canvas(capture: Capture, rotation_deg: float) -> tuple[float, float, float]:
    """Unit vector to the sun in canvas axes: right, down, up.

    Args:
        capture: states where the sun is, from north.
        rotation_deg: clockwise turn of the canvas on the ground.
    """
    azimuth = np.deg2rad(capture.sun_azimuth_deg - rotation_deg)
    elevation = np.deg2rad(capture.sun_elevation_deg)
    flat = np.cos(elevation)
    return (
        float(flat * np.sin(azimuth)),
        float(-flat * np.cos(azimuth)),
        float(np.sin(elevation)),
    )


def compute_light(canvas: Canvas, sun: tuple[float, float, float]) -> Raster:
    """Direct sunlight on each pixel, 1 on sunlit flat ground, ``(height, width)``."""
    right, down, up = sun
    facing = up - right * canvas.slope_x - down * canvas.slope_y
    facing /= np.sqrt(1 + canvas.slope_x**2 + canvas.slope_y**2)
    light = np.clip(facing, 0, None) / np.float32(up)
    above = _compute_shade_height_m(canvas, sun) - canvas.height_m
    return light * np.clip(1 - above / np.float32(SOFT_EDGE_M), 0, 1)


def expose(canvas: Canvas, light: Raster, capture: Capture) -> Raster:
    """The picture before the lens, float32 ``(3, height, width)``, digital numbers."""
    picture = np.empty_like(canvas.albedo)
    for band in range(len(picture)):
        sky, gain = float(SKY_SHARE[band]), capture.gain[band]
        seen = canvas.albedo[band] * (sky + (1 - sky) * light)
        picture[band] = gain * ((1 - capture.haze_frac) * seen + capture.haze_frac * HAZE[band])
    return picture


def photograph(
    picture: Raster, rng: np.random.Generator, capture: Capture, shift_px: tuple[float, float]
) -> NDArray[np.uint8]:
    """Shift right and down, blur, add noise, cut the margin: uint8 ``(3, height, width)``."""
    height, width = (side - 2 * MARGIN_PX for side in picture.shape[1:])
    shot = np.empty((len(picture), height, width), dtype=np.uint8)
    lens = slice(LENS_PX, -LENS_PX)
    for band, seen in zip(picture, shot, strict=True):
        soft = gaussian_filter(_shift_and_cut(band, shift_px), capture.blur_px, truncate=3.0)
        noise = rng.standard_normal((height, width), dtype=np.float32)
        noise *= np.float32(capture.noise_dn)
        noise += soft[lens, lens]
        np.clip(np.rint(noise, out=noise), 0, 255, out=noise)
        seen[...] = noise
    return shot


def _compute_shade_height_m(canvas: Canvas, sun: tuple[float, float, float]) -> Raster:
    """Height up to which each pixel lies in shadow, by doubling: O(log of the longest shadow).

    After a round with reach r, a pixel knows the highest ray that any pixel within r towards the
    sun blocks.
    """
    right, down, up = sun
    flat = float(np.hypot(right, down))
    step = (right / flat, down / flat)
    drop_m = canvas.gsd_m * up / flat
    longest_px = int(np.ceil(float(canvas.height_m.max()) / drop_m))
    shade = _look(canvas.height_m, step, 1) - np.float32(drop_m)
    reach = 1
    while reach < longest_px:
        farther = _look(shade, step, reach) - np.float32(reach * drop_m)
        np.maximum(shade, farther, out=shade)
        reach *= 2
    return shade


def move(field: Raster, rows: int, columns: int) -> Raster:
    """The field moved down and right by whole pixels; 0 where nothing came from."""
    height, width = field.shape
    moved = np.zeros_like(field)
    if abs(rows) >= height or abs(columns) >= width:
        return moved
    to_rows = slice(max(0, rows), height + min(0, rows))
    to_columns = slice(max(0, columns), width + min(0, columns))
    from_rows = slice(max(0, -rows), height - max(0, rows))
    from_columns = slice(max(0, -columns), width - max(0, columns))
    moved[to_rows, to_columns] = field[from_rows, from_columns]
    return moved


def _look(field: Raster, step: tuple[float, float], distance_px: int) -> Raster:
    """The field as seen ``distance_px`` farther along a direction (right, down)."""
    return move(field, -round(step[1] * distance_px), -round(step[0] * distance_px))


def _shift_and_cut(band: Raster, shift_px: tuple[float, float]) -> Raster:
    """Move the content right and down by fractions of a pixel, bilinear, and cut the margin.

    ``LENS_PX`` of the margin stay on each side, for the blur to reach into.
    """
    for axis, shift in ((1, shift_px[0]), (0, shift_px[1])):
        whole = int(np.floor(shift))
        part = np.float32(shift - whole)
        start = MARGIN_PX - LENS_PX - whole
        length = band.shape[axis] - 2 * (MARGIN_PX - LENS_PX)
        along = np.moveaxis(band, axis, 0)
        near, far = along[start : start + length], along[start - 1 : start - 1 + length]
        moved = near if part == 0 else near + part * (far - near)
        band = np.moveaxis(moved, 0, axis)
    return band
