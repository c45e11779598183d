"""Opens files of pixels that nobody vouches for: one driver, no sidecars, no wait without end."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError

from core.errors import FirstNoticeError, SceneError, TransientError
from imagery.pixels.bands import BandNames, Bands, choose_bands

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How scenes are opened and read, and what is too much to ask of one read."""

    request_timeout_s: float = 30.0
    """A whole request; a merged range of some MB takes seconds on a slow line."""
    connect_timeout_s: float = 10.0
    """Until a server answers at all."""
    stall_s: float = 10.0
    """A server that sends less than ``stall_bytes_per_s`` for so long has stalled."""
    stall_bytes_per_s: int = 1024
    """Slower than a telephone line of 1991."""
    retries: int = 2
    """More tries of a request that the server refused for now."""
    retry_delay_s: float = 0.2
    """Before the first of them; GDAL doubles it each time."""
    block_cache_mib: int = 128
    """GDAL's decoded blocks, shared by the process: 40 Mpx of colours, so the last row of blocks
    of one tile is still there for the next, on scenes up to 80,000 px wide."""
    open_scenes: int = 16
    """Scenes kept open: tiles come in order of scenes, so more are seldom looked at again."""
    max_block_mib: int = 64
    """One block decoded; 4096 x 4096 of three bands is 48 MiB, and COGs have 512 x 512."""
    max_row_px: int = 131_072
    """Width of a file in strips: to read a tile's 2,200 px of each row, all of the row has to be
    decoded; at this width 60 times what is wanted."""
    max_decoded_mpx: int = 1_000
    """One read of one scene, millions of pixels: some 12 s of JPEG at 86 Mpx/s."""


def gdal_options(options: ReadOptions) -> dict[str, Any]:
    """Configuration of GDAL for all reads.

    No directory listings and no files beside a scene (overviews, masks, metadata), merged
    ranges, and an end to each wait.
    """
    return {
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_HTTP_MULTIRANGE": "YES",
        "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
        "GDAL_HTTP_TIMEOUT": str(options.request_timeout_s),
        "GDAL_HTTP_CONNECTTIMEOUT": str(options.connect_timeout_s),
        "GDAL_HTTP_LOW_SPEED_TIME": str(options.stall_s),
        "GDAL_HTTP_LOW_SPEED_LIMIT": str(options.stall_bytes_per_s),
        "GDAL_HTTP_MAX_RETRY": str(options.retries),
        "GDAL_HTTP_RETRY_DELAY": str(options.retry_delay_s),
        "GDAL_CACHEMAX": options.block_cache_mib * MIB,
    }


_DRIVER = "GTiff"
"""Reads COGs too. Other drivers follow references to further files, as VRT does."""

_SCHEMES = frozenset({"http", "https", "s3", "file"})
_VSI = re.compile(r"/vsi(curl|s3)/(?!.*/vsi)")
_SCHEME = re.compile(r"([a-z][a-z0-9+._-]+):", re.IGNORECASE)
_REMOTE = ("http://", "https://", "s3://", "/vsicurl/", "/vsis3/")
_NOT_CACHED = "/vsicurl/:/vsis3/"

_TRANSIENT_WORDS = (
    "HTTP response code: 5", "HTTP response code: 429", "CURL error", "timed out", "Timeout",
)  # fmt: skip
_LOST_WORDS = ("Read error", "bytes, expected")
"""A header was read but the bytes behind it did not come. From a disk they are not there; from a
server, whose last block was there when the scene was inspected, they may come another time."""
_KNOWN = (
    ("missing codec", "this GDAL cannot decompress it",
     "Write it again with `gdal_translate -of COG -co COMPRESS=DEFLATE`"),
    ("redirects followed", "its address leads from one to the next without end",
     "Ask the catalogue's owner for the right address"),
)  # fmt: skip
"""Words of GDAL, what they mean, and what to do."""
_NO_RANGES = (
    "not recognized as being", "it is no GeoTIFF, or its server does not give parts of a file",
    "Download it into a folder of images, or ask for a server with range requests",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """What a usable file says of itself.

    Attributes:
        crs: of its pixels.
        transform: affine from ``(column, row)`` to ``(x, y)``.
        height: rows.
        width: columns.
        bands: which bands are read.
        nodata: value of pixels that were not seen, or None.
        has_mask: it holds a mask of what was seen, beside its bands.
    """

    crs: CRS
    transform: Affine
    height: int
    width: int
    bands: Bands
    nodata: float | None
    has_mask: bool


def is_remote(href: str) -> bool:
    """Whether an address leads to a server."""
    return href.startswith(_REMOTE)


def open_raster(href: str, work: str) -> rasterio.DatasetReader:
    """Open a scene's file; the caller closes it, and has GDAL's options set.

    Raises:
        SceneError: the address is of a kind that is not read.
        RasterioError: it cannot be opened.
    """
    scheme = _SCHEME.match(href)
    is_odd = scheme is not None and scheme[1].lower() not in _SCHEMES
    if is_odd or (href.startswith("/vsi") and not _VSI.match(href)):
        raise SceneError(
            work, "its address is neither a file nor http, https or s3",
            "Give a plain path or URL; archives have to be unpacked first",
        )  # fmt: skip
    return rasterio.open(href, driver=_DRIVER)


def read_header(image: rasterio.DatasetReader, options: ReadOptions, work: str) -> Header:
    """What an open file says of itself, checked.

    Raises:
        SceneError: it lies nowhere, nothing says what its bands are, or its blocks are so large
            that one tile would cost a lot of memory or time.
    """
    _check_place(image, work)
    said = BandNames(image.colorinterp, tuple(d or "" for d in image.descriptions), image.dtypes)
    bands = choose_bands(said, work)
    _check_blocks(image, options, work)
    has_mask = MaskFlags.per_dataset in image.mask_flag_enums[bands.rgb[0] - 1]
    return Header(
        image.crs, image.transform, image.height, image.width, bands,
        image.nodatavals[bands.rgb[0] - 1], has_mask and bands.alpha is None,
    )  # fmt: skip


def _check_place(image: rasterio.DatasetReader, work: str) -> None:
    if image.crs is None or image.transform.is_identity:
        _check_points(image, work)
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


def _check_points(image: rasterio.DatasetReader, work: str) -> None:
    """A file placed by points or by a camera model has to be warped first."""
    points, _ = image.gcps
    if points:
        raise SceneError(
            work, f"it is placed by {len(points)} ground control points alone",
            "Warp it first: `gdalwarp -tps -t_srs EPSG:4326 IN OUT`, then give the warped file",
        )  # fmt: skip
    if image.rpcs is not None:
        raise SceneError(
            work, "it is placed by a camera model (RPC) alone",
            "Warp it first, over a terrain model: `gdalwarp -rpc -to RPC_DEM=dem.tif -t_srs "
            "EPSG:4326 IN OUT`, then give the warped file",
        )  # fmt: skip


def _check_blocks(image: rasterio.DatasetReader, options: ReadOptions, work: str) -> None:
    rows, columns = image.block_shapes[0]
    decoded = rows * columns * sum(_bytes_of(dtype) for dtype in image.dtypes)
    is_wide = columns == image.width and columns > options.max_row_px
    if is_wide or decoded > options.max_block_mib * MIB:
        raise SceneError(
            work, f"one block of it has {columns} x {rows} pixels and {image.count} bands",
            "Cut it into small blocks with `gdal_translate -of COG`",
        )  # fmt: skip


def _bytes_of(dtype: str) -> int:
    return int(re.sub(r"\D", "", dtype) or 8) // 8


@dataclass(frozen=True, slots=True)
class Address:
    """Where a scene was opened.

    Attributes:
        href: as its catalogue says; may be told.
        opened: what GDAL was given; may be signed, so never told.
    """

    href: str
    opened: str

    def redact(self, text: str) -> str:
        """A message of GDAL's that may be told: signatures are queries of the address."""
        text = text.replace(self.opened, self.href)
        return _QUERY.sub("?...", text) if self.opened != self.href else text


_QUERY = re.compile(r"\?[^\s'\"]+")


def explain_failure(
    address: Address, error: Exception, options: ReadOptions, work: str, *, had_header: bool
) -> FirstNoticeError:
    """What an error of GDAL means: worth another try, or a scene to be set aside.

    Args:
        address: what was read.
        error: what GDAL said.
        options: how it was read.
        work: what was being done, for the error.
        had_header: whether the scene was good when it was inspected.
    """
    may_return = had_header and is_remote(address.href)
    words = (*_TRANSIENT_WORDS, *_LOST_WORDS) if may_return else _TRANSIENT_WORDS
    causes = list(_causes(error))
    text = address.redact(str(error.__cause__ or error))
    if any(word in each for each in causes for word in words):
        _forget(address.opened, options)
        return TransientError(work, text, "It is tried again by itself")
    known = (*_KNOWN, _NO_RANGES) if is_remote(address.href) else _KNOWN
    for sign, problem, remedy in known:
        if any(sign in each for each in causes):
            return SceneError(work, f"{problem} ({text})", remedy)
    return SceneError(work, f"the file is damaged or missing ({text})", "Fetch the file again")


def _causes(error: BaseException) -> Iterator[str]:
    """What went wrong, then what that came from, down to the first error."""
    cause: BaseException | None = error
    while cause is not None:
        yield str(cause)
        cause = cause.__cause__


def _forget(href: str, options: ReadOptions) -> None:
    """Let another try ask the server again: GDAL remembers for the process that it failed."""
    with (
        suppress(RasterioError),
        rasterio.Env(**gdal_options(options), CPL_VSIL_CURL_NON_CACHED=_NOT_CACHED),
    ):
        rasterio.open(href, driver=_DRIVER).close()
