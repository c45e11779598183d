"""What an incident (our pre-claim record) can become, and who may move it.

An incident holds no reserve and is no claim: in law a reserve can make a claim of it, and a claim
follows a home for years. So the machine goes as far as a draft, and a named person goes on.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from claims.incidents.roles import SYSTEM_ACTOR, Role, role_of_actor
from core.damage import Decision
from core.errors import IllegalTransitionError, RoleError


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


_S = IncidentState

CLOSED_STATES = (
    _S.MERGED, _S.WITHDRAWN_NO_DAMAGE, _S.BELOW_DEDUCTIBLE, _S.CWOP, _S.PAID,
)  # fmt: skip
"""Nothing is to be done about such an incident. Only a person opens it again, or the claims system
for one of its own claims."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One legal move of an incident.

    Attributes:
        source: state before; None at its birth.
        target: state after.
        roles: who may make it.
        meaning: why it is made.
    """

    source: IncidentState | None
    target: IncidentState
    roles: tuple[Role, ...]
    meaning: str


_ADJUSTERS = (Role.ADJUSTER, Role.SUPERVISOR)
_REVIEWERS = (Role.REVIEWER, *_ADJUSTERS)
_MACHINE = (Role.SYSTEM, *_ADJUSTERS)
_FILED = (Role.CLAIMS_SYSTEM, *_ADJUSTERS)
_CLAIMS = (Role.CLAIMS_SYSTEM, Role.SUPERVISOR)

TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, _S.DETECTED, _MACHINE, "a run finds that something has to be done"),
    Transition(_S.DETECTED, _S.SCREENED, _MACHINE, "cover screened, next step decided"),
    Transition(_S.SCREENED, _S.OUTREACH, _MACHINE, "put in the queue to ask the insured"),
    Transition(_S.SCREENED, _S.CLAIM_DRAFT, _MACHINE, "a draft is made, nothing submitted"),
    Transition(_S.OUTREACH, _S.CLAIM_DRAFT, _MACHINE, "later evidence calls for a draft"),
    Transition(_S.SCREENED, _S.HUMAN_REVIEWED, _REVIEWERS, "looked at"),
    Transition(_S.OUTREACH, _S.HUMAN_REVIEWED, _REVIEWERS, "looked at after asking"),
    Transition(_S.CLAIM_DRAFT, _S.HUMAN_REVIEWED, _REVIEWERS, "the draft is looked at"),
    Transition(_S.HUMAN_REVIEWED, _S.OUTREACH, _ADJUSTERS, "ask the insured first"),
    Transition(_S.HUMAN_REVIEWED, _S.CLAIM_DRAFT, _ADJUSTERS, "a draft is right"),
    Transition(_S.CLAIM_DRAFT, _S.OUTREACH, _ADJUSTERS, "ask the insured before submitting"),
    Transition(_S.CLAIM_DRAFT, _S.CLAIM_OPEN, _FILED, "submitted"),
    Transition(_S.SCREENED, _S.MERGED, _FILED, "the insured filed already"),
    Transition(_S.HUMAN_REVIEWED, _S.MERGED, _ADJUSTERS, "the insured filed already"),
    Transition(_S.OUTREACH, _S.MERGED, _FILED, "the insured filed already"),
    Transition(_S.CLAIM_DRAFT, _S.MERGED, _FILED, "the insured filed already"),
    Transition(_S.CLAIM_OPEN, _S.MERGED, _CLAIMS, "two claims for one loss"),
    Transition(_S.HUMAN_REVIEWED, _S.WITHDRAWN_NO_DAMAGE, _ADJUSTERS, "no damage found"),
    Transition(_S.OUTREACH, _S.WITHDRAWN_NO_DAMAGE, _ADJUSTERS, "the insured reports no damage"),
    Transition(_S.CLAIM_DRAFT, _S.WITHDRAWN_NO_DAMAGE, _FILED, "no damage found"),
    Transition(_S.CLAIM_OPEN, _S.WITHDRAWN_NO_DAMAGE, _CLAIMS, "no damage found on site"),
    Transition(_S.HUMAN_REVIEWED, _S.BELOW_DEDUCTIBLE, _ADJUSTERS, "less than the deductible"),
    Transition(_S.OUTREACH, _S.BELOW_DEDUCTIBLE, _ADJUSTERS, "less than the deductible"),
    Transition(_S.CLAIM_DRAFT, _S.BELOW_DEDUCTIBLE, _FILED, "less than the deductible"),
    Transition(_S.CLAIM_OPEN, _S.BELOW_DEDUCTIBLE, _CLAIMS, "less than the deductible"),
    Transition(_S.CLAIM_OPEN, _S.CWOP, _CLAIMS, "closed without payment"),
    Transition(_S.CLAIM_OPEN, _S.PAID, _CLAIMS, "paid"),
    Transition(_S.WITHDRAWN_NO_DAMAGE, _S.HUMAN_REVIEWED, _ADJUSTERS, "reopened"),
    Transition(_S.BELOW_DEDUCTIBLE, _S.HUMAN_REVIEWED, _ADJUSTERS, "reopened"),
    Transition(_S.MERGED, _S.HUMAN_REVIEWED, _ADJUSTERS, "reopened: it was another loss"),
    Transition(_S.CWOP, _S.CLAIM_OPEN, _CLAIMS, "the claim is reopened"),
    Transition(_S.PAID, _S.CLAIM_OPEN, _CLAIMS, "the claim is reopened"),
)  # fmt: skip
"""Every legal move; any other is an error. Nothing that closes or submits is the machine's, and
what a person has reviewed or closed only a person moves again."""

_ROLES = {(move.source, move.target): move.roles for move in TRANSITIONS}

_GOALS = {
    Decision.OPEN_DRAFT: IncidentState.CLAIM_DRAFT,
    Decision.REVIEW: IncidentState.SCREENED,
    Decision.OUTREACH: IncidentState.OUTREACH,
}
"""Where the machine takes an incident for each decision; ``none`` takes it nowhere."""


def legal_targets(source: IncidentState | None) -> tuple[IncidentState, ...]:
    """Where an incident can go from ``source``, by anyone, in the table's order."""
    return tuple(move.target for move in TRANSITIONS if move.source == source)


def name_legal(source: IncidentState | None) -> str:
    """Where an incident can go from ``source``, and by whom, in words."""
    named = "; ".join(
        f"{target} ({name_roles(_ROLES[source, target])})" for target in legal_targets(source)
    )
    return f"nothing, it is closed, unless reopened: {named}" if source in CLOSED_STATES else named


def name_roles(roles: Iterable[Role]) -> str:
    """Several roles as one text."""
    return ", ".join(roles)


def check_transition(
    source: IncidentState | None, target: IncidentState, actor: str, role: Role | None = None
) -> None:
    """Refuse a move that the table does not hold, or that this actor may not make.

    Args:
        source: state now; None before the incident exists.
        target: state wanted.
        actor: a machine's name, see ``MACHINES``, or the staff id of a person.
        role: in which a person acts; not judged if not given.

    Raises:
        RoleError: in this role nobody may make the move.
        IllegalTransitionError: naming both states and what is legal instead.
    """
    work = f"moving an incident from {source or 'nothing'} to {target}"
    roles = _ROLES.get((source, target))
    if roles is None:
        raise IllegalTransitionError(
            work, "there is no such move", f"From here: {name_legal(source)}"
        )
    if not actor.strip():
        raise IllegalTransitionError(work, f"the actor is {actor!r}", "Name who moves it")
    acting = role_of_actor(actor) or role
    if acting is not None and acting not in roles:
        problem = (
            "the system may not do this alone"
            if actor == SYSTEM_ACTOR
            else (f"not in the role {acting}")
        )
        raise RoleError(work, problem, f"These may: {name_roles(roles)}")


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
            if move.source == state and Role.SYSTEM in move.roles and move.target not in path
        )
    return ()
