"""Drafts on their way into the claims system, as the outbox beside the ledger holds them."""

import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from claims.incidents.states import IncidentState
from claims.ledger.kinds import EntryKind
from core.provenance import sha256_of_bytes

_FAST = 1
"""zlib level: a draft shrinks to a third in some 30 microseconds."""


class LetterState(StrEnum):
    """How far a draft came."""

    PENDING = "pending"
    SENT = "sent"
    """It lies where the claims system takes it from."""
    ACKNOWLEDGED = "acknowledged"
    """The claims system has it."""
    ATTACHED = "attached"
    """Its evidence went to a claim that the insured had opened already."""
    REFUSED = "refused"
    CANCELLED = "cancelled"
    """A person closed the incident before the draft went out."""
    SUPERSEDED = "superseded"
    """A later revision went out in its place."""


DELIVERED = (LetterState.SENT, LetterState.ACKNOWLEDGED, LetterState.ATTACHED)


@dataclass(frozen=True, slots=True)
class Letter:
    """One revision of a draft, to be delivered.

    Attributes:
        transaction_id: the draft's, the same for all its revisions.
        revision: 1 for the first.
        event_id: the event.
        incident_id: our pre-claim record.
        policy_number: the policy, by which an insured's own claim is found.
        loss_date: ISO 8601 instant, as the document says it.
        sha256: of the document.
        saying_sha256: see ``digest_saying``.
        is_recall: it asks not to make a claim of what went out before.
        packed: the document, compressed; it holds names.
        pictures_from: where the pictures lie that it names, relative to the runs' folder.
    """

    transaction_id: str
    revision: int
    event_id: str
    incident_id: str
    policy_number: str
    loss_date: str
    sha256: str
    saying_sha256: str
    is_recall: bool
    packed: bytes = field(repr=False)
    pictures_from: str | None = None

    @property
    def document(self) -> str:
        """The draft's JSON."""
        return zlib.decompress(self.packed).decode()

    @property
    def is_sound(self) -> bool:
        """Whether the document is the one that the ledger's entry names."""
        try:
            return sha256_of_bytes(zlib.decompress(self.packed)) == self.sha256
        except zlib.error:
            return False


def pack_document(document: str) -> bytes:
    """A draft's JSON as the outbox keeps it."""
    return zlib.compress(document.encode(), _FAST)


@dataclass(frozen=True, slots=True)
class KnownLetter:
    """The newest revision of a draft that was not cancelled, without its document.

    Attributes:
        transaction_id: the draft's.
        revision: the highest of all, cancelled ones too.
        saying_sha256: of the newest that was not cancelled; None where all were.
        is_recall: of the same.
        state: of the same.
    """

    transaction_id: str
    revision: int
    saying_sha256: str | None
    is_recall: bool
    state: LetterState


@dataclass(frozen=True, slots=True)
class DueLetter:
    """A letter that waits, with what its delivery has to know.

    Attributes:
        letter: the newest revision.
        incident_state: where the incident stands.
        reference: the claims system's name for what it has of an earlier revision, if it has.
        may_be_there: an earlier revision may have arrived although nobody noted it.
        attempts: tries so far.
        found_claim: the claims system's name for a claim that the insured opened for this loss.
    """

    letter: Letter
    incident_state: IncidentState
    reference: str | None
    may_be_there: bool
    attempts: int
    found_claim: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """What became of a letter.

    Attributes:
        transaction_id: the draft's.
        revision: the letter's.
        incident_id: the letter's.
        state: now.
        kind: of the entry that says so; None for what the chain need not hold.
        reference: the claims system's name for it; None keeps what is known.
        claim_number: the number that people there know it by.
        told: what the claims system said, without names or secrets.
        notes: what else the entry says.
    """

    transaction_id: str
    revision: int
    incident_id: str
    state: LetterState
    kind: EntryKind | None = None
    reference: str | None = None
    claim_number: str | None = None
    told: str | None = None
    notes: tuple[tuple[str, Any], ...] = ()
