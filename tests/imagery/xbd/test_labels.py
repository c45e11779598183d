"""A tiny xBD folder made by construction comes out as what it was made from."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import InputError, SceneError
from core.events import Peril
from core.scenes import SceneRole
from core.tables import FOOTPRINTS, check_table
from imagery.seen import SeenShares
from imagery.xbd.disasters import PERILS_BY_TYPE, XBD_DISASTERS
from imagery.xbd.labels import (
    LICENCE,
    MIN_NODATA_PX,
    Label,
    captured_at,
    collect_footprints,
    collect_grades,
    find_valid,
    fit_transform,
    read_label,
    read_labels,
    read_scene,
    read_scenes,
)

SIZE = 256
DISASTER = "hurricane-tiny"
PIXEL_DEG = 0.5 / 111_320
TRUE = (
    Affine.translation(-85.6, 30.2)
    @ Affine.scale(PIXEL_DEG / math.cos(math.radians(30.2)), -PIXEL_DEG)
    @ Affine.rotation(7.5)
)
EAST = TRUE @ Affine.translation(SIZE, 0)
HOMES = {
    "uid-a": shapely.box(20, 30, 52, 60),
    "uid-b": shapely.Polygon([(100, 90), (140, 95), (138, 130), (96, 122)]),
    "uid-edge": shapely.box(220, 200, 256, 240),
}
GRADES = {"uid-a": "no-damage", "uid-b": "destroyed", "uid-edge": "minor-damage"}


def _features(homes, transform, grades=None):
    """The two lists of a label: outlines in pixels and in degrees."""
    a, b, c, d, e, f = tuple(transform)[:6]
    lists = {"xy": [], "lng_lat": []}
    for uid, outline in homes.items():
        properties = {"feature_type": "building", "uid": uid}
        if grades:
            properties["subtype"] = grades[uid]
        degrees = shapely.transform(
            outline, lambda xy: np.column_stack([xy @ (a, b) + c, xy @ (d, e) + f])
        )
        lists["xy"].append({"properties": properties, "wkt": outline.wkt})
        lists["lng_lat"].append({"properties": properties, "wkt": degrees.wkt})
    return lists


def _metadata(role):
    return {
        "capture_date": f"2018-{'09-13' if role == 'pre' else '10-13'}T16:48:13.000Z",
        "gsd": 2.0916, "off_nadir_angle": 21.5, "sun_elevation": 50.0, "sun_azimuth": 150.0,
        "sensor": "WORLDVIEW02", "disaster_type": "wind",
    }  # fmt: skip


def _write(folder, number, role, homes, transform, *, grades=None, pixels=None, metadata=None):
    for part in ("labels", "images"):
        (folder / part).mkdir(exist_ok=True)
    stem = f"{DISASTER}_{number:08d}_{role}_disaster"
    label = {
        "features": _features(homes, transform, grades),
        "metadata": _metadata(role) | (metadata or {}),
    }
    (folder / "labels" / f"{stem}.json").write_text(json.dumps(label))
    if pixels is None:
        pixels = np.full((SIZE, SIZE, 3), 120, np.uint8)
    Image.fromarray(pixels).save(folder / "images" / f"{stem}.jpg", quality=95)
    return stem


@pytest.fixture
def source(tmp_path):
    """Scenes: 0 whole; 1 east of it; 2 after only; 3 with no building; 4 a damaged image."""
    _write(tmp_path, 0, "pre", HOMES, TRUE)
    _write(tmp_path, 0, "post", HOMES, TRUE, grades=GRADES)
    east = {
        "uid-c": shapely.box(40, 40, 70, 75),
        "uid-edge": shapely.box(0, 200, 5, 240),
    }
    _write(tmp_path, 1, "pre", east, EAST)
    _write(tmp_path, 1, "post", east, EAST, grades=dict.fromkeys(east, "major-damage"))
    lone = {"uid-late": shapely.box(10, 10, 40, 40)}
    _write(tmp_path, 2, "post", lone, TRUE, grades={"uid-late": "un-classified"})
    _write(tmp_path, 3, "pre", {}, TRUE)
    _write(tmp_path, 3, "post", {}, TRUE)
    torn = {"uid-torn": shapely.box(10, 10, 40, 40)}
    _write(tmp_path, 4, "pre", torn, TRUE)
    stem = _write(tmp_path, 4, "post", torn, TRUE, grades={"uid-torn": "destroyed"})
    jpeg = tmp_path / "images" / f"{stem}.jpg"
    jpeg.write_bytes(jpeg.read_bytes()[:60])
    return tmp_path


def _label(folder, number, role):
    return read_label(folder / "labels" / f"{DISASTER}_{number:08d}_{role}_disaster.json")


def test_a_label_is_read_whole(source):
    label = _label(source, 0, "post")
    assert label.scene_id == "hurricane-tiny_00000000_post_disaster"
    assert (label.disaster, label.place) == (DISASTER, "hurricane-tiny_00000000")
    assert label.role is SceneRole.POST
    assert dict(zip(label.uids, label.subtypes, strict=True)) == GRADES
    assert captured_at(label) == datetime(2018, 10, 13, 16, 48, 13, tzinfo=UTC)
    assert label.pixels == tuple(HOMES.values())


@pytest.mark.parametrize("turn_deg", [0.0, 7.5, -90.0, 179.0])
def test_the_fit_recovers_the_affine(tmp_path, turn_deg):
    made = TRUE @ Affine.rotation(turn_deg)
    _write(tmp_path, 0, "pre", HOMES, made)
    fitted = fit_transform(_label(tmp_path, 0, "pre"))
    np.testing.assert_allclose(tuple(fitted), tuple(made), rtol=0, atol=1e-9)
    for corner in ((0, 0), (SIZE, 0), (SIZE, SIZE), (0, SIZE)):
        np.testing.assert_allclose(fitted @ corner, made @ corner, rtol=0, atol=1e-9)


@given(wrong=st.integers(0, 11), move_deg=st.floats(1e-4, 0.05), of=st.integers(0, 1))
@settings(max_examples=30, deadline=None)
def test_a_mismatched_outline_does_not_move_the_fit(wrong, move_deg, of):
    label = _grid_label(12)
    moved = list(label.degrees)
    moved[wrong] = shapely.transform(moved[wrong], lambda xy: xy + np.eye(2)[of] * move_deg)
    fitted = fit_transform(replace(label, degrees=tuple(moved)))
    np.testing.assert_allclose(tuple(fitted), tuple(TRUE), rtol=0, atol=1e-9)


def _grid_label(count):
    homes = {
        f"u{n}": shapely.box(60 * (n % 4), 80 * (n // 4), 60 * (n % 4) + 20, 80 * (n // 4) + 30)
        for n in range(count)
    }
    lists = _features(homes, TRUE)
    pixels = tuple(shapely.from_wkt(each["wkt"]) for each in lists["xy"])
    degrees = tuple(shapely.from_wkt(each["wkt"]) for each in lists["lng_lat"])
    place = f"{DISASTER}_00000000"
    return _label_of(place, tuple(homes), pixels, degrees)


def _label_of(place, uids, pixels, degrees):
    return Label(
        f"{place}_pre_disaster", DISASTER, place, SceneRole.PRE, _metadata("pre"), uids,
        ("",) * len(uids), pixels, degrees,
    )  # fmt: skip


def test_an_outline_with_other_vertices_is_left_out_of_the_fit():
    label = _grid_label(4)
    cut = shapely.Polygon(list(label.degrees[0].exterior.coords)[:-2])
    fitted = fit_transform(replace(label, degrees=(cut, *label.degrees[1:])))
    np.testing.assert_allclose(tuple(fitted), tuple(TRUE), rtol=0, atol=1e-9)


def test_what_cannot_be_placed_has_no_fit():
    label = _grid_label(1)
    assert fit_transform(replace(label, uids=(), pixels=(), degrees=())) is None
    cut = shapely.Polygon(list(label.degrees[0].exterior.coords)[:-2])
    assert fit_transform(replace(label, degrees=(cut,))) is None


def test_a_scene_knows_its_capture(source):
    label = _label(source, 0, "post")
    scene = read_scene(source, label, TRUE)
    assert scene.pixels.shape == (3, SIZE, SIZE)
    assert scene.valid.all()
    assert scene.gsd_m == pytest.approx(0.5, rel=5e-3)
    angles = (scene.off_nadir_deg, scene.sun_elevation_deg, scene.sun_azimuth_deg)
    assert angles == (21.5, 50.0, 150.0)
    assert (scene.provider, scene.licence) == ("Maxar (xBD) WORLDVIEW02", LICENCE)


def test_angles_not_stated_are_unknown_and_nonsense_is_the_scenes_own_problem(tmp_path):
    _write(tmp_path, 0, "pre", HOMES, TRUE, metadata={"off_nadir_angle": None})
    _write(tmp_path, 1, "pre", HOMES, TRUE, metadata={"sun_azimuth": "south"})
    problems = []
    labels = read_labels(tmp_path, None)
    scenes = list(read_scenes(tmp_path, labels, problems))
    assert len(scenes) == 1
    assert math.isnan(scenes[0].off_nadir_deg)
    assert "sun_azimuth is 'south', not degrees" in str(problems[0])


def test_scenes_that_cannot_be_used_are_named_and_the_others_go_on(source):
    problems: list[SceneError] = []
    scenes = list(read_scenes(source, read_labels(source, DISASTER), problems))
    assert [scene.scene_id.split("_", 1)[1] for scene in scenes] == [
        "00000000_post_disaster", "00000000_pre_disaster", "00000001_post_disaster",
        "00000001_pre_disaster", "00000002_post_disaster", "00000004_pre_disaster",
    ]  # fmt: skip
    text = [str(problem) for problem in problems]
    assert len(text) == 3
    assert sum("its labels hold no building" in line for line in text) == 2
    torn = next(line for line in text if "00000004_post" in line)
    assert "the image is damaged" in torn
    assert "Fetch the file again" in torn


def test_a_scene_without_buildings_is_placed_by_its_partner(tmp_path):
    _write(tmp_path, 0, "pre", {}, TRUE)
    _write(tmp_path, 0, "post", HOMES, TRUE, grades=GRADES)
    problems: list[SceneError] = []
    scenes = list(read_scenes(tmp_path, read_labels(tmp_path, None), problems))
    assert not problems
    for scene in scenes:
        np.testing.assert_allclose(tuple(scene.transform), tuple(TRUE), rtol=0, atol=1e-9)


def test_a_missing_image_is_named(source):
    label = _label(source, 0, "pre")
    (source / "images" / f"{label.scene_id}.jpg").unlink()
    with pytest.raises(SceneError, match=r"no file .*00000000_pre_disaster.jpg or .png") as caught:
        read_scene(source, label, TRUE)
    assert str(source / "images") in caught.value.remedy


def test_footprints_come_from_the_label_before_the_event(source):
    moved = {uid: shapely.affinity.translate(box, 9, 9) for uid, box in HOMES.items()}
    _write(source, 0, "post", moved, TRUE, grades=GRADES)
    table = collect_footprints(read_labels(source, None)).set_index("building_id")
    assert set(table.index) == {*HOMES, "uid-c", "uid-late", "uid-torn"}
    assert (table.loc[list(HOMES), "source"] == "xBD pre label").all()
    assert table.loc["uid-late", "source"] == "xBD post label"
    drawn = {role: captured_at(_label(source, 0, role)) for role in ("pre", "post")}
    assert (table.loc[list(HOMES), "outlined_at_utc"] == drawn["pre"]).all()
    assert table.loc["uid-late", "outlined_at_utc"] == drawn["post"]
    before = dict(zip(HOMES, _label(source, 0, "pre").degrees, strict=True))
    for uid, outline in before.items():
        assert table.geometry[uid].equals(outline)


def test_areas_are_square_metres(source):
    table = collect_footprints(read_labels(source, None)).set_index("building_id")
    expected = shapely.area(HOMES["uid-a"]) * 0.5**2
    assert table.loc["uid-a", "area_m2"] == pytest.approx(expected, rel=0.01)


def test_footprints_do_not_depend_on_the_order_of_labels(source):
    labels = read_labels(source, None)
    assert collect_footprints(labels[::-1]).equals(collect_footprints(labels))


def test_labels_without_buildings_give_an_empty_table(tmp_path):
    _write(tmp_path, 3, "pre", {}, TRUE)
    table = collect_footprints(read_labels(tmp_path, None))
    assert len(check_table(table, FOOTPRINTS)) == 0
    assert len(collect_grades(read_labels(tmp_path, None))) == 0


def test_an_outline_that_crosses_itself_becomes_valid(tmp_path):
    bow = {"uid-bow": shapely.Polygon([(0, 0), (40, 40), (40, 0), (0, 40)])}
    _write(tmp_path, 0, "pre", bow | HOMES, TRUE)
    table = collect_footprints(read_labels(tmp_path, None))
    assert table.geometry.is_valid.all()


def test_grades_come_from_the_labels_after_the_event(source):
    grades = collect_grades(read_labels(source, None))
    assert grades["uid-b"] == "destroyed"
    assert grades["uid-late"] == "un-classified"
    assert set(grades.index) == {*HOMES, "uid-c", "uid-late", "uid-torn"}


def _spoil(text):
    return text[: len(text) // 2]


def _drop(*path):
    def change(text):
        content = json.loads(text)
        inner = content
        for name in path[:-1]:
            inner = inner[name]
        del inner[path[-1]]
        return json.dumps(content)

    return change


@pytest.mark.parametrize(
    "change",
    [
        _spoil,
        lambda _: "[]",
        lambda _: "null",
        lambda text: text.replace("POLYGON", "POLYGLOT"),
        _drop("features"),
        _drop("features", "lng_lat"),
        _drop("metadata"),
        _drop("metadata", "capture_date"),
        lambda text: text.replace("2018-09-13T16:48:13.000Z", "last autumn"),
    ],
)
def test_a_label_that_is_no_label_is_named(source, change):
    path = source / "labels" / f"{DISASTER}_00000000_pre_disaster.json"
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match="not an xBD label file") as caught:
        read_labels(source, None)
    assert str(path) in caught.value.work
    assert "remove the pair" in caught.value.remedy


def test_a_file_with_another_name_is_refused(tmp_path):
    with pytest.raises(InputError, match="its name is not DISASTER_NUMBER"):
        read_label(tmp_path / "readme.json")


def test_a_disaster_that_is_not_there_is_told_from_those_that_are(source):
    with pytest.raises(InputError, match="labels of joplin-tornado") as caught:
        read_labels(source, "joplin-tornado")
    assert DISASTER in caught.value.remedy
    with pytest.raises(InputError, match="any disaster") as caught:
        read_labels(source / "nowhere", None)
    assert "none" in caught.value.remedy


@pytest.mark.parametrize("written", ["2018-10-13T16:48:13", "2018-10-13T11:48:13-05:00"])
def test_capture_is_utc_however_it_is_written(tmp_path, written):
    _write(tmp_path, 0, "post", HOMES, TRUE, metadata={"capture_date": written})
    captured = captured_at(_label(tmp_path, 0, "post"))
    assert captured == datetime(2018, 10, 13, 16, 48, 13, tzinfo=UTC)
    assert captured.utcoffset() == timedelta(0)


@pytest.mark.parametrize("turns", range(4))
def test_missing_data_is_a_large_black_patch_on_whichever_side(turns):
    pixels = np.full((3, 100, 100), 90, np.uint8)
    pixels[:, :30] = 3
    pixels[:, 60:80, 40:60] = 0
    expected = np.ones((100, 100), bool)
    expected[:30] = False
    valid = find_valid(np.rot90(pixels, turns, (1, 2)))
    assert np.array_equal(np.rot90(valid, -turns), expected)


def test_a_shadow_is_no_missing_data():
    pixels = np.full((3, 100, 100), 90, np.uint8)
    side = math.isqrt(MIN_NODATA_PX - 1)
    pixels[:, :side, :side] = 0
    assert find_valid(pixels).all()
    pixels[:, : side + 1, : side + 1] = 0
    assert find_valid(pixels).sum() == 10_000 - (side + 1) ** 2
    assert not find_valid(np.zeros((3, 50, 50), np.uint8)).any()


def _seen(source, images):
    footprints = collect_footprints(read_labels(source, None))
    seen = SeenShares(footprints)
    for image, start in images:
        seen.add(image, start)
    return seen


def test_a_building_is_shown_if_half_of_it_has_pixels_before_and_after(source):
    start = datetime(2018, 10, 10, tzinfo=UTC)
    before = read_scene(source, _label(source, 0, "pre"), TRUE)
    after = read_scene(source, _label(source, 0, "post"), TRUE)
    for left_column, expected in ((120, {"uid-a", "uid-b"}), (110, {"uid-a"})):
        valid = np.ones((SIZE, SIZE), bool)
        valid[:, left_column:] = False  # cuts uid-b near its middle, uid-edge away
        seen = _seen(source, [(before, start), (replace(after, valid=valid), start)])
        assert seen.visible() & set(HOMES) == expected
    assert seen.extent.normalize().equals_exact(before.outline.normalize(), 1e-9)
    assert _seen(source, [(before, start)]).visible() == set()


def test_another_scene_can_show_what_one_does_not(source):
    start = datetime(2018, 10, 10, tzinfo=UTC)
    after = read_scene(source, _label(source, 0, "post"), TRUE)
    before = read_scene(source, _label(source, 0, "pre"), TRUE)
    blind = replace(after, valid=np.zeros((SIZE, SIZE), bool))
    seen = _seen(source, [(before, start), (blind, start), (after, start), (blind, start)])
    assert seen.visible() >= set(HOMES)


def test_shares_of_no_buildings_are_nobodys():
    nothing = gpd.GeoDataFrame({"building_id": []}, geometry=gpd.GeoSeries([], crs=4326), crs=4326)
    assert SeenShares(nothing).visible() == set()


@pytest.mark.parametrize("name", XBD_DISASTERS)
def test_what_is_known_of_disasters_can_be_an_event(name):
    known = XBD_DISASTERS[name]
    assert known.start_utc.tzinfo is UTC
    assert timedelta(0) < known.end_utc - known.start_utc < timedelta(days=30)
    assert str(known.start_utc.year) in known.title
    assert len(known.country_code) == 2
    assert len(known.currency) == 3
    assert (known.area_code != "") == (known.country_code == "US")
    is_atlantic_storm = known.perils[0] is Peril.TROPICAL_CYCLONE_WIND
    assert is_atlantic_storm == (known.storm_id is not None)
    if known.storm_id:
        assert known.storm_id.endswith(str(known.start_utc.year))


def test_every_type_of_disaster_has_a_peril():
    assert all(PERILS_BY_TYPE.values())
