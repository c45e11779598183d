"""Drafts that a named approver approved, submitted: the one way by which a claim of ours opens."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from claims.delivery.gateway import Answer
from claims.incidents.authority import ClaimOptions, Mode, find_approval
from claims.incidents.reported import plan_report
from claims.incidents.states import IncidentState
from claims.ledger.kinds import EntryKind
from claims.ledger.letters import LetterState
from claims.ledger.store import Ledger
from core.errors import TransientError


@runtime_checkable
class Submitter(Protocol):
    """A claims system that opens its drafts when asked to."""

    def submit(self, claim_id: str, transaction_id: str) -> Answer:
        """Open a draft as a claim; asked again under the same key it opens nothing further."""
        ...


def submit_approved(
    ledger: Ledger,
    submitter: Submitter,
    references: Mapping[str, str],
    options: ClaimOptions,
    at_utc: datetime,
) -> int:
    """Submit what a named approver approved, and note each claim that opened; gives how many.

    Killed between the two, it submits again under the same key, or reads in the feed that the
    claim is open. What is refused, or not answered, stays a draft and is tried with the next
    delivery. An approval lapses when its approver is no longer named, or for less.

    Args:
        ledger: the open ledger.
        submitter: to the claims system.
        references: the claims system's name of each incident's draft.
        options: the carrier's; in no other mode than ``submit`` is anything submitted.
        at_utc: the time of record.

    Raises:
        SettingsError: the claims system lets nobody in.
    """
    if options.mode is not Mode.SUBMIT:
        return 0
    opened = 0
    for name in _find_approved(ledger, references):
        history = ledger.history(name)
        # an insured's own claim of the same loss is a person's to settle, not to be opened beside
        is_found = any(entry.entry_kind is EntryKind.CLAIM_FOUND for entry in history)
        approval = find_approval(history)
        if is_found or approval is None or not approval.holds(options):
            continue
        try:
            answer = submitter.submit(references[name], name)
        except TransientError:
            return opened
        if answer.state is LetterState.ACKNOWLEDGED:
            said = {"claim_id": references[name], "claim_number": answer.claim_number}
            notes = {key: value for key, value in said.items() if value is not None}
            entries = plan_report(history, IncidentState.CLAIM_OPEN, options, at_utc, notes)
            opened += ledger.append(entries).written
    return opened


def _find_approved(ledger: Ledger, references: Mapping[str, str]) -> Iterator[str]:
    """Incidents with a draft in the claims system and an approval, in the order of their keys."""
    for head in ledger.heads():
        current = ledger.current(head.event_id)
        is_draft = current["state"] == IncidentState.CLAIM_DRAFT.value
        approved = current.loc[is_draft & current["decided_limit"].notna(), "incident_id"]
        yield from (name for name in approved if name in references)
