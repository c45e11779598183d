"""The record of every incident: append-only, hash-chained, one detection a location and event."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Self

import pandas as pd
from sqlalchemy import Connection, Engine, Select, func, insert, select, update

from claims.ledger_database import (
    check_database,
    connect_engine,
    connecting_writer,
    reading,
    sqlite_path,
    translating,
    upgrade_database,
)
from claims.ledger_entry import (
    ASSESSMENT_KINDS,
    GENESIS_HASH,
    ChainHead,
    Entry,
    chain_row,
    check_entry,
    compute_heads_digest,
    read_row,
)
from claims.ledger_schema import ANCHOR, ANCHOR_ID, ENTRIES, HEADS
from claims.ledger_verify import Anchors, LedgerCheck, check_rows
from core.errors import LedgerError, LedgerTamperedError
from core.tables import LOCATION_KEY

_LOG = logging.getLogger(__name__)

BATCH_ENTRIES = 500
"""Entries a transaction: few enough that others wait milliseconds and a kill loses little, enough
that 100,000 incidents take well under a minute."""

_FETCH_ROWS = 5_000
"""Rows held at once while the ledger is read through."""

CURRENT_COLUMNS = {
    "incident_id": "str",
    "policy_number": "str",
    "location_number": "str",
    "state": "str",
    "steps": "int64",
    "tier": "str",
    "status": "str",
    "decision": "str",
    "detected_at_utc": "datetime64[us, UTC]",
    "changed_at_utc": "datetime64[us, UTC]",
}
"""Columns of ``Ledger.current`` and their dtypes; tier, status and decision are the last seen."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of the entries given to ``Ledger.append``.

    Attributes:
        written: entries that are new in the ledger.
        skipped: entries that were there already, the same in every column.
        stale: incidents that moved on since their entries were planned, in order; none of their
            outdated entries was written. Plan them again from ``Ledger.current``.
    """

    written: int
    skipped: int
    stale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Placed:
    """Entries of one transaction, sorted into what to do with them."""

    fresh: list[Entry]
    skipped: int
    stale: list[str]


class Ledger:
    """An open ledger. Holds no connection between calls, so any process may keep one.

    What it cannot notice: somebody who may write to the database rewrites all of it with fresh
    hashes. Publish ``heads()`` elsewhere (a run does, in run.json) and hand them to ``verify``.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a ledger to write, making or upgrading its tables.

        Args:
            url: ``sqlite:////folder/ledger.sqlite`` or ``postgresql+psycopg://user@host/name``.

        Raises:
            LedgerError: the URL, the folder or the database cannot hold a ledger.
            TransientError: the database does not answer, or is locked for too long.
        """
        engine = connect_engine(url)
        path = sqlite_path(engine)
        if path is not None and not path.parent.is_dir():
            raise LedgerError(
                f"opening the ledger {path}", "its folder is not there", "Create the folder"
            )
        with translating(engine, "opening"):
            upgrade_database(engine)
        return cls(engine)

    @classmethod
    def open_existing(cls, url: str) -> Self:
        """Open a ledger that must be there; creates nothing.

        Raises:
            LedgerError: there is no ledger, or one of another version.
            TransientError: the database does not answer.
        """
        engine = connect_engine(url)
        path = sqlite_path(engine)
        if path is not None and not path.is_file():
            raise LedgerError(
                f"opening the ledger {path}",
                "there is no such file",
                "Check the path; a run that opens incidents makes it",
            )
        with translating(engine, "opening"):
            check_database(engine)
        return cls(engine)

    def append(self, entries: Iterable[Entry]) -> Appended:
        """Write entries behind what is there, in the order of their keys, whatever order they have.

        Runs in transactions of ``BATCH_ENTRIES``. A process killed in between leaves whole
        transactions; given the same entries again, the ledger ends up the same row for row.

        Raises:
            IllegalTransitionError: an entry is not legal; nothing is written.
            LedgerTamperedError: the end of a chain is not as it was left.
            LedgerError: the database refuses, a second detection for example.
            TransientError: the database is locked for too long or does not answer.
        """
        ordered = sorted(entries, key=lambda entry: entry.sort_key)
        for entry in ordered:
            check_entry(entry)
        written, skipped = 0, 0
        stale: dict[str, None] = {}
        with translating(self._engine, "appending to"), connecting_writer(self._engine) as writer:
            for event_id, batch in _cut_batches(ordered):
                with writer.begin():
                    placed = _append_batch(writer, event_id, batch)
                written += len(placed.fresh)
                skipped += placed.skipped
                stale |= dict.fromkeys(placed.stale)
        _LOG.info("appended %d entries, %d were there, %d stale", written, skipped, len(stale))
        return Appended(written, skipped, tuple(stale))

    def current(self, event_id: str) -> pd.DataFrame:
        """Where each incident of an event stands: ``CURRENT_COLUMNS``, sorted by location key."""
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            states = connection.execute(_select_states(event_id)).all()
            assessments = connection.execute(_select_assessments(event_id)).all()
        table = pd.DataFrame([tuple(row) for row in states], columns=_STATE_COLUMNS)
        payloads = (json.loads(row.payload) for row in assessments)
        names = [row.incident_id for row in assessments]
        seen = pd.DataFrame.from_records(payloads, index=names, columns=_ASSESSED_COLUMNS)
        joined = table.join(seen, on="incident_id")[list(CURRENT_COLUMNS)]
        joined = joined.astype(CURRENT_COLUMNS).sort_values(LOCATION_KEY)
        return joined.reset_index(drop=True)

    def heads(self) -> tuple[ChainHead, ...]:
        """Where each event's chain ends, to publish outside the ledger."""
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return _read_heads(connection)

    def verify(self, published: Sequence[ChainHead] = ()) -> LedgerCheck:
        """Read the ledger through and say whether it is as it was written. Changes nothing.

        Args:
            published: heads noted outside earlier; each chain must still run through them.

        Raises:
            LedgerError: the database is broken so that it cannot be read through.
            TransientError: the database does not answer.
        """
        by_chain = select(ENTRIES).order_by(ENTRIES.c.event_id, ENTRIES.c.seq)
        with translating(self._engine, "verifying"), reading(self._engine) as connection:
            anchor = connection.execute(select(ANCHOR)).first()
            anchors = Anchors(
                _read_heads(connection),
                None if anchor is None else anchor.entry_count,
                None if anchor is None else anchor.heads_digest,
                tuple(published),
            )
            rows = connection.execution_options(yield_per=_FETCH_ROWS).execute(by_chain)
            columns = list(rows.keys())
            return check_rows((dict(zip(columns, row, strict=True)) for row in rows), anchors)


_STATE_COLUMNS = [
    "incident_id",
    "policy_number",
    "location_number",
    "state",
    "steps",
    "detected_at_utc",
    "changed_at_utc",
]
_ASSESSED_COLUMNS = ["tier", "status", "decision"]


def _cut_batches(ordered: Sequence[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    for event_id, group in groupby(ordered, key=lambda entry: entry.event_id):
        entries = list(group)
        for start in range(0, len(entries), BATCH_ENTRIES):
            yield event_id, entries[start : start + BATCH_ENTRIES]


def _append_batch(connection: Connection, event_id: str, batch: Sequence[Entry]) -> _Placed:
    """Write what is new of a batch of one event, inside the caller's transaction."""
    # on PostgreSQL this row is the writers' lock; on SQLite BEGIN IMMEDIATE took it already
    anchor = connection.execute(select(ANCHOR).with_for_update()).first()
    heads = {head.event_id: head for head in _read_heads(connection)}
    if anchor is None or anchor.heads_digest != compute_heads_digest(heads.values()):
        raise _tampered(event_id, "its heads and its anchor do not agree")
    head = heads.get(event_id, ChainHead(event_id, 0, GENESIS_HASH))
    _check_tail(connection, head)
    placed = _place(batch, _read_histories(connection, batch))
    if not placed.fresh:
        return placed
    rows = []
    for entry in placed.fresh:
        row = chain_row(entry, head)
        head = ChainHead(event_id, row["seq"], row["row_hash"])
        rows.append(row)
    connection.execute(insert(ENTRIES), rows)
    _write_head(connection, head, is_new=event_id not in heads)
    digest = compute_heads_digest((heads | {event_id: head}).values())
    connection.execute(
        update(ANCHOR)
        .where(ANCHOR.c.anchor_id == ANCHOR_ID)
        .values(entry_count=anchor.entry_count + len(rows), heads_digest=digest)
    )
    return placed


def _place(batch: Iterable[Entry], histories: Mapping[str, list[Entry]]) -> _Placed:
    """Sort entries into new, there already, and outdated. Pure.

    Args:
        batch: entries of one event, sorted.
        histories: the entries of each incident of the batch so far, by step.
    """
    known = {name: list(history) for name, history in histories.items()}
    fresh, skipped, stale = [], 0, []
    for entry in batch:
        name = entry.incident_id
        history = known.setdefault(name, [])
        state = history[-1].to_state if history else None
        if entry.step == len(history) + 1 and entry.from_state == state:
            history.append(entry)
            fresh.append(entry)
        elif entry.step <= len(history) and history[entry.step - 1] == entry:
            skipped += 1
        else:
            stale.append(name)
    return _Placed(fresh, skipped, stale)


def _read_histories(connection: Connection, batch: Iterable[Entry]) -> dict[str, list[Entry]]:
    names = {entry.incident_id for entry in batch}
    query = select(ENTRIES).where(ENTRIES.c.incident_id.in_(names)).order_by(ENTRIES.c.step)
    histories: dict[str, list[Entry]] = {}
    for row in connection.execute(query).mappings():
        histories.setdefault(row["incident_id"], []).append(read_row(dict(row)))
    return histories


def _read_heads(connection: Connection) -> tuple[ChainHead, ...]:
    rows = connection.execute(select(HEADS).order_by(HEADS.c.event_id))
    return tuple(ChainHead(row.event_id, row.entry_count, row.last_hash) for row in rows)


def _write_head(connection: Connection, head: ChainHead, *, is_new: bool) -> None:
    values = {"entry_count": head.entry_count, "last_hash": head.last_hash}
    if is_new:
        connection.execute(insert(HEADS).values(event_id=head.event_id, **values))
    else:
        connection.execute(update(HEADS).where(HEADS.c.event_id == head.event_id).values(**values))


def _check_tail(connection: Connection, head: ChainHead) -> None:
    """Refuse to build on a chain whose end is missing or changed; ``verify`` looks at the rest."""
    query = (
        select(ENTRIES.c.seq, ENTRIES.c.row_hash)
        .where(ENTRIES.c.event_id == head.event_id)
        .order_by(ENTRIES.c.seq.desc())
        .limit(1)
    )
    last = connection.execute(query).first()
    found = (0, GENESIS_HASH) if last is None else (last.seq, last.row_hash)
    if found != (head.entry_count, head.last_hash):
        raise _tampered(head.event_id, f"its last row is {found[0]}, its head {head.entry_count}")


def _tampered(event_id: str, problem: str) -> LedgerTamperedError:
    return LedgerTamperedError(
        f"appending to the chain of event {event_id}",
        problem,
        "Run firstnotice ledger verify and restore the ledger from a backup",
    )


def _select_states(event_id: str) -> Select[Any]:
    """``_STATE_COLUMNS`` of each incident of an event."""
    span = (
        select(
            ENTRIES.c.incident_id,
            func.max(ENTRIES.c.step).label("steps"),
        )
        .where(ENTRIES.c.event_id == event_id)
        .group_by(ENTRIES.c.incident_id)
        .subquery()
    )
    first, last = ENTRIES.alias("first_entry"), ENTRIES.alias("last_entry")
    return (
        select(
            span.c.incident_id,
            last.c.policy_number,
            last.c.location_number,
            last.c.to_state.label("state"),
            span.c.steps,
            first.c.recorded_at_utc.label("detected_at_utc"),
            last.c.recorded_at_utc.label("changed_at_utc"),
        )
        .join(first, (first.c.incident_id == span.c.incident_id) & (first.c.step == 1))
        .join(last, (last.c.incident_id == span.c.incident_id) & (last.c.step == span.c.steps))
    )


def _select_assessments(event_id: str) -> Select[Any]:
    """The payload of the last assessment of each incident of an event."""
    kinds = [kind.value for kind in ASSESSMENT_KINDS]
    newest = (
        select(ENTRIES.c.incident_id, func.max(ENTRIES.c.step).label("step"))
        .where(ENTRIES.c.event_id == event_id, ENTRIES.c.entry_kind.in_(kinds))
        .group_by(ENTRIES.c.incident_id)
        .subquery()
    )
    return select(ENTRIES.c.incident_id, ENTRIES.c.payload).join(
        newest,
        (newest.c.incident_id == ENTRIES.c.incident_id) & (newest.c.step == ENTRIES.c.step),
    )
