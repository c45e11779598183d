"""A STAC catalogue of JSON files, in a folder or on a web server (Maxar Open Data's layout)."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

import shapely
from pystac.utils import make_absolute_href
from shapely.geometry.base import BaseGeometry

from core.errors import SceneError
from core.scenes import Scene
from imagery.catalogs.catalog import (
    UNREADABLE,
    RejectedScene,
    SceneSearch,
    find_scenes,
)
from imagery.catalogs.item import Inherited, read_scene, scene_name
from imagery.catalogs.web.http import CatalogHttp, HttpOptions
from imagery.catalogs.web.links import (
    REFUSED_LINK,
    LinkRule,
    Origin,
    RefusedLinkError,
    check_link,
    origin_of,
    without_query,
)

_NODE_TYPES = ("Catalog", "Collection")
_HALF_TURN_DEG = 180.0

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class TreeLimits:
    """How large a static tree may be."""

    nodes: int = 10_000
    """Catalogues and collections, each a request: a provider's tree with the event's branch whole.
    Maxar's open data lists some forty events, of which the extent prunes all but a few."""
    items: int = 50_000
    """Items read in one search, a request each: at 16 at once and 50 ms each, under 3 minutes."""
    depth: int = 12
    """Levels under the root; Maxar's tree has three."""


@dataclass(frozen=True, slots=True)
class StaticStacCatalog:
    """A STAC catalogue of JSON files.

    Collections whose extent lies elsewhere are not descended into, so a whole provider's tree may
    be named: only what can show the event is read. Relative links count from where a file was
    read, not from what its ``self`` link says, so that a copy of a tree leads to its own pixels.

    Attributes:
        path: its ``catalog.json``, a file or an http(s) address.
        rule: what it may link to.
        http: patience with servers.
        limits: how large it may be.
    """

    path: Path | str
    rule: LinkRule = field(default_factory=LinkRule)
    http: HttpOptions = field(default_factory=HttpOptions)
    limits: TreeLimits = field(default_factory=TreeLimits)

    def search(self, area: BaseGeometry, until_utc: datetime) -> SceneSearch:
        """See SceneCatalog; an item or a collection that cannot be read is rejected alone.

        Raises:
            SceneError: the root cannot be read, or the tree is larger than the limits.
            TransientError: a server fails, after several tries.
        """
        with CatalogHttp(self.rule, self.http) as http:
            walk = _Walk(http, self.limits, area)
            walk.descend(str(self.path))
            read = walk.read_items()
            return find_scenes((*walk.rejected, *read), area, until_utc, self.rule)


@dataclass(frozen=True, slots=True)
class _Link:
    """A link as found: where to, who wrote it, and what holds there."""

    href: str
    origin: Origin
    inherited: Inherited


class _Walk:
    """One search's way through a tree, level by level."""

    def __init__(self, http: CatalogHttp, limits: TreeLimits, area: BaseGeometry) -> None:
        self.rejected: list[tuple[str, RejectedScene]] = []
        self._http = http
        self._limits = limits
        self._area = area
        self._seen: set[str] = set()
        self._items: dict[str, _Link] = {}

    def descend(self, root: str) -> None:
        """Read all catalogues and collections that may show the area."""
        self._seen.add(root)
        content = self._read_root(root)
        level = self._open_node(_Link(root, origin_of(root), Inherited()), *content)
        for _ in range(self._limits.depth):
            if not level:
                return
            read = self._map(self._read_node, level)
            level = [
                child
                for link, node in zip(level, read, strict=True)
                for child in self._take(link, node)
            ]
        if level:
            raise self._too_large(f"is deeper than {self._limits.depth} levels")

    def read_items(self) -> list[tuple[str, Scene | RejectedScene]]:
        """Read the items found, some at a time."""
        return list(self._map(self._read_item, list(self._items.values())))

    def _read_root(self, root: str) -> tuple[str, dict[str, Any]]:
        try:
            return self._read_catalog(root)
        except RefusedLinkError:
            raise
        except UNREADABLE as error:
            raise SceneError(
                f"opening the STAC catalogue {without_query(root)}",
                f"it cannot be read ({error})",
                "Point imagery.catalog in event.yaml at a catalog.json",
            ) from error

    def _read_catalog(self, href: str) -> tuple[str, dict[str, Any]]:
        place, content = self._read(href)
        if not (
            isinstance(content, dict)
            and content.get("type", "Catalog") in _NODE_TYPES
            and "stac_version" in content
            and isinstance(content.get("links"), list)
        ):
            raise SceneError(
                f"reading {without_query(href)}", "it is no STAC catalogue or collection",
                "Name a catalog.json",
            )  # fmt: skip
        return place, content

    def _read(self, href: str) -> tuple[str, Any]:
        if origin_of(href) is Origin.REMOTE:
            return self._http.read_json(href)
        return href, _read_file(href, self._http.options.max_bytes)

    def _read_node(self, link: _Link) -> tuple[str, dict[str, Any]] | RejectedScene:
        try:
            return self._read_catalog(link.href)
        except RefusedLinkError as error:
            return RejectedScene(_shown(link.href), f"{REFUSED_LINK}: {error.problem}")
        except UNREADABLE as error:
            return RejectedScene(_shown(link.href), f"unreadable_collection: {error}")

    def _take(
        self, link: _Link, node: tuple[str, dict[str, Any]] | RejectedScene
    ) -> Iterable[_Link]:
        if isinstance(node, RejectedScene):
            self.rejected.append((link.href, node))
            return ()
        return self._open_node(link, *node)

    def _open_node(self, link: _Link, place: str, node: dict[str, Any]) -> list[_Link]:
        """Note a node's items, and give its children."""
        if not may_show(node, self._area):
            return []
        inherited = link.inherited.under(node)
        children = []
        for kind, target in _links(node):
            found = self._judge(target, place, inherited)
            if found is None or found.href in self._seen:
                continue
            self._seen.add(found.href)
            if kind == "item":
                self._items[found.href] = found
            else:
                children.append(found)
        if len(self._items) > self._limits.items:
            raise self._too_large(f"lists more than {self._limits.items} items here")
        if len(self._seen) - len(self._items) > self._limits.nodes:
            raise self._too_large(f"has more than {self._limits.nodes} collections")
        return children

    def _judge(self, target: str, place: str, inherited: Inherited) -> _Link | None:
        """A link made absolute, or a rejection."""
        origin = origin_of(place)
        try:
            check_link(target, origin, self._http.rule)
            href = _join(place, target)
            check_link(href, origin, self._http.rule)
        except RefusedLinkError as error:
            reason = RejectedScene(_shown(target), f"{REFUSED_LINK}: {error.problem}")
            self.rejected.append((target, reason))
            return None
        return _Link(href, origin_of(href), inherited)

    def _read_item(self, link: _Link) -> tuple[str, Scene | RejectedScene]:
        try:
            place, content = self._read(link.href)
        except RefusedLinkError as error:
            reason = f"{REFUSED_LINK}: {error.problem}"
            return link.href, RejectedScene(_shown(link.href), reason)
        except UNREADABLE as error:
            name = scene_name(None, link.href)
            return link.href, RejectedScene(name, f"unreadable_item: {error}")
        scene = read_scene(content, place, link.inherited, origin_of(place), self._http.rule)
        return link.href, scene

    def _map(self, work: Callable[[Given], Made], given: Sequence[Given]) -> Iterator[Made]:
        """In order, some at a time; the first error ends what has not begun."""
        with ThreadPoolExecutor(self._http.options.workers) as pool:
            try:
                yield from pool.map(work, given)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _too_large(self, problem: str) -> SceneError:
        return SceneError(
            "reading the static STAC catalogue", f"it {problem}",
            "Point imagery.catalog at the event's own collection.json, not at the whole tree",
        )  # fmt: skip


def may_show(node: dict[str, Any], area: BaseGeometry) -> bool:
    """Whether a collection's extent touches an area; True where it states none that can be read.

    Boxes are ``west, south, east, north`` in degrees, with heights between them or without; one
    whose west is east of its east crosses the antimeridian.
    """
    try:
        boxes = node["extent"]["spatial"]["bbox"]
        parts = [part for box in boxes for part in _ground(box)]
    except (KeyError, TypeError, ValueError, IndexError):
        return True
    return not parts or any(part.intersects(area) for part in parts)


def _ground(box: Sequence[float]) -> list[BaseGeometry]:
    numbers = [float(value) for value in box]
    half = len(numbers) // 2
    west, south, east, north = (*numbers[:2], *numbers[half : half + 2])
    if west <= east:
        return [shapely.box(west, south, east, north)]
    return [
        shapely.box(west, south, _HALF_TURN_DEG, north),
        shapely.box(-_HALF_TURN_DEG, south, east, north),
    ]


def _links(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for link in node["links"]:
        if isinstance(link, dict) and link.get("rel") in ("child", "item"):
            target = link.get("href")
            if isinstance(target, str) and target:
                yield str(link["rel"]), target


def _join(place: str, target: str) -> str:
    if origin_of(place) is Origin.REMOTE:
        return urljoin(place, target)
    return str(make_absolute_href(target, place))


def _shown(href: str) -> str:
    return scene_name(None, without_query(href))


def _read_file(href: str, max_bytes: int) -> Any:
    """JSON of a regular file of bounded size."""
    path = Path(unquote(urlsplit(href).path) if href.startswith("file:") else href)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    with path.open("rb") as stream:
        content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise SceneError(f"reading {path}", f"it has more than {max_bytes} bytes", "Check the file")
    return json.loads(content)
