"""One entry of the ledger, and the hash that ties it to the one before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from claims.incidents.states import IncidentState, check_transition, incident_id
from core.errors import IllegalTransitionError, LedgerError
from core.provenance import canonical_json, digest_of_rows, sha256_of_bytes

GENESIS_HASH = "0" * 64
"""What the first entry of a chain holds as the hash before it."""


class EntryKind(StrEnum):
    """What happened to the incident."""

    DETECTED = "detected"
    SCREENED = "screened"
    OUTREACH_QUEUED = "outreach_queued"
    DRAFT_MADE = "draft_made"
    HUMAN_REVIEWED = "human_reviewed"
    CLAIM_OPENED = "claim_opened"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    BELOW_DEDUCTIBLE = "below_deductible"
    CLOSED_WITHOUT_PAYMENT = "closed_without_payment"
    PAID = "paid"
    REASSESSED = "reassessed"
    """A later run sees it otherwise; the state stays."""


KIND_OF_STATE = {
    IncidentState.DETECTED: EntryKind.DETECTED,
    IncidentState.SCREENED: EntryKind.SCREENED,
    IncidentState.OUTREACH: EntryKind.OUTREACH_QUEUED,
    IncidentState.CLAIM_DRAFT: EntryKind.DRAFT_MADE,
    IncidentState.HUMAN_REVIEWED: EntryKind.HUMAN_REVIEWED,
    IncidentState.CLAIM_OPEN: EntryKind.CLAIM_OPENED,
    IncidentState.MERGED: EntryKind.MERGED,
    IncidentState.WITHDRAWN_NO_DAMAGE: EntryKind.WITHDRAWN,
    IncidentState.BELOW_DEDUCTIBLE: EntryKind.BELOW_DEDUCTIBLE,
    IncidentState.CWOP: EntryKind.CLOSED_WITHOUT_PAYMENT,
    IncidentState.PAID: EntryKind.PAID,
}
"""The kind of the entry that brings an incident into each state."""

ASSESSMENT_KINDS = (EntryKind.DETECTED, EntryKind.REASSESSED)
"""Entries whose payload holds a whole assessment: tier, probabilities, decision."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened to an incident, before it has a place in the chain.

    Attributes:
        event_id: the event, whose chain it goes into.
        policy_number: of the insured location.
        location_number: of the insured location.
        step: 1 for the incident's first entry, one more for each that follows. An entry fits only
            behind the step before it, so of two writers at once one finds its plan outdated.
        entry_kind: what happened.
        from_state: state before; None at birth.
        to_state: state after; the same for ``reassessed``.
        actor: ``"system"`` or a person's staff id.
        payload: canonical JSON, no names and no contacts.
        recorded_at_utc: ISO 8601 with microseconds and Z, see ``format_instant``.
    """

    event_id: str
    policy_number: str
    location_number: str
    step: int
    entry_kind: EntryKind
    from_state: IncidentState | None
    to_state: IncidentState
    actor: str
    payload: str
    recorded_at_utc: str

    @property
    def incident_id(self) -> str:
        """The incident that it belongs to."""
        return incident_id(self.event_id, self.policy_number, self.location_number)

    @property
    def sort_key(self) -> tuple[str, str, str, int]:
        """The order in which entries are appended, whatever order they come in."""
        return (self.event_id, self.policy_number, self.location_number, self.step)


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where an event's chain ends. Published outside, it proves the chain up to there.

    Attributes:
        event_id: the event.
        entry_count: entries in its chain.
        last_hash: ``row_hash`` of the last.
    """

    event_id: str
    entry_count: int
    last_hash: str


def format_instant(instant_utc: datetime) -> str:
    """ISO 8601 with microseconds and Z, the same text for the same instant.

    Raises:
        LedgerError: the instant is not timezone-aware.
    """
    if instant_utc.tzinfo is None:
        raise LedgerError(
            "writing an instant", f"{instant_utc.isoformat()} has no time zone", "Give it in UTC"
        )
    return instant_utc.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def check_entry(entry: Entry) -> None:
    """Refuse an entry whose kind, states and actor do not go together.

    Raises:
        IllegalTransitionError: the move is not in the transition table for this actor, or the
            entry's kind does not name it.
    """
    if entry.entry_kind is EntryKind.REASSESSED:
        if entry.from_state != entry.to_state:
            raise IllegalTransitionError(
                f"reassessing incident {entry.incident_id}",
                f"the state goes from {entry.from_state} to {entry.to_state}",
                "Reassess first, then move in an entry of its own",
            )
        return
    check_transition(entry.from_state, entry.to_state, entry.actor)
    expected = KIND_OF_STATE[entry.to_state]
    if entry.entry_kind is not expected:
        raise IllegalTransitionError(
            f"writing an entry of incident {entry.incident_id}",
            f"kind {entry.entry_kind} does not bring it to {entry.to_state}",
            f"The kind is {expected}",
        )


def compute_row_hash(row: Mapping[str, Any]) -> str:
    """Hex SHA-256 over the canonical JSON of all columns but ``row_hash``."""
    content = {name: value for name, value in row.items() if name != "row_hash"}
    return sha256_of_bytes(canonical_json(content).encode())


def chain_row(entry: Entry, head: ChainHead) -> dict[str, Any]:
    """The table row of an entry that follows ``head``."""
    row: dict[str, Any] = {
        "event_id": entry.event_id,
        "seq": head.entry_count + 1,
        "policy_number": entry.policy_number,
        "location_number": entry.location_number,
        "incident_id": entry.incident_id,
        "step": entry.step,
        "entry_kind": entry.entry_kind.value,
        "from_state": None if entry.from_state is None else entry.from_state.value,
        "to_state": entry.to_state.value,
        "actor": entry.actor,
        "payload": entry.payload,
        "recorded_at_utc": entry.recorded_at_utc,
        "prev_hash": head.last_hash,
    }
    return row | {"row_hash": compute_row_hash(row)}


def read_row(row: Mapping[str, Any]) -> Entry:
    """The entry of a table row.

    Raises:
        ValueError: a kind or a state is none that this version knows.
    """
    source = row["from_state"]
    return Entry(
        row["event_id"],
        row["policy_number"],
        row["location_number"],
        row["step"],
        EntryKind(row["entry_kind"]),
        None if source is None else IncidentState(source),
        IncidentState(row["to_state"]),
        row["actor"],
        row["payload"],
        row["recorded_at_utc"],
    )


def compute_heads_digest(heads: Iterable[ChainHead]) -> str:
    """Hex SHA-256 over all heads in the order of their events."""
    ordered = sorted(heads, key=lambda head: head.event_id)
    return digest_of_rows((head.event_id, head.entry_count, head.last_hash) for head in ordered)
