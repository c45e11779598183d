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

import rasterio
from rasterio.errors import RasterioError
from shapely.geometry.base import BaseGeometry

from core.errors import SceneError
from core.provenance import content_key, sha256_of_file
from core.scenes import Scene
from imagery.catalogs.catalog import RejectedScene, SceneSearch
from imagery.catalogs.manifest import MANIFEST, BadRow, Delivery, Manifest, read_manifest
from imagery.pixels.access import ReadOptions, gdal_options, open_raster, read_header
from imagery.pixels.place import PixelPlace, locate_pixels

_log = logging.getLogger(__name__)
SUFFIXES = frozenset({".tif", ".tiff"})
THREADS = 8
"""Headers wait for the disk, or for a share on the network, more than for the processor."""
HEADERS_KEPT = 65_536
"""Some 200 bytes each: a run searches a catalogue several times."""


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

    def _inspect(self, name: str) -> PixelPlace | SceneError:
        path = self.path / name
        try:
            return _read_image(str(path), *_state(path))
        except SceneError as error:
            return error

    def _scene(self, scene_id: str, name: str, image: PixelPlace, said: Delivery) -> Scene:
        ground = locate_pixels(image, f"placing the file {self.path / name}")
        return Scene(
            scene_id=scene_id,
            href=str(self.path.absolute() / name),
            captured_at_utc=said.captured_at_utc,
            extent=ground.outline,
            gsd_m=ground.pixel_m if math.isnan(said.gsd_m) else said.gsd_m,
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


def _usable(image: PixelPlace | SceneError) -> PixelPlace:
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
def _read_image(path: str, _size: int, _changed_ns: int) -> PixelPlace:
    work, options = f"reading the header of {path}", ReadOptions()
    try:
        with rasterio.Env(**gdal_options(options)), open_raster(path, work) as image:
            header = read_header(image, options, work)
            return PixelPlace(header.crs.to_wkt(), header.transform, header.height, header.width)
    except RasterioError as error:
        raise SceneError(
            work, f"the file is damaged or no GeoTIFF ({error.__cause__ or error})",
            "Fetch the file again",
        ) from error  # fmt: skip
