"""A book's numbers are its own affair: no home is lost to them and none gets a second claim."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pandas as pd
import pytest

from claims.ledger.store import Ledger
from core.schemas.book import LOCATION_KEY

DAY_1 = datetime(2018, 10, 14, 12, tzinfo=UTC)


@pytest.fixture
def rewrite(town_event, tmp_path):
    """Lays a changed book over a copy of the town's event; gives the event file."""
    folder = tmp_path / "event"
    shutil.copytree(town_event.parent, folder)

    def write(change):
        for name in ("location", "account", "contacts"):
            path = folder / "policies" / f"{name}.csv"
            change(pd.read_csv(path, dtype="str", keep_default_na=False)).to_csv(path, index=False)
        return folder / "event.yaml"

    return write


def _findings(folder):
    return gpd.read_parquet(folder / "findings.parquet")


def _drafts(out):
    return sorted(path.name for path in (out / "small-town" / "drafts").glob("*.json"))


def _renumber(rows):
    """A spreadsheet took the zeros off the locations, the renewal added a suffix."""
    if "PolNumber" in rows:
        return rows.assign(PolNumber=rows["PolNumber"] + "-01")
    return rows.assign(LocNumber=rows["LocNumber"].str.lstrip("0"))


def test_one_policy_number_in_every_account_loses_no_home(
    assess, rewrite, town_event, town_grades, tmp_path
):
    plain = assess(town_event, tmp_path / "plain", DAY_1, says=town_grades)

    def number_anew(rows):
        changed = {"LocNumber": "1", "PolNumber": "1"}
        return rows.assign(**{name: new for name, new in changed.items() if name in rows})

    event_file = rewrite(number_anew)
    run = assess(event_file, tmp_path / "out", DAY_1, says=town_grades)
    before, after = _findings(plain.folder), _findings(run.folder)
    order = "account_number"
    before, after = before.sort_values(order), after.sort_values(order)
    for column in (order, "status", "decision", "building_id"):
        assert after[column].tolist() == before[column].tolist()
    assert not after.duplicated(LOCATION_KEY).any()
    assert set(after["policy_number"]) == {"1"}
    drafts = [name for name in _drafts(tmp_path / "out") if name != "manifest.json"]
    assert len(drafts) == (after["decision"] == "open_draft").sum() > 0
    assert Ledger.open_existing(f"sqlite:///{tmp_path / 'out' / 'ledger.sqlite'}").verify().ok


def test_homes_whose_numbers_changed_get_no_second_draft(
    assess, rewrite, town_event, town_grades, tmp_path
):
    out = tmp_path / "out"
    first = assess(town_event, out, DAY_1, says=town_grades)
    drafts = _drafts(out)
    event_file = rewrite(_renumber)
    second = assess(event_file, out, DAY_1 + timedelta(days=1), says=town_grades)
    before, after = _findings(first.folder), _findings(second.folder)
    assert len(after) == len(before)
    known = before.dropna(subset="incident_id").set_index("building_id")["incident_id"].dropna()
    again = after[after["building_id"].isin(known.index)].set_index("building_id")
    assert again["incident_id"].to_dict() == known.loc[again.index].to_dict()
    assert (again["decision"] == "review").all()
    assert again["decision_reasons"].str.startswith("known_under_other_number;known_as:").all()
    assert _drafts(out) == drafts
    record = json.loads((second.folder / "run.json").read_text(encoding="utf-8"))
    assert record["counts"]["new_incidents"] == 0
    listed = pd.read_csv(second.folder / "daily_list.csv", dtype="str")
    assert len(listed) == len(after), "an old number is no row of its own"
