"""Light, air and lens: from a painted surface to the picture that a sensor would give."""

import numpy as np
from scipy.ndimage import gaussian_filter

from imagery.town_canvas import MARGIN_PX, Canvas
from imagery.town_noise import Raster
from imagery.town_style import Capture

SKY_SHARE = np.array([0.36, 0.39, 0.44], dtype=np.float32)
"""Share of a sunlit flat ground's light that comes from the sky, by band: shadows keep it, and
look blue."""
HAZE = np.array([136, 146, 152], dtype=np.float32)
"""Colour of haze."""
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
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Shift right and down, blur, add noise, cut the margin: uint8 ``(3, height, width)``."""
    shot = np.empty(
        (3, picture.shape[1] - 2 * MARGIN_PX, picture.shape[2] - 2 * MARGIN_PX), dtype=np.uint8
    )
    common = rng.standard_normal(shot.shape[1:], dtype=np.float32)
    for band in range(len(picture)):
        moved = _shift(picture[band], shift_px)
        soft = gaussian_filter(moved, capture.blur_px, truncate=3.0)
        soft = soft[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
        own = rng.standard_normal(soft.shape, dtype=np.float32)
        noisy = soft + np.float32(capture.noise_dn) * (0.7 * common + 0.7 * own)
        np.clip(np.rint(noisy), 0, 255, out=noisy)
        shot[band] = noisy.astype(np.uint8)
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


def _look(field: Raster, step: tuple[float, float], distance_px: int) -> Raster:
    """The field as seen ``distance_px`` farther along a direction; 0 beyond the edge."""
    columns, rows = round(step[0] * distance_px), round(step[1] * distance_px)
    height, width = field.shape
    seen = np.zeros_like(field)
    if abs(rows) >= height or abs(columns) >= width:
        return seen
    to_rows = slice(max(0, -rows), height - max(0, rows))
    to_columns = slice(max(0, -columns), width - max(0, columns))
    from_rows = slice(max(0, rows), height - max(0, -rows))
    from_columns = slice(max(0, columns), width - max(0, -columns))
    seen[to_rows, to_columns] = field[from_rows, from_columns]
    return seen


def _shift(band: Raster, shift_px: tuple[float, float]) -> Raster:
    """Move the content right and down by fractions of a pixel, bilinear; the edge wraps."""
    for axis, shift in ((1, shift_px[0]), (0, shift_px[1])):
        whole = int(np.floor(shift))
        part = np.float32(shift - whole)
        if shift == 0:
            continue
        near, far = np.roll(band, whole, axis), np.roll(band, whole + 1, axis)
        band = near + part * (far - near)
    return band
