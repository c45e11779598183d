"""Pixels as they lie in a file, and what one sample of all of them tells of a scene."""

from dataclasses import dataclass

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from imagery.pixels.access import Header, is_remote
from imagery.pixels.collar import (
    Collar,
    Places,
    find_collars,
    place_in_zone,
    trim_collar,
    trim_fringe,
)
from imagery.pixels.stretch import Stretch, compute_stretch
from imagery.pixels.warp import Source

MEGA = 1_000_000
SAMPLE_PX = 1024
"""Longer side of the sample that a stretch is taken from: a million pixels put a percentile within
a thousandth of its place."""
SAMPLE_DECODED_MPX = 16
"""Decoded at most for it: half a second of deflated counts."""
SAMPLE_WINDOWS, SAMPLE_WINDOW_PX = 8, 128
"""Of a scene without such overviews so many windows along each side, evenly spread."""

Values = NDArray[np.generic]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Known:
    """What holds for a whole scene.

    Attributes:
        collars: what of it is no picture though nothing says so.
        stretch: to 8 bits; None where its pixels have them.
    """

    collars: tuple[Collar, ...]
    stretch: Stretch | None


def learn_scene(image: rasterio.DatasetReader, header: Header) -> Known:
    """What a sample of a scene tells; the same whenever and wherever it is read.

    A file on this machine that is damaged somewhere is taken to have no collar, for the sake of
    its other tiles; where the stretch hangs on it, or a server fails, it is an error.

    Raises:
        RasterioError: the sample cannot be read.
    """
    try:
        values, seen, cells = _read_sample(image, header)
    except RasterioError:
        if header.bands.needs_stretch or is_remote(image.name):
            raise
        return Known((), None)
    collars = find_collars(values, seen, cells)
    at = tuple(place_in_zone(0, side, side, side, n)
               for side, n in zip(seen.shape, cells, strict=True))  # fmt: skip
    shown = _without(collars, values, seen, (at[0], at[1]))
    needed = header.bands.needs_stretch
    return Known(collars, compute_stretch(values, shown) if needed else None)


def read_source(
    image: rasterio.DatasetReader, header: Header, source: Source, collars: tuple[Collar, ...]
) -> tuple[Values, Mask]:
    """Colours as in the file, each band once, and what was seen, ``(height, width)``."""
    at = source.window
    window = RasterWindow(at.column, at.row, at.columns, at.rows)
    values, seen = _read_window(image, header, window, source.shape)
    if not collars:
        return values, seen
    high, wide = collars[0].zone.shape
    rows = place_in_zone(at.row, at.rows, source.shape[0], header.height, high)
    columns = place_in_zone(at.column, at.columns, source.shape[1], header.width, wide)
    return values, _without(collars, values, seen, (rows, columns))


def _without(
    collars: tuple[Collar, ...], values: Values, seen: Mask, at: tuple[Places, Places]
) -> Mask:
    for collar in collars:
        seen = trim_collar(values, seen, collar.find(values, at), collar.value)
    return seen


def _read_window(
    image: rasterio.DatasetReader, header: Header, window: RasterWindow, shape: tuple[int, int]
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Colours as they are in the file, each band once, and what was seen, ``(height, width)``.

    Fewer pixels than the window has are averages of those that were seen.
    """
    bands = header.bands
    numbers = [*dict.fromkeys(bands.rgb), *([bands.alpha] if bands.alpha else [])]
    values = image.read(numbers, window=window, out_shape=(len(numbers), *shape),
                        resampling=Resampling.average)  # fmt: skip
    seen = np.ones(shape, bool)
    if bands.alpha is not None:
        values, seen = values[:-1], values[-1] > 0
    elif header.has_mask:
        seen = image.read_masks(bands.rgb[0], window=window, out_shape=shape) > 0
    elif header.nodata is not None:
        seen = (values != header.nodata).any(axis=0)
        seen = trim_fringe(values, seen, ~seen, header.nodata)
    if values.dtype.kind == "f":
        seen &= np.isfinite(values).all(axis=0)
    return values, seen


def _read_sample(
    image: rasterio.DatasetReader, header: Header
) -> tuple[Values, Mask, tuple[int, int]]:
    """Pixels spread over the whole scene, in order, and how finely they tell a place of it."""
    height, width = header.height, header.width
    reduced_by = max(1.0, max(height, width) / SAMPLE_PX)
    level = max((n for n in image.overviews(1) if n <= reduced_by), default=1)
    if height * width <= SAMPLE_DECODED_MPX * MEGA * level**2:
        shape = (max(1, round(height / reduced_by)), max(1, round(width / reduced_by)))
        whole = RasterWindow(0, 0, width, height)
        return *_read_window(image, header, whole, shape), shape
    rows, columns = (_spread(side) for side in (height, width))
    parts = [
        [
            _read_window(image, header, RasterWindow(left, top, wide, high), (high, wide))
            for left, wide in columns
        ]
        for top, high in rows
    ]
    values = np.block([[part for part, _ in line] for line in parts])
    seen = np.block([[part for _, part in line] for line in parts])
    return values, seen, (len(rows), len(columns))


def _spread(side: int) -> list[tuple[int, int]]:
    """Starts and lengths of the sample's windows along a side, in the middle of equal parts."""
    length = min(SAMPLE_WINDOW_PX, side)
    middles = (np.arange(SAMPLE_WINDOWS) + 0.5) * side / SAMPLE_WINDOWS
    starts = np.clip(middles - length / 2, 0, side - length).astype(int)
    return [(int(start), length) for start in dict.fromkeys(starts.tolist())]
