"""A review turns yesterday's draft into one that says so; list, findings, ledger, draft agree."""

import json
import stat
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pandas as pd
import pytest
import yaml

from claims.ledger.store import Ledger
from core.provenance import sha256_of_file

DAY_1 = datetime(2018, 10, 14, 12, tzinfo=UTC)
DAYS = [DAY_1 + timedelta(days=day) for day in range(3)]
STATUS = "reviewed: no damage; do not submit"


def _findings(result):
    table = gpd.read_parquet(result.folder / "findings.parquet")
    return table.set_index("building_id", drop=False)


def _review(event_file, rows):
    lines = ["building_id,grade,reviewer,reviewed_at_utc"]
    lines += [f"{building},{grade},r7,2018-10-15T09:00:00Z" for building, grade in rows.items()]
    (event_file.parent / "reviews.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    document = yaml.safe_load(event_file.read_text(encoding="utf-8")) | {"reviews": "reviews.csv"}
    event_file.write_text(yaml.safe_dump(document), encoding="utf-8")


def _payload(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


@pytest.fixture
def reviewed(assess, event_copy, town_grades, tmp_path):
    """The first day's findings, the day of the review, the same a day later; what was reviewed."""
    out = tmp_path / "out"
    first = _findings(assess(event_copy, out, DAYS[0], says=town_grades))
    drafted = first.index[first["decision"] == "open_draft"]
    quiet = first.index[(first["decision"] == "none") & first["incident_id"].isna()]
    assert len(drafted) > 2
    assert len(quiet)
    rows = {drafted[0]: "no-damage", drafted[1]: "minor-damage", quiet[0]: "no-damage"}
    _review(event_copy, rows)
    runs = [assess(event_copy, out, day, says=town_grades) for day in DAYS[1:]]
    return first, runs, list(rows)


def test_a_review_turns_yesterdays_draft_into_one_that_says_so(reviewed):
    first, (second, third), (cleared, minor, quiet) = reviewed
    drafts = second.folder.parent / "drafts"
    incident = first.loc[cleared, "incident_id"]
    assert "status" not in _payload(drafts, f"{incident}.json")
    recalled = _payload(drafts, f"{incident}.r2.json")
    assert recalled["status"] == STATUS
    description = recalled["claim"]["data"]["attributes"]["description"]
    assert description.startswith("Reviewed: no damage; do not submit.")
    assert recalled["transactionId"] == _payload(drafts, f"{incident}.json")["transactionId"]

    finding = _findings(second).loc[cleared]
    assert finding["decision"] == recalled["evidence"]["decision"] == "none"
    assert finding["incident_id"] == recalled["incidentId"] == incident
    listed = pd.read_csv(second.folder / "daily_list.csv", dtype="str")
    (action,) = listed.loc[listed["incident_id"] == incident, "next_action"]
    assert action == f"Reviewed, no damage: do not submit; a person closes {incident}"
    ledger = Ledger.open_existing(f"sqlite:///{drafts.parent.parent / 'ledger.sqlite'}")
    state = ledger.current("small-town").set_index("incident_id").loc[incident]
    assert (state["state"], state["decision"]) == ("HUMAN_REVIEWED", "none")

    other = first.loc[minor, "incident_id"]
    assert _payload(drafts, f"{other}.r2.json")["status"].startswith("reviewed: minor damage")
    assert second.new_drafts >= 2
    assert third.new_drafts == 0, "said once"
    assert pd.isna(_findings(third).loc[quiet, "incident_id"])
    manifest = _payload(drafts, "manifest.json")
    assert not [line for line in manifest["drafts"] if line["revision"] > 2]


def test_each_draft_names_its_homes_pictures_which_lie_beside_it(reviewed):
    first, (second, _), _ = reviewed
    drafts = second.folder.parent / "drafts"
    shown = pd.read_parquet(second.folder / "work" / "pictures.parquet").set_index("building_id")
    for building, incident in first.loc[first["decision"] == "open_draft", "incident_id"].items():
        payload = _payload(drafts, f"{incident}.json")
        files = {each["role"]: drafts / each["file"] for each in payload["pictures"]}
        assert {"before", "after"} <= set(files)
        assert all(sha256_of_file(drafts / p["file"]) == p["sha256"] for p in payload["pictures"])
        assert files["after"].read_bytes() == shown.loc[building, "post_jpeg"]
        assert files["before"].name == f"{incident}-before.jpg"
        assert not any(stat.S_IMODE(path.stat().st_mode) & 0o077 for path in files.values())
        assert payload["deadlines"]["clocks"]
