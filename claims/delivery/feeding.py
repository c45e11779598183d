"""What the claims system did of its own accord, as entries of the ledger. Pure.

Its people submit drafts, pay, close and reopen claims, and insureds file claims of their own: each
of these binds every later run, as what a person decides here does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from claims.delivery.gateway import ClaimNews
from claims.incidents.authority import ClaimOptions
from claims.incidents.reported import plan_report
from claims.incidents.roles import CLAIMS_SYSTEM_ACTOR
from claims.incidents.states import IncidentState
from claims.ledger.entry import Entry, format_instant
from claims.ledger.kinds import EntryKind
from core.errors import IllegalTransitionError
from core.provenance import canonical_json

_S = IncidentState
_OPEN_STATES = MappingProxyType({"draft": None, "open": _S.CLAIM_OPEN})
CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """How the claims system's words are read; codes are each carrier's own lists."""

    closed_outcomes: Mapping[str, IncidentState] = field(
        default_factory=lambda: {
            "payment_complete": _S.PAID,
            "paid": _S.PAID,
            "duplicate": _S.MERGED,
            "mistake": _S.WITHDRAWN_NO_DAMAGE,
            "no_damage": _S.WITHDRAWN_NO_DAMAGE,
            "below_deductible": _S.BELOW_DEDUCTIBLE,
        }
    )
    """state of an incident by the code with which its claim is closed; any other is CWOP"""

    same_loss_days: int = 3
    """an insured's own claim on the policy is of the same loss within so many days"""

    def target(self, news: ClaimNews) -> IncidentState | None:
        """Where the news brings our incident; None where it stays."""
        if news.state == CLOSED:
            return self.closed_outcomes.get(news.outcome or "", _S.CWOP)
        return _OPEN_STATES.get(news.state)

    def is_same_loss(self, news: ClaimNews, loss_date: str) -> bool:
        """Whether a claim of the same policy is of the same loss."""
        try:
            apart = datetime.fromisoformat(news.loss_date) - datetime.fromisoformat(loss_date)
        except (ValueError, TypeError):
            return False
        return abs(apart) <= timedelta(days=self.same_loss_days)


def plan_news(
    news: ClaimNews,
    history: Sequence[Entry],
    options: FeedOptions,
    authority: ClaimOptions,
    at_utc: datetime,
) -> tuple[Entry, ...]:
    """The entries by which an incident follows a claim that came of its draft.

    Where the claims system's people went a way that the table of moves does not hold, for a person
    here had closed the incident first, it stays and a ``claim_found`` entry says what they did.

    Args:
        news: of the claim.
        history: all entries of the incident, at least one.
        options: the carrier's codes.
        authority: on whose word claims are opened.
        at_utc: when it was told, timezone-aware.

    Raises:
        LedgerError: the instant has no time zone.
    """
    target = options.target(news)
    state = history[-1].to_state
    if target is None or target is state:
        return ()
    # a claim closed since the last look was open in between
    for way in ((target,), (_S.CLAIM_OPEN, target)):
        try:
            return _go(news, history, way, authority, at_utc)
        except IllegalTransitionError:
            continue
    return plan_found(news, history, at_utc)


def _go(
    news: ClaimNews,
    history: Sequence[Entry],
    way: Sequence[IncidentState],
    authority: ClaimOptions,
    at_utc: datetime,
) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    for target in way:
        told = [*history, *entries]
        entries += plan_report(told, target, authority, at_utc, _describe(news))
    return tuple(entries)


def plan_found(news: ClaimNews, history: Sequence[Entry], at_utc: datetime) -> tuple[Entry, ...]:
    """The entry that says that there is such a claim; none where it is said already.

    Raises:
        LedgerError: the instant has no time zone.
    """
    kind, payload, last = EntryKind.CLAIM_FOUND, canonical_json(_describe(news)), history[-1]
    if any(entry.entry_kind is kind and entry.payload == payload for entry in history):
        return ()
    note = (CLAIMS_SYSTEM_ACTOR, payload, format_instant(at_utc))
    entry = Entry(
        last.incident_id, last.key, last.step + 1, kind, last.to_state, last.to_state, *note
    )
    return (entry,)


def _describe(news: ClaimNews) -> dict[str, str]:
    """Ids and codes; the earliest notice is ``reported_at``."""
    said = {
        "claim_id": news.claim_id,
        "claim_number": news.claim_number,
        "claim_state": news.state,
        "claim_outcome": news.outcome,
        "reported_at": news.reported_at,
    }
    return {name: value for name, value in said.items() if value is not None}
