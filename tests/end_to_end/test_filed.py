"""An insured who filed gets no second claim: what was seen goes to the claim that is there."""

import json
import stat
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pandas as pd
import pytest
import yaml

from claims.ledger.store import Ledger

DAYS = [datetime(2018, 10, 14, 12, tzinfo=UTC) + timedelta(days=day) for day in range(2)]
NUMBERS = ["account_number", "policy_number", "location_number"]
HEADER = ",".join(["claim_number", *NUMBERS, "loss_date", "notice_received_at_utc"])


@pytest.fixture
def filed(assess, event_copy, town_grades, tmp_path):
    """A run that drafts, and the same event with claims of two homes filed, in another folder."""
    first = assess(event_copy, tmp_path / "before", DAYS[0], says=town_grades)
    findings = gpd.read_parquet(first.folder / "findings.parquet")
    drafted = findings[findings["decision"] == "open_draft"]
    home, day = drafted.iloc[0], drafted.iloc[0]["loss_date"]
    numbers = ",".join(home[NUMBERS])
    lines = [HEADER, f"CLM-1,{numbers},{day:%Y-%m-%d},2018-10-13T08:00:00Z", f"CLM-2,{numbers},,x"]
    (event_copy.parent / "claims.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    document = yaml.safe_load(event_copy.read_text(encoding="utf-8")) | {"claims": "claims.csv"}
    event_copy.write_text(yaml.safe_dump(document), encoding="utf-8")
    out = tmp_path / "after"
    runs = [assess(event_copy, out, day, says=town_grades) for day in DAYS]
    return home, len(drafted), runs, out


def test_nothing_is_opened_beside_the_claim_and_the_list_says_so(filed):
    home, drafts, runs, out = filed
    event = runs[0].folder.parent
    names = [path.name for path in (event / "drafts").glob("inc-*.json")]
    assert len(names) == drafts - 1
    for run in runs:
        table = pd.read_csv(run.folder / "daily_list.csv", dtype="str")
        row = table[table["loc_no"].eq(home["location_number"])
                    & table["policy_no"].eq(home["policy_number"])].iloc[0]  # fmt: skip
        assert row["decision"] == "none"
        assert row["next_action"].startswith("Claim CLM-1, notice of 2018-10-13: the insured filed")
    rejects = pd.read_csv(runs[0].folder / "claim_rejects.csv")
    assert rejects[["row_number", "reason"]].to_numpy().tolist() == [[3, "bad_loss_date"]]
    (note,) = (event / "attachments").iterdir()
    assert json.loads(note.read_text(encoding="utf-8"))["claimNumber"] == "CLM-1"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    ledger = Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}")
    assert ledger.verify().ok
    kinds = [entry.entry_kind.value for entry in ledger.history(note.stem)]
    assert kinds == ["detected", "screened", "merged", "evidence_attached"], "once, not daily"
