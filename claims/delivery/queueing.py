"""Which drafts are new or say something else than before, and the entries that say so. Pure."""

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from claims.drafts.fnol import ClaimDraft
from claims.drafts.saying import digest_saying
from claims.incidents.key import IncidentKey
from claims.incidents.roles import SYSTEM_ACTOR
from claims.incidents.states import IncidentState
from claims.ledger.entry import Entry
from claims.ledger.kinds import EntryKind
from claims.ledger.letters import KnownLetter, Letter, pack_document
from core.provenance import canonical_json, sha256_of_bytes
from core.schemas.book import LOCATION_KEY


def choose_letters(
    drafts: Iterable[ClaimDraft], known: Mapping[str, KnownLetter], pictures_from: str | None = None
) -> Iterator[Letter]:
    """The letters of drafts that have to go out.

    A draft that says what its newest revision said needs none; one that only revises needs one
    only where something went before it; and what a person approved is not revised while it stands.

    Args:
        drafts: of one event.
        known: ``Outbox.known`` of that event.
        pictures_from: where the drafts' pictures lie.
    """
    for draft in drafts:
        latest = known.get(draft.transaction_id)
        saying = digest_saying(draft.document)
        if draft.incident_id is None or not _has_to_go(draft, saying, latest):
            continue
        yield Letter(
            draft.transaction_id,
            1 if latest is None else latest.revision + 1,
            draft.event_id,
            draft.incident_id,
            *_read_loss(draft),
            sha256_of_bytes(draft.document.encode()),
            saying,
            draft.is_revision_only,
            pack_document(draft.document),
            pictures_from if draft.pictures else None,
        )


def _read_loss(draft: ClaimDraft) -> tuple[str, str]:
    claim = draft.payload["claim"]["data"]["attributes"]
    return str(claim["policyNumber"]), str(claim["lossDate"])


def _has_to_go(draft: ClaimDraft, saying: str, latest: KnownLetter | None) -> bool:
    if latest is None or latest.saying_sha256 is None:
        return not draft.is_revision_only
    is_standing = draft.is_approved and not latest.is_recall
    return saying != latest.saying_sha256 and not is_standing


def bind_letters(
    entries: Sequence[Entry],
    letters: Iterable[Letter],
    current: pd.DataFrame,
    recorded_at_utc: str,
) -> tuple[Entry, ...]:
    """Entries that name each letter's digest, so that the chain holds what was made.

    A draft that is made with this plan is named by its own entry; any other by a further one.

    Args:
        entries: the plan so far.
        letters: at most one an incident.
        current: ``Ledger.current`` of the event.
        recorded_at_utc: see ``format_instant``.
    """
    waiting = {letter.incident_id: letter for letter in letters}
    last = {entry.incident_id: entry for entry in entries}
    bound = []
    for entry in entries:
        is_made = entry.entry_kind is EntryKind.DRAFT_MADE
        letter = waiting.pop(entry.incident_id, None) if is_made else None
        bound.append(entry if letter is None else _name_letter(entry, letter))
    others = current[current["incident_id"].isin(waiting.keys() - last.keys())]
    stands = {row["incident_id"]: row for row in others.to_dict("records")}
    for name, letter in waiting.items():
        at = last.get(name)
        key, step, state = (
            _read_standing(stands[name], letter.event_id)
            if at is None
            else (at.key, at.step, at.to_state)
        )
        note = (SYSTEM_ACTOR, "{}", recorded_at_utc)
        entry = Entry(name, key, step + 1, EntryKind.DRAFT_QUEUED, state, state, *note)
        bound.append(_name_letter(entry, letter))
    return tuple(bound)


def _name_letter(entry: Entry, letter: Letter) -> Entry:
    named = {
        "transaction_id": letter.transaction_id,
        "revision": letter.revision,
        "draft_sha256": letter.sha256,
    }
    return replace(entry, payload=canonical_json(json.loads(entry.payload) | named))


def _read_standing(
    row: Mapping[Hashable, Any], event_id: str
) -> tuple[IncidentKey, int, IncidentState]:
    """Key, steps and state of a row of ``Ledger.current``."""
    numbers: list[Any] = [None if pd.isna(row[name]) else row[name] for name in LOCATION_KEY]
    return IncidentKey(event_id, *numbers), int(row["steps"]), IncidentState(row["state"])
