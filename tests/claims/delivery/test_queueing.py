"""A draft is queued with the entry that makes it, once, and again only where it says otherwise."""

import json
from datetime import timedelta

import pytest

from claims.delivery.drop.delivering import deliver_to_drop
from claims.delivery.drop.file_drop import FileDrop
from claims.drafts.fnol import DraftOptions
from claims.incidents.moving import Decider, plan_move
from claims.incidents.roles import Role
from claims.incidents.states import IncidentState
from claims.ledger.kinds import EntryKind
from claims.ledger.letters import LetterState
from core.errors import SettingsError
from core.events import Peril
from core.provenance import sha256_of_bytes

S = IncidentState


def _kinds(ledger, incident):
    return [entry.entry_kind for entry in ledger.history(incident)]


def test_a_draft_is_queued_with_the_entry_that_makes_it(findings_of, ledger, draft_all, event_id):
    (draft,) = draft_all(findings_of({}), ledger)
    (due,) = ledger.outbox.due(10)
    last = ledger.history(draft.incident_id)[-1]
    assert last.entry_kind is EntryKind.DRAFT_MADE
    assert json.loads(last.payload) == {
        "decision": "open_draft",
        "draft_sha256": sha256_of_bytes(draft.document.encode()),
        "revision": 1,
        "transaction_id": draft.transaction_id,
    }
    assert (due.letter.document, due.letter.is_sound) == (draft.document, True)
    assert due.letter.policy_number == "P0000"
    assert ledger.verify().ok


def test_the_same_run_again_queues_nothing(findings_of, ledger, draft_all, as_of):
    draft_all(findings_of({}, {}), ledger)
    draft_all(findings_of({}, {}), ledger, at=as_of + timedelta(days=1))
    assert len(ledger.outbox.due(10)) == 2
    assert ledger.verify().rows == 6


def test_no_draft_is_said_to_be_made_where_none_can_be(findings_of, ledger, draft_all, event_id):
    without = DraftOptions(loss_causes={Peril.HAIL: "hail"})
    with pytest.raises(SettingsError, match="no loss cause"):
        draft_all(findings_of({}, {}, {}), ledger, without)
    assert ledger.current(event_id).empty
    assert ledger.outbox.due(10) == []


def test_killed_between_ledger_and_drop_the_next_run_delivers_whatever_it_sees(
    *, findings_of, ledger, draft_all, event_id, as_of, tmp_path
):
    (draft,) = draft_all(findings_of({}), ledger)
    # killed here; and on the next day better evidence asks for no draft any more
    later = draft_all(findings_of({"tier": "T1", "decision": "none"}), ledger)
    assert later == []
    drop = FileDrop(tmp_path / "drop")
    (receipt,) = deliver_to_drop(ledger.outbox, event_id, drop, as_of, drafts=later)
    assert json.loads((tmp_path / "drop" / receipt.reference).read_text()) == draft.payload
    assert _kinds(ledger, draft.incident_id)[-2:] == [EntryKind.REASSESSED, EntryKind.DRAFT_SENT]
    assert ledger.outbox.due(10) == []


def test_a_draft_that_says_otherwise_is_the_next_revision_and_names_it(
    *, findings_of, ledger, draft_all, event_id, as_of, tmp_path
):
    (draft,) = draft_all(findings_of({}), ledger)
    draft_all(findings_of({"decision_reasons": "severe_damage;novel"}), ledger)
    (due,) = ledger.outbox.due(10)
    assert due.letter.revision == 2
    assert due.may_be_there, "revision 1 was never noted as delivered"
    last = ledger.history(draft.incident_id)[-1]
    assert last.entry_kind is EntryKind.DRAFT_QUEUED
    assert json.loads(last.payload)["draft_sha256"] == due.letter.sha256
    deliver_to_drop(ledger.outbox, event_id, FileDrop(tmp_path), as_of)
    states = {state: count for _, state, count in ledger.outbox.count()}
    assert states == {LetterState.SENT: 1, LetterState.SUPERSEDED: 1}


def test_what_a_person_withdrew_before_it_went_out_does_not_go(
    *, findings_of, ledger, draft_all, event_id, as_of, tmp_path
):
    draft, other = draft_all(findings_of({}, {}), ledger)
    who = Decider("adj-7", Role.ADJUSTER, "no damage on site")
    history = ledger.history(draft.incident_id)
    ledger.append(plan_move(history, S.WITHDRAWN_NO_DAMAGE, who, as_of))
    receipts = deliver_to_drop(
        ledger.outbox, event_id, FileDrop(tmp_path), as_of, drafts=[draft, other]
    )
    assert [each.transaction_id for each in receipts] == [other.transaction_id]
    assert not (tmp_path / f"{draft.incident_id}.json").exists()
    assert {state for _, state, _ in ledger.outbox.count()} == {
        LetterState.CANCELLED, LetterState.SENT,
    }  # fmt: skip


def test_an_approved_draft_is_queued_again_after_a_withdrawal_is_undone(
    *, findings_of, ledger, draft_all, event_id, as_of, tmp_path
):
    (draft,) = draft_all(findings_of({}), ledger)
    who = Decider("adj-7", Role.ADJUSTER, "wrong house")
    for target in (S.WITHDRAWN_NO_DAMAGE, S.HUMAN_REVIEWED, S.CLAIM_DRAFT):
        ledger.append(plan_move(ledger.history(draft.incident_id), target, who, as_of))
        if target is S.WITHDRAWN_NO_DAMAGE:
            deliver_to_drop(ledger.outbox, event_id, FileDrop(tmp_path), as_of)
    draft_all(findings_of({}), ledger, at=as_of + timedelta(days=1))
    (due,) = ledger.outbox.due(10)
    assert due.letter.revision == 2, "revision 1 was cancelled"
    assert ledger.verify().ok


def test_delivering_twice_notes_it_once(
    *, findings_of, ledger, draft_all, event_id, as_of, tmp_path
):
    (draft,) = draft_all(findings_of({}), ledger)
    for _ in range(2):
        deliver_to_drop(ledger.outbox, event_id, FileDrop(tmp_path), as_of, drafts=[draft])
    assert _kinds(ledger, draft.incident_id).count(EntryKind.DRAFT_SENT) == 1


def test_a_document_goes_from_the_outbox_once_it_is_through(
    *, findings_of, ledger, draft_all, event_id, as_of, tmp_path, ledger_url
):
    draft_all(findings_of({}), ledger)
    deliver_to_drop(ledger.outbox, event_id, FileDrop(tmp_path / "drop"), as_of)
    assert "Ada Example" not in str(ledger.outbox.in_state(LetterState.SENT, 9))
    import sqlite3  # noqa: PLC0415

    with sqlite3.connect(ledger_url.removeprefix("sqlite:///")) as raw:
        assert raw.execute("SELECT document FROM delivery_outbox").fetchall() == [(None,)]
    raw.close()
