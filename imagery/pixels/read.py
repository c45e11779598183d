"""Reads pixels on a grid. Scenes stay open, so no block of one is decoded twice for its tiles."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from PIL import Image
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from core.chips import BANDS
from core.errors import SceneError
from core.grid import GeoGrid
from core.scenes import Scene
from imagery.pixels.access import (
    Address,
    Header,
    ReadOptions,
    explain_failure,
    gdal_options,
    open_raster,
    read_header,
)
from imagery.pixels.judge import JudgedScene, hold_against_file
from imagery.pixels.sample import SAMPLE_PX, Known, learn_scene, read_source
from imagery.pixels.warp import Source, Warp, choose_source

MEGA = 1_000_000
MAX_SOURCE_PER_GRID = 16
"""Pixels read for one of the grid's: at most 4 where it is nearly twice as coarse, twice that where
the image lies askew. More comes of a place that cannot be."""


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Pixels on a grid.

    Attributes:
        bands: uint8 ``(bands, height, width)``, red, green, blue.
        valid: bool ``(height, width)``; True = a pixel was seen there.
    """

    bands: NDArray[np.uint8]
    valid: NDArray[np.bool_]

    def draw(self) -> Image.Image:
        """As a picture, mode RGB; without a copy where the bands of a pixel lie side by side."""
        return Image.fromarray(np.ascontiguousarray(self.bands.transpose(1, 2, 0)))


def read_on_grid(scene: Scene, grid: GeoGrid) -> Pixels:
    """A scene's pixels on a grid; see ``SceneReader.read``, which is faster for many."""
    with SceneReader(_ONE_READ) as reader:
        return reader.read(scene, grid)


class SceneReader:
    """Reads tiles of scenes that it keeps open. Threads may share one; close it at the end.

    A scene's blocks are decoded by one thread at a time into GDAL's cache, where the next tile
    finds those that it shares; what costs more, bringing them onto the grid, threads do at once.
    """

    def __init__(
        self, options: ReadOptions | None = None, address: Callable[[Scene], str] | None = None
    ) -> None:
        """Open nothing yet.

        Args:
            options: how scenes are opened and read.
            address: gives the address to open for a scene, signed or judged; by default its href.
        """
        self._options = options or ReadOptions()
        self._address = address or _href_of
        self._gdal = gdal_options(self._options)
        self._scenes: OrderedDict[_Key, _OpenScene] = OrderedDict()
        self._guard = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all scenes, each after the read that is under way."""
        with self._guard:
            scenes = list(self._scenes.values())
            self._scenes.clear()
        for scene in scenes:
            scene.close()

    def inspect(self, scene: Scene) -> JudgedScene:
        """Check that a scene can be used, before anything relies on it, and hold it to its file.

        Reads the header and the last block of the full-size image, which is the first to be
        missing from a file that was cut short.

        Raises:
            SceneError: no CRS or one that leads nowhere, bands that nothing names, blocks too
                large, or damaged bytes.
            TransientError: the server failed in a way that may pass.
        """
        work = f"inspecting scene {scene.scene_id} ({scene.href})"
        with self._opened(scene, work, had_header=False) as opened:
            image = opened.image
            corner = RasterWindow(image.width - 1, image.height - 1, 1, 1)
            image.read(opened.header.bands.rgb[0], window=corner)
            return hold_against_file(scene, opened.header, work)

    def describe_layout(self, scene: Scene) -> str:
        """Where the last block of the full-size image lies in its file, and how long it is.

        Both move when what comes before is written anew, as compressed pixels are of any length:
        for stores that do not say which version of a file they give. Raises as ``inspect`` does.
        """
        work = f"inspecting scene {scene.scene_id} ({scene.href})"
        with self._opened(scene, work, had_header=False) as opened:
            image = opened.image
            high, wide = image.block_shapes[0]
            last = f"{(image.width - 1) // wide}_{(image.height - 1) // high}"
            said = (
                image.get_tag_item(f"BLOCK_{name}_{last}", "TIFF", bidx=1)
                for name in ("OFFSET", "SIZE")
            )
            return " ".join(filter(None, said))

    def read(self, scene: Scene, grid: GeoGrid) -> Pixels:
        """A scene's pixels on a grid, by cubic convolution; outside the scene nothing is valid.

        Samples of more than 8 bits are stretched as ``imagery.pixels.stretch`` says. A grid coarser
        than the scene is read from its overviews.

        Raises:
            SceneError: the scene's bytes are damaged, it cannot be used, or the grid would need
                more of it than a read may decode.
            TransientError: the server failed in a way that may pass.
        """
        work = f"reading scene {scene.scene_id} ({scene.href})"
        with self._opened(scene, work, had_header=True) as opened:
            header = opened.header
            source = choose_source(
                header.crs, header.transform, (header.height, header.width), grid
            )
            if source is None:
                return _nothing(grid)
            _check_cost(opened.image, source, grid, self._options.max_decoded_mpx, work)
            known = opened.known()
            raw, seen = read_source(opened.image, header, source, known.collars)
            stretch = known.stretch
        bands = raw.view(np.uint8) if stretch is None else stretch.apply(raw, seen)
        with rasterio.Env(**self._gdal):
            return _lay(bands, seen, header, source, grid)

    @contextmanager
    def _opened(self, scene: Scene, work: str, *, had_header: bool) -> Iterator["_OpenScene"]:
        """A scene, open and this thread's alone; after an error it is opened anew next time."""
        key, address = _key_of(scene.href), self._address(scene)
        try:
            with rasterio.Env(**self._gdal), self._borrow(key) as opened:
                opened.open(address, self._options, work)
                yield opened
        except RasterioError as error:
            self._drop(key)
            place = Address(scene.href, address)
            failure = explain_failure(place, error, self._options, work, had_header=had_header)
            if isinstance(failure, SceneError):
                failure.scene_id = scene.scene_id
            raise failure from (error if address == scene.href else None)
        except SceneError as error:
            error.scene_id = scene.scene_id
            raise

    @contextmanager
    def _borrow(self, key: "_Key") -> Iterator["_OpenScene"]:
        opened = self._find(key)
        opened.lock.acquire()
        while opened.is_closed:  # by another thread, between finding and locking it
            opened.lock.release()
            opened = self._find(key)
            opened.lock.acquire()
        try:
            yield opened
        finally:
            opened.lock.release()

    def _find(self, key: "_Key") -> "_OpenScene":
        oldest = None
        with self._guard:
            opened = self._scenes.setdefault(key, _OpenScene())
            self._scenes.move_to_end(key)
            if len(self._scenes) > self._options.open_scenes:
                _, oldest = self._scenes.popitem(last=False)
        if oldest is not None:
            oldest.close()
        return opened

    def _drop(self, key: "_Key") -> None:
        with self._guard:
            opened = self._scenes.pop(key, None)
        if opened is not None:
            opened.close()


_Key = tuple[str, int, int]
_ONE_READ = ReadOptions(open_scenes=1)


@dataclass(slots=True, eq=False)
class _OpenScene:
    """A scene's handle and what was learnt of it; only touched by who holds the lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    is_closed: bool = False
    _image: rasterio.DatasetReader | None = None
    _header: Header | None = None
    _known: Known | None = None

    @property
    def image(self) -> rasterio.DatasetReader:
        assert self._image is not None  # noqa: S101  opened before it is handed out
        return self._image

    @property
    def header(self) -> Header:
        assert self._header is not None  # noqa: S101  opened before it is handed out
        return self._header

    def open(self, address: str, options: ReadOptions, work: str) -> None:
        if self._image is None:
            self._image = open_raster(address, work)
        if self._header is None:
            self._header = read_header(self._image, options, work)

    def known(self) -> Known:
        if self._known is None:
            self._known = learn_scene(self.image, self.header)
        return self._known

    def close(self) -> None:
        with self.lock:
            self.is_closed = True
            if self._image is not None:
                self._image.close()


def _href_of(scene: Scene) -> str:
    return scene.href


def _key_of(href: str) -> _Key:
    """A file written anew is another file."""
    try:
        state = Path(href).stat()
    except OSError:
        return (href, 0, 0)
    return (href, state.st_size, state.st_mtime_ns)


def _nothing(grid: GeoGrid) -> Pixels:
    bands = np.zeros((*grid.shape, BANDS), np.uint8).transpose(2, 0, 1)
    return Pixels(bands, np.zeros(grid.shape, bool))


def _check_cost(
    image: rasterio.DatasetReader, source: Source, grid: GeoGrid, limit_mpx: int, work: str
) -> None:
    """Refuse a read that decodes far more than it gives."""
    level = max((n for n in image.overviews(1) if n <= source.reduced_by), default=1)
    high, wide = image.block_shapes[0]
    rows, columns = max(high, source.window.rows), max(wide, source.window.columns)
    decoded_mpx = rows * columns / level**2 / MEGA
    if decoded_mpx > limit_mpx:
        raise SceneError(
            work, f"{decoded_mpx:.0f} million pixels would have to be decoded for a picture of "
            f"{grid.width} x {grid.height}",
            "Give it overviews and small blocks with `gdal_translate -of COG`",
        )  # fmt: skip
    height, width = source.shape
    if height * width > MAX_SOURCE_PER_GRID * (grid.height * grid.width + SAMPLE_PX):
        raise SceneError(
            work, f"{width} x {height} of its pixels lie in a grid of {grid.width} x {grid.height}",
            "Check its CRS and place with `gdalinfo`; one of them is wrong",
        )  # fmt: skip


def _lay(
    bands: NDArray[np.uint8], seen: NDArray[np.bool_], header: Header, source: Source, grid: GeoGrid
) -> Pixels:
    """Pixels as read onto the part of the grid that they reach."""
    corner = Affine.translation(source.target.column, source.target.row)
    part = GeoGrid(grid.crs, grid.transform @ corner, source.target.rows, source.target.columns)
    warp = Warp(header.crs, source.place(header.transform), part, source.step_px, source.lie)
    if source.is_inside and seen.all():
        laid, valid = warp.lay_seen(bands), np.ones(part.shape, bool)
    else:
        laid, valid = warp.lay(bands, seen)
    if laid.shape == (BANDS, *grid.shape):
        return Pixels(laid, valid)
    pixels = _nothing(grid)
    rows, columns = source.target.slices
    pixels.bands[:, rows, columns] = laid  # one band of a grey picture is laid into all three
    pixels.valid[rows, columns] = valid
    return pixels
