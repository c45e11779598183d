"""Where scenes are found. Each catalogue turns what it lists into core scenes."""

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import pystac
from pystac.errors import STACError, STACTypeError
from pystac.utils import make_absolute_href
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from core.errors import SceneError
from core.scenes import Scene
from imagery.catalogs.links import (
    DEFAULT_PORTS,
    REFUSED_LINK,
    LinkRule,
    Origin,
    RefusedLinkError,
    check_link,
    resolve_host,
)
from imagery.event_folder import SHA256_MULTIHASH_PREFIX, VISUAL

_log = logging.getLogger(__name__)
UNKNOWN_LICENCE = "unknown"
UNKNOWN_PROVIDER = "unknown"
PERCENT = 100.0
NOT_YET_CAPTURED = "not_yet_captured"
OUTSIDE_EVENT = "outside_event"

UNREADABLE = (
    SceneError, STACError, STACTypeError, ShapelyError, OSError, RecursionError,
    ValueError, KeyError, TypeError, AttributeError, IndexError,
)  # fmt: skip
"""What reading raises on a file that is not what it should be; the last come from JSON of another
shape, which pystac takes apart unchecked."""

_TIFF_TYPES = ("image/tiff", "image/vnd.stac.geotiff")
"""Media types of GeoTIFFs; NAIP's older items use the second."""
_PIXEL_ROLES = frozenset({"data", "visual"})
_NO_PICTURE_ROLES = frozenset({"data-mask", "thumbnail", "overview", "metadata"})
_SCHEME_RANKS = {"https": 0, "http": 0, "": 0, "file": 0, "s3": 1}
"""Readable by anybody before what may need an account; other stores' schemes are not read."""


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
            TransientError: its server fails, after several tries.
        """
        ...


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


def find_scenes(
    items: Iterable[tuple[str, Scene | RejectedScene]],
    area: BaseGeometry,
    until_utc: datetime,
    rule: LinkRule,
) -> SceneSearch:
    """Sort what a catalogue listed into found and left out; asks the resolver for pixels' hosts.

    Args:
        items: name and scene of each item, or why there is none.
        area: EPSG:4326.
        until_utc: nothing captured later is found.
        rule: what may be opened.
    """
    scenes: list[Scene] = []
    rejected: list[RejectedScene] = []
    hosts: dict[str, str | None] = {}
    for name, item in items:
        if isinstance(item, RejectedScene):
            _log.warning("item %s cannot be used: %s", name, item.reason)
            rejected.append(item)
            continue
        reason = why_not(item, area, until_utc) or _refuse_host(item.href, rule, hosts)
        if reason is None:
            scenes.append(item)
        else:
            rejected.append(RejectedScene(item.scene_id, reason))
    scenes.sort(key=lambda scene: (scene.scene_id, scene.href))
    return SceneSearch(tuple(scenes), tuple(rejected))


def _refuse_host(href: str, rule: LinkRule, known: dict[str, str | None]) -> str | None:
    """Why the host of a scene's pixels may not be asked, or None.

    A name that does not resolve now is left to whoever reads.
    """
    parts = urlsplit(href)
    if parts.scheme not in DEFAULT_PORTS:
        return None
    if parts.netloc not in known:
        try:
            resolve_host(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme], rule)
        except RefusedLinkError as error:
            known[parts.netloc] = f"{REFUSED_LINK}: {error.problem}"
        except OSError:
            known[parts.netloc] = None
        else:
            known[parts.netloc] = None
    return known[parts.netloc]


def why_not(scene: Scene, area: BaseGeometry, until_utc: datetime) -> str | None:
    """Reason code of a scene that a search leaves out, or None."""
    if scene.captured_at_utc > until_utc:
        return NOT_YET_CAPTURED
    if not scene.extent.intersects(area):
        return OUTSIDE_EVENT
    return None


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
        RefusedLinkError: its pixels lie where they may not be opened.
    """
    item = pystac.Item.from_dict(dict(content), preserve_dict=True)
    if item.geometry is None or item.datetime is None:
        raise SceneError(
            f"reading item {item.id}", "it has no geometry or no datetime", "Repair the item"
        )
    asset = choose_asset(item.assets)
    if asset is None:
        raise SceneError(
            f"reading item {item.id}",
            f"none of its assets ({', '.join(item.assets) or 'none'}) is an image",
            f"Name the image asset {VISUAL!r}, or give it the role 'data' or the type image/tiff",
        )
    return _scene(item, asset, _place(public_href(asset), href, origin, rule), inherited)


def _place(pixels: str, item_href: str, origin: Origin, rule: LinkRule) -> str:
    """Where pixels lie, judged as written and as resolved."""
    check_link(pixels, origin, rule)
    if origin is Origin.REMOTE:
        resolved = urljoin(item_href, pixels)
    else:
        resolved = str(make_absolute_href(pixels, item_href)).removeprefix("file://")
    check_link(resolved, origin, rule)
    return resolved


def choose_asset(assets: Mapping[str, pystac.Asset]) -> pystac.Asset | None:
    """The asset that holds red, green and blue, or None. Pure.

    ``visual`` by name, else by role, else one that is data or a GeoTIFF: cloud-optimised before
    plain, addresses that anybody reads before stores that need an account, then as listed.
    """
    if VISUAL in assets:
        return assets[VISUAL]
    ranked = [
        (_asset_rank(asset), number, asset)
        for number, asset in enumerate(assets.values())
        if _is_image(asset)
    ]
    return min(ranked, key=lambda entry: entry[:2])[2] if ranked else None


def _is_image(asset: pystac.Asset) -> bool:
    """Some providers, NOAA among them, give no roles: then the media type says what it is."""
    roles = set(asset.roles or ())
    if roles & _NO_PICTURE_ROLES or urlsplit(public_href(asset)).scheme not in _SCHEME_RANKS:
        return False
    return bool(roles & _PIXEL_ROLES) or (asset.media_type or "").startswith(_TIFF_TYPES)


def _asset_rank(asset: pystac.Asset) -> tuple[bool, bool, int]:
    kind = (asset.media_type or "").replace("-", " ")
    is_plain = "cloud optimized" not in kind
    scheme = urlsplit(public_href(asset)).scheme
    return ("visual" not in (asset.roles or ()), is_plain, _SCHEME_RANKS[scheme])


def public_href(asset: pystac.Asset) -> str:
    """The asset's address as anybody can read it.

    That is its alternate (STAC alternate-assets extension) over HTTP where the address itself is
    in a store that may need an account.
    """
    href = str(asset.href)
    if urlsplit(href).scheme in ("", "file", *DEFAULT_PORTS):
        return href
    alternates = asset.extra_fields.get("alternate")
    for each in alternates.values() if isinstance(alternates, dict) else ():
        other = each.get("href") if isinstance(each, dict) else None
        if isinstance(other, str) and urlsplit(other).scheme in DEFAULT_PORTS:
            return other
    return href


def _scene(item: pystac.Item, asset: pystac.Asset, href: str, inherited: Inherited) -> Scene:
    properties = item.properties
    checksum = str(asset.extra_fields.get("file:checksum", ""))
    cloud_percent = _number(properties, "eo:cloud_cover", "tile:clouds_percent")
    assert item.datetime is not None  # noqa: S101  narrowed by the caller for mypy
    gsd = asset.extra_fields.get("gsd", properties.get("gsd"))
    return Scene(
        scene_id=item.id,
        href=href,
        captured_at_utc=_to_utc(item.datetime),
        extent=shape(item.geometry),
        gsd_m=math.nan if gsd is None else float(gsd),
        off_nadir_deg=_number(properties, "view:off_nadir"),
        sun_elevation_deg=_number(properties, "view:sun_elevation"),
        view_azimuth_deg=_number(properties, "view:azimuth"),
        sun_azimuth_deg=_number(properties, "view:sun_azimuth"),
        cloud_frac=cloud_percent / PERCENT,
        provider=_producer(properties.get("providers")) or inherited.provider,
        licence=str(properties.get("license") or inherited.licence),
        sha256=checksum.removeprefix(SHA256_MULTIHASH_PREFIX) or None,
    )


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
