"""How far the machine goes by itself, and who may let a claim be submitted. Pure."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pandas as pd

from claims.incidents.moving import AUTHORITY, Decider
from claims.incidents.roles import MACHINES
from claims.incidents.states import IncidentState
from claims.ledger.entry import Entry
from core.damage import Decision
from core.errors import RoleError
from core.tables import join_codes

REVIEW_FIRST_CODE = "review_first"
"""First reason of a draft that waits for a person, since the settings let no run make any."""


class Mode(StrEnum):
    """How far the machine goes by itself."""

    REVIEW_FIRST = "review_first"
    """No draft until a person approved one."""
    DRAFT = "draft"
    """Drafts; a person submits them in the claims system."""
    SUBMIT = "submit"
    """Drafts that a named approver approved within their limit are submitted."""


@dataclass(frozen=True, slots=True)
class ClaimOptions:
    """How far the machine goes, and on whose authority."""

    mode: Mode = Mode.DRAFT
    """review_first: a run makes no draft until a person approved it; draft: runs make drafts and
    people submit them; submit: what a named approver approved within their limit is submitted"""

    approvers: Mapping[str, float] = field(default_factory=dict)
    """who may let a claim be submitted, by staff id, and the highest expected loss for which, in
    the book's currency, as in {sup-1: 250000}; a home of unknown value is above every limit"""

    same_loss_days: int = 3
    """a claim that an insured filed is of the event's loss up to so many days beside its window"""

    def __post_init__(self) -> None:
        if self.same_loss_days < 0:
            raise ValueError(f"claims.same_loss_days is {self.same_loss_days}, below 0")
        if self.mode is Mode.SUBMIT and not self.approvers:
            raise ValueError("mode submit needs claims.approvers: a staff id and a limit")
        for by, limit in self.approvers.items():
            if not by.strip() or by.casefold() in MACHINES:
                raise ValueError(f"claims.approvers names {by!r}, which is no person's staff id")
            if not (limit > 0 and math.isfinite(limit)):
                raise ValueError(f"the limit of approver {by!r} is {limit}, no amount above 0")


@dataclass(frozen=True, slots=True)
class Approval:
    """That a claim may be submitted.

    Attributes:
        by: staff id of the approver.
        amount: expected loss that was approved, in the book's currency.
        limit: the approver's.
    """

    by: str
    amount: float
    limit: float

    def holds(self, options: ClaimOptions) -> bool:
        """Whether the settings still let that person approve so much."""
        return self.amount <= options.approvers.get(self.by, -math.inf)


def propose(assessed: pd.DataFrame, mode: Mode) -> pd.DataFrame:
    """FINDINGS with the decisions that the mode lets a run propose.

    Where a person has to look first, a draft becomes a ``review``.
    """
    waits = (assessed["decision"] == Decision.OPEN_DRAFT.value) & (mode is Mode.REVIEW_FIRST)
    if not waits.any():
        return assessed
    reasons = [join_codes((REVIEW_FIRST_CODE, why)) for why in assessed["decision_reasons"]]
    told = pd.Series(reasons, index=assessed.index, dtype="str")
    return assessed.assign(
        decision=assessed["decision"].mask(waits, Decision.REVIEW.value),
        decision_reasons=assessed["decision_reasons"].mask(waits, told),
    )


def grant(options: ClaimOptions, decider: Decider, amount: float | None) -> dict[str, Any]:
    """What an approval says of its authority; nothing where the claim may not be submitted on it.

    Args:
        options: the carrier's.
        decider: who approves.
        amount: expected loss in the book's currency; None where it is not known.
    """
    limit = options.approvers.get(decider.by)
    is_within = limit is not None and amount is not None and amount <= limit
    if options.mode is not Mode.SUBMIT or not is_within:
        return {}
    return {AUTHORITY: {"amount": amount, "limit": limit}}


def find_approval(history: Sequence[Entry]) -> Approval | None:
    """On whose authority the incident's draft may be submitted, if on anybody's.

    It lapses with whatever is decided after it.
    """
    moves = [entry for entry in history if entry.from_state != entry.to_state]
    if not moves or moves[-1].to_state is not IncidentState.CLAIM_DRAFT:
        return None
    said = json.loads(moves[-1].payload).get(AUTHORITY)
    if moves[-1].actor in MACHINES or said is None:
        return None
    return Approval(moves[-1].actor, float(said["amount"]), float(said["limit"]))


def require_approval(
    history: Sequence[Entry], options: ClaimOptions, target: IncidentState
) -> dict[str, Any]:
    """What an entry that opens a claim says of its approver; nothing of any other entry.

    Raises:
        RoleError: the settings submit, and no named approver approved this draft.
    """
    is_opening = target is IncidentState.CLAIM_OPEN
    is_draft = history[-1].to_state is IncidentState.CLAIM_DRAFT
    if not (is_opening and is_draft and options.mode is Mode.SUBMIT):
        return {}
    approval = find_approval(history)
    if approval is None or not approval.holds(options):
        raise RoleError(
            f"opening a claim of incident {history[-1].incident_id}",
            "no named approver approved its draft within their limit",
            f"One of these approves it first: {', '.join(sorted(options.approvers))}",
        )
    return {"approved_by": approval.by}
