"""What starts and stops a clock, and how people say that it happened. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from claims.incidents.moving import Decider
from claims.ledger.entry import Entry, format_instant
from claims.ledger.kinds import EntryKind
from core.errors import InputError
from core.provenance import canonical_json

NOTICE_KEY = "notice_received_at_utc"
"""In the payload of any entry: an instant at which notice of the loss was received, as a claims
system says it of a claim that the insured opened. The earliest counts."""


REPORTED_KEY = "reported_at"
"""In what the claims system tells of a claim that is not ours: when the insured reported it."""
_CLAIM_STATE, _CLOSED = "claim_state", "closed"
_TELLING_OF_OTHERS = ("claim_found", "evidence_attached")
"""Kinds of entries about claims that are not ours."""


class Milestone(StrEnum):
    """Something that starts a clock or ends one."""

    NOTICE = "notice"
    PROOF = "proof"
    ITEMS = "items"
    ESTIMATE = "estimate"
    ACKNOWLEDGED = "acknowledged"
    BEGUN = "investigation_begun"
    INSPECTED = "inspected"
    ASKED = "items_asked"
    ESTIMATE_SENT = "estimate_sent"
    ACCEPTED = "accepted"
    DENIED = "denied"
    PAID = "paid"
    CLOSED = "closed"
    """Of a claim, or of an incident that goes on as another: no clock runs here any more."""


MILESTONE_WORDS: Mapping[Milestone, str] = {
    Milestone.NOTICE: "notice of the claim",
    Milestone.PROOF: "receipt of the proof of loss",
    Milestone.ITEMS: "receipt of all items asked for",
    Milestone.ESTIMATE: "the making of the detailed estimate",
    Milestone.ACKNOWLEDGED: "acknowledgement to the insured",
    Milestone.BEGUN: "beginning of the investigation",
    Milestone.INSPECTED: "inspection on site",
    Milestone.ASKED: "asking for the items needed",
    Milestone.ESTIMATE_SENT: "sending of the detailed estimate",
    Milestone.ACCEPTED: "telling the insured that the claim is paid",
    Milestone.DENIED: "a licensed person's denial, told to the insured",
    Milestone.PAID: "payment",
    Milestone.CLOSED: "closing of the claim",
}
"""What a clock counts from, or ends with, in words."""


class Basis(StrEnum):
    """How it is known when a milestone was reached."""

    NOTED = "noted by a person"
    CLAIMS_SYSTEM = "told by the claims system"
    SUBMITTED = "we submitted the claim ourselves: counted as notice, to be on the safe side"


@dataclass(frozen=True, slots=True, order=True)
class Reached:
    """A milestone that was reached.

    Attributes:
        at_utc: when, timezone-aware UTC.
        milestone: which.
        basis: how that is known.
    """

    at_utc: datetime
    milestone: Milestone
    basis: Basis


def plan_milestone(
    history: Sequence[Entry],
    milestone: Milestone,
    reached_at_utc: datetime,
    decider: Decider,
    recorded_at_utc: datetime,
) -> tuple[Entry, ...]:
    """The entry by which a person notes that a milestone was reached; the state stays.

    Args:
        history: all entries of the incident, at least one.
        milestone: which.
        reached_at_utc: when it was reached.
        decider: who says so, and from what.
        recorded_at_utc: now.

    Raises:
        InputError: it is yet to come.
        LedgerError: an instant has no time zone.
    """
    last, reached = history[-1], format_instant(reached_at_utc)
    if reached_at_utc > recorded_at_utc:
        raise InputError(
            f"noting {milestone} of incident {last.incident_id}",
            f"{reached} is yet to come",
            "Note it once it has happened, with the instant at which it did",
        )
    said = {"milestone": str(milestone), "at_utc": reached}
    payload = canonical_json({**said, "role": decider.role, "reason": decider.reason})
    stays = (last.to_state, last.to_state, decider.by, payload, format_instant(recorded_at_utc))
    return (Entry(last.incident_id, last.key, last.step + 1, EntryKind.MILESTONE, *stays),)


def read_reached(
    kind: EntryKind, payload: Mapping[str, Any], recorded_at_utc: str
) -> tuple[Reached, ...]:
    """What one entry of the ledger says of milestones.

    That we opened the claim counts as notice: whether an insurer's own record is notice is not
    settled, and counted from it no deadline comes out too late.

    Raises:
        KeyError, TypeError, ValueError: the payload is not what the ledger writes.
    """
    reached = []
    if kind is EntryKind.MILESTONE:
        told = Milestone(payload["milestone"])
        reached.append(Reached(_read_instant(payload["at_utc"]), told, Basis.NOTED))
    if payload.get(NOTICE_KEY) is not None:
        at_utc = _read_instant(payload[NOTICE_KEY])
        reached.append(Reached(at_utc, Milestone.NOTICE, Basis.CLAIMS_SYSTEM))
    if payload.get(REPORTED_KEY) is not None and kind in _TELLING_OF_OTHERS:
        at_utc = _read_reported(str(payload[REPORTED_KEY]), recorded_at_utc)
        reached.append(Reached(at_utc, Milestone.NOTICE, Basis.CLAIMS_SYSTEM))
    if payload.get(_CLAIM_STATE) == _CLOSED and kind in _TELLING_OF_OTHERS:
        at_utc = _read_instant(recorded_at_utc)
        reached.append(Reached(at_utc, Milestone.CLOSED, Basis.CLAIMS_SYSTEM))
    of_kind = {EntryKind.CLAIM_OPENED: Milestone.NOTICE, EntryKind.PAID: Milestone.PAID}
    if kind in of_kind:
        basis = Basis.SUBMITTED if kind is EntryKind.CLAIM_OPENED else Basis.NOTED
        reached.append(Reached(_read_instant(recorded_at_utc), of_kind[kind], basis))
    return tuple(reached)


def _read_reported(text: str, recorded_at_utc: str) -> datetime:
    """An instant as a claims system writes it.

    A day alone counts from its first instant in UTC, so that no deadline comes out too late; of
    what nobody can read it is known that it had happened when it was recorded.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return _read_instant(recorded_at_utc)
    return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)


def _read_instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return instant.astimezone(UTC)
