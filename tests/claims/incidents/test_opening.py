import json
import logging
from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.incidents import opening
from claims.incidents.key import IncidentKey, incident_id
from claims.incidents.opening import open_incidents, plan_entries
from claims.incidents.states import IncidentState
from claims.ledger.current import CURRENT_COLUMNS
from claims.ledger.entry import Entry, format_instant
from claims.ledger.kinds import EntryKind
from claims.ledger.store import Ledger
from core.errors import InputError, LedgerError, TransientError
from core.tables import DECISIONS

S = IncidentState
DECIDED = ("open_draft", "review", "outreach", "none")


@pytest.fixture
def four(findings_of):
    """One location a decision."""
    return findings_of(*({"decision": decision} for decision in DECIDED))


def _kinds(raw_rows):
    return [(row[2], row[6]) for row in raw_rows if len(row) > 5]


def test_each_decision_opens_what_it_calls_for(*, four, ledger, ledger_url, event_id, as_of, dump):
    table = open_incidents(four, ledger, event_id, as_of)
    assert list(table) == list(DECISIONS.columns)
    assert list(table["policy_number"]) == list(four["policy_number"])
    assert table["incident_id"].isna().tolist() == [False, False, False, True]
    assert table["incident_id"][0] == incident_id(event_id, "1", "A1", "P0000", "1")
    assert _kinds(dump(ledger_url)) == [
        ("P0000", "detected"),
        ("P0000", "screened"),
        ("P0000", "draft_made"),
        ("P0001", "detected"),
        ("P0001", "screened"),
        ("P0002", "detected"),
        ("P0002", "screened"),
        ("P0002", "outreach_queued"),
    ]
    current = ledger.current(event_id)
    assert list(current["state"]) == ["CLAIM_DRAFT", "SCREENED", "OUTREACH"]
    assert list(current["decision"]) == list(DECIDED[:3])
    assert current.dtypes.astype(str).to_dict() == CURRENT_COLUMNS
    assert ledger.verify().ok


def test_the_same_run_again_writes_nothing(*, four, ledger, ledger_url, event_id, as_of, dump):
    first = open_incidents(four, ledger, event_id, as_of)
    before = dump(ledger_url)
    again = open_incidents(four, ledger, event_id, as_of + timedelta(days=1))
    assert dump(ledger_url) == before
    assert again.equals(first)


def test_the_order_of_rows_changes_nothing(four, tmp_path, event_id, as_of, dump):
    urls = [f"sqlite:///{tmp_path / name}" for name in ("a.sqlite", "b.sqlite")]
    open_incidents(four, Ledger.open(urls[0]), event_id, as_of)
    open_incidents(four.iloc[[2, 0, 3, 1]], Ledger.open(urls[1]), event_id, as_of)
    assert dump(urls[0]) == dump(urls[1])


def test_a_changed_assessment_is_noted_and_moves_forward_only(
    findings_of, ledger, event_id, as_of, four
):
    open_incidents(four, ledger, event_id, as_of)
    later = findings_of(
        {"decision": "none", "tier": "T0"},
        {"decision": "open_draft"},
        {"decision": "review"},
        {"decision": "review", "tier": "T3"},
    )
    table = open_incidents(later, ledger, event_id, as_of + timedelta(days=1))
    assert table["incident_id"].notna().all(), "an incident is never taken away"
    current = ledger.current(event_id)
    assert list(current["state"]) == ["CLAIM_DRAFT", "CLAIM_DRAFT", "OUTREACH", "SCREENED"]
    assert list(current["steps"]) == [4, 4, 4, 2]
    assert list(current["tier"]) == ["T0", "T4", "T4", "T3"]
    assert list(current["decision"]) == ["none", "open_draft", "review", "review"]
    assert (current["changed_at_utc"] == pd.Timestamp(as_of) + pd.Timedelta(days=1)).all()
    assert current["detected_at_utc"][0] == pd.Timestamp(as_of)
    assert ledger.verify().ok


def test_there_and_back_again_at_one_instant_is_all_kept(findings_of, ledger, event_id, as_of):
    for tier in ("T3", "T4", "T3", "T4"):
        open_incidents(findings_of({"tier": tier}), ledger, event_id, as_of)
        assert ledger.current(event_id)["tier"].item() == tier
    assert ledger.verify().rows == 3 + 3


def test_the_payload_says_what_was_seen_and_names_nobody(findings_of, not_seen, event_id, as_of):
    unseen = not_seen | {"decision": "outreach", "prior_damage": 0.123456}
    empty = pd.DataFrame(columns=list(CURRENT_COLUMNS)).astype(CURRENT_COLUMNS)
    entries = plan_entries(findings_of({}, unseen), empty, as_of)
    seen, blank = (json.loads(entry.payload) for entry in (entries[0], entries[3]))
    assert seen["tier"] == "T4"
    assert seen["p_destroyed"] == 0.8
    assert seen["decision_reasons"] == ["severe_damage"]
    assert seen["post_captured_at_utc"] == "2018-10-11T16:30:00.000000Z"
    assert blank["p_destroyed"] is None
    assert blank["post_scene_id"] is None
    assert blank["prior_damage"] == 0.1235
    assert {entry.recorded_at_utc for entry in entries} == {"2018-10-12T06:00:00.000000Z"}


def test_a_reviewed_incident_stays_in_the_persons_hands(findings_of, ledger, event_id, as_of):
    open_incidents(findings_of({"decision": "review"}), ledger, event_id, as_of)
    key = IncidentKey(event_id, "1", "A1", "P0000", "1")
    looked = Entry(
        key.incident_id, key, 3, EntryKind.HUMAN_REVIEWED, S.SCREENED, S.HUMAN_REVIEWED,
        "staff-7", '{"note":"older loss"}', format_instant(as_of),
    )  # fmt: skip
    assert ledger.append([looked]).written == 1
    open_incidents(findings_of({"decision": "open_draft"}), ledger, event_id, as_of)
    current = ledger.current(event_id)
    assert (current["state"].item(), current["decision"].item()) == ("HUMAN_REVIEWED", "open_draft")


def test_a_book_without_locations_in_path_opens_nothing(findings_of, ledger, event_id, as_of):
    table = open_incidents(findings_of(), ledger, event_id, as_of)
    assert len(table) == 0
    assert list(table) == list(DECISIONS.columns)
    assert ledger.verify().ok


def test_an_incident_that_left_the_footprint_is_counted(four, ledger, event_id, as_of, caplog):
    open_incidents(four, ledger, event_id, as_of)
    with caplog.at_level(logging.WARNING):
        open_incidents(four.iloc[1:], ledger, event_id, as_of)
    assert "1 incidents have no row in this run" in caplog.text


def test_another_events_rows_are_refused(four, ledger, as_of):
    with pytest.raises(InputError, match="rows of event 'storm-2018' are among them"):
        open_incidents(four, ledger, "fire-2018", as_of)


def test_an_instant_without_zone_is_refused(four, ledger, event_id):
    with pytest.raises(LedgerError, match="2018-10-12T00:00:00 has no time zone"):
        open_incidents(four, ledger, event_id, datetime(2018, 10, 12))  # noqa: DTZ001  on purpose


def test_endless_rivals_end_in_a_transient_error(four, ledger, event_id, as_of, monkeypatch):
    empty = ledger.current(event_id)
    open_incidents(four.assign(decision="review"), ledger, event_id, as_of)
    monkeypatch.setattr(Ledger, "current", lambda *_: empty)
    with pytest.raises(TransientError, match=f"{opening.MAX_PLANS} plans were outdated"):
        open_incidents(four, ledger, event_id, as_of)


def test_a_rival_that_always_answers_does_not_keep_a_run_from_ending(
    four, ledger, event_id, as_of, monkeypatch
):
    rival = four.assign(decision="review", tier="T3")
    append, current = Ledger.append, Ledger.current

    def append_then_let_the_rival_answer(self, entries, letters=()):
        appended = append(self, entries, letters)
        answer = opening.plan_entries(rival, current(self, event_id), as_of.replace(hour=9))
        append(self, answer)
        return appended

    monkeypatch.setattr(Ledger, "append", append_then_let_the_rival_answer)
    table = open_incidents(four, ledger, event_id, as_of)
    assert table["incident_id"].notna().all()
    # whoever writes last stands, and each has said its word once
    assert set(ledger.current(event_id)["decision"]) == {"review"}
    assert ledger.verify().ok


def test_only_what_a_rival_wrote_to_is_planned_again(
    *, four, ledger, ledger_url, event_id, as_of, monkeypatch, dump
):
    rival = four.iloc[[1]].assign(decision="outreach")
    current = Ledger.current

    def read_then_let_the_rival_write(self, event):
        read = current(self, event)
        self.append(opening.plan_entries(rival, read, as_of.replace(hour=9)))
        return read

    monkeypatch.setattr(Ledger, "current", read_then_let_the_rival_write)
    open_incidents(four, ledger, event_id, as_of)
    kinds = _kinds(dump(ledger_url))
    assert kinds.count(("P0000", "reassessed")) == 0
    assert kinds.count(("P0001", "reassessed")) == 2, kinds
    assert ledger.verify().ok


@settings(max_examples=8, deadline=None)
@given(
    runs=st.lists(
        st.lists(
            st.tuples(st.sampled_from(DECIDED), st.sampled_from(["T1", "T3", "T4"])),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_sequence_of_runs_leaves_a_sound_ledger(
    runs, findings_of, event_id, as_of, tmp_path_factory
):
    ledger = Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('runs') / 'ledger.sqlite'}")
    ever = set()
    for day, rows in enumerate(runs):
        table = findings_of(*({"decision": decision, "tier": tier} for decision, tier in rows))
        opened = open_incidents(table, ledger, event_id, as_of + timedelta(days=day))
        ever |= {place for place, (decision, _) in enumerate(rows) if decision != "none"}
        assert set(opened.index[opened["incident_id"].notna()]) == ever
    assert ledger.verify().ok
    last = {f"P{place:04d}": row for place, row in enumerate(runs[-1])}
    for row in ledger.current(event_id).itertuples():
        assert (row.decision, row.tier) == last[row.policy_number]
