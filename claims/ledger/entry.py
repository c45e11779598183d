"""One entry of the ledger, and the hash that ties it to the one before."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from claims.incidents.key import IncidentKey
from claims.incidents.roles import PEOPLE, Role, role_of_actor
from claims.incidents.states import IncidentState, check_transition, name_roles
from claims.ledger.kinds import NOTE_ROLES, EntryKind, kind_of_move
from core.errors import IllegalTransitionError, LedgerError, RoleError
from core.provenance import canonical_json, digest_of_rows, sha256_of_bytes

GENESIS_HASH = "0" * 64
"""What the first entry of a chain holds as the hash before it."""


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
    if entry.entry_kind in NOTE_ROLES:
        _check_staying(entry)
        return
    check_transition(entry.from_state, entry.to_state, entry.actor)
    expected = kind_of_move(entry.from_state, entry.to_state)
    if entry.entry_kind is not expected:
        raise IllegalTransitionError(
            f"writing an entry of incident {entry.incident_id}",
            f"kind {entry.entry_kind} does not bring it to {entry.to_state}",
            f"The kind is {expected}",
        )


def _check_staying(entry: Entry) -> None:
    work = f"writing an entry of incident {entry.incident_id}"
    if entry.from_state != entry.to_state:
        raise IllegalTransitionError(
            work,
            f"the state goes from {entry.from_state} to {entry.to_state} "
            f"though kind {entry.entry_kind} stays",
            "Write it first, then move in an entry of its own",
        )
    roles = NOTE_ROLES[entry.entry_kind]
    acting = role_of_actor(entry.actor)
    is_allowed = acting in roles if acting else set(roles) & set(PEOPLE)
    if not is_allowed or not entry.actor.strip():
        raise RoleError(
            work, f"{entry.actor!r} may not write {entry.entry_kind}",
            f"These may: {name_roles(roles)}",
        )  # fmt: skip


def check_role(entry: Entry) -> None:
    """Refuse an entry that its person may not write in the role that it bears.

    Asked of what is to be written. Entries of earlier versions bear any word as a role, and some
    none; a role that nobody knows any more is not judged.

    Raises:
        RoleError: in this role nobody may write it.
    """
    role = _read_role(entry.payload)
    if role is None or role_of_actor(entry.actor) is not None:
        return
    if entry.entry_kind not in NOTE_ROLES:
        check_transition(entry.from_state, entry.to_state, entry.actor, role)
    elif role not in NOTE_ROLES[entry.entry_kind]:
        raise RoleError(
            f"writing an entry of incident {entry.incident_id}",
            f"{entry.entry_kind} is not written in the role {role}",
            f"These may: {name_roles(NOTE_ROLES[entry.entry_kind])}",
        )


def _read_role(payload: str) -> Role | None:
    if '"role"' not in payload:
        return None
    said = json.loads(payload).get("role")
    return Role(said) if said in list(Role) else None


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
