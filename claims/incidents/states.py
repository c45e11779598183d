"""What an incident (our pre-claim record) can become, and who may move it.

An incident holds no reserve and is no claim: in law a reserve can make a claim of it, and a claim
follows a home for years. So the machine goes as far as a draft, and a named person goes on.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from core.damage import Decision
from core.errors import IllegalTransitionError

SYSTEM_ACTOR = "system"
"""The actor of everything that no person did."""


class IncidentState(StrEnum):
    """Where an incident stands."""

    DETECTED = "DETECTED"
    """The run decided that the location needs something done."""
    SCREENED = "SCREENED"
    """Cover was screened and the next step decided; a person's queue, unless it moves on."""
    HUMAN_REVIEWED = "HUMAN_REVIEWED"
    """A named person looked at the evidence."""
    OUTREACH = "OUTREACH"
    """In the queue to ask the insured."""
    CLAIM_DRAFT = "CLAIM_DRAFT"
    """A draft waits in the claims system; not submitted, no reserve."""
    CLAIM_OPEN = "CLAIM_OPEN"
    """A person submitted the draft."""
    MERGED = "MERGED"
    """Joined to a claim that exists already."""
    WITHDRAWN_NO_DAMAGE = "WITHDRAWN_NO_DAMAGE"
    """A person found no damage; kept apart from BELOW_DEDUCTIBLE."""
    BELOW_DEDUCTIBLE = "BELOW_DEDUCTIBLE"
    """Damaged, but for less than the deductible, so no claim was made of it."""
    CWOP = "CWOP"
    """The claim was closed without payment."""
    PAID = "PAID"
    """The claim was paid."""


class Authority(StrEnum):
    """Who may make a transition."""

    SYSTEM = "system or a named person"
    PERSON = "a named person"


@dataclass(frozen=True, slots=True)
class Transition:
    """One legal move of an incident; ``source`` None is its birth."""

    source: IncidentState | None
    target: IncidentState
    authority: Authority
    meaning: str


_S = IncidentState
_SYSTEM, _PERSON = Authority.SYSTEM, Authority.PERSON

TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, _S.DETECTED, _SYSTEM, "a run finds that something has to be done"),
    Transition(_S.DETECTED, _S.SCREENED, _SYSTEM, "cover screened, next step decided"),
    Transition(_S.SCREENED, _S.OUTREACH, _SYSTEM, "put in the queue to ask the insured"),
    Transition(_S.SCREENED, _S.CLAIM_DRAFT, _SYSTEM, "a draft is made, nothing submitted"),
    Transition(_S.OUTREACH, _S.CLAIM_DRAFT, _SYSTEM, "later evidence calls for a draft"),
    Transition(_S.SCREENED, _S.HUMAN_REVIEWED, _PERSON, "looked at"),
    Transition(_S.OUTREACH, _S.HUMAN_REVIEWED, _PERSON, "looked at after asking"),
    Transition(_S.CLAIM_DRAFT, _S.HUMAN_REVIEWED, _PERSON, "the draft is looked at"),
    Transition(_S.HUMAN_REVIEWED, _S.OUTREACH, _PERSON, "ask the insured first"),
    Transition(_S.HUMAN_REVIEWED, _S.CLAIM_DRAFT, _PERSON, "a draft is right"),
    Transition(_S.CLAIM_DRAFT, _S.OUTREACH, _PERSON, "ask the insured before submitting"),
    Transition(_S.CLAIM_DRAFT, _S.CLAIM_OPEN, _PERSON, "submitted"),
    Transition(_S.SCREENED, _S.MERGED, _PERSON, "the insured filed already"),
    Transition(_S.HUMAN_REVIEWED, _S.MERGED, _PERSON, "the insured filed already"),
    Transition(_S.OUTREACH, _S.MERGED, _PERSON, "the insured filed already"),
    Transition(_S.CLAIM_DRAFT, _S.MERGED, _PERSON, "the insured filed already"),
    Transition(_S.CLAIM_OPEN, _S.MERGED, _PERSON, "two claims for one loss"),
    Transition(_S.HUMAN_REVIEWED, _S.WITHDRAWN_NO_DAMAGE, _PERSON, "no damage found"),
    Transition(_S.OUTREACH, _S.WITHDRAWN_NO_DAMAGE, _PERSON, "the insured reports no damage"),
    Transition(_S.CLAIM_DRAFT, _S.WITHDRAWN_NO_DAMAGE, _PERSON, "no damage found"),
    Transition(_S.CLAIM_OPEN, _S.WITHDRAWN_NO_DAMAGE, _PERSON, "no damage found on site"),
    Transition(_S.HUMAN_REVIEWED, _S.BELOW_DEDUCTIBLE, _PERSON, "less than the deductible"),
    Transition(_S.OUTREACH, _S.BELOW_DEDUCTIBLE, _PERSON, "less than the deductible"),
    Transition(_S.CLAIM_DRAFT, _S.BELOW_DEDUCTIBLE, _PERSON, "less than the deductible"),
    Transition(_S.CLAIM_OPEN, _S.BELOW_DEDUCTIBLE, _PERSON, "less than the deductible"),
    Transition(_S.CLAIM_OPEN, _S.CWOP, _PERSON, "closed without payment"),
    Transition(_S.CLAIM_OPEN, _S.PAID, _PERSON, "paid"),
)
"""Every legal move; any other is an error. Nothing that closes or submits is the machine's, and
what a person has reviewed only a person moves again."""

_AUTHORITY = {(move.source, move.target): move.authority for move in TRANSITIONS}

_GOALS = {
    Decision.OPEN_DRAFT: IncidentState.CLAIM_DRAFT,
    Decision.REVIEW: IncidentState.SCREENED,
    Decision.OUTREACH: IncidentState.OUTREACH,
}
"""Where the machine takes an incident for each decision; ``none`` takes it nowhere."""


def legal_targets(source: IncidentState | None) -> tuple[IncidentState, ...]:
    """Where an incident can go from ``source``, by anyone, in the table's order."""
    return tuple(move.target for move in TRANSITIONS if move.source == source)


def check_transition(source: IncidentState | None, target: IncidentState, actor: str) -> None:
    """Refuse a move that the table does not hold, or that this actor may not make.

    Args:
        source: state now; None before the incident exists.
        target: state wanted.
        actor: ``"system"``, or the staff id of a person.

    Raises:
        IllegalTransitionError: naming both states and what is legal instead.
    """
    work = f"moving an incident from {source or 'nothing'} to {target}"
    authority = _AUTHORITY.get((source, target))
    if authority is None:
        legal = ", ".join(legal_targets(source)) or "nothing, it is closed"
        raise IllegalTransitionError(work, "there is no such move", f"From here: {legal}")
    if not actor.strip():
        raise IllegalTransitionError(work, f"the actor is {actor!r}", "Name who moves it")
    if authority is Authority.PERSON and actor == SYSTEM_ACTOR:
        raise IllegalTransitionError(
            work, "the system may not do this alone", "Give the staff id of the person who decides"
        )


@cache
def choose_next(source: IncidentState | None, decision: Decision) -> tuple[IncidentState, ...]:
    """The states through which the system alone takes an incident for a decision.

    Never backwards and never out of a person's hands: where no chain of the system's own moves
    leads to the decision's goal, the incident stays.

    Args:
        source: state now; None before the incident exists.
        decision: what triage decided.

    Returns:
        States still to enter, in order; empty when there is nothing to do.
    """
    goal = _GOALS.get(decision)
    if goal is None or source == goal:
        return ()
    queue: deque[tuple[IncidentState | None, tuple[IncidentState, ...]]] = deque([(source, ())])
    while queue:
        state, path = queue.popleft()
        if state == goal:
            return path
        queue.extend(
            (move.target, (*path, move.target))
            for move in TRANSITIONS
            if move.source == state
            and move.authority is Authority.SYSTEM
            and move.target not in path
        )
    return ()
