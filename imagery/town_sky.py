"""The one cloud over a rendered town, and whom it hides."""

from dataclasses import dataclass

import numpy as np

from imagery.town_canvas import Canvas
from imagery.town_homes import Homes
from imagery.town_noise import Raster, draw_noise, smooth_step

CLOUD_WHITE = np.array([232, 234, 236], dtype=np.float32)
SHADOW_LIGHT = 0.35
"""Sunlight left in the shadow's core: pale enough to grade a roof in it."""
SHADOW_OFFSET_M = 150.0
"""From cloud to shadow on the ground; a real one would fall beyond the town."""
SQUASH = 0.75
"""Height over width of the cloud as seen."""
TRIES = 24
"""Places tried for a cloud whose edge crosses few homes."""

_SKY_STREAM = 71


@dataclass(frozen=True, slots=True)
class Cloud:
    """An ellipse, wider than high; its edge is ragged when painted.

    Attributes:
        at_m: centre, town metres.
        radius_m: half its width.
    """

    at_m: tuple[float, float]
    radius_m: float

    def measure(self, x: Raster, y: Raster) -> Raster:
        """0 at the centre, 1 at the edge, growing outwards, at points in town metres."""
        return np.hypot(
            (x - self.at_m[0]) / self.radius_m, (y - self.at_m[1]) / (SQUASH * self.radius_m)
        )


def choose_cloud(seed: int, homes: Homes, about: int) -> Cloud | None:
    """A cloud over about so many of the homes given; none if there are too few.

    Of several places and sizes it is the one whose edge passes farthest from any home, so that
    few are half hidden.
    """
    if about == 0 or len(homes) < 2 * about:
        return None
    rng = np.random.default_rng((seed, _SKY_STREAM))
    best_gap_m, best = -1.0, None
    for at in homes.at_m[rng.integers(len(homes), size=TRIES)]:
        centre = (float(at[0]), float(at[1]))
        distance = np.sort(Cloud(centre, 1.0).measure(homes.at_m[:, 0], homes.at_m[:, 1]))
        first = max(1, int(0.8 * about))
        gaps = np.diff(distance[first - 1 : int(1.25 * about) + 2])
        widest = int(np.argmax(gaps))
        if gaps[widest] > best_gap_m:
            best_gap_m = float(gaps[widest])
            inner, outer = distance[first - 1 + widest : first + 1 + widest]
            best = Cloud(centre, float(inner + outer) / 2)
    return best


def draw_cloud(canvas: Canvas, seed: int, cloud: Cloud) -> Raster:
    """Cover of the cloud on each pixel, 0 to 1, ``(height, width)``."""
    x, y = canvas.axes_m()
    rng = np.random.default_rng((seed, _SKY_STREAM, 1))
    ragged = draw_noise(rng, canvas.shape, 64)
    # raggedness in metres, the same whatever the cloud's size
    inside_m = (1 - cloud.measure(x, y)) * cloud.radius_m + 2.5 * ragged
    return smooth_step(inside_m, -7, 7)


def compute_shadow_light(canvas: Canvas, cover: Raster, sun: tuple[float, float, float]) -> Raster:
    """Share of sunlight that the cloud lets through to each pixel."""
    flat = float(np.hypot(sun[0], sun[1]))
    offset_px = SHADOW_OFFSET_M / canvas.gsd_m
    columns, rows = (round(-part / flat * offset_px) for part in sun[:2])
    return 1 - (1 - SHADOW_LIGHT) * np.roll(cover, (rows, columns), axis=(0, 1))


def veil(picture: Raster, cover: Raster, canvas: Canvas) -> None:
    """Lay the cloud over an exposed picture, in place."""
    texture = 1 + 0.035 * canvas.blotch * np.float32(0.5)
    for band, white in zip(picture, CLOUD_WHITE, strict=True):
        np.add(band, (white * texture - band) * cover, out=band)
