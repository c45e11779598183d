from datetime import UTC, datetime, timedelta

import pytest

from claims.incidents.key import IncidentKey
from claims.incidents.states import IncidentState
from claims.journey.timeline import (
    Touch,
    TouchKind,
    find_waiting,
    measure_contact,
    tell_entries,
    tell_runs,
)
from claims.ledger.entry import Entry, format_instant
from claims.ledger.kinds import EntryKind

DAY_1 = datetime(2018, 10, 12, 12, tzinfo=UTC)
S = IncidentState


def entry(number, hours, kind, state=S.OUTREACH, *, payload="{}", step=1):
    key = IncidentKey("michael-2018", "1", "A1", f"P{number}", "1")
    at = format_instant(DAY_1 + timedelta(hours=hours))
    source = None if kind is EntryKind.DETECTED else state
    return Entry(key.incident_id, key, step, kind, source, state, "system", payload, at)


def waiting(entries, hours=48, now=100):
    waits = find_waiting(entries, DAY_1 + timedelta(hours=now), timedelta(hours=hours))
    return [(wait.home, wait.waited / timedelta(hours=1)) for wait in waits]


def test_who_has_waited_longest_comes_first_and_contact_ends_the_wait():
    found = [entry(1, 0, EntryKind.DETECTED), entry(2, 10, EntryKind.DETECTED),
             entry(3, 80, EntryKind.DETECTED)]  # fmt: skip
    assert waiting(found) == [("P1/1", 100), ("P2/1", 90)]
    assert waiting(found, hours=10) == [("P1/1", 100), ("P2/1", 90), ("P3/1", 20)]
    asked = entry(1, 20, EntryKind.CONTACT_EXPORTED, payload='{"channel":"sms"}', step=2)
    assert waiting([*found, asked]) == [("P2/1", 90)]
    # what comes later is not known yet
    assert waiting([*found, asked], hours=5, now=19) == [("P1/1", 19), ("P2/1", 9)]


@pytest.mark.parametrize(
    ("kind", "state", "payload", "is_waiting"),
    [
        (EntryKind.MILESTONE, S.OUTREACH, '{"milestone":"notice","at_utc":"2018-10-13"}', False),
        (EntryKind.MILESTONE, S.OUTREACH, '{"milestone":"estimate","at_utc":"2018-10-13"}', True),
        (EntryKind.EVIDENCE_ATTACHED, S.OUTREACH, "{}", False),
        (EntryKind.WITHDRAWN, S.WITHDRAWN_NO_DAMAGE, "{}", False),
        (EntryKind.DRAFT_ACKNOWLEDGED, S.CLAIM_DRAFT, "{}", True),
        (EntryKind.CLAIM_OPENED, S.CLAIM_OPEN, "{}", True),
    ],
)
def test_what_counts_as_being_in_touch(kind, state, payload, is_waiting):
    later = entry(1, 20, kind, state, payload=payload, step=2)
    assert bool(waiting([entry(1, 0, EntryKind.DETECTED), later])) == is_waiting


def test_runs_are_told_where_they_are_news_and_people_by_what_they_said():
    row = {"as_of_utc": DAY_1, "status": "no_imagery", "tier": "U", "decision": "outreach"}
    seen = row | {
        "as_of_utc": DAY_1 + timedelta(days=1), "status": "graded", "tier": "T3",
        "claim_notice_at_utc": DAY_1 + timedelta(hours=30), "claim_number": "C-1",
        "reviewed_at_utc": DAY_1 + timedelta(hours=28), "reviewed_grade": "major-damage",
        "reviewer": "adj-7",
    }  # fmt: skip
    touches = tell_runs([row, row, seen])
    assert [touch.words for touch in touches] == [
        "list: tier U (no imagery), next step outreach", "list: tier T3, next step outreach",
        "the insured gave notice of claim C-1", "a person graded the pictures: major-damage",
    ]  # fmt: skip
    begun = Touch(DAY_1 - timedelta(hours=48), TouchKind.EVENT, "event begins")
    assert measure_contact([begun, *touches]) == timedelta(hours=78)
    assert measure_contact([begun]) is None


def test_entries_are_told_with_who_and_contacts_stand_out():
    told = tell_entries([
        entry(1, 0, EntryKind.DETECTED), entry(1, 1, EntryKind.DRAFT_QUEUED, step=2),
        entry(1, 2, EntryKind.CONTACT_EXPORTED, payload='{"channel":"email"}', step=3),
    ])  # fmt: skip
    assert [(each.kind, each.words) for each in told] == [
        ("step", "found: something has to be done"),
        ("contact", "address handed to the messenger, to be asked by email"),
    ]
