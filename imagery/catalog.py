"""Where scenes are found. Each catalogue turns what it lists into core scenes."""

import logging
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pystac
from pystac.errors import STACError, STACTypeError
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from core.errors import SceneError
from core.scenes import Scene
from imagery.event_folder import SHA256_MULTIHASH_PREFIX, VISUAL

_log = logging.getLogger(__name__)
UNKNOWN_LICENCE = "unknown"
PERCENT = 100.0

_UNREADABLE = (
    SceneError, STACError, STACTypeError, ShapelyError, OSError,
    ValueError, KeyError, TypeError, AttributeError,
)  # fmt: skip
"""What reading raises on a file that is not what it should be; the last three come from JSON of
another shape, which pystac takes apart unchecked."""


@dataclass(frozen=True, slots=True)
class RejectedScene:
    """A scene that a search left out.

    Attributes:
        scene_id: the scene, or the path of an item that could not be read.
        reason: reason code, with detail after a colon.
    """

    scene_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class SceneSearch:
    """What a search found, and what it left out with the reason."""

    scenes: tuple[Scene, ...]
    rejected: tuple[RejectedScene, ...]


class SceneCatalog(Protocol):
    """Finds the scenes that show an area."""

    def search(self, area: BaseGeometry, until_utc: datetime) -> SceneSearch:
        """Scenes that touch ``area`` (EPSG:4326) and were captured by ``until_utc``.

        Raises:
            SceneError: the catalogue as a whole cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class StaticStacCatalog:
    """A STAC catalogue of JSON files beside the pixels.

    Attributes:
        path: its ``catalog.json``.
    """

    path: Path

    def search(self, area: BaseGeometry, until_utc: datetime) -> SceneSearch:
        """See SceneCatalog; an item that cannot be read is rejected alone."""
        scenes: list[Scene] = []
        rejected: list[RejectedScene] = []
        for link in self._item_links():
            href = str(link.get_absolute_href())
            try:
                scene = read_item(href)
                reason = _why_not(scene, area, until_utc)
            except _UNREADABLE as error:
                _log.warning("item %s cannot be read: %s", href, error)
                rejected.append(RejectedScene(Path(href).stem, f"unreadable_item: {error}"))
                continue
            if reason is None:
                scenes.append(scene)
            else:
                rejected.append(RejectedScene(scene.scene_id, reason))
        scenes.sort(key=lambda scene: scene.scene_id)
        return SceneSearch(tuple(scenes), tuple(rejected))

    def _item_links(self) -> list[pystac.Link]:
        try:
            catalog = pystac.Catalog.from_file(str(self.path))
            return [link for node, _, _ in catalog.walk() for link in node.get_item_links()]
        except _UNREADABLE as error:
            raise SceneError(
                f"opening the STAC catalogue {self.path}", f"it cannot be read ({error})",
                "Point imagery.catalog in event.yaml at a catalog.json",
            ) from error  # fmt: skip


def read_item(href: str) -> Scene:
    """The core scene of one STAC item file.

    Raises:
        SceneError: the item lacks a geometry, a capture time or an image asset.
    """
    item = pystac.Item.from_file(href)
    if item.geometry is None or item.datetime is None:
        raise SceneError(
            f"reading item {item.id}", "it has no geometry or no datetime", "Repair the item"
        )
    asset = item.assets.get(VISUAL) or next(filter(_is_image, item.assets.values()), None)
    if asset is None or asset.get_absolute_href() is None:
        raise SceneError(
            f"reading item {item.id}",
            f"none of its assets ({', '.join(item.assets) or 'none'}) is an image",
            f"Name the image asset {VISUAL!r}, or give it the role 'data' or the type image/tiff",
        )
    return _scene(item, asset)


def _scene(item: pystac.Item, asset: pystac.Asset) -> Scene:
    properties = item.properties
    checksum = str(asset.extra_fields.get("file:checksum", ""))
    providers = properties.get("providers") or [{"name": "unknown"}]
    cloud_percent = _number(properties, "eo:cloud_cover")
    assert item.datetime is not None  # noqa: S101  narrowed by the caller for mypy
    return Scene(
        scene_id=item.id,
        href=str(asset.get_absolute_href()),
        captured_at_utc=_to_utc(item.datetime),
        extent=shape(item.geometry),
        gsd_m=_number(properties, "gsd"),
        off_nadir_deg=_number(properties, "view:off_nadir"),
        sun_elevation_deg=_number(properties, "view:sun_elevation"),
        cloud_frac=cloud_percent / PERCENT,
        provider=str(providers[0].get("name", "unknown")),
        licence=str(properties.get("license", UNKNOWN_LICENCE)),
        sha256=checksum.removeprefix(SHA256_MULTIHASH_PREFIX) or None,
    )


def _is_image(asset: pystac.Asset) -> bool:
    """Some providers, NOAA among them, give no roles: then the media type says what it is."""
    return "data" in (asset.roles or []) or (asset.media_type or "").startswith("image/tiff")


def _to_utc(instant: datetime) -> datetime:
    """In UTC; STAC instants are UTC even where an item forgets to say so."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _number(properties: dict[str, Any], name: str) -> float:
    value = properties.get(name)
    return math.nan if value is None else float(value)


def _why_not(scene: Scene, area: BaseGeometry, until_utc: datetime) -> str | None:
    if scene.captured_at_utc > until_utc:
        return "not_yet_captured"
    if not scene.extent.intersects(area):
        return "outside_event"
    return None
