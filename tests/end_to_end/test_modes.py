"""Reviewed first nothing is drafted before a person; nothing opens but on an approver's word."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

from claims.delivery.simulator.misbehaving import fail_once_in
from claims.delivery.simulator.server import open_simulator, serving
from claims.incidents.states import IncidentState
from claims.ledger.letters import LetterState
from claims.ledger.store import Ledger
from flows.cli import main as cli
from flows.stages.drafts.deliver import deliver
from flows.wiring.settings import Settings

EVENT = "small-town"
DAYS = [datetime(2018, 10, 14, 12, tzinfo=UTC) + timedelta(days=day) for day in range(3)]
REVIEW_FIRST = "claims: {mode: review_first}"
SUBMIT = "claims: {mode: submit, approvers: {sup-1: 10000000}}"


class _Desk:
    """Runs, people and deliveries of one event, against one simulated claims system."""

    def __init__(self, root, assess, event_file, grades):
        self.out, self._settings = root / "out", root / "settings.yaml"
        self._claims = root / "claims.sqlite"
        self._assess, self._event_file, self._grades = assess, event_file, grades

    def set_mode(self, mode, url):
        delivery = f"delivery: {{gateway: claim_center, url: '{url}'}}"
        self._settings.write_text(f"{mode}\n{delivery}\n", encoding="utf-8")

    def run(self, day):
        ran = self._assess(self._event_file, self.out, DAYS[day], self._settings, self._grades)
        return gpd.read_parquet(ran.folder / "findings.parquet").set_index("incident_id")

    def approve(self, incident, by):
        who = ("--by", by, "--role", "supervisor", "--reason", "plain rubble")
        where = ("--out", str(self.out), "--settings", str(self._settings))
        told = CliRunner().invoke(cli.app, ["incident", "approve", incident, *who, *where])
        assert told.exit_code == 0, told

    def deliver(self):
        for _ in range(20):
            done = deliver(self.out, Settings.read(self._settings))
            if LetterState.PENDING not in done.counts:
                return done
        return pytest.fail("it is never done")

    def arrived(self):
        """State of each draft or claim that the claims system has, by incident."""
        with closing(sqlite3.connect(self._claims)) as raw:
            rows = raw.execute("SELECT reference, state FROM claims").fetchall()
        assert len(rows) == len(dict(rows)), "one each"
        return dict(rows)

    def pictured(self):
        """Pictures of each claim that has any, by incident."""
        with closing(sqlite3.connect(self._claims)) as raw:
            query = "SELECT reference, count(*) FROM claims JOIN documents ON claim_id = id"
            return dict(raw.execute(f"{query} GROUP BY reference").fetchall())

    def submissions(self):
        with closing(sqlite3.connect(self._claims)) as raw:
            keys = raw.execute("SELECT key FROM executed WHERE key LIKE '%:submit'")
            return sorted(key.removesuffix(":submit") for (key,) in keys)

    @property
    def ledger(self):
        return Ledger.open_existing(f"sqlite:///{self.out / 'ledger.sqlite'}")


@pytest.fixture(scope="module")
def told(assess, town_event, town_grades, tmp_path_factory):
    """What was there after each step of three days; first reviewed first, then submitted."""
    root = tmp_path_factory.mktemp("modes")
    desk, steps = _Desk(root, assess, town_event, town_grades), {}
    opened = open_simulator(root / "claims.sqlite", "firstnoticeIncident_Ext", fail_once_in(5))
    with serving(opened) as simulator:
        desk.set_mode(REVIEW_FIRST, simulator.url)
        steps["first"] = desk.run(0)
        desk.deliver()
        steps["before"] = desk.arrived()
        waiting = steps["first"].index[
            steps["first"]["decision_reasons"].str.startswith("review_f")
        ]
        early, late = steps["chosen"] = tuple(waiting[:2])
        desk.approve(early, "adj-7")
        desk.deliver()
        steps["approved"] = desk.arrived()
        steps["second"] = desk.run(1)
        desk.deliver()
        steps["made"] = desk.arrived()
        desk.set_mode(SUBMIT, simulator.url)
        desk.approve(late, "sup-1")
        desk.deliver()
        steps["third"] = desk.run(2)
        steps["opened"] = desk.deliver().opened
        steps["submitted"] = desk.arrived()
        desk.approve(early, "sup-1")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("claims.delivery.submitting.plan_report", _die)
            with pytest.raises(KeyboardInterrupt):
                desk.deliver()
        steps["cut off"] = desk.ledger.history(early)[-1].to_state
        desk.deliver()
        desk.deliver()
        yield desk, steps


def _die(*_):
    raise KeyboardInterrupt


def test_reviewed_first_nothing_is_drafted_before_a_person_approved_it(told):
    _, steps = told
    assert steps["before"] == steps["approved"] == {}
    assert "open_draft" not in set(steps["first"]["decision"])
    assert len(steps["chosen"]) == 2


def test_reviewed_first_the_next_run_makes_what_was_approved_and_nothing_else(told):
    _, steps = told
    early, late = steps["chosen"]
    assert steps["made"] == {early: "draft"}
    assert steps["second"].loc[early, "decision"] == "open_draft"
    assert steps["second"].loc[late, "decision"] == "review"


def test_submitted_is_what_an_approver_approved_and_the_rest_stay_drafts(told):
    _, steps = told
    early, late = steps["chosen"]
    drafted = steps["third"].index[steps["third"]["decision"] == "open_draft"]
    assert set(steps["submitted"]) == set(drafted)
    assert len(drafted) > 2
    assert steps["opened"] == 1
    opened = [name for name, state in steps["submitted"].items() if state == "open"]
    assert opened == [late]
    assert early in steps["submitted"]


def test_each_claim_has_the_pictures_of_its_home_once(told):
    desk, _ = told
    pictured = desk.pictured()
    assert set(pictured) == set(desk.arrived())
    assert set(pictured.values()) <= {2, 3}


def test_cut_off_behind_the_submission_it_is_submitted_once_and_the_ledger_follows(told):
    desk, steps = told
    assert steps["cut off"] is IncidentState.CLAIM_DRAFT
    assert desk.submissions() == sorted(steps["chosen"])
    for name in steps["chosen"]:
        history = desk.ledger.history(name)
        moves = [entry for entry in history if entry.to_state is IncidentState.CLAIM_OPEN]
        assert len(moves) == 1
        assert '"approved_by":"sup-1"' in moves[0].payload
    assert desk.ledger.verify().ok
    states = desk.ledger.current(EVENT)["state"]
    assert (states == IncidentState.CLAIM_OPEN).sum() == 2
    assert pd.Series(desk.arrived()).eq("open").sum() == 2
