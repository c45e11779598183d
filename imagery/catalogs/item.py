"""A STAC item, as JSON of any shape, as a core scene, or why it is none."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from urllib.parse import urljoin, urlsplit

import pystac
import shapely
from pystac.utils import make_absolute_href
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from core.errors import SceneError
from core.scenes import Scene
from imagery.catalogs.assets import (
    NOT_VISIBLE,
    choose_asset,
    describe_images,
    public_href,
    tell_other_sense,
)
from imagery.catalogs.catalog import UNREADABLE, RejectedScene
from imagery.catalogs.web.links import REFUSED_LINK, LinkRule, Origin, RefusedLinkError, check_link
from imagery.event_folder import SHA256_MULTIHASH_PREFIX, VISUAL

UNKNOWN_LICENCE = "unknown"
UNKNOWN_PROVIDER = "unknown"
PERCENT = 100.0
_LONGITUDE_DEG, _LATITUDE_DEG = 360.0, 90.0
"""Farthest believed: some write on past the antimeridian."""
_ROUNDED_DEG = 1e-6
_DISCOVERY = Lock()


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a collection says for its items, unless they say otherwise."""

    licence: str = UNKNOWN_LICENCE
    provider: str = UNKNOWN_PROVIDER

    def under(self, collection: Mapping[str, Any]) -> "Inherited":
        """What holds under a collection or catalogue, given as its JSON."""
        licence = collection.get("license")
        return Inherited(
            licence if isinstance(licence, str) else self.licence,
            _producer(collection.get("providers")) or self.provider,
        )


def read_scene(
    content: Any, href: str, inherited: Inherited, origin: Origin, rule: LinkRule
) -> Scene | RejectedScene:
    """The core scene of an item's JSON, or why there is none.

    Args:
        content: the item as JSON gives it, of any shape.
        href: where it was read; its relative links count from there.
        inherited: what its collection says.
        origin: who wrote it.
        rule: what its pixels' address is held against.
    """
    name = scene_name(content, href)
    try:
        return scene_of_item(content, href, inherited, origin, rule)
    except RefusedLinkError as error:
        return RejectedScene(name, f"{REFUSED_LINK}: {error.problem}")
    except NotVisibleError as error:
        return RejectedScene(name, f"{NOT_VISIBLE}: {error.problem}")
    except UNREADABLE as error:
        return RejectedScene(name, f"unreadable_item: {error}")


def scene_name(content: Any, href: str) -> str:
    """An item's id, or the stem of its file where it has none."""
    given = content.get("id") if isinstance(content, dict) else None
    if isinstance(given, str) and given:
        return given
    return urlsplit(href).path.rpartition("/")[2].rpartition(".")[0] or href


def scene_of_item(
    content: Mapping[str, Any], href: str, inherited: Inherited, origin: Origin, rule: LinkRule
) -> Scene:
    """The core scene of an item; see ``read_scene``.

    Raises:
        SceneError: the item lacks a geometry, a capture time or an image asset.
        NotVisibleError: what it shows is no picture in visible light.
        RefusedLinkError: its pixels lie where they may not be opened.
    """
    _discover_extensions()
    item = pystac.Item.from_dict(dict(content), preserve_dict=True)
    asset = _choose_picture(item)
    return _scene(item, asset, _place(public_href(asset), href, origin, rule), inherited)


def _discover_extensions() -> None:
    """Have pystac find its extensions, one thread alone.

    It does so with the first item read, into the dictionary that it goes through with each.
    """
    with _DISCOVERY:
        pystac.EXTENSION_HOOKS.get_extended_object_links(pystac.Catalog("any", "any"))


class NotVisibleError(SceneError):
    """What an item shows is no picture in visible light."""


def _choose_picture(item: pystac.Item) -> pystac.Asset:
    """The item's picture.

    Raises:
        SceneError: it has no image.
        NotVisibleError: it has images, but none that a person would see damage in.
    """
    work, remedy = f"reading item {item.id}", "Name optical collections alone"
    sense = tell_other_sense(item)
    if sense is not None:
        raise NotVisibleError(work, f"it shows {sense}, not visible light", remedy)
    asset = choose_asset(item.assets)
    if asset is not None:
        return asset
    images = describe_images(item.assets)
    if images:
        raise NotVisibleError(
            work, f"none of its images is a picture in colours or panchromatic: {images}", remedy
        )  # fmt: skip
    raise SceneError(
        work, f"none of its assets ({', '.join(item.assets) or 'none'}) is an image",
        f"Name the image asset {VISUAL!r}, or give it the role 'data' or the type image/tiff",
    )  # fmt: skip


def _place(pixels: str, item_href: str, origin: Origin, rule: LinkRule) -> str:
    """Where pixels lie, judged as written and as resolved."""
    check_link(pixels, origin, rule)
    if origin is Origin.REMOTE:
        resolved = urljoin(item_href, pixels)
    else:
        resolved = str(make_absolute_href(pixels, item_href)).removeprefix("file://")
    check_link(resolved, origin, rule)
    return resolved


def _scene(item: pystac.Item, asset: pystac.Asset, href: str, inherited: Inherited) -> Scene:
    properties = item.properties
    checksum = str(asset.extra_fields.get("file:checksum", ""))
    cloud_percent = _number(properties, "eo:cloud_cover", "tile:clouds_percent")
    first, last = _instants(item)
    gsd = asset.extra_fields.get("gsd", properties.get("gsd"))
    return Scene(
        scene_id=item.id,
        href=href,
        captured_at_utc=last,
        extent=read_outline(item.geometry, f"reading the geometry of item {item.id}"),
        gsd_m=math.nan if gsd is None else float(gsd),
        off_nadir_deg=_number(properties, "view:off_nadir"),
        sun_elevation_deg=_number(properties, "view:sun_elevation"),
        view_azimuth_deg=_number(properties, "view:azimuth"),
        sun_azimuth_deg=_number(properties, "view:sun_azimuth"),
        cloud_frac=cloud_percent / PERCENT,
        provider=_producer(properties.get("providers")) or inherited.provider,
        licence=str(properties.get("license") or inherited.licence),
        sha256=checksum.removeprefix(SHA256_MULTIHASH_PREFIX) or None,
        capture_began_at_utc=first,
    )


def _instants(item: pystac.Item) -> tuple[datetime | None, datetime]:
    """First instant, where an interval is stated, and last or only one.

    STAC has ``start_datetime`` and ``end_datetime`` instead of ``datetime`` or beside it; beside
    it the instant is nominal, so the interval is believed.

    Raises:
        SceneError: neither is stated, or the interval ends before it begins.
    """
    first, last = (item.common_metadata.start_datetime, item.common_metadata.end_datetime)
    work = f"reading item {item.id}"
    if first is None or last is None:
        if item.datetime is None:
            raise SceneError(work, "it has no geometry or no datetime", "Repair the item")
        return None, _to_utc(item.datetime)
    begins, ends = _to_utc(first), _to_utc(last)
    if ends < begins:
        raise SceneError(work, f"it ends at {ends} and starts at {begins}", "Repair the item")
    return begins, ends


def read_outline(geometry: Mapping[str, Any] | None, work: str) -> BaseGeometry:
    """The outline of a scene from GeoJSON, valid, EPSG:4326.

    One that crosses itself, as a bow-tie of four corners in the wrong order does, is drawn around
    from outside: what of it has pixels is seen when the file is looked at.

    Raises:
        SceneError: there is none, it is no polygon, or lies off the Earth, as with swapped axes.
    """
    if geometry is None:
        raise SceneError(work, "it has no geometry or no datetime", "Repair the item")
    outline = shapely.force_2d(shape(geometry))
    parts = shapely.get_parts(outline)
    if not len(parts) or any(part.geom_type != "Polygon" for part in parts):
        raise SceneError(work, f"it is a {outline.geom_type}, not an outline", "Repair the item")
    if not outline.is_valid:
        outline = shapely.union_all(shapely.convex_hull(parts))
    west, south, east, north = outline.bounds
    reach = max(abs(west), abs(east)) - _LONGITUDE_DEG, max(abs(south), abs(north)) - _LATITUDE_DEG
    if not outline.area > 0 or max(reach) > _ROUNDED_DEG:
        raise SceneError(
            work, f"it has no ground or lies off the Earth (box {outline.bounds})",
            "GeoJSON has longitude before latitude, in degrees",
        )  # fmt: skip
    return outline


def _producer(providers: Any) -> str | None:
    """Who captured it: the producer among the providers, else the first of them."""
    if not providers:
        return None
    producers = [each for each in providers if "producer" in (each.get("roles") or ())]
    return str((producers or providers)[0].get("name", UNKNOWN_PROVIDER))


def _to_utc(instant: datetime) -> datetime:
    """In UTC; STAC instants are UTC even where an item forgets to say so."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _number(properties: Mapping[str, Any], *names: str) -> float:
    """The first of some properties that is given; Maxar has names of its own."""
    given = (properties.get(name) for name in names)
    value = next((each for each in given if each is not None), None)
    return math.nan if value is None else float(value)
