"""What storage, sensors and seasons do to pictures, varied in training so that it is no damage."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Generator

from core.chips import ChipBatch

Picture = NDArray[np.uint8]
"""``(bands, height, width)``."""
GREEN_FROM, GREEN_FULL = 4.0, 28.0
"""Excess green (2G - R - B, of 0..255; Woebbecke et al. 1995) where leaves begin, and where a pixel
is all leaf."""
DRY = np.array([1.15, 1.0, 0.78], np.float32)[:, None, None]
"""Red, green, blue of dry grass and bare twigs over their brightness."""
DRY_BRIGHTNESS = (0.8, 1.2)


@dataclass(frozen=True, slots=True)
class WearOptions:
    """How often each date's picture is worn, and how far; each wear apart."""

    jpeg_probability: float = 0.1
    jpeg_quality: tuple[int, int] = (20, 75)
    coarse_probability: float = 0.12
    coarse_factor: tuple[float, float] = (1.3, 3.0)
    """How much larger the pixels of a poorer sensor are."""
    season_probability: float = 0.1


_Change = Callable[[Picture, WearOptions, Generator], Picture]


def wear(chips: ChipBatch, options: WearOptions, generator: Generator) -> ChipBatch:
    """The chips with some of their pictures worn; what was not seen stays so by its mask."""
    wears: tuple[tuple[float, _Change], ...] = (
        (options.season_probability, _dry_out),
        (options.coarse_probability, _coarsen),
        (options.jpeg_probability, _compress),
    )
    images = chips.images.copy()
    for probability, change in wears:
        chosen = torch.rand(images.shape[:2], generator=generator) < probability
        for place, date in chosen.nonzero().tolist():
            images[place, date] = change(images[place, date], options, generator)
    return replace(chips, images=images)


def _dry_out(picture: Picture, _options: WearOptions, generator: Generator) -> Picture:
    """Leaves and grass some way towards dry."""
    bands = picture.astype(np.float32)
    excess = 2 * bands[1] - bands[0] - bands[2]
    leaf = np.clip((excess - GREEN_FROM) / (GREEN_FULL - GREEN_FROM), 0, 1) * _draw(0, 1, generator)
    dry = bands.mean(axis=0) * DRY * _draw(*DRY_BRIGHTNESS, generator)
    return np.clip(bands * (1 - leaf) + dry * leaf, 0, 255).astype(np.uint8)


def _coarsen(picture: Picture, options: WearOptions, generator: Generator) -> Picture:
    """As a sensor of larger pixels gives it."""
    side = picture.shape[-1]
    small = max(2, round(side / _draw(*options.coarse_factor, generator)))
    image = Image.fromarray(picture.transpose(1, 2, 0))
    coarse = image.resize((small, small), Image.Resampling.BOX)
    return np.asarray(coarse.resize((side, side), Image.Resampling.BILINEAR)).transpose(2, 0, 1)


def _compress(picture: Picture, options: WearOptions, generator: Generator) -> Picture:
    """As a poor JPEG."""
    stream = BytesIO()
    quality = round(_draw(*options.jpeg_quality, generator))
    Image.fromarray(picture.transpose(1, 2, 0)).save(stream, "JPEG", quality=quality)
    with Image.open(stream) as image:
        return np.asarray(image).transpose(2, 0, 1)


def _draw(low: float, high: float, generator: Generator) -> float:
    return low + (high - low) * float(torch.rand((), generator=generator))
