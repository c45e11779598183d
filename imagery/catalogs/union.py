"""Several catalogues as one."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shapely.geometry.base import BaseGeometry

from core.scenes import Scene
from imagery.catalogs.catalog import RejectedScene, SceneCatalog, SceneSearch

DUPLICATE_ID = "duplicate_id"
"""Reason code of a scene whose id another scene of the same catalogue has."""


@dataclass(frozen=True, slots=True)
class NamedCatalog:
    """A catalogue by the name that a person knows it by.

    Attributes:
        name: as in event.yaml, ``stac_api`` say.
        catalog: what is searched.
    """

    name: str
    catalog: SceneCatalog


@dataclass(frozen=True, slots=True)
class UnionCatalog:
    """Catalogues searched one after another, their scenes in one list, in order of their ids.

    Scene ids are unique in it: the same scene of two catalogues is kept once, by its first;
    different scenes of one id are told apart by the catalogue's name, ``stac_api:ID``.

    Attributes:
        sources: what is searched; the first goes first.
    """

    sources: tuple[NamedCatalog, ...]

    def search(self, area: BaseGeometry, until_utc: datetime) -> SceneSearch:
        """See SceneCatalog.

        Raises:
            SceneError, TransientError: one of the catalogues cannot be read as a whole.
        """
        return unite(
            (source.name, source.catalog.search(area, until_utc)) for source in self.sources
        )


def unite(searches: Iterable[tuple[str, SceneSearch]]) -> SceneSearch:
    """The searches of several catalogues, by name, as one. Pure."""
    by_id: dict[str, dict[str, Scene]] = defaultdict(dict)
    rejected: list[RejectedScene] = []
    for name, search in searches:
        for scene in search.scenes:
            mine = by_id[scene.scene_id]
            if any(_is_same(scene, other) for other in mine.values()):
                continue
            if name in mine:
                reason = f"{DUPLICATE_ID}: {name} also has it at {mine[name].href}"
                rejected.append(RejectedScene(scene.scene_id, reason))
            else:
                mine[name] = scene
        rejected.extend(search.rejected)
    scenes = [
        scene if len(mine) == 1 else replace(scene, scene_id=f"{name}:{scene_id}")
        for scene_id, mine in by_id.items()
        for name, scene in mine.items()
    ]
    scenes.sort(key=lambda scene: scene.scene_id)
    return SceneSearch(tuple(scenes), tuple(rejected))


def _is_same(scene: Scene, other: Scene) -> bool:
    """The same pixels of the same instant, however they are described."""
    is_same_file = scene.href == other.href or (
        scene.sha256 is not None and scene.sha256 == other.sha256
    )
    return is_same_file and scene.captured_at_utc == other.captured_at_utc
