"""Labelled chips of pictures taken after a disaster alone: no place, no image before."""

from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from core.chips import BANDS, POST, ChipBatch
from core.damage import XBD_SUBTYPES
from core.errors import SettingsError
from detectors.training.dataset import LabelledChips
from flows.progress import progress
from flows.training.config import PicturesConfig
from flows.wiring.adapters import choose_cut

PICTURES = "pictures"
"""Event of single pictures. Nothing of it is held back: nobody knows which of them are neighbours,
so figures on them would flatter."""
SUFFIXES = (".jpg", ".jpeg", ".png", ".tif")


def chips_of_pictures(config: PicturesConfig) -> LabelledChips:
    """Chips of a zip file with one folder a grade, a picture a building in its middle.

    The ground size of a pixel is not known and given as NaN; the image before is not seen. The
    footprint is taken for the middle of the picture, ``1 / config.boxes`` of its sides.

    Raises:
        SettingsError: the file is no such zip; the message names the member that is wrong.
    """
    work = f"reading pictures to learn from, {config.file}"
    remedy = f"A zip with folders {', '.join(XBD_SUBTYPES)}; boxes is their side in buildings"
    try:
        with ZipFile(config.file) as archive:
            found = list(_read(archive, config.boxes))
    except (OSError, BadZipFile, UnidentifiedImageError, ValueError) as error:
        raise SettingsError(work, str(error), remedy) from error
    if not found:
        raise SettingsError(work, "it holds no picture in a folder of a grade", remedy)
    names, grades, images, seen, footprints = zip(*found, strict=True)
    count = len(names)
    valid = np.zeros((count, 2, *seen[0].shape), bool)
    valid[:, POST] = seen
    pairs = np.zeros((count, 2, *images[0].shape), np.uint8)
    pairs[:, POST] = images
    chips = ChipBatch(names, pairs, valid, np.stack(footprints), np.full(count, np.nan, np.float32))
    places = (np.repeat(name, count) for name in (PICTURES, PICTURES, PICTURES))
    return LabelledChips(chips, np.array(grades, np.int64), *places)


def _read(
    archive: ZipFile, boxes: float
) -> Iterator[tuple[str, int, NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]]:
    members = [
        name for name in sorted(archive.namelist())
        if Path(name).suffix.lower() in SUFFIXES and Path(name).parent.name in XBD_SUBTYPES
    ]  # fmt: skip
    progress().begin("read pictures", len(members))
    for name in members:
        with archive.open(name) as stream, Image.open(stream) as picture:
            chip = _place(picture.convert("RGB"), boxes)
        progress().advance(1)
        yield name, int(XBD_SUBTYPES[Path(name).parent.name]), *chip


def _place(
    picture: Image.Image, boxes: float
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """A picture in the middle of a chip at a chip's scale: bands, what was seen, footprint."""
    options = choose_cut().chip
    px, longer = options.chip_px, max(picture.size)
    size = [max(1, min(px, round(px * boxes / options.scale * s / longer))) for s in picture.size]
    left, top = (px - size[0]) // 2, (px - size[1]) // 2
    image = np.zeros((BANDS, px, px), np.uint8)
    seen = np.zeros((px, px), bool)
    window = (slice(top, top + size[1]), slice(left, left + size[0]))
    image[:, *window] = np.asarray(picture.resize(size)).transpose(2, 0, 1)
    seen[window] = True
    footprint = np.zeros((px, px), bool)
    height, width = (max(1, round(side / boxes)) for side in (size[1], size[0]))
    row, column = (px - height) // 2, (px - width) // 2
    footprint[row : row + height, column : column + width] = True
    return image, seen, footprint
