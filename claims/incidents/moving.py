"""What a person decides about an incident, as entries of the ledger. Pure.

A person goes through the same table as the machine. Where a move needs the incident looked at
first, deciding is having looked: the ``human_reviewed`` entry is written too, in their name.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from claims.incidents.key import IncidentKey
from claims.incidents.roles import MACHINES, SYSTEM_ACTOR, read_role
from claims.incidents.states import CLOSED_STATES, IncidentState, legal_targets, name_legal
from claims.ledger.entry import Entry, check_role, format_instant
from claims.ledger.kinds import EntryKind, kind_of_move
from core.errors import IllegalTransitionError, InputError
from core.provenance import canonical_json

_S = IncidentState
MAX_WORD = 80
"""Characters of a staff id or a role: room for any directory's ids, and none for a story."""
MAX_REASON = 1_000
"""Characters of a reason: a paragraph."""
AUTHORITY = "authority"
"""Of an approval's payload: the amount approved, and the approver's limit."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, as whom, and why. Kept for ever in the ledger, so no names of insured.

    Attributes:
        by: staff id.
        role: one of ``PEOPLE``, in any case.
        reason: why, in a sentence.

    Raises:
        InputError: one is empty, too long or no plain text, ``by`` is a machine's own name, or
            there is no such role.
    """

    by: str
    role: str
    reason: str

    def __post_init__(self) -> None:
        limits = {"by": MAX_WORD, "role": MAX_WORD, "reason": MAX_REASON}
        for name, limit in limits.items():
            object.__setattr__(self, name, _check_line(name, getattr(self, name), limit))
        if self.by.casefold() in MACHINES:
            raise InputError(
                "recording what a person decided",
                f"by is {self.by!r}, the name of a machine",
                "Give the staff id of the person who decides",
            )
        object.__setattr__(self, "role", read_role(self.role).value)


def check_claim_number(text: str) -> str:
    """A claim's number as the claims system gives it.

    Raises:
        InputError: it is empty, too long or no plain text.
    """
    return _check_line("the claim's number", text, MAX_WORD)


def _check_line(name: str, given: str, limit: int) -> str:
    text = given.strip()
    if not text or len(text) > limit or not text.isprintable():
        raise InputError(
            "recording what a person decided",
            f"{name} is {text[:limit]!r}",
            f"Give one line of plain text, at most {limit} characters",
        )
    return text


def plan_move(
    history: Sequence[Entry],
    target: IncidentState,
    decider: Decider,
    decided_at_utc: datetime,
    notes: Mapping[str, Any] | None = None,
) -> tuple[Entry, ...]:
    """The entries that bring an incident to ``target`` in a person's name.

    Args:
        history: all entries of the incident, at least one.
        target: state wanted; CLAIM_DRAFT is the approval of a draft.
        decider: who decides.
        decided_at_utc: when, timezone-aware.
        notes: what else the entries say: ids, no names.

    Raises:
        RoleError: not in that role.
        IllegalTransitionError: the table holds no way there, or a person approved it already, on
            no less authority.
        LedgerError: the instant has no time zone.
    """
    last = history[-1]
    payload = write_payload(decider, notes)
    recorded = format_instant(decided_at_utc)
    if target is _S.CLAIM_DRAFT:
        _check_approval(history, decider, notes or {})
    entries: list[Entry] = []
    state, step = last.to_state, last.step
    for state_next in _find_way(history, target):
        step += 1
        kind = kind_of_move(state, state_next)
        entry = Entry(
            last.incident_id, last.key, step, kind, state, state_next, decider.by, payload, recorded
        )
        check_role(entry)
        entries.append(entry)
        state = state_next
    return tuple(entries)


def plan_reopening(
    history: Sequence[Entry],
    decider: Decider,
    decided_at_utc: datetime,
    notes: Mapping[str, Any] | None = None,
) -> tuple[Entry, ...]:
    """The entry that opens a closed incident again, for a person to look at.

    A claim that the claims system closed is open again as that claim, by whoever may.

    Raises:
        RoleError: not in that role.
        IllegalTransitionError: it is not closed.
        LedgerError: the instant has no time zone.
    """
    last = history[-1]
    if last.to_state not in CLOSED_STATES:
        raise _refuse(last, _S.HUMAN_REVIEWED, "it is not closed, so there is nothing to reopen")
    (target,) = legal_targets(last.to_state)
    return plan_move(history, target, decider, decided_at_utc, notes)


def plan_confirmation(
    history: Sequence[Entry],
    decider: Decider,
    decided_at_utc: datetime,
    notes: Mapping[str, Any] | None = None,
) -> tuple[Entry, ...]:
    """The entry by which a person stays with what a person decided, having looked again.

    Raises:
        RoleError: not in that role.
        IllegalTransitionError: the last move is the machine's, so there is nothing to confirm.
        LedgerError: the instant has no time zone.
    """
    last = history[-1]
    if last_mover(history) == SYSTEM_ACTOR:
        raise IllegalTransitionError(
            f"confirming incident {last.incident_id}",
            f"no person brought it to {last.to_state}",
            f"Approve or withdraw it. From here: {name_legal(last.to_state)}",
        )
    return (plan_note(last, EntryKind.CONFIRMED, decider, decided_at_utc, notes=notes),)


def plan_note(
    last: Entry,
    kind: EntryKind,
    decider: Decider,
    decided_at_utc: datetime,
    *,
    notes: Mapping[str, Any] | None = None,
    key: IncidentKey | None = None,
) -> Entry:
    """An entry in a person's name that leaves the incident where it is.

    Args:
        last: the incident's last entry.
        kind: one of ``NOTE_ROLES``.
        decider: who writes it.
        decided_at_utc: when, timezone-aware.
        notes: what else it says: ids, no names.
        key: the home's key from here on; the same if not given.

    Raises:
        RoleError: not in that role.
        LedgerError: the instant has no time zone.
    """
    where = (last.to_state, last.to_state, decider.by, write_payload(decider, notes))
    recorded = format_instant(decided_at_utc)
    entry = Entry(last.incident_id, key or last.key, last.step + 1, kind, *where, recorded)
    check_role(entry)
    return entry


def write_payload(decider: Decider, notes: Mapping[str, Any] | None) -> str:
    """What an entry says of the person and of what they had before them."""
    return canonical_json({"role": decider.role, "reason": decider.reason, **(notes or {})})


def last_mover(history: Sequence[Entry]) -> str:
    """Who brought the incident to where it is."""
    return next(entry.actor for entry in reversed(history) if entry.from_state != entry.to_state)


def _check_approval(history: Sequence[Entry], decider: Decider, notes: Mapping[str, Any]) -> None:
    """Refuse to approve again what a person approved, unless it is on an authority they had not."""
    last, mover = history[-1], last_mover(history)
    if last.to_state is not _S.CLAIM_DRAFT or mover == SYSTEM_ACTOR:
        return
    if AUTHORITY not in notes or (mover == decider.by and _had_authority(history)):
        raise _refuse(last, _S.CLAIM_DRAFT, f"{mover} approved it already")


def _had_authority(history: Sequence[Entry]) -> bool:
    moves = (entry for entry in reversed(history) if entry.from_state != entry.to_state)
    return AUTHORITY in json.loads(next(moves).payload)


def _find_way(history: Sequence[Entry], target: IncidentState) -> tuple[IncidentState, ...]:
    last = history[-1]
    state, looked = last.to_state, _S.HUMAN_REVIEWED
    legal = legal_targets(state)
    is_approval = target is _S.CLAIM_DRAFT
    if target in legal and (state is looked or not is_approval):
        return (target,)
    # what is closed is reopened on purpose, and not by deciding something else
    if looked in legal and target in legal_targets(looked) and state not in CLOSED_STATES:
        return (looked, target)
    raise _refuse(last, target, "there is no such move")


def _refuse(last: Entry, target: IncidentState, problem: str) -> IllegalTransitionError:
    return IllegalTransitionError(
        f"moving incident {last.incident_id} from {last.to_state} to {target}",
        problem,
        f"From here: {name_legal(last.to_state)}",
    )
