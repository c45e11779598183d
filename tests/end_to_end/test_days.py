"""From one day to the next: what came in, what changed, what was taken back, nothing twice."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pandas as pd
import pytest
import yaml

from claims.ledger.store import Ledger
from core.damage import DamageGrade
from core.errors import CoverageError

DAY_1 = datetime(2018, 10, 14, 12, tzinfo=UTC)
DAY_2 = DAY_1 + timedelta(days=2)
LATE = "small-town-post-r0c1"
"""Comes in on the second day."""
CLOUDED = "small-town-post-r0c0"
"""Was clouded, says its catalogue; a clear one of the same ground comes in on the second day."""
CLEAR = f"{CLOUDED}-clear"
STORY = {
    "cleared": ("small-town-00000", DamageGrade.DESTROYED, DamageGrade.NO_DAMAGE),
    "downgraded": ("small-town-00001", DamageGrade.DESTROYED, DamageGrade.MINOR),
    "upgraded": ("small-town-00002", DamageGrade.NO_DAMAGE, DamageGrade.DESTROYED),
}
"""What the pictures say of three homes on the first day and, on the clear one, on the second."""


def _edit_item(folder, scene_id, **properties):
    path = folder / "imagery" / scene_id / f"{scene_id}.json"
    item = json.loads(path.read_text(encoding="utf-8"))
    item["properties"] |= properties
    path.write_text(json.dumps(item), encoding="utf-8")
    return path


def _add_scene_like(folder, scene_id, new_id, **properties):
    imagery = folder / "imagery"
    shutil.copy(imagery / f"{scene_id}.tif", imagery / f"{new_id}.tif")
    (imagery / new_id).mkdir()
    path = imagery / new_id / f"{new_id}.json"
    item = (imagery / scene_id / f"{scene_id}.json").read_text(encoding="utf-8")
    path.write_text(item.replace(scene_id, new_id), encoding="utf-8")
    _edit_item(folder, new_id, **properties)
    catalog = json.loads((imagery / "catalog.json").read_text(encoding="utf-8"))
    link = {"rel": "item", "href": f"./{new_id}/{new_id}.json", "type": "application/json"}
    catalog["links"].append(link)
    (imagery / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")


def _flags(folder):
    return pd.read_csv(folder / "daily_list.csv", dtype="str").set_index("loc_no")


def _findings(folder):
    return gpd.read_parquet(folder / "findings.parquet").set_index("location_number")


@pytest.fixture(scope="module")
def days(assess, town_event, town_grades, tmp_path_factory):
    """Two days of one event: the runs' folders, the ledger after each, the story by location."""
    root = tmp_path_factory.mktemp("days")
    folder, out = root / "event", root / "out"
    shutil.copytree(town_event.parent, folder)
    event_file = folder / "event.yaml"
    _edit_item(folder, LATE, datetime="2018-10-15T16:00:00Z")
    _edit_item(folder, CLOUDED, **{"eo:cloud_cover": 60.0})
    _add_scene_like(
        folder, CLOUDED, CLEAR, datetime="2018-10-15T16:00:00Z", **{"eo:cloud_cover": 0.0}
    )
    locations = folder / "policies" / "location.csv"
    book = pd.read_csv(locations, dtype="str")
    book.iloc[:-1].to_csv(locations, index=False)
    says = [
        dict(town_grades) | {building: told[day] for building, *told in STORY.values()}
        for day in range(2)
    ]
    first = assess(event_file, out, DAY_1, says=says[0])
    shutil.copy(out / "ledger.sqlite", root / "first.sqlite")
    drafts_1 = {p.name: p.read_bytes() for p in (out / "small-town/drafts").glob("*.json")}
    book.to_csv(locations, index=False)
    second = assess(event_file, out, DAY_2, says=says[1])
    home_of = _findings(second.folder).reset_index().set_index("building_id")["location_number"]
    return {
        "out": out, "first": first, "second": second, "drafts_1": drafts_1, "says_2": says[1],
        "story": {flag: home_of[building] for flag, (building, *_) in STORY.items()},
        "ledger_1": Ledger.open_existing(f"sqlite:///{root / 'first.sqlite'}"),
        "ledger_2": Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}"),
        "new": book["LocNumber"].iloc[-1],
    }  # fmt: skip


def test_what_was_not_captured_yet_was_not_used(days):
    first, second = _findings(days["first"].folder), _findings(days["second"].folder)
    assert not first["post_scene_id"].isin([LATE, CLEAR]).any()
    waiting = first[first["status"] == "no_imagery"]
    assert len(waiting) > 0
    assert waiting["status_reason"].isin(["no_scene_after", "no_pixels_on_building"]).all()
    assert (second.loc[waiting.index, "status"] == "graded").all()
    assert (second.loc[waiting.index, "post_scene_id"] == LATE).any()
    assert (second["post_scene_id"] == CLEAR).any()
    record = json.loads((days["first"].folder / "run.json").read_text(encoding="utf-8"))
    reasons = {each["scene_id"]: each["reason"] for each in record["rejected_scenes"]}
    assert reasons[LATE] == reasons[CLEAR] == "not_yet_captured"


def test_the_first_list_is_all_new_and_the_second_says_what_changed(days):
    first, second = _flags(days["first"].folder), _flags(days["second"].folder)
    assert (first["change_flag"] == "new").all()
    for flag, home in days["story"].items():
        assert second.loc[home, "change_flag"] == flag
    assert second.loc[days["new"], "change_flag"] == "new"
    assert (second["change_flag"] == "new").sum() == 1
    assert set(second["list_version"]) == {"2"}
    before, after = _findings(days["first"].folder), _findings(days["second"].folder)
    untouched = before.index[before["status"] == "graded"].difference(days["story"].values())
    assert (before.loc[untouched, "tier"] == after.loc[untouched, "tier"]).all()
    assert (second.loc[untouched, "change_flag"] == "unchanged").all()


def test_newly_seen_ruins_rise_on_the_list(days, town_grades):
    first, second = _findings(days["first"].folder), _findings(days["second"].folder)
    flags = _flags(days["second"].folder)["change_flag"]
    waiting = first.index[first["status"] == "no_imagery"]
    grades = second.loc[waiting, "building_id"].map(town_grades)
    ruined, standing = waiting[grades >= DamageGrade.MAJOR], waiting[grades == 0]
    assert (flags[ruined] == "upgraded").all()
    assert flags[standing].isin(["downgraded", "unchanged", "cleared"]).all()


def test_the_ledger_only_grows_and_a_second_day_opens_no_second_incident(days):
    first, second = (days[name].current("small-town") for name in ("ledger_1", "ledger_2"))
    assert days["ledger_2"].verify(days["ledger_1"].heads()).ok
    merged = first.merge(second, on="location_number", suffixes=("_1", "_2"))
    assert len(merged) == len(first)
    assert (merged["incident_id_1"] == merged["incident_id_2"]).all()
    assert (merged["steps_2"] >= merged["steps_1"]).all()
    assert not second["incident_id"].duplicated().any()
    assert days["second"].new_incidents == len(second) - len(first)
    by_home = merged.set_index("location_number")
    for flag, tier in (("cleared", "T0"), ("downgraded", "T2")):
        row = by_home.loc[days["story"][flag]]
        assert row["steps_2"] == row["steps_1"] + 1
        assert row["tier_2"] == tier
        assert row["state_2"] == row["state_1"] == "CLAIM_DRAFT"


def test_a_draft_is_never_made_twice_and_never_taken_away_by_the_machine(days):
    folder = days["out"] / "small-town" / "drafts"
    now = {p.name: p.read_bytes() for p in folder.glob("*.json")}
    before = dict(days["drafts_1"])
    before.pop("manifest.json")
    assert before
    assert {name: now[name] for name in before} == before
    ids = {json.loads(now[n])["incidentId"] for n in now if n != "manifest.json"}
    first_revisions = [n for n in now if n.count(".") == 1 and n != "manifest.json"]
    assert len(ids) == len(first_revisions)
    manifest = json.loads(now["manifest.json"])
    assert manifest["rowCount"] == len(now) - 1


def test_the_second_day_again_changes_nothing(days, assess):
    heads = days["ledger_2"].heads()
    event_file = days["out"].parent / "event" / "event.yaml"
    again = assess(event_file, days["out"], DAY_2, says=days["says_2"])
    assert again.folder == days["second"].folder
    assert (again.new_incidents, again.new_drafts) == (0, 0)
    assert days["ledger_2"].heads() == heads


def test_a_run_that_saw_too_little_tells_its_gaps_and_publishes(
    assess, event_copy, town_grades, tmp_path
):
    content = yaml.safe_load(event_copy.read_text(encoding="utf-8"))
    event_copy.write_text(yaml.safe_dump(content | {"min_assessed_frac": 0.8}), encoding="utf-8")
    for column in range(2):
        _edit_item(
            event_copy.parent, f"small-town-post-r0c{column}", datetime="2018-10-20T16:00:00Z"
        )
    with pytest.raises(CoverageError, match=r"only \d+ of 24 .*80% asked.*no_imagery"):
        assess(event_copy, tmp_path, DAY_1, says=town_grades)
    latest = tmp_path / "small-town" / "latest"
    record = json.loads((latest / "run.json").read_text(encoding="utf-8"))
    assert record["state"] == "incomplete"
    assert "no_imagery" in record["problem"]
    assert len(_flags(latest)) == 24
    ledger = Ledger.open_existing(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    assert len(ledger.current("small-town")) > 0
    later = assess(event_copy, tmp_path, datetime(2018, 10, 21, tzinfo=UTC), says=town_grades)
    assert set(_flags(later.folder)["list_version"]) == {"2"}
