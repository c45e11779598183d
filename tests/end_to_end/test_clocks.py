"""An insured calls: the clocks of the home's state run, on the command line and on the list."""

import json
from datetime import UTC, datetime

import pandas as pd
import pytest
from typer.testing import CliRunner

from claims.ledger.store import Ledger
from core.errors import FirstNoticeError
from flows.cli import main as cli

WHO = ("--by", "adj-7", "--role", "adjuster", "--reason", "she called")


def _ask(out, *arguments):
    told = CliRunner().invoke(cli.app, ["clocks", *map(str, arguments), "--out", str(out)])
    if isinstance(told.exception, FirstNoticeError):
        raise told.exception
    assert told.exit_code == 0, told
    return told.output


@pytest.fixture(scope="module")
def called(assess, town_event, tmp_path_factory):
    """A run, notice of one drafted home in Florida on 4 March 2024, and a run the day after."""
    out = tmp_path_factory.mktemp("called")
    first = assess(town_event, out)
    findings = pd.read_parquet(first.folder / "findings.parquet")
    incident = findings.loc[findings["decision"] == "open_draft", "incident_id"].iloc[0]
    before = json.loads(_ask(out, "due", "--json"))
    _ask(out, "note", incident, "--what", "notice", "--at", "2024-03-04T17:00:00Z", *WHO)
    second = assess(town_event, out, datetime(2024, 3, 5, 12, tzinfo=UTC))
    rows = pd.read_csv(second.folder / "daily_list.csv", dtype="str").set_index("incident_id")
    return out, incident, before, rows


def test_before_anybody_called_no_clock_runs_and_that_is_said(called):
    _, _, before, _ = called
    assert before["due"] == []
    (reason,) = before["without_clock"]
    assert "what we saw ourselves is no notice" in reason


def test_what_is_due_within_72_hours_is_told_with_its_source(called):
    out, incident, _, _ = called
    told = json.loads(_ask(out, "due", "--as-of", "2024-03-09T12:00:00Z", "--json"))
    (due,) = told["due"]
    assert (due["incident_id"], due["name"], due["due_on"]) == (
        incident, "acknowledge", "2024-03-11",
    )  # fmt: skip
    assert due["hours_left"] == 65.0  # the day ends at 05:00 UTC, the clocks having gone forward
    assert "627.70131" in due["source"]
    assert json.loads(_ask(out, "due", "--as-of", "2024-03-09T04:00:00Z", "--json"))["due"] == []
    assert "h PAST" in _ask(out, "due", "--as-of", "2024-03-20T12:00:00Z")


def test_the_list_has_the_next_deadline(called):
    _, incident, _, rows = called
    assert rows.loc[incident, "due_date"] == "2024-03-11"
    assert rows.loc[incident, "clock_basis"].startswith(
        "acknowledge: 7 days from notice of the claim on 2024-03-04"
    )
    drafted = rows[(rows["decision"] == "open_draft") & (rows.index != incident)]
    assert drafted["due_date"].isna().all()
    assert drafted["clock_basis"].str.startswith("no notice given yet").all()


def test_what_is_done_is_noted_and_no_longer_due(called):
    out, incident, _, _ = called
    _ask(out, "note", incident, "--what", "acknowledged", "--at", "2024-03-06T09:00-06:00", *WHO)
    told = json.loads(_ask(out, "due", "--as-of", "2024-03-09T12:00:00Z", "--json"))
    assert told["due"] == []
    clocks = {c["name"]: c for c in json.loads(_ask(out, "show", incident, "--json"))["clocks"]}
    assert clocks["acknowledge"]["status"] == "met"
    assert clocks["pay or deny"]["due_on"] == "2024-05-03"
    assert clocks["begin investigation"]["status"] == "waiting"
    ledger = Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}")
    assert ledger.verify().ok


def test_what_is_yet_to_come_and_what_nobody_knows_is_refused(called):
    out, incident, _, _ = called
    with pytest.raises(FirstNoticeError, match="yet to come"):
        _ask(out, "note", incident, "--what", "proof", "--at", "2999-01-01T00:00Z", *WHO)
    with pytest.raises(FirstNoticeError, match="none of that id"):
        _ask(out, "show", "inc-nobody")
