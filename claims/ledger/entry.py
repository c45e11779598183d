"""One entry of the ledger, and the hash that ties it to the one before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from claims.incidents.key import IncidentKey
from claims.incidents.states import SYSTEM_ACTOR, IncidentState, check_transition
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
    KEY_COMPLETED = "key_completed"
    """A home known by policy and location alone was found under its whole key; the state stays."""
    CONFIRMED = "confirmed"
    """A person looked again and stays with what was decided; the state stays."""


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

NOTE_KINDS = (EntryKind.REASSESSED, EntryKind.KEY_COMPLETED)
"""Entries in which a run notes something of an incident that stays where it is."""

_STAYING_KINDS = (*NOTE_KINDS, EntryKind.CONFIRMED)

ROW_VERSION_IN_PART = 1
"""Rows of keys in part, hashed without the columns that the whole key and its version added."""
ROW_VERSION = 2
"""Rows of whole keys, hashed over all columns."""
_ADDED_COLUMNS = ("portfolio_number", "account_number", "row_version")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened to an incident, before it has a place in the chain.

    Attributes:
        incident_id: the incident that it belongs to; of its first entry, the key's own.
        key: the event, whose chain it goes into, and the insured location.
        step: 1 for the incident's first entry, one more for each that follows. An entry fits only
            behind the step before it, so of two writers at once one finds its plan outdated.
        entry_kind: what happened.
        from_state: state before; None at birth.
        to_state: state after; the same for kinds that stay, as ``reassessed``.
        actor: ``"system"`` or a person's staff id.
        payload: canonical JSON, no names and no contacts.
        recorded_at_utc: ISO 8601 with microseconds and Z, see ``format_instant``.
    """

    incident_id: str
    key: IncidentKey
    step: int
    entry_kind: EntryKind
    from_state: IncidentState | None
    to_state: IncidentState
    actor: str
    payload: str
    recorded_at_utc: str

    @property
    def event_id(self) -> str:
        """The event, whose chain it goes into."""
        return self.key.event_id

    @property
    def sort_key(self) -> tuple[str | int, ...]:
        """The order in which entries are appended, whatever order they come in."""
        return (*self.key.sort_key, self.step)


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
    if entry.entry_kind in _STAYING_KINDS:
        if entry.from_state != entry.to_state:
            raise IllegalTransitionError(
                f"writing an entry of incident {entry.incident_id}",
                f"the state goes from {entry.from_state} to {entry.to_state} "
                f"though kind {entry.entry_kind} stays",
                "Write it first, then move in an entry of its own",
            )
        _check_confirmed(entry)
        return
    check_transition(entry.from_state, entry.to_state, entry.actor)
    expected = KIND_OF_STATE[entry.to_state]
    if entry.entry_kind is not expected:
        raise IllegalTransitionError(
            f"writing an entry of incident {entry.incident_id}",
            f"kind {entry.entry_kind} does not bring it to {entry.to_state}",
            f"The kind is {expected}",
        )


def _check_confirmed(entry: Entry) -> None:
    if entry.entry_kind is EntryKind.CONFIRMED and entry.actor in ("", SYSTEM_ACTOR):
        raise IllegalTransitionError(
            f"writing an entry of incident {entry.incident_id}",
            f"{entry.actor!r} cannot confirm what a person decided",
            "Give the staff id of the person who looked again",
        )


def compute_row_hash(row: Mapping[str, Any]) -> str:
    """Hex SHA-256 over the canonical JSON of all columns but ``row_hash``.

    Rows of ``ROW_VERSION_IN_PART`` are hashed as they were when there were no other: without the
    columns added since, which ``read_row`` holds to be empty in them.
    """
    is_in_part = row["row_version"] == ROW_VERSION_IN_PART
    left_out = ("row_hash", *_ADDED_COLUMNS) if is_in_part else ("row_hash",)
    content = {name: value for name, value in row.items() if name not in left_out}
    return sha256_of_bytes(canonical_json(content).encode())


def chain_row(entry: Entry, head: ChainHead) -> dict[str, Any]:
    """The table row of an entry that follows ``head``."""
    row: dict[str, Any] = {
        "event_id": entry.event_id,
        "seq": head.entry_count + 1,
        "policy_number": entry.key.policy_number,
        "location_number": entry.key.location_number,
        "incident_id": entry.incident_id,
        "step": entry.step,
        "entry_kind": entry.entry_kind.value,
        "from_state": None if entry.from_state is None else entry.from_state.value,
        "to_state": entry.to_state.value,
        "actor": entry.actor,
        "payload": entry.payload,
        "recorded_at_utc": entry.recorded_at_utc,
        "prev_hash": head.last_hash,
        "portfolio_number": entry.key.portfolio_number,
        "account_number": entry.key.account_number,
        "row_version": ROW_VERSION if entry.key.is_whole else ROW_VERSION_IN_PART,
    }
    return row | {"row_hash": compute_row_hash(row)}


def read_row(row: Mapping[str, Any]) -> Entry:
    """The entry of a table row.

    Raises:
        ValueError: a kind or a state is none that this version knows, or the key does not go with
            the row's version.
    """
    source = row["from_state"]
    key = IncidentKey(
        row["event_id"],
        row["portfolio_number"],
        row["account_number"],
        row["policy_number"],
        row["location_number"],
    )
    _check_version(key, row["row_version"])
    return Entry(
        row["incident_id"],
        key,
        row["step"],
        EntryKind(row["entry_kind"]),
        None if source is None else IncidentState(source),
        IncidentState(row["to_state"]),
        row["actor"],
        row["payload"],
        row["recorded_at_utc"],
    )


def _check_version(key: IncidentKey, version: Any) -> None:
    is_empty = key.portfolio_number is None and key.account_number is None
    fits = {ROW_VERSION_IN_PART: is_empty, ROW_VERSION: key.is_whole}
    if not fits.get(version, False):
        raise ValueError(f"a row of version {version!r} does not hold such a key")


def compute_heads_digest(heads: Iterable[ChainHead]) -> str:
    """Hex SHA-256 over all heads in the order of their events."""
    ordered = sorted(heads, key=lambda head: head.event_id)
    return digest_of_rows((head.event_id, head.entry_count, head.last_hash) for head in ordered)
