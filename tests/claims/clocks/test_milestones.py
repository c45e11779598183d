"""What entries of the ledger say of milestones."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from claims.clocks.milestones import (
    NOTICE_KEY,
    Basis,
    Milestone,
    plan_milestone,
    read_reached,
)
from claims.incidents.key import IncidentKey
from claims.incidents.moving import Decider
from claims.incidents.states import IncidentState as S
from claims.ledger.entry import Entry, check_entry, format_instant
from claims.ledger.kinds import EntryKind
from claims.ledger.store import Ledger
from core.errors import InputError, LedgerTamperedError, RoleError

NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)
SAID = {"role": "adjuster", "reason": "she called"}
WHO = Decider("a.lee", "adjuster", "she called")


def key(number="1"):
    return IncidentKey("storm", "1", "A1", f"P{number}", number)


def opened(number="1", **payload):
    """The entries of an incident that a person submitted at noon."""
    of, rows = key(number), []
    path = (S.DETECTED, S.SCREENED, S.CLAIM_DRAFT, S.CLAIM_OPEN)
    kinds = (EntryKind.DETECTED, EntryKind.SCREENED, EntryKind.DRAFT_MADE, EntryKind.CLAIM_OPENED)
    source = None
    for step, (kind, target) in enumerate(zip(kinds, path, strict=True), 1):
        actor = "a.lee" if kind is EntryKind.CLAIM_OPENED else "system"
        told = json.dumps(SAID | payload) if kind is EntryKind.CLAIM_OPENED else "{}"
        rows.append(
            Entry(of.incident_id, of, step, kind, source, target, actor, told, format_instant(NOON))
        )
        source = target
    return rows


@pytest.fixture
def ledger(tmp_path):
    return Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite")


def test_a_milestone_is_noted_and_the_incident_stays(ledger):
    history = opened()
    ledger.append(history)
    called = NOON - timedelta(days=2)
    entries = plan_milestone(history, Milestone.NOTICE, called, WHO, NOON)
    ledger.append(entries)
    (current,) = ledger.current("storm").to_dict("records")
    assert current["state"] == "CLAIM_OPEN"
    assert current["decided_by"] == "a.lee"
    reached = ledger.reached("storm")[key().incident_id]
    assert [(each.milestone, each.at_utc, each.basis) for each in reached] == [
        (Milestone.NOTICE, NOON, Basis.SUBMITTED),
        (Milestone.NOTICE, called, Basis.NOTED),
    ]
    assert ledger.verify().ok


def test_a_notice_that_a_claims_system_tells_of_counts_whatever_entry_it_stands_in(ledger):
    earlier = "2026-10-11T08:00:00-05:00"
    ledger.append(opened(**{NOTICE_KEY: earlier}))
    reached = sorted(ledger.reached("storm")[key().incident_id])
    assert reached[0].basis is Basis.CLAIMS_SYSTEM
    assert reached[0].at_utc == datetime(2026, 10, 11, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at_utc"),
    [
        ("2026-10-11T08:00:00-05:00", datetime(2026, 10, 11, 13, tzinfo=UTC)),
        ("2026-10-11T13:00:00.000Z", datetime(2026, 10, 11, 13, tzinfo=UTC)),
        ("2026-10-11", datetime(2026, 10, 11, tzinfo=UTC)),  # the day's first instant
        ("last Monday", NOON),  # it had happened when it was recorded
    ],
)
def test_what_an_insured_reported_to_the_claims_system_is_notice(text, at_utc):
    (reached,) = read_reached(
        EntryKind.EVIDENCE_ATTACHED, {"reported_at": text}, format_instant(NOON)
    )
    assert (reached.milestone, reached.at_utc) == (Milestone.NOTICE, at_utc)
    assert reached.basis is Basis.CLAIMS_SYSTEM


def test_that_our_own_draft_lay_in_the_claims_system_is_no_notice():
    said = {"reported_at": "2026-10-01T00:00:00Z"}
    (reached,) = read_reached(EntryKind.CLAIM_OPENED, said, format_instant(NOON))
    assert (reached.at_utc, reached.basis) == (NOON, Basis.SUBMITTED)


def test_the_notice_of_a_merged_incident_goes_with_it(ledger):
    one, other = opened("1"), opened("2")
    ledger.append([*one, *other])
    called = NOON - timedelta(days=3)
    noted = plan_milestone(one, Milestone.NOTICE, called, WHO, NOON)
    said = json.dumps({**SAID, "role": "supervisor", "into": other[0].incident_id})
    merged = Entry(
        one[0].incident_id, key("1"), 6, EntryKind.MERGED, S.CLAIM_OPEN, S.MERGED, "a.lee",
        said, format_instant(NOON),
    )  # fmt: skip
    ledger.append([*noted, merged])
    reached = ledger.reached("storm")
    assert min(reached[other[0].incident_id]).at_utc == called
    assert Milestone.CLOSED in {each.milestone for each in reached[one[0].incident_id]}
    assert Milestone.CLOSED not in {each.milestone for each in reached[other[0].incident_id]}


def test_a_claim_of_the_insured_that_was_closed_ends_its_clocks():
    said = {"reported_at": "2026-10-11T00:00:00Z", "claim_state": "closed"}
    reached = read_reached(EntryKind.EVIDENCE_ATTACHED, said, format_instant(NOON))
    assert [each.milestone for each in reached] == [Milestone.NOTICE, Milestone.CLOSED]


def test_only_a_person_notes_and_only_what_has_happened():
    history = opened()
    with pytest.raises(InputError, match="yet to come"):
        plan_milestone(history, Milestone.PROOF, NOON + timedelta(minutes=1), WHO, NOON)
    (entry,) = plan_milestone(history, Milestone.PROOF, NOON, WHO, NOON)
    machine = Entry(
        entry.incident_id, entry.key, entry.step, entry.entry_kind, entry.from_state,
        entry.to_state, "system", entry.payload, entry.recorded_at_utc,
    )  # fmt: skip
    with pytest.raises(RoleError, match="may not write milestone"):
        check_entry(machine)


def test_a_payload_that_nobody_can_read_is_told(ledger):
    history = opened()
    ledger.append(history)
    (entry,) = plan_milestone(history, Milestone.PROOF, NOON, WHO, NOON)
    broken = Entry(
        entry.incident_id, entry.key, entry.step, entry.entry_kind, entry.from_state,
        entry.to_state, entry.actor, '{"milestone": "tea"}', entry.recorded_at_utc,
    )  # fmt: skip
    ledger.append([broken])
    with pytest.raises(LedgerTamperedError, match="milestones"):
        ledger.reached("storm")
