"""Milestones that start and end clocks, told from the entries of an event."""

import json
from datetime import datetime

from sqlalchemy import Connection, or_, select

from claims.clocks.milestones import (
    NOTICE_KEY,
    REPORTED_KEY,
    Basis,
    Milestone,
    Reached,
    read_reached,
)
from claims.ledger.kinds import EntryKind
from claims.ledger.schema import ENTRIES
from core.errors import LedgerTamperedError

_TELLING = (EntryKind.MILESTONE, EntryKind.CLAIM_OPENED, EntryKind.MERGED, EntryKind.PAID)


def read_reached_of(connection: Connection, event_id: str) -> dict[str, tuple[Reached, ...]]:
    """Milestones by incident id, in the order in which they were recorded.

    Of an incident merged into another the notice goes with it: the earliest counts there too.

    Raises:
        LedgerTamperedError: a payload can no longer be read.
    """
    columns = ENTRIES.c
    query = (
        select(columns.incident_id, columns.entry_kind, columns.payload, columns.recorded_at_utc)
        .where(
            columns.event_id == event_id,
            or_(
                columns.entry_kind.in_([kind.value for kind in _TELLING]),
                columns.payload.contains(NOTICE_KEY, autoescape=True),
                columns.payload.contains(REPORTED_KEY, autoescape=True),
            ),
        )
        .order_by(columns.seq)
    )
    found: dict[str, tuple[Reached, ...]] = {}
    for row in connection.execute(query):
        kind = EntryKind(row.entry_kind)
        try:
            said = json.loads(row.payload)
            told = read_reached(kind, said, row.recorded_at_utc)
            into = said.get("into") if kind is EntryKind.MERGED else None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LedgerTamperedError(
                f"reading the milestones of {row.incident_id}",
                "a payload is not what the ledger writes",
                "Run firstnotice ledger verify and restore the ledger from a backup",
            ) from error
        _add(found, row.incident_id, told)
        if into is not None:
            _add(found, into, _notices(found.get(row.incident_id, ())))
            at_utc = datetime.fromisoformat(row.recorded_at_utc)
            _add(found, row.incident_id, (Reached(at_utc, Milestone.CLOSED, Basis.NOTED),))
    return found


def _add(
    found: dict[str, tuple[Reached, ...]], incident_id: str, told: tuple[Reached, ...]
) -> None:
    if told:
        found[incident_id] = (*found.get(incident_id, ()), *told)


def _notices(reached: tuple[Reached, ...]) -> tuple[Reached, ...]:
    return tuple(each for each in reached if each.milestone is Milestone.NOTICE)
