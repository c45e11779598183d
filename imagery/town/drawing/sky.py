"""The one cloud over a rendered town, and whom it hides."""

from dataclasses import dataclass

import numpy as np

from imagery.town.drawing.canvas import Canvas, cut_patch
from imagery.town.drawing.light import move
from imagery.town.homes import Homes
from imagery.town.noise import Raster, draw_noise, smooth_step

CLOUD_WHITE = np.array([232, 234, 236], dtype=np.float32)
SHADOW_LIGHT = 0.35
"""Sunlight left in the shadow's core: pale enough to grade a roof in it."""
SHADOW_OFFSET_M = 150.0
"""From cloud to shadow on the ground; a real one would fall beyond the town."""
SQUASH = 0.75
"""Height over width of the cloud as seen."""
TRIES = 24
"""Places tried for a cloud whose edge crosses few homes."""

RAGGED_M = 6.0
"""How far the cloud's edge strays from the ellipse, standard deviation."""
EDGE_FADE_M = 7.0
"""Half the width over which the cloud thins out."""

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
    clouds = [
        _fit_cloud((float(at[0]), float(at[1])), homes, about)
        for at in homes.at_m[rng.integers(len(homes), size=TRIES)]
    ]
    # over the dense part of the town, where it stays small
    clouds.sort(key=lambda found: found[1].radius_m)
    return max(clouds[: TRIES // 3], key=lambda found: found[0])[1]


def _fit_cloud(at_m: tuple[float, float], homes: Homes, about: int) -> tuple[float, Cloud]:
    """The cloud around a place through the widest gap between homes, and that gap."""
    distance = np.sort(Cloud(at_m, 1.0).measure(homes.at_m[:, 0], homes.at_m[:, 1]))
    first = about
    gaps = np.diff(distance[first - 1 : int(1.4 * about) + 2])
    widest = int(np.argmax(gaps))
    inner, outer = distance[first - 1 + widest : first + 1 + widest]
    return float(gaps[widest]), Cloud(at_m, float(inner + outer) / 2)


def draw_cloud(canvas: Canvas, seed: int, cloud: Cloud) -> Raster:
    """Cover of the cloud on each pixel, 0 to 1, ``(height, width)``."""
    cover = np.zeros(canvas.shape, dtype=np.float32)
    reach_m = cloud.radius_m + 4 * RAGGED_M + EDGE_FADE_M
    patch = cut_patch(canvas, cloud.at_m, reach_m, 0.0)
    ragged = draw_noise(
        np.random.default_rng((seed, _SKY_STREAM, 1)), (len(patch.q), patch.p.shape[1]), 128
    )
    off_centre = np.hypot(patch.p / cloud.radius_m, patch.q / (SQUASH * cloud.radius_m))
    # raggedness in metres, the same whatever the cloud's size
    inside_m = (1 - off_centre) * cloud.radius_m + RAGGED_M * ragged
    cover[patch.where] = smooth_step(inside_m, -EDGE_FADE_M, EDGE_FADE_M)
    return cover


def compute_shadow_light(canvas: Canvas, cover: Raster, sun: tuple[float, float, float]) -> Raster:
    """Share of sunlight that the cloud lets through to each pixel."""
    flat = float(np.hypot(sun[0], sun[1]))
    offset_px = SHADOW_OFFSET_M / canvas.gsd_m
    columns, rows = (round(-part / flat * offset_px) for part in sun[:2])
    shade = move(cover, rows, columns)
    return 1 - np.float32(1 - SHADOW_LIGHT) * shade


def veil(picture: Raster, cover: Raster, canvas: Canvas) -> None:
    """Lay the cloud over an exposed picture, in place."""
    texture = 1 + 0.035 * canvas.blotch * np.float32(0.5)
    for band, white in zip(picture, CLOUD_WHITE, strict=True):
        np.add(band, (white * texture - band) * cover, out=band)
