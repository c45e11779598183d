"""Clouds, smoke and cloud shadow laid over real pictures, with the truth of what they hide."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagery.town.noise import draw_noise, smooth_step

KINDS = ("cloud", "smoke", "shadow")
CLOUD_WHITE = ((222, 224, 228), (250, 250, 252))
"""Darkest and brightest cloud top as satellites see it."""
SMOKE_GREY = ((120, 118, 116), (205, 198, 188))
"""Smoke from black-brown burning houses to white grass fires."""
COARSEST_PX = (64, 256)
"""Cell of the roughest octave: clouds of 30 to 250 m at half a metre a pixel."""
SHADE_LIGHT = 0.45
"""Light left in a cloud's core shadow: half or more of it is sunlight that is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """A picture under a rendered sky.

    Attributes:
        pixels: uint8 ``(bands, height, width)``.
        opacity: float32 ``(height, width)``; 0 = the ground shows fully, 1 = not at all.
    """

    pixels: NDArray[np.uint8]
    opacity: NDArray[np.float32]


def render_sky(pixels: NDArray[np.uint8], kind: str, thickness: float, seed: int) -> Sky:
    """Lay a sky over a picture; about half of it is covered.

    Args:
        pixels: uint8 ``(bands, height, width)``, clear.
        kind: one of ``KINDS``.
        thickness: opacity in the core, 0 to 1; of shadow, the share of light taken.
        seed: of the sky's shape and colour.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    shape = pixels.shape[1:]
    coarsest = int(rng.choice([size for size in (64, 128, 256) if size <= min(shape)]))
    if kind == "smoke":  # drawn out along the wind
        field = draw_noise(rng, (shape[0], -(-shape[1] // 4)), coarsest // 2).repeat(4, axis=1)
        field = field[:, : shape[1]]
        if rng.integers(2):
            field = np.ascontiguousarray(field[:, ::-1])
    else:
        field = draw_noise(rng, shape, coarsest, finest_px=4)
    edge = rng.uniform(0.15, 0.8)
    cover = smooth_step(field, -edge, edge)
    billows = 1 - 0.15 * smooth_step(draw_noise(rng, shape, 64, finest_px=2), -2, 2)
    opacity = (thickness * cover * billows).astype(np.float32)
    ground = pixels.astype(np.float32)
    if kind == "shadow":
        seen = ground * (1 - opacity)
    else:
        dark, bright = np.array(CLOUD_WHITE if kind == "cloud" else SMOKE_GREY, np.float32)
        colour = dark + (bright - dark) * np.float32(rng.random())
        relief = 1 + 0.03 * draw_noise(rng, shape, 32, finest_px=4)
        seen = ground * (1 - opacity) + colour[:, None, None] * relief * opacity
    noise = rng.normal(0, 1.5, shape).astype(np.float32)
    return Sky((seen + noise).clip(0, 255).astype(np.uint8), opacity)
