"""Several catalogues are one list, in one order, with ids that are unique."""

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
import shapely

from core.errors import TransientError
from core.scenes import Scene
from imagery.catalogs.catalog import RejectedScene, SceneSearch
from imagery.catalogs.union import NamedCatalog, UnionCatalog, unite

AT = datetime(2018, 10, 13, tzinfo=UTC)
BOX = shapely.box(0, 0, 1, 1)


def scene(name, href=None, **other):
    made = Scene(name, href or f"/{name}.tif", AT, BOX, 0.5, 1, 2, 0, "p", "l")
    return replace(made, **other)


def found(*scenes, rejected=()):
    return SceneSearch(tuple(scenes), tuple(rejected))


@dataclass
class Told:
    search_result: SceneSearch | Exception

    def search(self, area, until_utc):
        if isinstance(self.search_result, Exception):
            raise self.search_result
        return self.search_result


def ids(search):
    return [each.scene_id for each in search.scenes]


def test_all_scenes_and_rejections_are_there_in_order_of_ids():
    left = RejectedScene("x", "unreadable_item: y")
    sources = (
        NamedCatalog("catalog", Told(found(scene("c"), scene("a"), rejected=[left]))),
        NamedCatalog("folder", Told(found(scene("b"), rejected=[left]))),
        NamedCatalog("stac_api", Told(found())),
    )
    search = UnionCatalog(sources).search(BOX, AT)
    assert ids(search) == ["a", "b", "c"]
    assert search.rejected == (left, left)


@pytest.mark.parametrize(
    "other",
    [scene("a"), scene("a", provider="another word"), scene("a", "/copy.tif", sha256="d" * 64)],
)
def test_the_same_scene_of_two_catalogues_is_kept_once(other):
    first = scene("a", sha256=other.sha256)
    search = unite([("catalog", found(first)), ("folder", found(other))])
    assert search == found(first)


@pytest.mark.parametrize(
    "other", [scene("a", "/other.tif"), scene("a", captured_at_utc=AT.replace(year=2012))]
)
def test_other_scenes_of_one_id_are_told_apart_by_their_source(other):
    search = unite([("catalog", found(scene("a"), scene("b"))), ("folder", found(other))])
    assert ids(search) == ["b", "catalog:a", "folder:a"]
    assert search.rejected == ()


def test_of_two_scenes_of_one_id_in_one_catalogue_the_second_is_rejected():
    search = unite([("folder", found(scene("a"), scene("a", "/z.tif"), scene("a")))])
    assert search.scenes == (scene("a"),)
    assert search.rejected == (
        RejectedScene("a", "duplicate_id: folder also has it at /a.tif"),
    )  # fmt: skip


def test_the_order_of_sources_changes_no_id():
    searches = [
        ("catalog", found(scene("a"), scene("b"))), ("folder", found(scene("a", "/o.tif"))),
        ("stac_api", found(scene("b"), scene("c"))),
    ]  # fmt: skip
    for order in itertools.permutations(searches):
        search = unite(order)
        assert ids(search) == ["b", "c", "catalog:a", "folder:a"]
        assert len(set(ids(search))) == len(search.scenes)


def test_a_source_that_fails_fails_the_whole():
    failing = NamedCatalog("stac_api", Told(TransientError("w", "p", "r")))
    with pytest.raises(TransientError):
        UnionCatalog((NamedCatalog("a", Told(found())), failing)).search(BOX, AT)
    assert UnionCatalog(()).search(BOX, AT) == found()
