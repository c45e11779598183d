"""What was seen of a home, as a note to the claim that its insured filed. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from claims.drafts.evidence import describe_evidence
from claims.drafts.plain import plain_value
from claims.drafts.saying import digest_saying
from claims.incidents.roles import SYSTEM_ACTOR
from claims.ledger.entry import Entry, format_instant
from claims.ledger.kinds import EntryKind
from core.events import CatEvent
from core.provenance import canonical_json, sha256_of_bytes

NOTE_SCHEMA = "firstnotice.evidence-note/1"
_SAYING = "saying_sha256"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A note that is to be put beside the claim, and the entry that says that it was.

    Attributes:
        file: its name, by incident and revision.
        document: JSON; ids and evidence, no names and no contacts.
        entry: to be written once the file is there.
    """

    file: str
    document: str
    entry: Entry


def plan_attachment(
    finding: Mapping[str, Any], event: CatEvent, history: Sequence[Entry], recorded_at_utc: datetime
) -> Attachment | None:
    """The note of a home whose insured filed; None where the last one says the same.

    Args:
        finding: one row of FINDINGS with ``claim_number`` and ``claim_notice_at_utc``.
        event: the event.
        history: all entries of the home's incident, at least one.
        recorded_at_utc: the run's instant.
    """
    last = history[-1]
    document = _write_note(finding, event, last.incident_id)
    saying = digest_saying(document)
    before = [each for each in history if each.entry_kind is EntryKind.EVIDENCE_ATTACHED]
    if before and json.loads(before[-1].payload).get(_SAYING) == saying:
        return None
    revision = len(before) + 1
    file = f"{last.incident_id}{'' if revision == 1 else f'.r{revision}'}.json"
    said = {
        "claim_number": finding["claim_number"],
        "notice_received_at_utc": plain_value(finding["claim_notice_at_utc"]),
        "file": file,
        "sha256": sha256_of_bytes(f"{document}\n".encode()),
        _SAYING: saying,
    }
    where = (last.to_state, last.to_state, SYSTEM_ACTOR, canonical_json(said))
    entry = Entry(
        last.incident_id, last.key, last.step + 1, EntryKind.EVIDENCE_ATTACHED, *where,
        format_instant(recorded_at_utc),
    )  # fmt: skip
    return Attachment(file, document, entry)


def _write_note(finding: Mapping[str, Any], event: CatEvent, incident_id: str) -> str:
    return canonical_json({
        "schema": NOTE_SCHEMA,
        "claimNumber": finding["claim_number"],
        "noticeReceivedAtUtc": plain_value(finding["claim_notice_at_utc"]),
        "incidentId": incident_id,
        "policyNumber": finding["policy_number"],
        "locationNumber": finding["location_number"],
        "evidence": describe_evidence(finding, event),
    })  # fmt: skip
