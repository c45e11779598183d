"""Where scenes are found. Each catalogue turns what it lists into core scenes."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from pystac.errors import STACError, STACTypeError
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from core.errors import SceneError
from core.scenes import Scene
from imagery.catalogs.web.links import (
    DEFAULT_PORTS,
    REFUSED_LINK,
    LinkRule,
    RefusedLinkError,
    resolve_host,
)

_log = logging.getLogger(__name__)
NOT_YET_CAPTURED = "not_yet_captured"
OUTSIDE_EVENT = "outside_event"

UNREADABLE = (
    SceneError, STACError, STACTypeError, ShapelyError, OSError, RecursionError,
    ValueError, KeyError, TypeError, AttributeError, IndexError,
)  # fmt: skip
"""What reading raises on a file that is not what it should be; the last come from JSON of another
shape, which pystac takes apart unchecked."""


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
