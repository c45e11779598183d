"""What happened to an insured's home from the event to the contact, in order. Pure; ids only."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from claims.clocks.deadlines import Clocks, ClockStatus
from claims.clocks.milestones import MILESTONE_WORDS, Milestone
from claims.incidents.states import CLOSED_STATES
from claims.ledger.entry import Entry
from claims.ledger.kinds import EntryKind

_WORDS: Mapping[EntryKind, str] = MappingProxyType(
    {
        EntryKind.DETECTED: "found: something has to be done",
        EntryKind.SCREENED: "cover screened, next step decided",
        EntryKind.OUTREACH_QUEUED: "put in the queue to ask the insured",
        EntryKind.DRAFT_MADE: "claim draft made, nothing submitted",
        EntryKind.DRAFT_SENT: "draft laid where the claims system takes it",
        EntryKind.DRAFT_ACKNOWLEDGED: "the claims system has the draft",
        EntryKind.DRAFT_REFUSED: "the claims system refused the draft",
        EntryKind.CONTACT_EXPORTED: "address handed to the messenger, to be asked",
        EntryKind.HUMAN_REVIEWED: "a person looked at the pictures",
        EntryKind.CLAIM_OPENED: "claim submitted",
        EntryKind.CLAIM_FOUND: "the insured had filed a claim",
        EntryKind.EVIDENCE_ATTACHED: "what was seen went to the insured's own claim",
    }
)
"""Kinds whose own name does not say it."""
_OF_INSURED = (EntryKind.CONTACT_EXPORTED, EntryKind.CLAIM_FOUND, EntryKind.EVIDENCE_ATTACHED)
_SPOKEN = (
    Milestone.NOTICE, Milestone.PROOF, Milestone.ITEMS, Milestone.ACKNOWLEDGED,
    Milestone.INSPECTED, Milestone.ASKED, Milestone.ACCEPTED, Milestone.DENIED,
)  # fmt: skip
"""Milestones at which insurer and insured were in touch, one way or the other."""


class TouchKind(StrEnum):
    """What a line of a timeline is."""

    EVENT = "event"
    RUN = "run"
    STEP = "step"
    CONTACT = "contact"
    """Insurer and insured were in touch."""
    CLOCK = "clock"
    """A deadline of the law, past or to come."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One line of a timeline.

    Attributes:
        at_utc: when.
        kind: what it is.
        words: in words, ids alone.
        by: a staff id, ``system`` or ``claims_system``; empty where nobody did it.
    """

    at_utc: datetime
    kind: TouchKind
    words: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """An insured whom nobody has been in touch with.

    Attributes:
        event_id: the event.
        incident_id: our pre-claim record.
        home: policy and location.
        state: where the incident stands.
        since_utc: when it was first known that something has to be done.
        waited: from then to now.
    """

    event_id: str
    incident_id: str
    home: str
    state: str
    since_utc: datetime
    waited: timedelta


def tell_entries(entries: Iterable[Entry]) -> list[Touch]:
    """The ledger's entries of an incident as lines; what only revises a finding is left out."""
    return [
        Touch(_at(entry), TouchKind.CONTACT if is_contact(entry) else TouchKind.STEP,
              _say(entry), entry.actor)
        for entry in entries
        if entry.entry_kind not in (EntryKind.DRAFT_QUEUED, EntryKind.KEY_COMPLETED)
    ]  # fmt: skip


def tell_runs(findings: Iterable[Mapping[str, Any]]) -> list[Touch]:
    """What each run found of a home, where that is news, and what its insured and people said.

    Args:
        findings: of one home, the oldest run first: ``as_of_utc`` and FINDINGS columns.
    """
    touches: list[Touch] = []
    before = None
    for row in findings:
        now = (row["status"], row["tier"], row["decision"])
        if now != before:
            seen = "" if row["status"] == "graded" else f" ({row['status'].replace('_', ' ')})"
            words = f"list: tier {row['tier']}{seen}, next step {row['decision']}"
            touches.append(Touch(row["as_of_utc"], TouchKind.RUN, words, "system"))
        before = now
    if before is not None:
        touches += _tell_people(row)
    return touches


def tell_clocks(clocks: Clocks) -> list[Touch]:
    """Deadlines that run, as lines at their ends."""
    return [
        Touch(each.due_at_utc, TouchKind.CLOCK, f"due: {each.name} ({each.basis})")
        for each in clocks.deadlines
        if each.status is ClockStatus.RUNNING and each.due_at_utc is not None
    ]


def find_waiting(entries: Iterable[Entry], now_utc: datetime, longer_than: timedelta) -> list[Wait]:
    """Insureds whom nobody has been in touch with for longer than a time, the longest first.

    Counted from the first finding that asked for a step. An incident that is closed, or whose
    insured was asked, told or filed, waits for nothing.

    Args:
        entries: of an event or several, each incident's in order.
        now_utc: timezone-aware; entries after it are not known yet.
        longer_than: at least so long.
    """
    histories: dict[str, list[Entry]] = {}
    for entry in entries:
        if _at(entry) <= now_utc:
            histories.setdefault(entry.incident_id, []).append(entry)
    waits = [
        _wait(history, now_utc)
        for history in histories.values()
        if history[-1].to_state not in CLOSED_STATES and not any(map(is_contact, history))
    ]
    return sorted(
        (wait for wait in waits if wait.waited > longer_than),
        key=lambda wait: (wait.since_utc, wait.incident_id),
    )


def is_contact(entry: Entry) -> bool:
    """Whether insurer and insured were in touch."""
    if entry.entry_kind is EntryKind.MILESTONE:
        return Milestone(json.loads(entry.payload)["milestone"]) in _SPOKEN
    return entry.entry_kind in _OF_INSURED


def measure_contact(touches: Sequence[Touch]) -> timedelta | None:
    """From the event to the first contact; None where there was none."""
    begun = [each.at_utc for each in touches if each.kind is TouchKind.EVENT]
    spoken = [each.at_utc for each in touches if each.kind is TouchKind.CONTACT]
    return min(spoken) - min(begun) if begun and spoken else None


def _tell_people(row: Mapping[str, Any]) -> list[Touch]:
    told = []
    if _is_known(row.get("claim_notice_at_utc")):
        words = f"the insured gave notice of claim {row['claim_number']}"
        told.append(Touch(row["claim_notice_at_utc"], TouchKind.CONTACT, words))
    if _is_known(row.get("reviewed_at_utc")):
        words = f"a person graded the pictures: {row['reviewed_grade']}"
        told.append(Touch(row["reviewed_at_utc"], TouchKind.STEP, words, str(row["reviewer"])))
    return told


def _is_known(value: object) -> bool:
    return value is not None and value == value  # noqa: PLR0124  NaT


def _say(entry: Entry) -> str:
    if entry.entry_kind is EntryKind.MILESTONE:
        told = json.loads(entry.payload)
        return f"{MILESTONE_WORDS[Milestone(told['milestone'])]} on {told['at_utc'][:10]}"
    words = _WORDS.get(entry.entry_kind, entry.entry_kind.replace("_", " "))
    if entry.entry_kind is EntryKind.CONTACT_EXPORTED:
        return f"{words} by {json.loads(entry.payload)['channel']}"
    return words


def _wait(history: Sequence[Entry], now_utc: datetime) -> Wait:
    first, last = history[0], history[-1]
    home = f"{last.key.policy_number}/{last.key.location_number}"
    since = _at(first)
    return Wait(last.event_id, last.incident_id, home, str(last.to_state), since, now_utc - since)


def _at(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.recorded_at_utc)
