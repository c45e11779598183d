"""Before and after pictures for people: chips as JPEG with the building outlined."""

from io import BytesIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from core.chips import POST, PRE, ChipBatch
from core.tables import PICTURES, check_table

JPEG_QUALITY = 82
PICTURE_PX = 128
"""Side of a picture, pixels: a map of thousands of homes carries three of each."""
OUTLINE_RGB = (255, 214, 10)
"""Yellow: on roofs, ash, water and tarps alike."""

HEAT_STOPS = ("#00224e", "#575d6d", "#a59c74", "#fee838")
"""Tint from "looked at little" to "looked at most": stops of cividis (Nunez et al. 2018), which
reads alike for every kind of colour vision. The map's legend shows the same ones."""
MAX_TINT = 0.65
"""Share of the tint where the model looked most, so that the roof stays visible under it."""
GREY_WEIGHTS = np.array([0.299, 0.587, 0.114])
"""Brightness of red, green, blue (ITU-R BT.601): colours under a tint would read as tint."""
LINE_LEVEL = 255
"""The outline is white on tinted pictures, where yellow means "most"."""


def draw_pictures(chips: ChipBatch, saliency: NDArray[np.float32] | None = None) -> pd.DataFrame:
    """PICTURES of a batch.

    Args:
        chips: whose pictures.
        saliency: ``(batch, height, width)``, 0 to 1 where the model looked, or all NaN in a chip
            that was not explained; None where none was.
    """
    lines = _outline(chips.footprint)
    dates = {
        name: [_jpeg(image, line) for image, line in zip(chips.images[:, date], lines, strict=True)]
        for name, date in (("pre_jpeg", PRE), ("post_jpeg", POST))
    }
    table = pd.DataFrame({"building_id": list(chips.building_ids)} | dates)
    table["saliency_jpeg"] = pd.Series(_draw_saliency(chips, lines, saliency), dtype=object)
    checked: pd.DataFrame = check_table(table, PICTURES)
    return checked


def _draw_saliency(
    chips: ChipBatch, lines: NDArray[np.bool_], saliency: NDArray[np.float32] | None
) -> list[bytes | None]:
    if saliency is None:
        return [None] * len(chips)
    return [
        None if np.isnan(heat).any() else _tinted_jpeg(image, line, heat)
        for image, line, heat in zip(chips.images[:, POST], lines, saliency, strict=True)
    ]


def _jpeg(image: NDArray[np.uint8], line: NDArray[np.bool_]) -> bytes:
    picture = image.transpose(1, 2, 0).copy()
    picture[line] = OUTLINE_RGB
    return _encode(picture)


def _tinted_jpeg(
    image: NDArray[np.uint8], line: NDArray[np.bool_], heat: NDArray[np.float32]
) -> bytes:
    grey = np.tensordot(GREY_WEIGHTS, image, axes=(0, 0))[..., None]
    strength = (heat * MAX_TINT)[..., None]
    picture = (grey * (1 - strength) + heat_colours(heat) * strength).round().astype(np.uint8)
    picture[line] = LINE_LEVEL
    return _encode(picture)


def heat_colours(heat: NDArray[np.float32]) -> NDArray[np.float64]:
    """Colour of each value, ``(..., 3)`` 0 to 255, between ``HEAT_STOPS`` evenly spaced."""
    stops = np.array([list(bytes.fromhex(stop[1:])) for stop in HEAT_STOPS])
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(heat, places, band) for band in stops.T], axis=-1)


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
    small = Image.fromarray(picture).resize((PICTURE_PX, PICTURE_PX), Image.Resampling.BILINEAR)
    small.save(stream, "JPEG", quality=JPEG_QUALITY)
    return stream.getvalue()
