"""What an entry of the ledger can be: moves between states, and notes that leave them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from claims.incidents.roles import Role
from claims.incidents.states import CLOSED_STATES, IncidentState


class EntryKind(StrEnum):
    """What happened to the incident."""

    DETECTED = "detected"
    SCREENED = "screened"
    OUTREACH_QUEUED = "outreach_queued"
    DRAFT_MADE = "draft_made"
    HUMAN_REVIEWED = "human_reviewed"
    CLAIM_OPENED = "claim_opened"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    BELOW_DEDUCTIBLE = "below_deductible"
    CLOSED_WITHOUT_PAYMENT = "closed_without_payment"
    PAID = "paid"
    REASSESSED = "reassessed"
    """A later run sees it otherwise; the state stays."""
    KEY_COMPLETED = "key_completed"
    """A home known by policy and location alone was found under its whole key; the state stays."""
    CONFIRMED = "confirmed"
    """A person looked again and stays with what was decided; the state stays."""
    REOPENED = "reopened"
    """What was closed is open again: for a person to look at, or a claim in the claims system."""
    FINDING_WITHDRAWN = "finding_withdrawn"
    """A later picture shows what the finding said not to be so; the state stays."""
    RENUMBERED = "renumbered"
    """A person found the home under another key; the state stays, and so does the draft's name."""
    EVIDENCE_ATTACHED = "evidence_attached"
    """What was seen goes to a claim that the insured filed; the state stays."""
    JUDGED = "judged"
    """A person graded the home by its pictures; the state stays."""
    MILESTONE = "milestone"
    """Something happened that starts or ends a clock of the law; the state stays."""
    CONTACT_EXPORTED = "contact_exported"
    """The insured's address went to the carrier's messenger, to be asked; the state stays."""
    DRAFT_QUEUED = "draft_queued"
    """Another revision of the draft waits in the outbox; the state stays."""
    DRAFT_SENT = "draft_sent"
    """It lies where the claims system takes it from; the state stays."""
    DRAFT_ACKNOWLEDGED = "draft_acknowledged"
    """The claims system has it, under a name of its own; the state stays."""
    DRAFT_REFUSED = "draft_refused"
    """The claims system will not have it; the state stays."""
    CLAIM_FOUND = "claim_found"
    """The claims system has a claim of the same policy and loss; the state stays."""


KIND_OF_STATE = {
    IncidentState.DETECTED: EntryKind.DETECTED,
    IncidentState.SCREENED: EntryKind.SCREENED,
    IncidentState.OUTREACH: EntryKind.OUTREACH_QUEUED,
    IncidentState.CLAIM_DRAFT: EntryKind.DRAFT_MADE,
    IncidentState.HUMAN_REVIEWED: EntryKind.HUMAN_REVIEWED,
    IncidentState.CLAIM_OPEN: EntryKind.CLAIM_OPENED,
    IncidentState.MERGED: EntryKind.MERGED,
    IncidentState.WITHDRAWN_NO_DAMAGE: EntryKind.WITHDRAWN,
    IncidentState.BELOW_DEDUCTIBLE: EntryKind.BELOW_DEDUCTIBLE,
    IncidentState.CWOP: EntryKind.CLOSED_WITHOUT_PAYMENT,
    IncidentState.PAID: EntryKind.PAID,
}
"""The kind of the entry that brings an incident into each state, unless it is reopened."""


def kind_of_move(source: IncidentState | None, target: IncidentState) -> EntryKind:
    """The kind of the entry that brings an incident from one state into another."""
    return EntryKind.REOPENED if source in CLOSED_STATES else KIND_OF_STATE[target]


ASSESSMENT_KINDS = (EntryKind.DETECTED, EntryKind.REASSESSED, EntryKind.FINDING_WITHDRAWN)
"""Entries whose payload holds a whole assessment: tier, probabilities, decision."""

_ADJUSTERS = (Role.ADJUSTER, Role.SUPERVISOR)
_REVIEWERS = (Role.REVIEWER, *_ADJUSTERS)
NOTE_ROLES: Mapping[EntryKind, tuple[Role, ...]] = MappingProxyType(
    {
        EntryKind.REASSESSED: (Role.SYSTEM,),
        EntryKind.FINDING_WITHDRAWN: (Role.SYSTEM,),
        EntryKind.KEY_COMPLETED: (Role.SYSTEM,),
        EntryKind.RENUMBERED: _ADJUSTERS,
        EntryKind.EVIDENCE_ATTACHED: (Role.SYSTEM, Role.CLAIMS_SYSTEM, *_ADJUSTERS),
        EntryKind.JUDGED: _REVIEWERS,
        EntryKind.MILESTONE: (Role.CLAIMS_SYSTEM, *_ADJUSTERS),
        EntryKind.CONTACT_EXPORTED: _ADJUSTERS,
        EntryKind.DRAFT_QUEUED: (Role.SYSTEM,),
        EntryKind.DRAFT_SENT: (Role.SYSTEM,),
        EntryKind.DRAFT_ACKNOWLEDGED: (Role.CLAIMS_SYSTEM,),
        EntryKind.DRAFT_REFUSED: (Role.CLAIMS_SYSTEM,),
        EntryKind.CLAIM_FOUND: (Role.CLAIMS_SYSTEM,),
        EntryKind.CONFIRMED: _ADJUSTERS,
    }
)
"""Kinds that leave the incident where it is, and who may write each."""

NOTE_KINDS = tuple(kind for kind in NOTE_ROLES if kind is not EntryKind.CONFIRMED)
"""Entries that decide nothing: what a person decided last stands before them."""
