"""Reads pixels. A tile is read in one pass, so each block of a scene is decoded once for it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window as RasterWindow

from core.chips import BANDS
from core.errors import FirstNoticeError, SceneError, TransientError
from core.grid import GeoGrid
from core.scenes import Scene

GDAL_OPTIONS = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MULTIRANGE": "YES",
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_HTTP_TIMEOUT": "30",
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_MAX_RETRY": "2",
    "GDAL_HTTP_RETRY_DELAY": "0.2",
    "VSI_CACHE": "TRUE",
}
"""No directory listings beside a scene, merged ranges, two more tries of a request that the
server refused for now, and no wait without end."""

_TRANSIENT_WORDS = (
    "HTTP response code: 5", "HTTP response code: 429", "CURL error", "timed out", "Timeout",
)  # fmt: skip
_LOST_WORDS = ("Read error", "bytes, expected")
"""A header was read but the bytes behind it did not come. From a disk they are not there; from a
server, whose last block was there when the scene was inspected, they may come another time."""

_REMOTE = ("http://", "https://", "s3://", "/vsicurl/", "/vsis3/")
_NOT_CACHED = "/vsicurl/:/vsis3/"


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Pixels on a grid.

    Attributes:
        bands: uint8 ``(bands, height, width)``, red, green, blue.
        valid: bool ``(height, width)``; True = a pixel was seen there.
    """

    bands: NDArray[np.uint8]
    valid: NDArray[np.bool_]


def inspect_scene(scene: Scene) -> None:
    """Check that a scene can be used, before anything relies on it.

    Reads the header and the last block of the full-size image, which is the first to be missing
    from a file that was cut short.

    Raises:
        SceneError: no CRS, not three bands of 8 bits, or damaged bytes.
        TransientError: the server failed in a way that may pass.
    """
    work = f"inspecting scene {scene.scene_id} ({scene.href})"
    try:
        with rasterio.Env(**GDAL_OPTIONS), rasterio.open(scene.href) as image:
            _check_header(image, work)
            row, column = image.height - 1, image.width - 1
            image.read(1, window=RasterWindow(column, row, 1, 1))
    except RasterioError as error:
        raise _read_failure(work, scene, error, _TRANSIENT_WORDS) from error


def read_on_grid(scene: Scene, grid: GeoGrid) -> Pixels:
    """A scene's pixels on a grid, by cubic convolution; outside the scene nothing is valid.

    Raises:
        SceneError: the scene's bytes are damaged or it has no CRS.
        TransientError: the server failed in a way that may pass.
    """
    work = f"reading scene {scene.scene_id} ({scene.href})"
    try:
        with rasterio.Env(**GDAL_OPTIONS), rasterio.open(scene.href) as image:
            _check_header(image, work)
            has_mask = ColorInterp.alpha in image.colorinterp
            with WarpedVRT(
                image, crs=grid.crs, transform=grid.transform, height=grid.height,
                width=grid.width, resampling=Resampling.cubic, add_alpha=not has_mask,
            ) as view:  # fmt: skip
                alpha = view.colorinterp.index(ColorInterp.alpha) + 1
                read = view.read([1, 2, 3, alpha])
    except RasterioError as error:
        is_remote = scene.href.startswith(_REMOTE)
        words = (*_TRANSIENT_WORDS, *_LOST_WORDS) if is_remote else _TRANSIENT_WORDS
        raise _read_failure(work, scene, error, words) from error
    return Pixels(read[:BANDS], read[BANDS] > 0)


def _check_header(image: rasterio.DatasetReader, work: str) -> None:
    if image.crs is None:
        raise SceneError(
            work, "the file states no CRS",
            "Write one with `rio edit-info --crs`, from the provider's notes",
        )  # fmt: skip
    if image.transform.is_identity:
        raise SceneError(
            work, "the file does not say where its pixels lie",
            "Place it with `gdal_edit.py -a_ullr`, or fetch the file again",
        )  # fmt: skip
    if image.count < BANDS or image.dtypes[0] != "uint8":
        raise SceneError(
            work, f"it has {image.count} bands of {image.dtypes[0]}",
            "Convert it to red, green, blue of 8 bits",
        )  # fmt: skip


def _read_failure(
    work: str, scene: Scene, error: RasterioError, transient_words: tuple[str, ...]
) -> FirstNoticeError:
    text = str(error.__cause__ or error)
    if any(word in each for each in _causes(error) for word in transient_words):
        _forget(scene.href)
        return TransientError(work, text, "It is tried again by itself")
    return SceneError(work, f"the file is damaged or missing ({text})", "Fetch the file again")


def _causes(error: BaseException) -> Iterator[str]:
    """What went wrong, then what that came from, down to the first error."""
    cause: BaseException | None = error
    while cause is not None:
        yield str(cause)
        cause = cause.__cause__


def _forget(href: str) -> None:
    """Let another try ask the server again: GDAL remembers for the process that it failed."""
    with (
        suppress(RasterioError),
        rasterio.Env(**GDAL_OPTIONS, CPL_VSIL_CURL_NON_CACHED=_NOT_CACHED),
    ):
        rasterio.open(href).close()
