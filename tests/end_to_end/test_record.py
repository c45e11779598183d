"""A run compares itself with the record, whatever was done to files in between."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from claims.ledger.store import Ledger
from core.damage import DamageGrade

DAY_1 = datetime(2018, 10, 14, 12, tzinfo=UTC)
DAY_2, DAY_3, DAY_4 = (DAY_1 + timedelta(days=day) for day in (1, 2, 3))
EVENT = "small-town"
PRODUCTS = ("daily_list.csv", "daily_list.xlsx", "map.html", "summary.md", "run.json")


def _state(out):
    drafts = (out / EVENT / "drafts").glob("*.json")
    return (
        Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}").heads(),
        {path.name: path.read_bytes() for path in drafts},
        (out / EVENT / "latest").readlink(),
    )


def _record(folder):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def _flags(folder):
    return pd.read_csv(folder / "daily_list.csv", dtype="str")["change_flag"]


@pytest.fixture(scope="module")
def two_days(assess, town_event, town_grades, tmp_path_factory):
    """Output folder of two days, not to be changed, with the days' folders' names."""
    out = tmp_path_factory.mktemp("record") / "runs?2018 #1 100%"
    runs = [assess(town_event, out, day, says=town_grades).folder.name for day in (DAY_1, DAY_2)]
    return out, runs


@pytest.fixture
def kept(two_days, tmp_path):
    """A copy of the two days' output, and the folders of the days."""
    out = tmp_path / "out"
    shutil.copytree(two_days[0], out, symlinks=True)
    return out, [out / EVENT / name for name in two_days[1]]


def test_an_odd_folder_name_holds_the_ledger_too(two_days):
    out, _ = two_days
    assert (out / "ledger.sqlite").is_file()
    assert not [path for path in out.parent.iterdir() if path != out]


def test_an_earlier_instant_looks_back_and_acts_on_nothing(kept, assess, town_event, town_grades):
    out, (first, _) = kept
    before = _state(out)
    looked = assess(town_event, out, DAY_1, says=town_grades)
    assert _state(out) == before
    assert looked.folder == out / EVENT / "replays" / first.name
    assert (looked.new_incidents, looked.new_drafts) == (0, 0)
    assert all((looked.folder / name).is_file() for name in PRODUCTS)
    record = _record(looked.folder)
    assert record["is_replay"]
    assert record["as_of_utc"] == DAY_1.isoformat()
    assert record["recorded_at_utc"] > "2026"
    assert any("looks back" in note for note in looked.notes)
    mine, theirs = (gpd.read_parquet(each / "findings.parquet") for each in (looked.folder, first))
    assert mine["incident_id"].equals(theirs["incident_id"])
    again = assess(town_event, out, DAY_2, says=town_grades)
    assert again.folder.parent.name == EVENT
    assert not _record(again.folder)["is_replay"]
    assert _state(out) == before


def test_the_record_knows_a_later_run_whose_files_are_gone(kept, assess, town_event, town_grades):
    out, (_, second) = kept
    shutil.rmtree(second)
    (out / EVENT / "latest").unlink()
    shutil.rmtree(out / "cache")
    assess(town_event, out, DAY_3, says=dict.fromkeys(town_grades, DamageGrade.NO_DAMAGE))
    for folder in (out / EVENT).glob("2018*"):
        shutil.rmtree(folder)
    looked = assess(town_event, out, DAY_1, says=town_grades)
    assert looked.folder.parent.name == "replays"


def test_a_list_that_people_saved_or_took_away_is_not_missed(kept, assess, town_event, town_grades):
    out, (_, second) = kept
    (second / "daily_list.csv").write_text("rank;tier\n1;T4\n", encoding="cp1252")
    (second / "daily_list.xlsx").unlink()
    today = assess(town_event, out, DAY_3, says=town_grades)
    assert set(_flags(today.folder)) == {"unchanged"}
    assert _record(today.folder)["compared_with"] == second.name
    assert today.notes == ()


def test_damaged_findings_are_said_and_the_day_before_is_compared_with(
    kept, assess, town_event, town_grades
):
    out, (first, second) = kept
    findings = second / "findings.parquet"
    findings.write_bytes(findings.read_bytes()[:1000])
    (second / "run.json").write_text("{", encoding="utf-8")
    draft = min((out / EVENT / "drafts").glob("inc-*.json"))
    content = draft.read_bytes()
    draft.write_text("{}")
    today = assess(town_event, out, DAY_3, says=town_grades)
    assert _record(today.folder)["compared_with"] == first.name
    assert set(_flags(today.folder)) == {"unchanged"}
    told = " ".join(today.notes)
    assert f"findings of run {second.name} are gone or damaged" in told
    assert "1 drafts in the drop folder had been changed" in told
    assert (today.folder / "summary.md").read_text().count(second.name) == 2
    assert draft.read_bytes() == content
    assert len(list((draft.parent / "set-aside").iterdir())) == 1


def test_with_nothing_left_to_compare_with_the_list_comes_all_the_same(
    kept, assess, town_event, town_grades
):
    out, folders = kept
    for folder in folders:
        (folder / "findings.parquet").unlink()
    today = assess(town_event, out, DAY_4, says=town_grades)
    assert set(_flags(today.folder)) == {"new"}
    assert len(today.notes) == len(folders)
    assert _record(today.folder)["list_version"] == 3
    assert Path(today.folder / "daily_list.xlsx").is_file()
