"""A STAC API: the server searches, pages are fetched until all is listed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pystac.link import HREF, Link
from pystac_client import Client
from pystac_client.errors import ClientTypeError
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from pystac_client.warnings import PystacClientWarning
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
from imagery.catalogs.web.links import LinkRule, Origin, RefusedLinkError, without_query

PAGE_ITEMS = 250
"""Items asked for at once: pages of about a megabyte; servers may give fewer."""
MAX_ITEMS = 50_000
"""Items of one search, 200 pages. An event has thousands; more means that the collections or the
area are not those of an event."""


@dataclass(frozen=True, slots=True)
class StacApiCatalog:
    """A STAC API, as its landing page describes it.

    Attributes:
        url: the landing page.
        collections: which collections are searched; none given, all.
        rule: what it may link to.
        http: patience with the server.
        max_items: most items of one search.
        page_items: items asked for at once.
    """

    url: str
    collections: tuple[str, ...] = ()
    rule: LinkRule = field(default_factory=LinkRule)
    http: HttpOptions = field(default_factory=HttpOptions)
    max_items: int = MAX_ITEMS
    page_items: int = PAGE_ITEMS

    def search(self, area: BaseGeometry, until_utc: datetime) -> SceneSearch:
        """See SceneCatalog; the server is asked for the box around ``area``.

        Raises:
            SceneError: it is no STAC API with item search, a collection is not there, or more
                items than ``max_items`` fit.
            TransientError: the server fails, after several tries.
        """
        if area.is_empty:
            return SceneSearch((), ())
        with CatalogHttp(self.rule, self.http) as http:
            inherited = {name: self._read_collection(http, name) for name in self.collections}
            listed = []
            for item in self._items(http, area, until_utc):
                name = item.get("collection") if isinstance(item, dict) else None
                if isinstance(name, str) and name not in inherited:
                    inherited[name] = self._read_collection(http, name)
                listed.append(self._read(item, inherited.get(str(name), Inherited())))
        return find_scenes(listed, area, until_utc, self.rule)

    def _read(self, item: Any, inherited: Inherited) -> tuple[str, Scene | RejectedScene]:
        scene = read_scene(item, self._self_href(item), inherited, Origin.REMOTE, self.rule)
        return scene_name(item, self.url), scene

    def _self_href(self, item: Any) -> str:
        """Where an item lies, from which its relative links count."""
        links = item.get("links") if isinstance(item, dict) else None
        for link in links if isinstance(links, list) else ():
            href = link.get("href") if isinstance(link, dict) else None
            if isinstance(href, str) and link.get("rel") == "self":
                return href
        return self.url

    def _read_collection(self, http: CatalogHttp, name: str) -> Inherited:
        address = f"{self.url.rstrip('/')}/collections/{quote(name, safe='')}"
        try:
            _, content = http.read_json(address)
            return Inherited().under(content)
        except RefusedLinkError:
            raise
        except UNREADABLE as error:
            raise self._unreadable(f"collection {name!r}: {error}") from error

    def _items(
        self, http: CatalogHttp, area: BaseGeometry, until_utc: datetime
    ) -> Iterator[Mapping[str, Any]]:
        listed = 0
        try:
            client = Client.open(self.url, stac_io=_JudgedIO(http))
            found = client.search(
                bbox=area.bounds, datetime=(None, until_utc), limit=self.page_items,
                collections=list(self.collections) or None, max_items=self.max_items + 1,
            )  # fmt: skip
            for page in found.pages_as_dicts():
                yield from page["features"]
                listed += len(page["features"])
        except RefusedLinkError:
            raise
        except (*UNREADABLE, APIError, ClientTypeError, PystacClientWarning) as error:
            raise self._unreadable(str(error)) from error
        if listed > self.max_items:
            raise SceneError(
                f"searching the STAC API {without_query(self.url)}",
                f"more than {self.max_items} items fit",
                "Name fewer collections in imagery.stac_api, or a smaller area in hazard",
            )

    def _unreadable(self, problem: str) -> SceneError:
        return SceneError(
            f"searching the STAC API {without_query(self.url)}", f"it cannot be read ({problem})",
            "Point imagery.stac_api.url at the landing page of a STAC API with item search, and "
            "name collections as it lists them",
        )  # fmt: skip


class _JudgedIO(StacApiIO):
    """pystac-client's requests through our door: judged, bounded, tried again, never a file."""

    def __init__(self, http: CatalogHttp) -> None:
        super().__init__(max_retries=None)
        self._http = http

    def read_text(self, source: HREF, *args: Any, **kwargs: Any) -> str:
        if isinstance(source, Link):
            return super().read_text(source, *args, **kwargs)
        return self.request(str(source), *args, **kwargs)

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,  # noqa: ARG002  a server's wish for headers is not ours
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """The text of an answer, by the one door to servers."""
        if (method or "GET").upper() == "POST":
            return self._http.fetch(href, method="POST", body=parameters).content.decode()
        return self._http.fetch(href, params=_flat(parameters)).content.decode()


def _flat(parameters: Mapping[str, Any] | None) -> dict[str, str]:
    """Parameters as a query has them."""
    return {
        name: ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for name, value in (parameters or {}).items()
    }
