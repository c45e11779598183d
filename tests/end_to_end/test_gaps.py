"""A run never ends well over a gap: its reason, its numbers and its remedy, and the list anyway."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import yaml

from flows.closing import IncompleteRunError

HOMES = 24
CONTRACT = (
    "findings.parquet", "daily_list.csv", "daily_list.xlsx", "event.gpkg", "map.html",
    "summary.json", "summary.md", "run.json",
)  # fmt: skip


@pytest.fixture
def folder(event_copy):
    return event_copy.parent


@pytest.fixture
def book(folder):
    """Changes the location file."""

    def change(edit):
        path = folder / "policies" / "location.csv"
        edit(pd.read_csv(path, dtype="str", keep_default_na=False)).to_csv(path, index=False)

    return change


@pytest.fixture
def gaps(assess, event_copy, town_grades, tmp_path):
    """Runs the copied event, which must end over gaps, told in every place; their codes."""

    def runner():
        with pytest.raises(IncompleteRunError) as caught:
            assess(event_copy, tmp_path / "out", says=town_grades)
        latest = tmp_path / "out" / "small-town" / "latest"
        assert [name for name in CONTRACT if not (latest / name).is_file()] == []
        record = json.loads((latest / "run.json").read_text(encoding="utf-8"))
        assert record["state"] == "incomplete"
        text = (latest / "summary.md").read_text(encoding="utf-8")
        for gap in record["gaps"]:
            assert gap["code"] in str(caught.value)
            assert gap["problem"] in str(caught.value)
            assert gap["remedy"] in str(caught.value)
            assert gap["code"] in text
            assert gap["problem"] in text
        told = json.loads((latest / "summary.json").read_text(encoding="utf-8"))
        assert told["gaps"] == record["gaps"]
        assert caught.value.result.locations == record["counts"]["in_path"] == told["locations"]
        assert len(gpd.read_parquet(latest / "findings.parquet")) == told["locations"]
        return [gap["code"] for gap in record["gaps"]], record["counts"]

    return runner


def _blank_latitude(table, rows):
    table.loc[rows, "Latitude"] = ""
    return table


def test_most_of_the_book_rejected(gaps, book):
    book(lambda table: _blank_latitude(table, table.index[:20]))
    codes, counts = gaps()
    assert codes == ["book_rejected"]
    assert (counts["homes_rejected"], counts["in_book"]) == (20, 4)


def test_a_book_of_nothing_but_bad_rows(gaps, book):
    book(lambda table: _blank_latitude(table, table.index))
    codes, counts = gaps()
    assert codes == ["book_rejected"]
    assert counts["in_book"] == 0


def test_no_column_says_how_well_homes_are_placed(gaps, book):
    book(lambda table: table.drop(columns="AddressMatch"))
    assert gaps()[0] == ["many_too_coarse"]


def test_footprints_of_another_county(gaps, folder):
    path = folder / "footprints.parquet"
    table = gpd.read_parquet(path)
    table.set_geometry(table.geometry.translate(2.0, 0.0)).to_parquet(path)
    assert gaps()[0] == ["few_matched"]


def test_no_footprint_at_all(gaps, folder):
    path = folder / "footprints.parquet"
    gpd.read_parquet(path).iloc[:0].to_parquet(path)
    codes, counts = gaps()
    assert codes == ["few_matched"]
    assert counts["by_status"]["no_building_match"] == HOMES


def test_a_hazard_elsewhere_leaves_nobody_in_the_path(gaps, event_copy):
    content = yaml.safe_load(event_copy.read_text(encoding="utf-8"))
    content["hazard"] = {"box": [10.0, 47.0, 11.0, 48.0]}
    event_copy.write_text(yaml.safe_dump(content), encoding="utf-8")
    codes, counts = gaps()
    assert codes == ["none_in_path"]
    assert (counts["in_book"], counts["in_path"], counts["outside_path"]) == (HOMES, 0, HOMES)
    record = event_copy.parents[1] / "out" / "small-town" / "latest" / "run.json"
    problem = json.loads(record.read_text(encoding="utf-8"))["gaps"][0]["problem"]
    assert "the hazard covers 47.00 N to 48.00 N, 10.00 E to 11.00 E" in problem
    assert "the book's homes lie within 30." in problem
    assert "the pictures after the event within 30." in problem


def test_every_sign_of_the_longitudes_lost(gaps, book):
    book(lambda table: table.assign(Longitude=table["Longitude"].str.removeprefix("-")))
    (code,), _ = gaps()
    assert code in {"none_in_path", "book_rejected"}


def test_a_book_that_lies_mostly_elsewhere_is_no_gap(assess, event_copy, town_grades, tmp_path):
    policies = event_copy.parent / "policies"
    for name, keys in (
        ("location.csv", ["LocNumber", "AccNumber"]), ("account.csv", ["AccNumber", "PolNumber"]),
    ):  # fmt: skip
        table = pd.read_csv(policies / name, dtype="str", keep_default_na=False)
        copies = [table]
        for turn in range(40):
            far = table.assign(**{key: table[key] + f"-{turn}" for key in keys})
            if "Latitude" in far:
                far["Latitude"] = (far["Latitude"].astype(float) + 10 + turn / 10).astype(str)
            copies.append(far)
        pd.concat(copies, ignore_index=True).to_csv(policies / name, index=False)
    result = assess(event_copy, tmp_path / "out", says=town_grades)
    assert (result.locations, result.outside_path) == (HOMES, 40 * HOMES)
    text = (result.folder / "summary.md").read_text(encoding="utf-8")
    assert "Of the book's 984 homes 960 lie outside the path" in text
    assert json.loads((result.folder / "run.json").read_text())["state"] == "complete"
