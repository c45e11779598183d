"""A catalogue is read back as it was written; what cannot be read is said so, alone."""

import json
import logging
import math
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely

from core.errors import SceneError
from core.provenance import sha256_of_file
from core.scenes import Scene
from imagery.catalogs.item import Inherited, scene_of_item
from imagery.catalogs.static import StaticStacCatalog
from imagery.catalogs.web.links import LinkRule, Origin
from imagery.event_folder import write_catalog

EVERYWHERE = shapely.box(-180, -90, 180, 90)
LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path, scene_image):
    """Three scenes side by side, captured on three days."""
    first = scene_image()
    east = first.transform.a * 256
    images = [
        scene_image(
            f"scene-{n}",
            transform=first.transform.translation(east * n, 0) @ first.transform,
            captured_at_utc=first.captured_at_utc + timedelta(days=n),
            gsd_m=0.5 + n / 10,
        )
        for n in range(3)
    ]
    write_catalog(tmp_path, "e", "d", images)
    return tmp_path


def _search(folder, area=EVERYWHERE, until=LATER):
    return StaticStacCatalog(folder / "catalog.json").search(area, until)


def _edit(folder, scene_id, change):
    path = folder / scene_id / f"{scene_id}.json"
    item = json.loads(path.read_text())
    change(item)
    path.write_text(json.dumps(item))


def test_scenes_come_back_as_they_were_written(folder, scene_image):
    scenes = _search(folder).scenes
    image = scene_image("scene-0")
    assert scenes[0] == Scene(
        "scene-0", str(folder / "scene-0.tif"), image.captured_at_utc, scenes[0].extent,
        image.gsd_m, image.off_nadir_deg, image.sun_elevation_deg, scenes[0].cloud_frac,
        image.provider, image.licence, sha256_of_file(folder / "scene-0.tif"),
        view_azimuth_deg=scenes[0].view_azimuth_deg, sun_azimuth_deg=image.sun_azimuth_deg,
    )  # fmt: skip
    assert math.isnan(scenes[0].view_azimuth_deg)
    assert scenes[0].extent.equals_exact(image.outline, 1e-12)
    assert math.isnan(scenes[0].cloud_frac)
    assert [scene.gsd_m for scene in scenes] == [0.5, 0.6, 0.7]
    assert scenes[0].captured_at_utc.tzinfo is UTC


def test_order_of_files_does_not_matter(folder):
    before = [scene.scene_id for scene in _search(folder).scenes]
    path = folder / "catalog.json"
    catalog = json.loads(path.read_text())
    catalog["links"].reverse()
    path.write_text(json.dumps(catalog))
    assert [scene.scene_id for scene in _search(folder).scenes] == before


def test_scenes_not_yet_captured_are_left_out(folder, scene_image):
    instant = scene_image().captured_at_utc + timedelta(days=1)
    found = _search(folder, until=instant)
    assert [scene.scene_id for scene in found.scenes] == ["scene-0", "scene-1"]
    assert [(r.scene_id, r.reason) for r in found.rejected] == [("scene-2", "not_yet_captured")]
    assert len(_search(folder, until=instant - timedelta(seconds=1)).scenes) == 1


def test_scenes_elsewhere_are_left_out(folder):
    middle = _search(folder).scenes[1].extent.centroid
    found = _search(folder, area=middle)
    assert [scene.scene_id for scene in found.scenes] == ["scene-1"]
    assert {r.reason for r in found.rejected} == {"outside_event"}
    assert len(_search(folder, area=shapely.Polygon()).rejected) == 3


BROKEN = {
    "cut": '{"type": "Feature", "stac_version": "1.1.0", "id": "sce',
    "empty": "",
    "list": "[]",
    "null": "null",
    "text": '"scene"',
    "other": '{"type": "FeatureCollection", "features": []}',
    "typeless": "{}",
    "bytes": "\x00\x01\x02",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_an_item_that_is_no_item_is_rejected_alone(folder, content, caplog):
    (folder / "scene-1" / "scene-1.json").write_text(content)
    with caplog.at_level(logging.WARNING):
        found = _search(folder)
    assert [scene.scene_id for scene in found.scenes] == ["scene-0", "scene-2"]
    assert [r.scene_id for r in found.rejected] == ["scene-1"]
    assert found.rejected[0].reason.startswith("unreadable_item: ")
    assert "scene-1.json" in caplog.text


def _drop_geometry(item):
    item["geometry"] = None
    del item["bbox"]


def _spoil_geometry(item):
    item["geometry"] = {"type": "Polygon", "coordinates": [[[1, 2]]]}


def _drop_assets(item):
    item["assets"] = {"thumb": {"href": "t.png"}}


CHANGES = {
    "no geometry": (_drop_geometry, "no geometry or no datetime"),
    "no ground": (_spoil_geometry, ""),
    "no image": (_drop_assets, "none of its assets (thumb) is an image"),
    "no date": (lambda item: item["properties"].pop("datetime"), ""),
    "odd date": (lambda item: item["properties"].update(datetime="yesterday"), ""),
    "odd gsd": (lambda item: item["properties"].update(gsd="fine"), "fine"),
    "odd providers": (lambda item: item["properties"].update(providers="NOAA"), ""),
    "no properties": (lambda item: item.pop("properties"), ""),
    "odd assets": (lambda item: item.update(assets=["a.tif"]), ""),
}


@pytest.mark.parametrize(("change", "words"), CHANGES.values(), ids=CHANGES)
def test_an_item_that_lacks_something_is_rejected_alone(folder, change, words):
    _edit(folder, "scene-1", change)
    found = _search(folder)
    assert [scene.scene_id for scene in found.scenes] == ["scene-0", "scene-2"]
    assert found.rejected[0].scene_id == "scene-1"
    assert words in found.rejected[0].reason


def test_a_missing_item_is_rejected_alone(folder):
    (folder / "scene-1" / "scene-1.json").unlink()
    found = _search(folder)
    assert len(found.scenes) == 2
    assert found.rejected[0].scene_id == "scene-1"


def test_what_an_item_does_not_say_is_unknown(folder):
    def strip(item):
        kept = {"datetime": item["properties"]["datetime"]}
        item["properties"] = kept
        del item["assets"]["visual"]["file:checksum"]

    _edit(folder, "scene-1", strip)
    scene = _search(folder).scenes[1]
    assert (scene.provider, scene.licence, scene.sha256) == ("unknown", "unknown", None)
    unknown = (scene.gsd_m, scene.off_nadir_deg, scene.sun_elevation_deg, scene.cloud_frac)
    assert all(math.isnan(value) for value in unknown)


def test_cloud_cover_is_stated_in_percent(folder):
    _edit(folder, "scene-1", lambda item: item["properties"].update({"eo:cloud_cover": 37}))
    assert _search(folder).scenes[1].cloud_frac == pytest.approx(0.37)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2018-10-12T01:02:03", datetime(2018, 10, 12, 1, 2, 3, tzinfo=UTC)),
        ("2018-10-12T01:02:03-05:00", datetime(2018, 10, 12, 6, 2, 3, tzinfo=UTC)),
    ],
)
def test_instants_are_utc_however_they_are_written(folder, written, instant):
    _edit(folder, "scene-1", lambda item: item["properties"].update(datetime=written))
    scene = _search(folder).scenes[1]
    assert scene.captured_at_utc == instant
    assert scene.captured_at_utc.utcoffset() == timedelta(0)


def test_another_asset_with_data_stands_in_for_visual(folder):
    def rename(item):
        item["assets"] = {"thumb": {"href": "t.png"}, "rgb": item["assets"]["visual"]}

    _edit(folder, "scene-1", rename)
    assert _search(folder).scenes[1].href == str(folder / "scene-1.tif")


@pytest.mark.parametrize("content", [None, *BROKEN.values()], ids=["missing", *BROKEN])
def test_a_catalogue_that_cannot_be_read_is_an_error(tmp_path, content):
    path = tmp_path / "catalog.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SceneError, match="opening the STAC catalogue") as caught:
        StaticStacCatalog(path).search(EVERYWHERE, LATER)
    assert str(path) in caught.value.work
    assert "catalog.json" in caught.value.remedy


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "gsd_m", "ending"),
    [
        ("46_033111301201_1040010082988200.json", 0.34, "-visual.tif"),
        ("maxar_la_fires_item.json", 0.58, "-visual.tif"),
        ("20200307aC0853900w361030.json", None, "20200307aC0853900w361030n.tif"),
    ],
)
def test_items_of_real_providers(name, gsd_m, ending):
    data = Path(os.environ.get("FIRSTNOTICE_DATA", "../shared/data"))
    path = data / "catalogs" / name
    if not path.exists():
        pytest.skip(f"no public data at {path}: set FIRSTNOTICE_DATA")
    href = str(path.resolve())
    scene = scene_of_item(
        json.loads(path.read_bytes()), href, Inherited(), Origin.LOCAL, LinkRule()
    )
    assert scene.captured_at_utc.utcoffset() == timedelta(0)
    assert scene.extent.is_valid
    assert scene.extent.area > 0
    assert scene.href.endswith(ending)
    assert math.isnan(scene.gsd_m) if gsd_m is None else scene.gsd_m == gsd_m
