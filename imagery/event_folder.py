"""Writes the pixels of an event: cloud-optimised GeoTIFFs and a static STAC catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pystac.extensions.eo import EOExtension
from pystac.extensions.file import FileExtension
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.view import ViewExtension
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster
from rio_cogeo.cogeo import cog_validate
from shapely.geometry import Polygon, mapping

from core.errors import SceneError
from core.grid import WGS84
from core.pictures.looks import SCENE_JPEG_QUALITY
from core.provenance import sha256_of_file

VISUAL = "visual"
"""Key of the asset that holds red, green and blue."""

BLOCK_PX = 256

SHA256_MULTIHASH_PREFIX = "1220"
"""Multihash head of SHA-256: function 0x12, 0x20 bytes (STAC file extension)."""


@dataclass(frozen=True, slots=True, eq=False)
class SceneImage:
    """One scene's pixels and what is known of their capture.

    Attributes:
        scene_id: unique in the event; names the file.
        pixels: uint8 ``(bands, height, width)``, red, green, blue.
        valid: bool ``(height, width)``; True = a pixel was seen there.
        transform: affine from ``(column, row)`` to ``(longitude, latitude)``; may be rotated.
        captured_at_utc: capture instant, timezone-aware UTC.
        gsd_m: ground sample distance, metres.
        off_nadir_deg: view angle from straight down, degrees; NaN if not stated.
        sun_elevation_deg: degrees above the horizon; NaN if not stated.
        sun_azimuth_deg: degrees clockwise from north; NaN if not stated.
        provider: who captured it.
        licence: SPDX id or short name.
        capture_began_at_utc: the first instant at which it may have been captured, where only an
            interval is known; ``captured_at_utc`` is then its end.
    """

    scene_id: str
    pixels: NDArray[np.uint8]
    valid: NDArray[np.bool_]
    transform: Affine
    captured_at_utc: datetime
    gsd_m: float
    off_nadir_deg: float
    sun_elevation_deg: float
    sun_azimuth_deg: float
    provider: str
    licence: str
    capture_began_at_utc: datetime | None = None

    @property
    def outline(self) -> Polygon:
        """The four corners of the pixels, EPSG:4326."""
        height, width = self.valid.shape
        corners = ((0, 0), (width, 0), (width, height), (0, height))
        return Polygon([self.transform @ corner for corner in corners])


def write_cog(image: SceneImage, path: Path) -> None:
    """Write a scene as a JPEG COG in EPSG:4326 with overviews and an internal mask.

    Raises:
        SceneError: what was written is not a valid cloud-optimised GeoTIFF.
    """
    bands, height, width = image.pixels.shape
    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": bands, "height": height, "width": width,
        "crs": WGS84, "transform": image.transform, "photometric": "RGB",
    }  # fmt: skip
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(image.pixels)
            if not image.valid.all():
                target.write_mask(image.valid)
        copy_raster(
            memory.name, str(path), driver="COG", COMPRESS="JPEG", QUALITY=SCENE_JPEG_QUALITY,
            BLOCKSIZE=BLOCK_PX, OVERVIEWS="AUTO", OVERVIEW_RESAMPLING="AVERAGE",
        )  # fmt: skip
    is_valid, problems, _ = cog_validate(path, strict=True, quiet=True)
    if not is_valid:
        raise SceneError(
            f"writing scene {image.scene_id} to {path}",
            f"not a valid cloud-optimised GeoTIFF ({'; '.join(problems)})",
            "Check that GDAL has its COG driver",
        )


def write_catalog(
    folder: Path, event_id: str, description: str, images: Iterable[SceneImage]
) -> list[str]:
    """Write scenes and the static STAC catalogue that lists them, ``folder/catalog.json``.

    Scenes are taken one at a time, so an iterable of any length fits in memory.

    Returns:
        The ids of the scenes, in the given order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    catalog = pystac.Catalog(event_id, description)
    for image in images:
        path = folder / f"{image.scene_id}.tif"
        write_cog(image, path)
        catalog.add_item(_item(image, path))
    ids = [item.id for item in catalog.get_items()]
    catalog.normalize_hrefs(str(folder))
    for item in catalog.get_items():
        item.assets[VISUAL].href = f"../{item.id}.tif"
    catalog.save(catalog_type=pystac.CatalogType.SELF_CONTAINED, dest_href=str(folder))
    return ids


def _item(image: SceneImage, path: Path) -> pystac.Item:
    item = pystac.Item(
        id=image.scene_id,
        geometry=mapping(image.outline),
        bbox=list(image.outline.bounds),
        datetime=None if image.capture_began_at_utc else image.captured_at_utc,
        start_datetime=image.capture_began_at_utc,
        end_datetime=image.captured_at_utc if image.capture_began_at_utc else None,
        properties=_properties(image),
    )
    asset = pystac.Asset(
        href=str(path), media_type=pystac.MediaType.COG, roles=["data", "visual"], title="RGB"
    )
    item.add_asset(VISUAL, asset)
    _extend(item, image)
    file = FileExtension.ext(item.assets[VISUAL], add_if_missing=True)
    file.checksum = SHA256_MULTIHASH_PREFIX + sha256_of_file(path)
    file.size = path.stat().st_size
    return item


def _properties(image: SceneImage) -> dict[str, Any]:
    return {
        "gsd": image.gsd_m,
        "license": image.licence,
        "providers": [{"name": image.provider, "roles": ["producer"]}],
    }


def _extend(item: pystac.Item, image: SceneImage) -> None:
    view = ViewExtension.ext(item, add_if_missing=True)
    view.off_nadir = _stated(image.off_nadir_deg)
    view.sun_elevation = _stated(image.sun_elevation_deg)
    view.sun_azimuth = _stated(image.sun_azimuth_deg)
    projection = ProjectionExtension.ext(item, add_if_missing=True)
    projection.code = WGS84
    projection.transform = list(image.transform)[:6]
    projection.shape = list(image.valid.shape)
    EOExtension.add_to(item)


def _stated(value: float) -> float | None:
    """JSON has no NaN: what is not known is left out."""
    return None if np.isnan(value) else value
