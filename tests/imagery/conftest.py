"""Builders of tiny scenes whose every pixel is known by construction."""

import math
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer

from core.grid import WGS84
from core.scenes import Scene
from core.tables import FOOTPRINTS, check_table
from imagery.event_folder import SceneImage
from imagery.pixels.judge import JudgedScene
from imagery.pixels.read import SceneReader

LONGITUDE, LATITUDE = -85.6, 30.2
UTM = "EPSG:32616"
PIXEL_M = 0.5
METRES_PER_DEGREE = 111_320.0
BEFORE = datetime(2018, 9, 13, 16, 22, tzinfo=UTC)
AFTER = datetime(2018, 10, 13, 16, 48, tzinfo=UTC)


def place_in_degrees(turn_deg: float = 0.0) -> Affine:
    """Pixels of about half a metre, turned clockwise, from the places' north-west corner."""
    pixel_y = PIXEL_M / METRES_PER_DEGREE
    pixel_x = pixel_y / math.cos(math.radians(LATITUDE))
    turned = Affine.translation(LONGITUDE, LATITUDE) @ Affine.scale(pixel_x, -pixel_y)
    return turned @ Affine.rotation(turn_deg)


def place_in_metres(turn_deg: float = 0.0) -> Affine:
    """The same, in UTM."""
    x, y = Transformer.from_crs(WGS84, UTM, always_xy=True).transform(LONGITUDE, LATITUDE)
    moved = Affine.translation(math.floor(x), math.floor(y)) @ Affine.scale(PIXEL_M, -PIXEL_M)
    return moved @ Affine.rotation(turn_deg)


PLACEMENTS = {
    "degrees": (WGS84, place_in_degrees()),
    "degrees_turned": (WGS84, place_in_degrees(31.0)),
    "utm": (UTM, place_in_metres()),
    "utm_turned": (UTM, place_in_metres(-17.0)),
}


def make_ramp(size: int = 256) -> np.ndarray:
    """Pixels that say where they are: red the column, green the row, blue 255 - column.

    Both are linear, so any honest interpolation keeps them.
    """
    rows, columns = np.mgrid[:size, :size]
    scaled = np.stack([columns, rows, size - 1 - columns]) * (255 / (size - 1))
    return scaled.round().astype(np.uint8)


def make_texture(size: int, seed: int = 0) -> np.ndarray:
    """Blocks of many sizes and colours: texture that can be registered on."""
    generator = np.random.default_rng(seed)
    image = np.empty((3, size, size), np.uint8)
    image[:] = np.array([100, 90, 60])[:, None, None]
    for _ in range(size * size // 180):
        row, column = generator.integers(0, size, 2)
        height, width = generator.integers(3, 14, 2)
        image[:, row : row + height, column : column + width] = generator.integers(
            20, 180, (3, 1, 1)
        )
    return image


@pytest.fixture(scope="session")
def ramp() -> Callable[..., np.ndarray]:
    return make_ramp


@pytest.fixture(scope="session")
def texture() -> Callable[..., np.ndarray]:
    return make_texture


@pytest.fixture(params=PLACEMENTS)
def placement(request) -> tuple[str, Affine]:
    """CRS and transform of a scene, by kind: degrees or metres, north up or turned."""
    return PLACEMENTS[request.param]


@pytest.fixture(scope="session")
def scene_image() -> Callable[..., SceneImage]:
    """A scene of given pixels, all seen, after the event, in degrees, north up."""

    def make(scene_id="scene", pixels=None, **change) -> SceneImage:
        pixels = make_ramp() if pixels is None else pixels
        image = SceneImage(
            scene_id, pixels, np.ones(pixels.shape[1:], bool), place_in_degrees(), AFTER, PIXEL_M,
            12.5, 48.25, 160.0, "A provider", "CC0-1.0",
        )  # fmt: skip
        return replace(image, **change)

    return make


def outline_of(transform: Affine, height: int, width: int, crs: str = WGS84) -> shapely.Polygon:
    """Ground of an image, EPSG:4326."""
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    edges = gpd.GeoSeries([shapely.Polygon([transform @ corner for corner in corners])], crs=crs)
    return edges.to_crs(WGS84).iloc[0]


def make_scene(path: Path | str, extent: shapely.Geometry, **change) -> Scene:
    """A scene as a catalogue describes it."""
    scene = Scene(
        Path(path).stem, str(path), AFTER, extent, PIXEL_M, 0.0, 45.0, 0.0, "A provider", "CC0-1.0"
    )
    return replace(scene, **change)


@pytest.fixture(scope="session")
def scene_of() -> Callable[..., Scene]:
    return make_scene


@pytest.fixture(scope="session")
def inspect_scene() -> Callable[[Scene], JudgedScene]:
    """Check that a scene can be used, with a reader of its own."""

    def inspect(scene):
        with SceneReader() as reader:
            return reader.inspect(scene)

    return inspect


@pytest.fixture
def write_scene(tmp_path) -> Callable[..., Scene]:
    """Write pixels without loss, as a tiled TIFF, and describe them."""

    def write(name, pixels, place=PLACEMENTS["degrees"], *, valid=None, **profile) -> Scene:
        crs, transform = place
        path = tmp_path / f"{name}.tif"
        settings = {
            "driver": "GTiff", "dtype": pixels.dtype, "count": len(pixels), "crs": crs,
            "height": pixels.shape[1], "width": pixels.shape[2], "transform": transform,
            "tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate",
        } | profile  # fmt: skip
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
            rasterio.open(path, "w", **settings) as target,
        ):
            target.write(pixels)
            if valid is not None:
                target.write_mask(valid)
        return make_scene(path, outline_of(transform, *pixels.shape[1:], crs or WGS84))

    return write


def make_footprints(shapes: dict[str, shapely.Geometry]) -> gpd.GeoDataFrame:
    """FOOTPRINTS of shapes in EPSG:4326 by building id."""
    table = gpd.GeoDataFrame(
        {"building_id": list(shapes), "area_m2": 100.0, "source": "test"},
        index=range(len(shapes)),
        geometry=gpd.GeoSeries(list(shapes.values()), crs=WGS84),
        crs=WGS84,
    )
    return check_table(table, FOOTPRINTS)


@pytest.fixture(scope="session")
def footprints_of() -> Callable[..., gpd.GeoDataFrame]:
    return make_footprints


class _RangeHandler(BaseHTTPRequestHandler):
    """Serves ``server.data``; ``server.behave(handler, start)`` may do something else instead."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def _answer(self):
        server, data = self.server, self.server.data
        asked = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        end = min(int(asked[2] or len(data)) if asked else len(data), len(data) - 1)
        server.asked.append((self.command, start, end))
        if server.behave is not None and server.behave(self, start, end):
            return
        self.reply(206 if asked else 200, start, end)

    def reply(self, code, start, end, *, claimed=None):
        data = self.server.data
        self.send_response(code)
        length = end - start + 1 if claimed is None else claimed
        self.send_header("Content-Length", str(length))
        if code == 206:
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(data)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[start : end + 1][:length])

    def refuse(self, code, **headers):
        self.send_response(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()


class RangeServer(ThreadingHTTPServer):
    """A file on loopback, given by ranges.

    Attributes:
        data: the file.
        asked: method, first and last byte of each request.
        behave: ``(handler, start, end)``; True = it has answered. None = all is well.
        released: set when the test ends, for those who stall.
    """

    daemon_threads = True

    def __init__(self, data):
        super().__init__(("127.0.0.1", 0), _RangeHandler)
        self.data, self.asked, self.behave = data, [], None
        self.released = threading.Event()

    def handle_error(self, *_):
        """Clients that hang up are part of these tests."""


@pytest.fixture
def serve_ranges() -> Iterator[Callable[[bytes], RangeServer]]:
    started = []

    def start(data):
        server = RangeServer(data)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        started.append((server, thread))
        return server

    yield start
    for server, thread in started:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def served(server, scene_of, request):
    """The server's scene at an address that no other test uses: GDAL remembers addresses."""
    name = re.sub(r"\W", "_", request.node.name)
    return scene_of(f"http://127.0.0.1:{server.server_port}/{name}.tif", shapely.box(0, 0, 1, 1))
