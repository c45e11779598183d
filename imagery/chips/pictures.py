"""Before and after pictures for people: chips as JPEG with the building outlined."""

from io import BytesIO
from types import EllipsisType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from core.chips import POST, PRE, ChipBatch
from core.pictures.looks import CHIP_JPEG_QUALITY, GREY_WEIGHTS, HEAT_STOPS

PICTURE_PX = 128
"""Side of a picture, pixels: the middle of the chip, as it was graded and not resampled. A map of
thousands of homes carries three of each."""
OUTLINE_RGB = (255, 214, 10)
"""Yellow: on roofs, ash, water and tarps alike."""

MAX_TINT = 0.65
"""Share of the tint where the model looked most, so that the roof stays visible under it."""
LINE_LEVEL = 255
"""The outline is white on tinted pictures, where yellow means "most"."""


def draw_pictures(chips: ChipBatch, saliency: NDArray[np.float32] | None = None) -> pd.DataFrame:
    """Columns of PICTURES, of a batch; unchecked, since batches may be small.

    Args:
        chips: whose pictures.
        saliency: ``(batch, height, width)``, 0 to 1 where the model looked, or all NaN in a chip
            that was not explained; None where none was.
    """
    middle = _middle(chips.footprint.shape[-2:])
    images, lines = chips.images[middle], _outline(chips.footprint[middle])
    dates = {
        name: [_jpeg(image, line) for image, line in zip(images[:, date], lines, strict=True)]
        for name, date in (("pre_jpeg", PRE), ("post_jpeg", POST))
    }
    table = pd.DataFrame({"building_id": list(chips.building_ids)} | dates)
    looked: list[bytes | None] = [None] * len(chips)
    if saliency is not None:
        looked = _draw_saliency(images[:, POST], lines, saliency[middle])
    table["saliency_jpeg"] = pd.Series(looked, dtype=object)
    return table


def _middle(shape: tuple[int, int]) -> tuple[EllipsisType, slice, slice]:
    """The middle of a chip; all of a smaller one."""
    starts = [max(0, (side - PICTURE_PX) // 2) for side in shape]
    rows, columns = (slice(start, start + PICTURE_PX) for start in starts)
    return ..., rows, columns


def _draw_saliency(
    images: NDArray[np.uint8], lines: NDArray[np.bool_], saliency: NDArray[np.float32]
) -> list[bytes | None]:
    return [
        None if np.isnan(heat).any() else _tinted_jpeg(image, line, heat)
        for image, line, heat in zip(images, lines, saliency, strict=True)
    ]


def _jpeg(image: NDArray[np.uint8], line: NDArray[np.bool_]) -> bytes:
    picture = image.transpose(1, 2, 0).copy()
    picture[line] = OUTLINE_RGB
    return _encode(picture)


def _tinted_jpeg(
    image: NDArray[np.uint8], line: NDArray[np.bool_], heat: NDArray[np.float32]
) -> bytes:
    grey = np.tensordot(GREY_WEIGHTS, image, axes=(0, 0))[..., None]
    strength = (heat * np.float32(MAX_TINT))[..., None]
    picture = (grey * (1 - strength) + heat_colours(heat) * strength).round().astype(np.uint8)
    picture[line] = LINE_LEVEL
    return _encode(picture)


def heat_colours(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colour of each value, ``(..., 3)`` 0 to 255, between ``HEAT_STOPS`` evenly spaced."""
    return _HEAT[(heat * (len(_HEAT) - 1)).round().astype(np.uint8)]


def _mix_stops() -> NDArray[np.float32]:
    """A colour for each of 256 levels of heat."""
    stops = np.array([list(bytes.fromhex(stop[1:])) for stop in HEAT_STOPS])
    levels, places = np.linspace(0, 1, 256), np.linspace(0, 1, len(stops))
    return np.stack([np.interp(levels, places, band) for band in stops.T], axis=-1, dtype="f4")


_HEAT = _mix_stops()


def _outline(footprints: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``(batch, height, width)``; True = beside the building, its corners left out."""
    grown = footprints.copy()
    grown[:, 1:] |= footprints[:, :-1]
    grown[:, :-1] |= footprints[:, 1:]
    grown[:, :, 1:] |= footprints[:, :, :-1]
    grown[:, :, :-1] |= footprints[:, :, 1:]
    return grown & ~footprints


def _encode(picture: NDArray[np.uint8]) -> bytes:
    stream = BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=CHIP_JPEG_QUALITY)
    return stream.getvalue()
