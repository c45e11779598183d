"""Bad input: a clear error or a reject, the rest goes on, and nobody is lost on the way."""

import json
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml
from affine import Affine

from core.errors import EventError, ExposureError, InputError, SceneError
from imagery.event_folder import SceneImage, write_catalog

JUNK = np.random.default_rng(0).bytes(10_000_000)
POST = "small-town-post-r0c0"
HOMES = 24


@pytest.fixture
def run(assess, event_copy, town_grades, tmp_path):
    """Runs the copied event; gives its findings by location and its rejects."""

    def runner():
        result = assess(event_copy, tmp_path / "out", says=town_grades)
        findings = gpd.read_parquet(result.folder / "findings.parquet")
        rejects = pd.read_parquet(result.folder / "work" / "rejects.parquet")
        listed = pd.read_csv(result.folder / "daily_list.csv", dtype="str")
        assert len(listed) == len(findings)
        record = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))
        assert record["counts"]["rejects"] == len(rejects)
        return findings.set_index("location_number"), rejects, record

    return runner


@pytest.fixture
def refused(assess, event_copy, town_grades, tmp_path):
    """Runs the copied event, which must fail, and gives the error; nothing may be published."""

    def runner(kind):
        with pytest.raises(kind) as caught:
            assess(event_copy, tmp_path / "out", says=town_grades)
        assert not (tmp_path / "out" / "small-town" / "latest").exists()
        assert not (tmp_path / "out" / "ledger.sqlite").exists()
        message = str(caught.value)
        assert len(message) < 1500
        assert caught.value.remedy
        return message

    return runner


@pytest.fixture
def book(event_copy):
    """The location file as text, to be changed and written back."""
    path = event_copy.parent / "policies" / "location.csv"

    class Book:
        table = pd.read_csv(path, dtype="str", keep_default_na=False)

        def write(self, encoding="utf-8"):
            self.table.to_csv(path, index=False, encoding=encoding)

    return Book()


def _scene(event_copy, scene_id=POST):
    return event_copy.parent / "imagery" / f"{scene_id}.tif"


def _change_event(event_copy, **fields):
    content = yaml.safe_load(event_copy.read_text(encoding="utf-8"))
    event_copy.write_text(yaml.safe_dump(content | fields), encoding="utf-8")


# pictures


def _expect_one_scene_lost(run, event_copy, reason):
    findings, _, record = run()
    assert len(findings) == HOMES
    assert (findings["status"] == "graded").sum() > HOMES / 2
    lost = findings[findings["status"] != "graded"]
    assert (lost["status"] == "no_imagery").all()
    assert lost["status_reason"].str.len().gt(0).all()
    assert (lost["tier"] == "U").all()
    assert not (findings["post_scene_id"] == POST).any()
    rejected = {each["scene_id"]: each["reason"] for each in record["rejected_scenes"]}
    assert reason in rejected[POST]


def test_a_picture_cut_short_costs_only_homes_that_no_other_shows(run, event_copy):
    path = _scene(event_copy)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    _expect_one_scene_lost(run, event_copy, "damaged")


def test_ten_megabytes_of_junk_for_a_picture(run, event_copy):
    _scene(event_copy).write_bytes(JUNK)
    _expect_one_scene_lost(run, event_copy, "damaged")


def test_a_picture_that_is_gone(run, event_copy):
    _scene(event_copy).unlink()
    _expect_one_scene_lost(run, event_copy, "missing")


def test_a_picture_without_a_crs(run, event_copy):
    path = _scene(event_copy)
    with rasterio.open(path) as image:
        pixels, profile = image.read(), image.profile
    path.unlink()
    with rasterio.open(path, "w", **(profile | {"crs": None})) as image:
        image.write(pixels)
    _expect_one_scene_lost(run, event_copy, "CRS")


def test_an_item_that_is_junk_costs_only_its_own_scene(run, event_copy):
    (event_copy.parent / "imagery" / POST / f"{POST}.json").write_bytes(JUNK[:100_000])
    _expect_one_scene_lost(run, event_copy, "unreadable_item")


def test_a_scene_far_away_is_set_aside_with_the_reason(run, event_copy, tmp_path):
    far = SceneImage(
        "far-away", np.full((3, 256, 256), 90, np.uint8), np.ones((256, 256), bool),
        Affine(5e-6, 0, 11.0, 0, -5e-6, 48.0), pd.Timestamp("2018-10-13T16:00Z").to_pydatetime(),
        0.5, 10.0, 50.0, 150.0, "elsewhere", "CC0-1.0",
    )  # fmt: skip
    write_catalog(tmp_path / "far", "far", "Far away", [far])
    imagery = event_copy.parent / "imagery"
    shutil.copy(tmp_path / "far" / "far-away.tif", imagery)
    shutil.copytree(tmp_path / "far" / "far-away", imagery / "far-away")
    catalog = json.loads((imagery / "catalog.json").read_text(encoding="utf-8"))
    catalog["links"].append(
        {"rel": "item", "href": "./far-away/far-away.json", "type": "application/json"}
    )
    (imagery / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
    findings, _, record = run()
    assert (findings["status"] == "graded").sum() == HOMES
    assert {"scene_id": "far-away", "reason": "outside_event"} in record["rejected_scenes"]


def test_junk_for_the_catalogue(refused, event_copy):
    (event_copy.parent / "imagery" / "catalog.json").write_bytes(JUNK)
    assert "catalog.json" in refused(SceneError)


def test_junk_for_the_footprints(refused, event_copy):
    (event_copy.parent / "footprints.parquet").write_bytes(JUNK)
    assert "footprints.parquet" in refused(EventError)


def test_footprints_without_outlines(refused, event_copy):
    path = event_copy.parent / "footprints.parquet"
    pd.DataFrame(gpd.read_parquet(path)).drop(columns="geometry").to_parquet(path)
    assert "footprints" in refused(InputError)


def test_footprints_in_metres_are_taken_to_degrees(run, event_copy):
    path = event_copy.parent / "footprints.parquet"
    gpd.read_parquet(path).to_crs("EPSG:32616").to_parquet(path)
    findings, _, _ = run()
    assert (findings["status"] == "graded").all()


# the book


def test_a_byte_order_mark_and_a_windows_code_page_lose_nobody(run, event_copy, book):
    book.write("utf-8-sig")
    contacts = event_copy.parent / "policies" / "contacts.csv"
    people = pd.read_csv(contacts, dtype="str")
    people.loc[0, "InsuredName"] = "José Muñoz"
    people.to_csv(contacts, index=False, encoding="cp1252")
    findings, rejects, _ = run()
    assert len(findings) == HOMES
    assert len(rejects) == 0
    latest = event_copy.parent.parent / "out" / "small-town" / "latest"
    assert "José Muñoz" in (latest / "daily_list.csv").read_text(encoding="utf-8")


def test_rows_that_cannot_be_used_are_rejects_and_the_others_go_on(run, book):
    table = book.table
    table.loc[0, ["Latitude", "Longitude"]] = ""
    latitude, longitude = table.loc[1, ["Latitude", "Longitude"]]
    table.loc[1, ["Latitude", "Longitude"]] = [longitude, latitude]
    table.loc[2, "LocPerilsCovered"] = "WW2;QQQ"
    table.loc[3, "LocNumber"] = table.loc[4, "LocNumber"]
    table.loc[3, "AccNumber"] = table.loc[4, "AccNumber"]
    table.loc[5, "BuildingTIV"] = "a lot"
    table.loc[6, "CountryCode"] = "USA"
    table.loc[7, "AccNumber"] = "A999999"
    book.table = pd.concat([table, table.iloc[[10]]], ignore_index=True)
    book.write()
    findings, rejects, record = run()
    found = {(row.row_number, row.reason) for row in rejects.itertuples()}
    assert {
        (2, "blank_coordinates"), (3, "swapped_coordinates"), (4, "unknown_peril_code"),
        (8, "bad_country_code"), (9, "unknown_account"),
        (HOMES + 2, "duplicate_row"),
    } <= found  # fmt: skip
    assert any(reason == "conflicting_duplicate" for _, reason in found)
    assert rejects["remedy"].str.len().gt(10).all()
    assert findings.index.is_unique
    assert len(findings) == HOMES - 6
    assert findings.loc[table.loc[5, "LocNumber"], "building_tiv"] == 0
    by_row = set(rejects.loc[rejects["file"] == "location.csv", "row_number"])
    in_book = {number + 2 for number in range(HOMES + 1)}
    assert len(in_book - by_row) == record["counts"]["in_book"] == len(findings)


def test_junk_for_the_book(refused, event_copy):
    (event_copy.parent / "policies" / "location.csv").write_bytes(JUNK)
    assert "location.csv" in refused(ExposureError)


def test_an_empty_book(refused, book):
    book.table = book.table.iloc[:0]
    book.write()
    assert "holds no location" in refused(ExposureError)


def test_an_empty_file_for_the_book(refused, event_copy):
    (event_copy.parent / "policies" / "location.csv").write_bytes(b"")
    assert "empty" in refused(ExposureError)


def test_junk_for_the_event_file(refused, event_copy):
    event_copy.write_bytes(JUNK)
    assert "event.yaml" in refused(EventError)


def test_junk_for_the_track(refused, event_copy):
    (event_copy.parent / "weather" / "hurdat2.txt").write_bytes(JUNK)
    assert "hurdat2.txt" in refused(InputError)
