"""The door to the claims system. Drafts go out; nothing here submits or opens."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from claims.drafts.fnol import ClaimDraft


class Outcome(StrEnum):
    """What a claims system did with a draft."""

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
    """Where a draft went.

    Attributes:
        transaction_id: the draft's.
        outcome: what became of it.
        reference: the claims system's name for it; for a file drop the file's name. Empty if
            there is none.
    """

    transaction_id: str
    outcome: Outcome
    reference: str


class ClaimSystem(Protocol):
    """Where drafts go. Giving the same draft again changes nothing."""

    def write_drafts(self, drafts: Iterable[ClaimDraft]) -> tuple[Receipt, ...]:
        """Hand over drafts; one receipt a draft, in their order."""
        ...
