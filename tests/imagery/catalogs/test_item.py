"""Items: only pictures in visible light are scenes; intervals and odd outlines are understood."""

from datetime import UTC, datetime
from importlib import metadata
from threading import Thread
from types import SimpleNamespace

import pystac
import pytest
import shapely
from pystac.extensions.hooks import RegisteredExtensionHooks

from core.events import OccurrenceWindow
from core.scenes import Scene, SceneRole
from imagery.catalogs.item import Inherited, read_scene
from imagery.catalogs.web.links import LinkRule, Origin
from imagery.pairing.choose import UNCERTAIN_TIME, role_of, tell_straddling

COG = "image/tiff; application=geotiff; profile=cloud-optimized"
CORNERS = [[-85.7, 30.2], [-85.6, 30.2], [-85.6, 30.3], [-85.7, 30.3], [-85.7, 30.2]]
WINDOW = OccurrenceWindow(
    datetime(2018, 10, 10, 12, tzinfo=UTC), datetime(2018, 10, 11, tzinfo=UTC)
)


def bands(*names, field="eo:bands"):
    common = "eo:common_name" if field == "bands" else "common_name"
    return {field: [{"name": f"B{n}", common: name} for n, name in enumerate(names)]}


def asset(href="a.tif", *roles, **fields):
    return {"href": href, "type": COG, "roles": list(roles or ("data",))} | fields


def item(assets, corners=CORNERS, extensions=(), **properties):
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": "it", "links": [], "assets": assets,
        "geometry": {"type": "Polygon", "coordinates": [corners]},
        "bbox": [-85.7, 30.2, -85.6, 30.3], "stac_extensions": list(extensions),
        "properties": {"datetime": "2018-10-12T16:00:00Z"} | properties,
    }  # fmt: skip


def read(*args, **kwargs):
    return read_scene(item(*args, **kwargs), "/c/it.json", Inherited(), Origin.LOCAL, LinkRule())


RGB = bands("red", "green", "blue")
NOT_PICTURES = {
    "radar by property": ({"vv": asset()}, (), {"sar:instrument_mode": "IW"}),
    "radar by extension": (
        {"visual": asset()}, ("https://stac-extensions.github.io/sar/v1.0.0/schema.json",), {},
    ),
    "radar by platform": ({"data": asset()}, (), {"platform": "sentinel-1a"}),
    "radar by product": ({"data": asset()}, (), {"sar:product_type": "GRD"}),
    "radar by instrument": ({"data": asset()}, (), {"instruments": ["c-sar"]}),
    "radar by constellation": ({"data": asset()}, (), {"constellation": "ICEYE"}),
    "coastal": ({"B1": asset(**bands("coastal"))}, (), {}),
    "coastal by key": ({"coastal": asset()}, (), {}),
    "quality": ({"qa_pixel": asset("q.tif", "cloud", "cloud-shadow", "data")}, (), {}),
    "quality by key": ({"QA_RADSAT": asset()}, (), {}),
    "classes": ({"scl": asset(**{"classification:classes": []})}, (), {}),
    "one colour": ({"red": asset(**bands("red")), "green": asset(**bands("green"))}, (), {}),
    "infrared": ({"data": asset(**bands("nir", "red", "green"))}, (), {}),
    "thermal": ({"lwir11": asset(**bands("lwir11", field="bands"))}, (), {}),
    "one of many": ({"B02": asset(), "B8A": asset()}, (), {}),
    "terrain": ({"dsm": asset()}, (), {}),
}  # fmt: skip


@pytest.mark.parametrize(("assets", "extensions", "properties"), NOT_PICTURES.values(),
                         ids=NOT_PICTURES)  # fmt: skip
def test_what_is_no_picture_in_visible_light_is_rejected_with_the_reason(
    assets, extensions, properties
):
    found = read(assets, extensions=extensions, **properties)
    assert found.reason.startswith("not_visible: "), found


def test_the_reason_names_the_bands():
    found = read({"B1": asset(**bands("coastal")), "qa": asset("q.tif", "cloud")})
    assert "B1 (coastal)" in found.reason


PICTURES = {
    "bands of the old extension": {"B1": asset("no.tif", **bands("coastal")), "x": asset(**RGB)},
    "bands of 1.1": {"x": asset(**bands("red", "green", "blue", "nir", field="bands"))},
    "described bands": {
        "cog": asset(**{"eo:bands": [
            {"name": f"b{n}", "description": c} for n, c in enumerate(("Red", "Green", "Blue"), 1)
        ]})
    },
    "bands that say nothing": {
        "cog": asset(**{"eo:bands": [{"name": "b1", "description": "gray"}]})
    },
    "panchromatic": {"p": asset(**{"eo:bands": [{"name": "BAND_P", "description": "Pan"}]})},
    "colours before grey": {"pan": asset("no.tif", **bands("pan")), "rgb": asset(**RGB)},
    "silent before grey": {"pan": asset("no.tif", **bands("pan")), "CO_GEOTIFF_RGB": asset()},
    "visual without a type": {"visual": {"href": "a.tif"}},
    "colours before another that is first": {"B1": asset("no.tif"), "image": asset()},
}  # fmt: skip


@pytest.mark.parametrize("assets", PICTURES.values(), ids=PICTURES)
def test_the_picture_among_the_assets_is_taken(assets):
    found = read(assets)
    assert isinstance(found, Scene), found
    assert found.href == "/c/a.tif"


def spanning(first, last, **more):
    return read({"visual": asset()}, datetime=None, start_datetime=first, end_datetime=last, **more)


@pytest.mark.parametrize(
    ("first", "last", "role"),
    [
        ("2018-09-01T00:00:00Z", "2018-10-01T00:00:00Z", SceneRole.PRE),
        ("2018-10-11T00:00:00Z", "2018-10-12T00:00:00Z", SceneRole.POST),
        ("2018-10-10T13:00:00Z", "2018-10-10T14:00:00Z", SceneRole.DURING),
    ],
)
def test_an_interval_wholly_on_one_side_is_on_that_side(first, last, role):
    scene = spanning(first, last)
    assert role_of(scene, WINDOW) is role
    assert tell_straddling(scene, WINDOW) is None
    assert scene.captured_at_utc == datetime.fromisoformat(last)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2018-10-01T00:00:00Z", "2018-10-12T00:00:00Z"),
        ("2018-10-01T00:00:00Z", "2018-10-10T12:00:00Z"),
        ("2018-10-10T18:00:00Z", "2018-10-11T06:00:00Z"),
    ],
)
def test_an_interval_around_the_event_is_neither(first, last):
    scene = spanning(first, last)
    assert tell_straddling(scene, WINDOW).startswith(f"{UNCERTAIN_TIME}: captured between ")


def test_an_interval_beside_an_instant_is_believed():
    scene = read(
        {"visual": asset()}, start_datetime="2018-10-01T00:00:00Z",
        end_datetime="2018-10-20T00:00:00Z",
    )  # fmt: skip
    assert tell_straddling(scene, WINDOW) is not None


@pytest.mark.parametrize(
    "dates",
    [
        {"datetime": None}, {"datetime": None, "start_datetime": "2018-10-12T00:00:00Z"},
        {"start_datetime": "2018-10-12T00:00:00Z", "end_datetime": "2018-10-01T00:00:00Z"},
    ],
)  # fmt: skip
def test_an_item_without_an_instant_or_an_interval_is_rejected(dates):
    assert read({"visual": asset()}, **dates).reason.startswith("unreadable_item: ")


def test_an_instant_is_never_straddling():
    scene = read({"visual": asset()}, datetime="2018-10-10T12:00:00Z")
    assert tell_straddling(scene, WINDOW) is None
    assert scene.began_at_utc == scene.captured_at_utc


def test_a_bow_tie_is_drawn_around_from_outside():
    crossed = [CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3], CORNERS[0]]
    scene = read({"visual": asset()}, corners=crossed)
    assert scene.extent.is_valid
    assert scene.extent.equals(shapely.box(-85.7, 30.2, -85.6, 30.3))


@pytest.mark.parametrize(
    "corners",
    [
        [[y, x - 10] for x, y in CORNERS], [CORNERS[0]] * 4,
    ],
    ids=["swapped axes", "no ground"],
)  # fmt: skip
def test_an_outline_off_the_earth_or_of_no_ground_is_rejected(corners):
    assert "off the Earth" in read({"visual": asset()}, corners=corners).reason


def test_heights_are_dropped():
    tall = [[x, y, 12.0] for x, y in CORNERS]
    assert not read({"visual": asset()}, corners=tall).extent.has_z


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("naip_item.json", "30097/m_3009743_sw_14_1_20160928.tif"),
        ("20200307aC0853900w361030.json", "20200307aC0853900w361030n.tif"),
    ],
)
def test_real_items_keep_their_picture(public_data, name, ending):
    path = public_data / "catalogs" / name
    content = pystac.StacIO.default().read_json(str(path))
    found = read_scene(content, str(path), Inherited(), Origin.LOCAL, LinkRule())
    assert found.href.endswith(ending)


def test_no_item_is_read_while_another_thread_finds_the_extensions(monkeypatch):
    found, others, known = [], [], []

    def load():
        others.append(Thread(target=read, args=({"visual": asset()},)))
        others[0].start()
        others[0].join(0.1)  # reads on meanwhile, if nothing holds it
        found.append("extension")
        return SimpleNamespace(schema_uri="https://example.com/slow/schema.json")

    class Hooks(RegisteredExtensionHooks):
        def migrate(self, *_):
            known.append(tuple(found))

    monkeypatch.setattr(metadata, "entry_points", lambda **_: [SimpleNamespace(load=load)])
    monkeypatch.setattr(pystac, "EXTENSION_HOOKS", Hooks())
    read({"visual": asset()})
    others[0].join()
    assert known == [("extension",)] * 2
