"""A tree on a web server in Maxar's layout, and all that may be wrong with it."""

import copy
import json
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import shapely

from core.errors import SceneError, TransientError
from imagery.catalogs.static import StaticStacCatalog, TreeLimits, may_show
from imagery.catalogs.web.http import HttpOptions
from imagery.catalogs.web.links import LinkRule, RefusedLinkError

EVENT = shapely.box(-118.7, 34.2, -118.5, 34.4)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
ROOT = "/events/catalog.json"
FIRE = "/events/LA-Fires/collection.json"
SWATH = "/events/LA-Fires/ard/acquisition_collections/1030_collection.json"
QUICK = HttpOptions(silence_s=5, tries=2, first_pause_s=0.0)
LOOPBACK = LinkRule(frozenset({"127.0.0.1"}))


def item(name: str, captured: str = "2025-01-09T18:53:50Z", **properties: object) -> dict:
    """An item as Maxar's tree has it: no licence, no provider, names of its own for clouds."""
    return {
        "type": "Feature", "stac_version": "1.1.0", "stac_extensions": [], "id": name,
        "geometry": shapely.geometry.mapping(shapely.box(-118.65, 34.28, -118.62, 34.33)),
        "bbox": [-118.65, 34.28, -118.62, 34.33],
        "properties": {
            "datetime": captured, "gsd": 0.58, "view:off_nadir": 27.5, "view:sun_elevation": 31.1,
            "tile:clouds_percent": 12, **properties,
        },
        "links": [{"rel": "self", "href": f"https://elsewhere.example/{name}.json"}],
        "assets": {
            "data-mask": {"href": "./mask.gpkg", "roles": ["data-mask"]},
            "ms_analytic": {"href": f"./{name}-ms.tif", "type": "image/tiff", "roles": ["data"]},
            "visual": {"href": f"./{name}-visual.tif", "type": "image/tiff", "roles": ["visual"]},
        },
    }  # fmt: skip


def node(kind: str, box: list[float] | None = None, **links: list[str]) -> dict:
    extent = {} if box is None else {"extent": {"spatial": {"bbox": [box]}}}
    return {
        "type": kind, "stac_version": "1.1.0", "id": "n", "description": "d", **extent,
        "links": [{"rel": rel, "href": href} for rel, hrefs in links.items() for href in hrefs],
    }  # fmt: skip


@pytest.fixture
def tree(web):
    """A provider's tree: a fire with one pass of three items, and a storm on another continent."""
    folder = "/events/LA-Fires/ard/11/0313/2025-01-09"
    web.pages |= {
        ROOT: node("Catalog", child=["./LA-Fires/collection.json", "./Storm/collection.json"]),
        FIRE: node(
            "Collection", [-119, 34, -118, 35],
            child=["./ard/acquisition_collections/1030_collection.json"],
        ) | {"license": "CC-BY-NC-4.0", "providers": [{"name": "Maxar", "roles": ["producer"]}]},
        SWATH: node(
            "Collection", [-118.7, 34.2, -118.6, 34.4],
            item=[f"../11/0313/2025-01-09/{name}.json" for name in "abc"],
        ),
        **{f"{folder}/{name}.json": item(name) for name in "abc"},
    }  # fmt: skip
    web.pages["/events/Storm/collection.json"] = node(
        "Collection", [90, 19, 93, 22], item=["./never.json"]
    )
    return web


def change(web, path: str, edit: Callable[[dict], object]) -> None:
    page = copy.deepcopy(web.pages[path])
    edit(page)
    web.pages[path] = page


def item_path(name):
    return f"/events/LA-Fires/ard/11/0313/2025-01-09/{name}.json"


def search(web, rule=LOOPBACK, **options):
    catalog = StaticStacCatalog(web.url + ROOT, rule, QUICK, **options)
    return catalog.search(EVENT, LATER)


def test_scenes_come_with_what_the_item_and_its_collections_say(tree):
    found = search(tree)
    assert [scene.scene_id for scene in found.scenes] == ["a", "b", "c"]
    assert found.rejected == ()
    scene = found.scenes[0]
    assert scene.href == tree.url + item_path("a").replace("a.json", "a-visual.tif")
    assert scene.captured_at_utc == datetime(2025, 1, 9, 18, 53, 50, tzinfo=UTC)
    assert (scene.provider, scene.licence) == ("Maxar", "CC-BY-NC-4.0")
    assert (scene.gsd_m, scene.off_nadir_deg, scene.sun_elevation_deg) == (0.58, 27.5, 31.1)
    assert scene.cloud_frac == pytest.approx(0.12)


def test_an_item_overrules_its_collection(tree):
    said = {"license": "CC0-1.0", "eo:cloud_cover": 50, "providers": [
        {"name": "Host", "roles": ["host"]}, {"name": "Maker", "roles": ["producer"]},
    ]}  # fmt: skip
    change(tree, item_path("b"), lambda page: page["properties"].update(said))
    scene = search(tree).scenes[1]
    assert (scene.provider, scene.licence, scene.cloud_frac) == ("Maker", "CC0-1.0", 0.5)


def test_collections_elsewhere_are_not_descended_into(tree):
    search(tree)
    asked = [path for _, path in tree.asked]
    assert "/events/Storm/never.json" not in asked
    assert len(asked) == len(set(asked)) == 7


BROKEN = {
    "cut": '{"type": "Feature", "stac_version": "1.1.0", "id": "b',
    "list": [],
    "page": "<html>",
    "another shape": {"type": "FeatureCollection", "features": []},
    "long": json.dumps({"padding": "x" * (10 << 20)}),
    "missing": lambda _: (404, {}, b""),
    "forbidden": lambda _: (403, {}, b""),
    "loop": lambda _: (302, {"Location": item_path("b")}, b""),
}


@pytest.mark.parametrize("page", BROKEN.values(), ids=BROKEN)
def test_an_item_that_cannot_be_read_is_rejected_alone(tree, page):
    tree.pages[item_path("b")] = page
    found = search(tree)
    assert [scene.scene_id for scene in found.scenes] == ["a", "c"]
    assert [each.scene_id for each in found.rejected] == ["b"]
    assert found.rejected[0].reason.startswith("unreadable_item: ")


@pytest.mark.parametrize("page", BROKEN.values(), ids=BROKEN)
def test_a_collection_that_cannot_be_read_is_rejected_alone(tree, page):
    tree.pages["/events/Storm/collection.json"] = page
    found = search(tree)
    assert len(found.scenes) == 3
    assert [each.scene_id for each in found.rejected] == ["collection"]
    assert found.rejected[0].reason.startswith("unreadable_collection: ")


@pytest.mark.parametrize("page", BROKEN.values(), ids=BROKEN)
def test_a_root_that_cannot_be_read_is_an_error(tree, page):
    tree.pages[ROOT] = page
    with pytest.raises(SceneError, match="opening the STAC catalogue"):
        search(tree)


@pytest.mark.parametrize("path", [ROOT, FIRE, item_path("c")])
def test_a_server_that_fails_is_no_empty_catalogue(tree, path):
    tree.pages[path] = lambda _: (500, {}, b"")
    with pytest.raises(TransientError, match="answers 500"):
        search(tree)


def test_an_item_that_comes_at_the_second_try_is_there(tree):
    said = [tree.pages[item_path("b")], None]
    tree.pages[item_path("b")] = lambda _: (
        (503, {}, b"") if said.pop() is None else (200, {}, said[0] if said else item("b"))
    )
    assert len(search(tree).scenes) == 3


LINKS = [
    "/etc/passwd", "file:///etc/passwd", "/vsizip//etc/a.zip/x.tif", "gs://bucket/x.tif",
    "/vsicurl/http://127.0.0.1/x.tif", "http://169.254.169.254/x.tif", "http://10.0.0.1/x.tif",
    "http://2130706433/x.tif", "http://[::1]/x.tif", "http://localhost/x.tif",
]  # fmt: skip


@pytest.mark.parametrize("href", LINKS)
def test_an_item_whose_pixels_lie_elsewhere_is_refused_alone(tree, href):
    change(tree, item_path("b"), lambda page: page["assets"]["visual"].update(href=href))
    found = search(tree)
    assert [scene.scene_id for scene in found.scenes] == ["a", "c"]
    assert found.rejected[0].scene_id == "b"
    assert found.rejected[0].reason.startswith("refused_link: ")


def test_pixels_on_a_name_that_resolves_to_a_private_address_are_refused(tree):
    hosts = {"good.example": ("93.184.215.14",), "bad.example": ("93.184.215.14", "10.0.0.9")}
    rule = LinkRule(LOOPBACK.allowed_private_hosts, lambda host, _: hosts[host])
    for name, host in (("a", "good.example"), ("b", "bad.example")):
        change(
            tree, item_path(name),
            lambda page, host=host: page["assets"]["visual"].update(href=f"https://{host}/x.tif"),
        )  # fmt: skip
    found = search(tree, rule)
    assert [scene.scene_id for scene in found.scenes] == ["a", "c"]
    assert (
        found.rejected[0].reason
        == "refused_link: bad.example resolves: 10.0.0.9 is a private address"
    )


def test_a_name_that_does_not_resolve_now_is_left_to_the_reader(tree):
    def lost(*_):
        raise OSError

    rule = LinkRule(LOOPBACK.allowed_private_hosts, lost)
    href = "https://lost.example/x.tif"
    change(tree, item_path("b"), lambda page: page["assets"]["visual"].update(href=href))
    assert [scene.scene_id for scene in search(tree, rule).scenes] == ["a", "b", "c"]


@pytest.mark.parametrize("href", LINKS)
@pytest.mark.parametrize("rel", ["child", "item"])
def test_the_walk_goes_nowhere_else(tree, href, rel):
    change(tree, FIRE, lambda page: page["links"].append({"rel": rel, "href": href}))
    found = search(tree)
    assert len(found.scenes) == 3
    assert [each.reason.partition(":")[0] for each in found.rejected] == ["refused_link"]


def test_the_server_itself_must_be_allowed_where_it_is_private(tree):
    with pytest.raises(RefusedLinkError, match="private address"):
        search(tree, LinkRule())
    assert tree.asked == []


def test_a_local_catalogue_may_lead_to_files_and_to_servers(tree, tmp_path):
    local = item("local")
    local["assets"]["visual"]["href"] = "/data/local.tif"
    (tmp_path / "local.json").write_text(json.dumps(local))
    content = node("Catalog", item=["./local.json", tree.url + item_path("a")])
    (tmp_path / "catalog.json").write_text(json.dumps(content))
    change(tree, item_path("a"), lambda page: page["assets"]["visual"].update(href="/etc/passwd"))
    found = StaticStacCatalog(tmp_path / "catalog.json", LOOPBACK, QUICK).search(EVENT, LATER)
    assert [scene.href for scene in found.scenes] == ["/data/local.tif"]
    assert [each.scene_id for each in found.rejected] == ["a"]


def test_a_tree_that_leads_back_to_itself_ends(tree):
    change(tree, SWATH, lambda page: page["links"].extend(
        [{"rel": "child", "href": "../../../catalog.json"}, {"rel": "child", "href": "#"}]
    ))  # fmt: skip
    began = time.monotonic()
    assert len(search(tree).scenes) == 3
    assert time.monotonic() - began < 5


def test_a_tree_without_end_is_refused(web):
    web.pages[ROOT] = node("Catalog", child=["1.json"])
    for number in range(1, 20):
        web.pages[f"/events/{number}.json"] = node("Catalog", child=[f"{number + 1}.json"])
    with pytest.raises(SceneError, match="deeper than 12 levels"):
        search(web)


@pytest.mark.parametrize(
    ("limits", "problem"),
    [(TreeLimits(items=2), "more than 2 items"), (TreeLimits(nodes=2), "more than 2 collections")],
)
def test_a_tree_larger_than_the_limits_is_refused_before_its_items_are_read(tree, limits, problem):
    with pytest.raises(SceneError, match=problem) as caught:
        search(tree, limits=limits)
    assert "collection.json" in caught.value.remedy
    assert item_path("a") not in [path for _, path in tree.asked]


@pytest.mark.parametrize(
    ("boxes", "is_near"),
    [
        ([[-119, 34, -118, 35]], True),
        ([[-119, 34, 0, -118, 35, 100]], True),
        ([[10, 34, 11, 35]], False),
        ([[10, 34, 11, 35], [-119, 34, -118, 35]], True),
        ([[170, 34, -118, 35]], True),
        ([[170, -10, -170, 10]], False),
        ([], True), ([[1]], True), (["x"], True), ([[None] * 4], True), ("abcd", True),
        (None, True),
    ],
)  # fmt: skip
def test_only_an_extent_that_lies_elsewhere_keeps_a_collection_out(boxes, is_near):
    assert may_show({"extent": {"spatial": {"bbox": boxes}}}, EVENT) is is_near
    assert may_show({}, EVENT)


@pytest.mark.real_data
def test_real_bytes_of_maxars_tree(web, public_data):
    folder = public_data / "catalogs"
    fires = "/events/WildFires-LosAngeles-Jan-2025"
    web.pages |= {
        ROOT: (folder / "maxar_catalog.json").read_bytes(),
        "/events/BayofBengal-Cyclone-Mocha-May-23/collection.json": (
            folder / "maxar_BayOfBengal_collection.json"
        ).read_bytes(),
        f"{fires}/collection.json": node(
            "Collection", item=["./ard/11/031311102001/2024-12-14/103001010A705C00.json"]
        ),
        f"{fires}/ard/11/031311102001/2024-12-14/103001010A705C00.json": (
            folder / "maxar_la_fires_item.json"
        ).read_bytes(),
    }
    found = search(web)
    assert [scene.scene_id for scene in found.scenes] == ["11/031311102001/103001010A705C00"]
    scene = found.scenes[0]
    assert scene.href == (
        f"{web.url}{fires}/ard/11/031311102001/2024-12-14/103001010A705C00-visual.tif"
    )
    assert (scene.gsd_m, scene.off_nadir_deg, scene.cloud_frac) == (0.58, 27.5, 0.0)
    children = [link for link in json.loads(web.pages[ROOT])["links"] if link["rel"] == "child"]
    assert len(found.rejected) == len(children) - 2
    assert {each.reason.partition(":")[0] for each in found.rejected} == {"unreadable_collection"}
    assert not math.isnan(scene.sun_elevation_deg)
