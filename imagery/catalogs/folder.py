"""A plain folder of GeoTIFFs with a small manifest, as carriers get them from vendors."""

import logging
import math
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError
from shapely.geometry.base import BaseGeometry

from core.errors import SceneError
from core.grid import WGS84
from core.provenance import content_key, sha256_of_file
from core.scenes import Scene
from imagery.catalogs.catalog import RejectedScene, SceneSearch
from imagery.catalogs.manifest import MANIFEST, BadRow, Delivery, Manifest, read_manifest
from imagery.pixels.access import ReadOptions, gdal_options, open_raster, read_header

_log = logging.getLogger(__name__)
SUFFIXES = frozenset({".tif", ".tiff"})
THREADS = 8
"""Headers wait for the disk, or for a share on the network, more than for the processor."""
EDGE_POINTS = 21
"""Points along each edge of an image: its straight edges are curves in another CRS. With 21 as
in GDAL's own transform of bounds, a 100 km edge is right to about a metre."""
HALF_TURN_DEG = 180.0
HEADERS_KEPT = 65_536
"""Some 200 bytes each: a run searches a catalogue several times."""


@dataclass(frozen=True, slots=True)
class _Image:
    """What a file says of its place."""

    crs: str
    transform: Affine
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class FolderCatalog:
    """A folder of GeoTIFFs, subfolders included, and its ``manifest.csv``.

    A scene's id is the file's path in the folder without its ending. Hidden files are passed
    over. A file that the manifest does not name, or that cannot be used, is rejected alone, and
    so is a row that names no file.

    Attributes:
        path: the folder.
    """

    path: Path

    def search(self, area: BaseGeometry, until_utc: datetime) -> SceneSearch:
        """See SceneCatalog.

        Raises:
            SceneError: there is no such folder, or its manifest cannot be read.
        """
        manifest = read_manifest(self.path / MANIFEST)
        rows = {name: manifest.find(name) for name in self._names()}
        ids = _scene_ids(rows)
        with ThreadPoolExecutor(THREADS) as pool:
            images = list(pool.map(self._inspect, rows))
        scenes: list[Scene] = []
        rejected = _idle_rows(manifest, {number for number in rows.values() if number})
        for (name, number), image in zip(rows.items(), images, strict=True):
            try:
                said = _delivery(name, number, manifest)
                scene = self._scene(ids[name], name, _usable(image), said)
                reason = _why_not(scene, area, until_utc)
            except SceneError as error:
                _log.warning("%s", error)
                reason = f"unusable: {error.problem}. {error.remedy}"
            if reason is None:
                scenes.append(scene)
            else:
                rejected.append(RejectedScene(ids[name], reason))
        scenes.sort(key=lambda scene: scene.scene_id)
        return SceneSearch(tuple(scenes), tuple(rejected))

    def digest(self) -> str:
        """What names the folder's state: the manifest's bytes, and each file's size and time."""
        states = [(name, *_state(self.path / name)) for name in self._names()]
        return content_key(sha256_of_file(self.path / MANIFEST), states)

    def _names(self) -> list[str]:
        """Paths of the images in the folder, with ``/``, sorted."""
        return sorted(
            path.relative_to(self.path).as_posix()
            for path in _walk(self.path)
            if path.suffix.lower() in SUFFIXES
        )

    def _inspect(self, name: str) -> _Image | SceneError:
        path = self.path / name
        try:
            return _read_image(str(path), *_state(path))
        except SceneError as error:
            return error

    def _scene(self, scene_id: str, name: str, image: _Image, said: Delivery) -> Scene:
        extent, gsd_m = _locate(image, f"placing the file {self.path / name}")
        return Scene(
            scene_id=scene_id,
            href=str(self.path.absolute() / name),
            captured_at_utc=said.captured_at_utc,
            extent=extent,
            gsd_m=gsd_m if math.isnan(said.gsd_m) else said.gsd_m,
            off_nadir_deg=said.off_nadir_deg,
            sun_elevation_deg=said.sun_elevation_deg,
            cloud_frac=said.cloud_frac,
            provider=said.provider,
            licence=said.licence,
        )


def _why_not(scene: Scene, area: BaseGeometry, until_utc: datetime) -> str | None:
    if scene.captured_at_utc > until_utc:
        return "not_yet_captured"
    return None if scene.extent.intersects(area) else "outside_event"


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent) / name for name in files if not name.startswith("."))


def _state(path: Path) -> tuple[int, int]:
    """Size and time of a file; none for a link that leads nowhere."""
    try:
        state = path.stat()
    except OSError:
        return (0, 0)
    return (state.st_size, state.st_mtime_ns)


def _usable(image: _Image | SceneError) -> _Image:
    if isinstance(image, SceneError):
        raise image
    return image


def _scene_ids(names: dict[str, int | None]) -> dict[str, str]:
    """An id for each file; where two differ by their ending alone, the ending stays."""
    stems = {name: name.rpartition(".")[0] for name in names}
    counts = Counter(stems.values())
    return {name: stem if counts[stem] == 1 else name for name, stem in stems.items()}


def _delivery(name: str, number: int | None, manifest: Manifest) -> Delivery:
    work = f"reading what {MANIFEST} says of {name}"
    if number is None:
        raise SceneError(
            work, f"no row of {MANIFEST} names the file", "Add one; the pattern * names all files"
        )
    row = manifest.rows[number]
    if isinstance(row, BadRow):
        raise SceneError(work, f"row {number}: {row.problem}", f"Correct row {number}")
    return row


def _idle_rows(manifest: Manifest, used: set[int]) -> list[RejectedScene]:
    """Rows that speak for no file: a pattern misspelt, or files that did not come."""
    return [
        RejectedScene(f"{MANIFEST} row {number}", f"names_no_file: {manifest.rows[number].pattern}")
        for number in manifest.unused(used)
    ]


@lru_cache(maxsize=HEADERS_KEPT)
def _read_image(path: str, _size: int, _changed_ns: int) -> _Image:
    work, options = f"reading the header of {path}", ReadOptions()
    try:
        with rasterio.Env(**gdal_options(options)), open_raster(path, work) as image:
            header = read_header(image, options, work)
            return _Image(header.crs.to_wkt(), header.transform, header.height, header.width)
    except RasterioError as error:
        raise SceneError(
            work, f"the file is damaged or no GeoTIFF ({error.__cause__ or error})",
            "Fetch the file again",
        ) from error  # fmt: skip


def _locate(image: _Image, work: str) -> tuple[BaseGeometry, float]:
    """Outline in EPSG:4326, and ground size of a pixel in the middle, metres.

    Raises:
        SceneError: its CRS does not lead to longitude and latitude.
    """
    try:
        to_degrees = _to_degrees(image.crs)
        outline = np.column_stack(to_degrees.transform(*_edges(image)))
        columns, rows = image.width / 2 + _PIXEL_COLUMNS, image.height / 2 + _PIXEL_ROWS
        x, y = to_degrees.transform(*_places(image, columns, rows))
    except ProjError as error:
        raise SceneError(
            work, f"its CRS does not lead to longitude and latitude ({error})",
            "State the right one with `rio edit-info --crs`",
        ) from error  # fmt: skip
    if not np.isfinite(outline).all() or np.abs(outline).max() > 2 * HALF_TURN_DEG:
        raise SceneError(
            work, "its corners lie outside what its CRS can say",
            "Check CRS and place with `gdalinfo`; one of them is wrong",
        )  # fmt: skip
    _, _, sides_m = _EARTH.inv(x[[0, 0]], y[[0, 0]], x[[1, 2]], y[[1, 2]])
    return _cut_at_antimeridian(outline), float(math.sqrt(sides_m[0] * sides_m[1]))


_Numbers = NDArray[np.float64]
_EARTH = Geod(ellps="WGS84")
_PIXEL_COLUMNS, _PIXEL_ROWS = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
"""Three corners of a pixel: here, to the right, below."""


@lru_cache(maxsize=256)
def _to_degrees(crs: str) -> Transformer:
    return Transformer.from_crs(crs, WGS84, always_xy=True)


def _edges(image: _Image) -> tuple[_Numbers, _Numbers]:
    """Places along the edge of the pixels in their CRS, once around."""
    along = np.linspace(0, 1, EDGE_POINTS)[:-1]
    none, whole = np.zeros_like(along), np.ones_like(along)
    columns = np.concatenate([along, whole, 1 - along, none]) * image.width
    rows = np.concatenate([none, along, whole, 1 - along]) * image.height
    return _places(image, columns, rows)


def _places(image: _Image, columns: _Numbers, rows: _Numbers) -> tuple[_Numbers, _Numbers]:
    a, b, c, d, e, f = image.transform[:6]
    return a * columns + b * rows + c, d * columns + e * rows + f


def _cut_at_antimeridian(outline: NDArray[np.float64]) -> BaseGeometry:
    """A polygon; two parts where it lies on both sides of 180 degrees, as GeoJSON has it."""
    if np.ptp(outline[:, 0]) <= HALF_TURN_DEG:
        return shapely.Polygon(outline)
    east = np.column_stack([outline[:, 0] % (2 * HALF_TURN_DEG), outline[:, 1]])
    whole = shapely.Polygon(east)
    before = shapely.intersection(whole, shapely.box(0, -90, HALF_TURN_DEG, 90))
    beyond = shapely.intersection(whole, shapely.box(HALF_TURN_DEG, -90, 2 * HALF_TURN_DEG, 90))
    moved = shapely.transform(beyond, lambda xy: xy - [2 * HALF_TURN_DEG, 0])
    return shapely.union_all([before, moved])
