"""What a person decides about an incident, as entries of the ledger. Pure.

A person goes through the same table as the machine. Where a move needs the incident looked at
first, deciding is having looked: the ``human_reviewed`` entry is written too, in their name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from claims.incidents.states import SYSTEM_ACTOR, IncidentState, legal_targets
from claims.ledger.entry import KIND_OF_STATE, Entry, EntryKind, format_instant
from core.errors import IllegalTransitionError, InputError
from core.provenance import canonical_json

_S = IncidentState
MAX_WORD = 80
"""Characters of a staff id or a role: room for any directory's ids, and none for a story."""
MAX_REASON = 1_000
"""Characters of a reason: a paragraph."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, as whom, and why. Kept for ever in the ledger, so no names of insured.

    Attributes:
        by: staff id.
        role: adjuster, supervisor and so on, in the carrier's words.
        reason: why, in a sentence.

    Raises:
        InputError: one is empty, too long or no plain text, or ``by`` is the machine's own name.
    """

    by: str
    role: str
    reason: str

    def __post_init__(self) -> None:
        limits = {"by": MAX_WORD, "role": MAX_WORD, "reason": MAX_REASON}
        for name, limit in limits.items():
            text = getattr(self, name).strip()
            object.__setattr__(self, name, text)
            if not text or len(text) > limit or not text.isprintable():
                raise InputError(
                    "recording what a person decided",
                    f"{name} is {text[:limit]!r}",
                    f"Give one line of plain text, at most {limit} characters",
                )
        if self.by.casefold() == SYSTEM_ACTOR:
            raise InputError(
                "recording what a person decided",
                f"by is {self.by!r}, the name of the machine",
                "Give the staff id of the person who decides",
            )


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
        IllegalTransitionError: the table holds no way there, or a person approved it already.
        LedgerError: the instant has no time zone.
    """
    last = history[-1]
    payload = canonical_json({"role": decider.role, "reason": decider.reason, **(notes or {})})
    recorded = format_instant(decided_at_utc)
    entries: list[Entry] = []
    state, step = last.to_state, last.step
    for state_next in _find_way(history, target):
        step += 1
        kind = KIND_OF_STATE[state_next]
        entries.append(
            Entry(last.incident_id, last.key, step, kind, state, state_next, decider.by, payload,
                  recorded)
        )  # fmt: skip
        state = state_next
    return tuple(entries)


def plan_confirmation(
    history: Sequence[Entry],
    decider: Decider,
    decided_at_utc: datetime,
    notes: Mapping[str, Any] | None = None,
) -> tuple[Entry, ...]:
    """The entry by which a person stays with what a person decided, having looked again.

    Raises:
        IllegalTransitionError: the last move is the machine's, so there is nothing to confirm.
        LedgerError: the instant has no time zone.
    """
    last = history[-1]
    if last_mover(history) == SYSTEM_ACTOR:
        raise IllegalTransitionError(
            f"confirming incident {last.incident_id}",
            f"no person brought it to {last.to_state}",
            f"Approve or withdraw it. From here: {_name_legal(last.to_state)}",
        )
    payload = canonical_json({"role": decider.role, "reason": decider.reason, **(notes or {})})
    where = (last.to_state, last.to_state, decider.by, payload, format_instant(decided_at_utc))
    kind = EntryKind.CONFIRMED
    return (Entry(last.incident_id, last.key, last.step + 1, kind, *where),)


def last_mover(history: Sequence[Entry]) -> str:
    """Who brought the incident to where it is."""
    return next(entry.actor for entry in reversed(history) if entry.from_state != entry.to_state)


def _find_way(history: Sequence[Entry], target: IncidentState) -> tuple[IncidentState, ...]:
    last = history[-1]
    state, looked = last.to_state, _S.HUMAN_REVIEWED
    legal = legal_targets(state)
    if state == target == _S.CLAIM_DRAFT and last_mover(history) != SYSTEM_ACTOR:
        raise _refuse(last, target, f"{last_mover(history)} approved it already")
    is_approval = target is _S.CLAIM_DRAFT
    if target in legal and (state is looked or not is_approval):
        return (target,)
    if looked in legal and target in legal_targets(looked):
        return (looked, target)
    raise _refuse(last, target, "there is no such move")


def _refuse(last: Entry, target: IncidentState, problem: str) -> IllegalTransitionError:
    return IllegalTransitionError(
        f"moving incident {last.incident_id} from {last.to_state} to {target}",
        problem,
        f"From here: {_name_legal(last.to_state)}",
    )


def _name_legal(state: IncidentState) -> str:
    return ", ".join(legal_targets(state)) or "nothing, it is closed"
