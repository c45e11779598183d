"""A made-up xBD folder becomes an event folder that says the same."""

import json
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pystac
import pytest
import shapely
from affine import Affine
from PIL import Image
from shapely import affinity

from core.damage import DamageGrade
from core.errors import InputError
from core.events import Peril
from core.schemas.truth import TRUTH
from core.tables import FOOTPRINTS, check_table
from flows.importing.town import STORM_ID, TRACK
from flows.importing.xbd import import_xbd
from flows.wiring.event_file import read_event_file
from policies.reading.exposure import read_book

SIDE_PX = 256
PIXEL_DEG = 0.5 / 111_320
"""Half a metre, near enough."""
GRADES = ("no-damage", "minor-damage", "major-damage", "destroyed", "un-classified")
HOMES = [shapely.box(20 + 45 * k, 40, 40 + 45 * k, 60) for k in range(5)]


MICHAEL_TRACK = TRACK.replace(STORM_ID, "AL142018")


def _label(disaster, kind, role, transform, *, homes=HOMES, captured="2018-10-13T16:48:00.000Z"):
    if role == "pre":
        captured = "2018-04-01T16:30:00.000Z"
    matrix = [transform.a, transform.b, transform.d, transform.e, transform.c, transform.f]
    xy, lng_lat = [], []
    for number, home in enumerate(homes):
        properties = {"uid": f"{disaster}-{transform.c:.3f}-{number}", "feature_type": "building"}
        if role == "post":
            properties["subtype"] = GRADES[number]
        xy.append({"properties": properties, "wkt": home.wkt})
        lng_lat.append(
            {"properties": properties, "wkt": affinity.affine_transform(home, matrix).wkt}
        )
    metadata = {
        "capture_date": captured, "gsd": 0.5, "off_nadir_angle": 12.0, "sun_elevation": 55.0,
        "sun_azimuth": 160.0, "sensor": "TEST01", "disaster": disaster, "disaster_type": kind,
    }  # fmt: skip
    return {"features": {"xy": xy, "lng_lat": lng_lat}, "metadata": metadata}


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "xbd"
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture
def add(source):
    """Adds a pair of scenes of a disaster to the folder."""
    texture = np.random.default_rng(1).integers(40, 200, (SIDE_PX, SIDE_PX, 3), np.uint8)

    def adder(disaster, number, kind="wind", *, west=-85.6, black_rows=0, homes=HOMES):
        transform = Affine(PIXEL_DEG * 1.15, 0, west, 0, -PIXEL_DEG, 30.25)
        for role in ("pre", "post"):
            stem = f"{disaster}_{number:08d}_{role}_disaster"
            label = _label(disaster, kind, role, transform, homes=homes)
            (source / "labels" / f"{stem}.json").write_text(json.dumps(label), encoding="utf-8")
            pixels = texture.copy()
            if role == "post" and black_rows:
                pixels[:black_rows] = 0
            Image.fromarray(pixels).save(source / "images" / f"{stem}.png")
        return transform

    return adder


def _folder(results):
    assert len(results) == 1
    return results[0].folder


def test_an_event_folder_holds_what_the_labels_say(source, add, tmp_path):
    transform = add("hurricane-michael", 1)
    add("hurricane-michael", 2, west=-85.59)
    result = import_xbd(source, tmp_path / "out", None, 7, None)[0]
    folder = result.folder
    assert folder == tmp_path / "out" / "hurricane-michael"
    assert (result.buildings, result.scenes, result.problems) == (10, 4, ())

    event = read_event_file(folder / "event.yaml")
    assert event.perils[0] is Peril.TROPICAL_CYCLONE_WIND
    assert event.hazards[0].scene_extents
    assert event.opens_at_utc < event.closes_at_utc

    footprints = check_table(gpd.read_parquet(folder / "footprints.parquet"), FOOTPRINTS)
    first = footprints.set_index("building_id").loc["hurricane-michael--85.600-0"]
    expected = affinity.affine_transform(
        HOMES[0],
        [transform.a, transform.b, transform.d, transform.e, transform.c, transform.f],
    )
    assert first.geometry.equals_exact(expected, 1e-9)
    assert first["area_m2"] == pytest.approx(10 * 10, rel=0.02)

    truth = check_table(pd.read_parquet(folder / "truth.parquet"), TRUTH)
    assert sorted(truth["grade"]) == sorted(GRADES * 2)
    book = read_book(event.policies.location, event.policies.account, event.policies.contacts)
    assert sorted(book.locations["location_number"]) == sorted(truth["location_number"])

    items = list(pystac.Catalog.from_file(str(folder / "imagery" / "catalog.json")).get_items())
    assert len(items) == 4
    post = next(item for item in items if item.id == "hurricane-michael_00000001_post_disaster")
    assert post.datetime == datetime(2018, 10, 13, 16, 48, tzinfo=UTC)
    assert post.properties["license"] == "CC-BY-NC-SA-4.0"
    assert post.properties["view:off_nadir"] == 12.0


def test_an_event_is_open_for_pictures_taken_long_after_it(source, add, tmp_path):
    """The Midwest floods of March 2019 were photographed at the end of May: none was graded."""
    add("midwest-flooding", 1, kind="flooding")
    path = source / "labels" / "midwest-flooding_00000001_post_disaster.json"
    label = json.loads(path.read_text(encoding="utf-8"))
    label["metadata"]["capture_date"] = "2019-05-31T16:54:31.000Z"
    path.write_text(json.dumps(label), encoding="utf-8")
    event = read_event_file(_folder(import_xbd(source, tmp_path, None, 7, None)) / "event.yaml")
    assert event.closes_at_utc > datetime(2019, 5, 31, 16, 54, 31, tzinfo=UTC)


def test_the_same_source_and_seed_give_the_same_files(source, add, tmp_path):
    add("hurricane-michael", 1)
    contents = []
    for name in ("a", "b"):
        folder = _folder(import_xbd(source, tmp_path / name, None, 7, None))
        contents.append(
            {
                str(path.relative_to(folder)): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file()
            }
        )
    assert contents[0] == contents[1]
    other = _folder(import_xbd(source, tmp_path / "c", None, 8, None))
    assert (other / "policies/contacts.csv").read_bytes() != contents[0]["policies/contacts.csv"]


def test_a_storms_track_becomes_the_hazard_only_of_that_storm(source, add, tmp_path):
    add("hurricane-michael", 1)
    add("santa-rosa-wildfire", 1, kind="fire", west=-122.7)
    tracks = tmp_path / "hurdat2.txt"
    tracks.write_text(MICHAEL_TRACK, encoding="utf-8")
    results = import_xbd(source, tmp_path / "out", None, 7, tracks)
    events = {r.folder.name: read_event_file(r.folder / "event.yaml") for r in results}
    michael = events["hurricane-michael"]
    assert michael.hazards[0].track.storm_id == "AL142018"
    assert michael.hazards[0].track.hurdat2.read_text(encoding="utf-8") == MICHAEL_TRACK
    assert michael.hazards[0].track.hurdat2.is_relative_to(tmp_path / "out")
    fire = events["santa-rosa-wildfire"]
    assert fire.hazards[0].scene_extents
    assert fire.perils[0] is Peril.WILDFIRE


def test_a_file_that_lacks_the_storm_is_told_and_the_event_runs(source, add, tmp_path, assess):
    add("hurricane-michael", 1)
    tracks = tmp_path / "hurdat2.txt"
    tracks.write_text(TRACK, encoding="utf-8")
    [result] = import_xbd(source, tmp_path / "out", None, 7, tracks)
    assert "hurdat2.txt has no storm AL142018 (Hurricane Michael 2018)" in result.notes[0]
    assert "hazard.track in event.yaml" in result.notes[0]
    event = read_event_file(result.folder / "event.yaml")
    assert event.hazards[0].scene_extents
    assert event.hazards[0].track is None
    says = dict.fromkeys(gpd.read_parquet(event.footprints)["building_id"], DamageGrade.NO_DAMAGE)
    as_of = datetime(2018, 11, 1, tzinfo=UTC)
    run = assess(result.folder / "event.yaml", tmp_path / "runs", as_of, says=says)
    findings = pd.read_parquet(run.folder / "findings.parquet")
    book = read_book(event.policies.location, event.policies.account, event.policies.contacts)
    assert sorted(findings["location_number"]) == sorted(book.locations["location_number"])


def test_a_broken_track_is_told_before_anything_is_written(source, add, tmp_path):
    add("hurricane-michael", 1)
    tracks = tmp_path / "hurdat2.txt"
    tracks.write_text(MICHAEL_TRACK.rsplit("\n", 2)[0], encoding="utf-8")
    with pytest.raises(InputError, match=r"hurdat2\.txt.*The file was cut"):
        import_xbd(source, tmp_path / "out", None, 7, tracks)
    tracks.write_bytes(b"\x00 junk")
    with pytest.raises(InputError, match=r"hurdat2\.txt"):
        import_xbd(source, tmp_path / "out", None, 7, tracks)
    assert not list((tmp_path / "out").glob("*/event.yaml"))


def test_one_disaster_may_be_chosen_and_an_unknown_one_is_named(source, add, tmp_path):
    add("hurricane-michael", 1)
    add("santa-rosa-wildfire", 1, kind="fire", west=-122.7)
    folder = _folder(import_xbd(source, tmp_path, "santa-rosa-wildfire", 7, None))
    assert folder.name == "santa-rosa-wildfire"
    with pytest.raises(InputError, match=r"palu.*hurricane-michael, santa-rosa-wildfire"):
        import_xbd(source, tmp_path, "palu", 7, None)


def test_black_ground_and_a_missing_image_are_expected_not_to_be_seen(source, add, tmp_path):
    add("hurricane-michael", 1, black_rows=128)
    add("hurricane-michael", 2, west=-85.59)
    (source / "images" / "hurricane-michael_00000002_post_disaster.png").unlink()
    result = import_xbd(source, tmp_path / "out", None, 7, None)[0]
    assert result.scenes == 3
    assert len(result.problems) == 1
    assert "00000002_post" in result.problems[0]
    truth = pd.read_parquet(result.folder / "truth.parquet")
    assert (truth["expected_status"] == "no_imagery").all()


def test_a_disaster_not_in_the_table_lies_between_its_pictures(source, add, tmp_path):
    add("tornado-somewhere", 1, kind="tornado")
    event = read_event_file(_folder(import_xbd(source, tmp_path, None, 7, None)) / "event.yaml")
    assert event.perils[0] is Peril.TORNADO
    assert datetime(2018, 4, 1, 16, 30, tzinfo=UTC) < event.window.start_utc
    assert event.window.end_utc == datetime(2018, 10, 13, 16, 48, tzinfo=UTC)


def test_wrong_input_is_told_and_leaves_nothing(source, add, tmp_path):
    add("comet-somewhere", 1, kind="comet")
    out = tmp_path / "out"
    with pytest.raises(InputError, match="disaster_type 'comet'"):
        import_xbd(source, out, None, 7, None)
    with pytest.raises(InputError, match="no HURDAT2 file"):
        import_xbd(source, out, None, 7, tmp_path / "none.txt")
    (source / "labels" / "comet-somewhere_00000001_pre_disaster.json").write_text("{")
    with pytest.raises(InputError, match="comet-somewhere_00000001_pre"):
        import_xbd(source, out, None, 7, None)
    assert not out.exists() or not any(out.iterdir())


def test_an_import_again_replaces_the_folder_whole(source, add, tmp_path):
    add("hurricane-michael", 1)
    folder = _folder(import_xbd(source, tmp_path, None, 7, None))
    (folder / "stray.txt").write_text("old")
    assert _folder(import_xbd(source, tmp_path, None, 7, None)) == folder
    assert not (folder / "stray.txt").exists()


def test_a_picture_without_a_label_before_is_placed_by_the_label_after(source, add, tmp_path):
    add("hurricane-michael", 1)
    add("hurricane-michael", 2, west=-85.59)
    (source / "labels" / "hurricane-michael_00000002_pre_disaster.json").unlink()
    result = import_xbd(source, tmp_path / "out", None, 7, None)[0]
    assert (result.buildings, result.scenes, result.problems) == (10, 4, ())
    truth = pd.read_parquet(result.folder / "truth.parquet")
    assert "no_imagery" not in set(truth["expected_status"])
    assert sorted(truth["grade"]) == sorted(GRADES * 2)
    items = pystac.Catalog.from_file(str(result.folder / "imagery" / "catalog.json")).get_items()
    by_id = {item.id: item for item in items}
    undated = by_id["hurricane-michael_00000002_pre_disaster"]
    event = read_event_file(result.folder / "event.yaml").event
    assert undated.datetime is None
    assert undated.common_metadata.end_datetime < event.window.start_utc
    twin = by_id["hurricane-michael_00000002_post_disaster"]
    assert undated.geometry == twin.geometry
    outlines = gpd.read_parquet(result.folder / "footprints.parquet")
    drawn = outlines.set_index("building_id").loc["hurricane-michael--85.590-0", "outlined_at_utc"]
    assert drawn == undated.common_metadata.end_datetime


def test_pictures_that_cannot_be_taken_are_counted_and_named(source, add, tmp_path):
    add("hurricane-michael", 1)
    add("hurricane-michael", 2, west=-85.59)
    add("hurricane-michael", 3, west=-85.58)
    add("hurricane-michael", 4, west=-85.57, homes=())
    for name in ("2_post", "3_pre", "3_post"):
        (source / "labels" / f"hurricane-michael_0000000{name}_disaster.json").unlink()
    result = import_xbd(source, tmp_path / "out", None, 7, None)[0]
    told = "\n".join(result.problems)
    for name in ("2_post", "3_pre", "3_post", "4_pre", "4_post"):
        assert f"hurricane-michael_0000000{name}_disaster" in told
    assert (len(result.problems), result.scenes) == (5, 3)
