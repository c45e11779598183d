"""Rows of the outbox: read, written and moved on inside the caller's transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, and_, bindparam, func, insert, select, update

from claims.incidents.roles import CLAIMS_SYSTEM_ACTOR, SYSTEM_ACTOR
from claims.ledger.append import read_histories
from claims.ledger.entry import Entry
from claims.ledger.kinds import EntryKind
from claims.ledger.letters import DueLetter, KnownLetter, Letter, LetterState, Step
from claims.ledger.schema import OUTBOX
from core.provenance import canonical_json

_STEP_KINDS = {
    LetterState.SENT: EntryKind.DRAFT_SENT,
    LetterState.ACKNOWLEDGED: EntryKind.DRAFT_ACKNOWLEDGED,
    LetterState.ATTACHED: EntryKind.EVIDENCE_ATTACHED,
    LetterState.REFUSED: EntryKind.DRAFT_REFUSED,
}
_SOURCES = {
    LetterState.PENDING: (LetterState.PENDING,),
    LetterState.SENT: (LetterState.PENDING,),
    LetterState.ACKNOWLEDGED: (LetterState.PENDING, LetterState.SENT),
    LetterState.ATTACHED: (LetterState.PENDING,),
    LetterState.REFUSED: (LetterState.PENDING, LetterState.SENT),
    LetterState.CANCELLED: (LetterState.PENDING, LetterState.REFUSED),
}
"""From which states a letter comes into each; of two deliveries at once the second finds its step
taken."""
_KEEPING = (LetterState.PENDING, LetterState.REFUSED)
"""States in which the document may still be needed."""
_KEPT = ("reference", "claim_number", "told")


def insert_letters(connection: Connection, letters: Iterable[tuple[Letter, str]]) -> None:
    """Write letters with their times of record, inside the transaction of their entries."""
    rows = [
        {
            "transaction_id": each.transaction_id,
            "revision": each.revision,
            "event_id": each.event_id,
            "incident_id": each.incident_id,
            "policy_number": each.policy_number,
            "loss_date": each.loss_date,
            "sha256": each.sha256,
            "saying_sha256": each.saying_sha256,
            "is_recall": each.is_recall,
            "document": each.packed,
            "pictures_from": each.pictures_from,
            "state": LetterState.PENDING.value,
            "attempts": 0,
            "queued_at_utc": recorded,
            "changed_at_utc": recorded,
        }
        for each, recorded in letters
    ]
    if rows:
        connection.execute(insert(OUTBOX), rows)


def follow(before: KnownLetter | None, found: KnownLetter) -> KnownLetter:
    """The newest revision that counts, a cancelled one behind it keeps only its number."""
    if found.state is not LetterState.CANCELLED:
        return found
    if before is None:
        return replace(found, saying_sha256=None)
    return replace(before, revision=found.revision)


def of_event(event_id: str | None) -> list[Any]:
    """Conditions for the letters of one event, or of all."""
    return [] if event_id is None else [OUTBOX.c.event_id == event_id]


def select_due(limit: int, event_id: str | None, after: str) -> Select[Any]:
    """Pending letters behind a transaction, of each draft the newest."""
    newer = OUTBOX.alias("newer")
    is_newest = (
        ~select(newer.c.revision)
        .where(
            and_(
                newer.c.transaction_id == OUTBOX.c.transaction_id,
                newer.c.revision > OUTBOX.c.revision,
                newer.c.state == LetterState.PENDING.value,
            )
        )
        .exists()
    )
    return (
        select(OUTBOX)
        .where(
            OUTBOX.c.state == LetterState.PENDING.value,
            OUTBOX.c.transaction_id > after,
            is_newest,
            *of_event(event_id),
        )
        .order_by(OUTBOX.c.transaction_id)
        .limit(limit)
    )


def read_earlier(connection: Connection, names: Sequence[str]) -> dict[str, list[Any]]:
    """All revisions of some drafts, in their order."""
    query = (
        select(OUTBOX.c.transaction_id, OUTBOX.c.revision, OUTBOX.c.state, OUTBOX.c.reference)
        .where(OUTBOX.c.transaction_id.in_(names))
        .order_by(OUTBOX.c.revision)
    )
    earlier: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        earlier.setdefault(row.transaction_id, []).append(row)
    return earlier


def read_due(row: Row[Any], history: Sequence[Entry], earlier: dict[str, list[Any]]) -> DueLetter:
    """A row with what is known of its incident and its earlier revisions."""
    before = [each for each in earlier[row.transaction_id] if each.revision < row.revision]
    references = [each.reference for each in before if each.reference is not None]
    letter = Letter(
        row.transaction_id, row.revision, row.event_id, row.incident_id, row.policy_number,
        row.loss_date, row.sha256, row.saying_sha256, row.is_recall, row.document,
        row.pictures_from,
    )  # fmt: skip
    return DueLetter(
        letter,
        history[-1].to_state,
        references[-1] if references else None,
        any(each.state == LetterState.PENDING.value for each in before),
        row.attempts,
        _find_claim(history),
    )


def _find_claim(history: Sequence[Entry]) -> str | None:
    """The insured's own claim that was found last."""
    found = [entry for entry in history if entry.entry_kind is EntryKind.CLAIM_FOUND]
    return json.loads(found[-1].payload).get("claim_id") if found else None


def find_fresh(connection: Connection, steps: Sequence[Step]) -> list[Step]:
    """Steps of letters that are not there yet; two deliveries at once note each of them once."""
    names = {step.transaction_id for step in steps}
    query = select(OUTBOX.c.transaction_id, OUTBOX.c.revision, OUTBOX.c.state).where(
        OUTBOX.c.transaction_id.in_(names)
    )
    states = {(row[0], row[1]): LetterState(row[2]) for row in connection.execute(query)}
    return [
        step
        for step in steps
        if states.get((step.transaction_id, step.revision)) in _SOURCES[step.state]
    ]


def make_entries(connection: Connection, steps: Sequence[Step], at: str) -> list[Entry]:
    """The entry of each step that has one, behind the last of its incident."""
    told = [step for step in steps if _kind_of(step) is not None]
    histories = read_histories(connection, {step.incident_id for step in told})
    last = {name: entries[-1] for name, entries in histories.items()}
    entries = []
    for step in told:
        before = last[step.incident_id]
        entry = Entry(
            before.incident_id, before.key, before.step + 1, _kind_of(step) or EntryKind.DRAFT_SENT,
            before.to_state, before.to_state, _name_actor(step), _describe(step), at,
        )  # fmt: skip
        last[step.incident_id] = entry
        entries.append(entry)
    return entries


def _kind_of(step: Step) -> EntryKind | None:
    return step.kind or _STEP_KINDS.get(step.state)


def _name_actor(step: Step) -> str:
    """What is sent is ours; what comes of it the claims system says."""
    return SYSTEM_ACTOR if step.state is LetterState.SENT else CLAIMS_SYSTEM_ACTOR


def _describe(step: Step) -> str:
    said = {
        "transaction_id": step.transaction_id,
        "revision": step.revision,
        "reference": step.reference,
        "claim_number": step.claim_number,
        "told": step.told,
        **dict(step.notes),
    }
    return canonical_json({name: value for name, value in said.items() if value is not None})


def write_steps(connection: Connection, steps: Sequence[Step], at: str) -> None:
    """The rows; documents of what is through go, for they hold names."""
    if not steps:
        return
    is_it = and_(
        OUTBOX.c.transaction_id == bindparam("of_transaction"),
        OUTBOX.c.revision == bindparam("of_revision"),
    )
    values: dict[str, Any] = {
        name: func.coalesce(bindparam(f"to_{name}", type_=Text), OUTBOX.c[name]) for name in _KEPT
    }
    statement = update(OUTBOX).where(is_it)
    move = statement.values(state=bindparam("to_state"), changed_at_utc=at, **values)
    connection.execute(
        move,
        [
            {
                "of_transaction": step.transaction_id,
                "of_revision": step.revision,
                "to_state": step.state.value,
                **{f"to_{name}": getattr(step, name) for name in _KEPT},
            }
            for step in steps
        ],
    )
    through = [step for step in steps if step.state not in _KEEPING]
    if through:
        connection.execute(
            statement.values(document=None),
            [
                {"of_transaction": step.transaction_id, "of_revision": step.revision}
                for step in through
            ],
        )
        older = and_(
            OUTBOX.c.transaction_id == bindparam("of_transaction"),
            OUTBOX.c.revision < bindparam("of_revision"),
            OUTBOX.c.state == LetterState.PENDING.value,
        )
        superseded = (
            update(OUTBOX)
            .where(older)
            .values(state=LetterState.SUPERSEDED.value, document=None, changed_at_utc=at)
        )
        connection.execute(
            superseded,
            [
                {"of_transaction": step.transaction_id, "of_revision": step.revision}
                for step in through
            ],
        )
