"""The doors to claims systems. Drafts go out; nothing here opens a claim of its own accord."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from claims.drafts.pictures import DraftPicture
from claims.ledger.letters import Letter, LetterState


class Outcome(StrEnum):
    """What a drop did with a draft."""

    CREATED = "created"
    REVISED = "revised"
    """It had another draft of the same incident, which it kept."""
    RESTORED = "restored"
    """It had the draft, damaged or no longer there, and has it again."""
    UNCHANGED = "unchanged"
    ABSENT = "absent"
    """It has no draft to revise, and none was written."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a draft went in a drop.

    Attributes:
        transaction_id: the draft's.
        outcome: what became of it.
        reference: the file's name. Empty if there is none.
    """

    transaction_id: str
    outcome: Outcome
    reference: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter on its way to a claims system.

    Attributes:
        letter: the newest revision.
        reference: the claims system's name for what it has of the draft; None if it has nothing.
        may_be_there: an earlier revision may have arrived although nobody noted it.
        found_claim: the claims system's name for the insured's own claim of this loss: the
            evidence goes there, and no claim is made.
        pictures: of the home, where they can still be found.
    """

    letter: Letter
    reference: str | None = None
    may_be_there: bool = False
    found_claim: str | None = None
    pictures: tuple[DraftPicture, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a claims system said to a letter.

    Attributes:
        state: of the letter from now on; PENDING where it is to be tried again.
        reference: the claims system's name for the draft.
        claim_number: the number that people there know it by.
        told: codes of what it said; never what a person is called.
        pictures_refused: the code with which it would not have the pictures, the draft being there.
    """

    state: LetterState
    reference: str | None = None
    claim_number: str | None = None
    told: str | None = None
    pictures_refused: str | None = None


PicturesOf = Callable[[Sequence[Letter]], Mapping[str, tuple[DraftPicture, ...]]]
"""The pictures of letters that a run left behind, by incident, where they can still be found."""


def have_no_pictures(_: Sequence[Letter]) -> Mapping[str, tuple[DraftPicture, ...]]:
    """Of letters whose pictures are not looked for."""
    return {}


@dataclass(frozen=True, slots=True)
class ClaimNews:
    """A claim as the claims system has it now.

    Attributes:
        claim_id: the claims system's name for it.
        claim_number: the number that people there know it by.
        policy_number: the policy.
        loss_date: ISO 8601.
        state: ``draft``, ``open`` or ``closed``.
        outcome: code of why it is closed.
        incident_id: our incident, where the claim came of a draft of ours.
        reported_at: when it was reported, ISO 8601.
        updated_at: when it last changed, ISO 8601; the feed is read in this order.
    """

    claim_id: str
    claim_number: str | None
    policy_number: str
    loss_date: str
    state: str
    outcome: str | None
    incident_id: str | None
    reported_at: str | None
    updated_at: str


class Gateway(Protocol):
    """A claims system. Giving it the same letter again changes nothing."""

    @property
    def name(self) -> str:
        """Names the claims system, without secrets: whose feed was read how far."""
        ...

    def deliver(self, outgoing: Outgoing) -> Answer:
        """Hand over one letter; may be called by several threads at once.

        Raises:
            SettingsError: it lets nobody in, or is no such claims system.
        """
        ...

    def find(self, outgoing: Outgoing) -> Answer | None:
        """What it has of a letter whose delivery ended unseen; None if nothing, or it cannot tell.

        Raises:
            TransientError: it does not answer.
        """
        ...

    def read_feed(self, since: str | None) -> Iterator[ClaimNews]:
        """Claims that changed since, the oldest change first; nothing where it has no feed.

        Raises:
            TransientError: it does not answer.
        """
        ...
