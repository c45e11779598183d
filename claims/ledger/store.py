"""The record of every incident: append-only, hash-chained, one detection a location and event."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Self

import pandas as pd
from sqlalchemy import URL, Engine, func, select

from claims.clocks.milestones import Reached
from claims.incidents.roles import SYSTEM_ACTOR
from claims.ledger.append import append_batch, read_entries, read_heads, read_histories
from claims.ledger.current import read_current
from claims.ledger.database import (
    check_database,
    check_place,
    connect_engine,
    connecting_writer,
    locking,
    reading,
    sqlite_path,
    translating,
    upgrade_database,
)
from claims.ledger.entry import ChainHead, Entry, check_entry, check_role
from claims.ledger.kinds import EntryKind
from claims.ledger.letters import Letter
from claims.ledger.log_anchors import LogAnchors
from claims.ledger.outbox import Outbox
from claims.ledger.outbox_rows import insert_letters
from claims.ledger.reached import read_reached_of
from claims.ledger.schema import ANCHOR, ENTRIES
from claims.ledger.verify import Anchors, LedgerCheck, add_problems, check_rows
from claims.publishing.record import ListRecord
from core.errors import LedgerError

_LOG = logging.getLogger(__name__)

BATCH_ENTRIES = 500
"""Entries a transaction: few enough that others wait milliseconds and a kill loses little, enough
that 100,000 incidents take well under a minute."""

LETTER_KINDS = (EntryKind.DRAFT_MADE, EntryKind.DRAFT_QUEUED)
"""Entries with which a draft goes into the outbox."""

_FETCH_ROWS = 5_000
"""Rows held at once while the ledger is read through."""


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


class Ledger:
    """An open ledger. Holds no connection between calls, so any process may keep one.

    What it cannot notice: somebody who may write to the database rewrites all of it with fresh
    hashes. Publish ``heads()`` elsewhere (a run does, in run.json) and hand them to ``verify``.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str | URL) -> Self:
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
    def open_existing(cls, url: str | URL) -> Self:
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

    @classmethod
    def find(cls, url: str | URL) -> Self | None:
        """Open a ledger to write if there is one; None where an SQLite file is yet to be made.

        Makes no file, so that a run can tell at its start whether it will be able to record.

        Raises:
            LedgerError: the URL, the folder or the database cannot hold a ledger.
            TransientError: the database does not answer.
        """
        path = sqlite_path(connect_engine(url))
        if path is None or path.is_file():
            return cls.open(url)
        check_place(path)
        return None

    def last_acted(self, event_id: str) -> datetime | None:
        """The latest instant of which a run recorded something of an event; None if none did.

        What people record, and what a delivery notes, is of the day on which they did it, and does
        not count.
        """
        query = select(func.max(ENTRIES.c.recorded_at_utc)).where(
            ENTRIES.c.event_id == event_id,
            ENTRIES.c.actor == SYSTEM_ACTOR,
            ENTRIES.c.entry_kind != EntryKind.DRAFT_SENT.value,
        )
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            latest: str | None = connection.execute(query).scalar()
        return None if latest is None else datetime.fromisoformat(latest)

    @property
    def outbox(self) -> Outbox:
        """The drafts on their way."""
        return Outbox(self._engine)

    @property
    def log_anchors(self) -> LogAnchors:
        """How far logs beside the ledger had come."""
        return LogAnchors(self._engine)

    @property
    def lists(self) -> ListRecord:
        """What became of each day's list."""
        return ListRecord(self._engine)

    def append(self, entries: Iterable[Entry], letters: Iterable[Letter] = ()) -> Appended:
        """Write entries behind what is there, in the order of their keys, whatever order they have.

        Runs in transactions of ``BATCH_ENTRIES``. A process killed in between leaves whole
        transactions; given the same entries again, the ledger ends up the same row for row.

        Args:
            entries: what happened.
            letters: drafts, each written with the entry of its incident that makes or queues it,
                and not where that entry is not.

        Raises:
            IllegalTransitionError: an entry is not legal; nothing is written.
            LedgerTamperedError: the end of a chain is not as it was left.
            LedgerError: the database refuses, a second detection for example.
            TransientError: the database is locked for too long or does not answer.
        """
        ordered = sorted(entries, key=lambda entry: entry.sort_key)
        waiting = {letter.incident_id: letter for letter in letters}
        for entry in ordered:
            check_entry(entry)
            check_role(entry)
        written, skipped = 0, 0
        stale: dict[str, None] = {}
        with translating(self._engine, "appending to"), connecting_writer(self._engine) as writer:
            for event_id, batch in _cut_batches(ordered):
                with writer.begin():
                    placed = append_batch(writer, event_id, batch)
                    insert_letters(writer, _find_letters(placed.fresh, waiting))
                written += len(placed.fresh)
                skipped += placed.skipped
                stale |= dict.fromkeys(placed.stale)
        _LOG.info("appended %d entries, %d were there, %d stale", written, skipped, len(stale))
        return Appended(written, skipped, tuple(stale))

    def current(self, event_id: str) -> pd.DataFrame:
        """Where each incident of an event stands, sorted by location key.

        Columns: ``claims.ledger.current.CURRENT_COLUMNS``; no rows for an event never seen.
        """
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return read_current(connection, event_id)

    def reached(self, event_id: str) -> dict[str, tuple[Reached, ...]]:
        """The milestones of an event's incidents that have any, by incident id.

        Raises:
            LedgerTamperedError: an entry can no longer be read.
        """
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return read_reached_of(connection, event_id)

    def history(self, incident_id: str) -> tuple[Entry, ...]:
        """All entries of an incident, in their order; none where it is not known.

        Raises:
            LedgerTamperedError: an entry can no longer be read.
        """
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return tuple(read_histories(connection, {incident_id}).get(incident_id, ()))

    def histories(self, incident_ids: Collection[str]) -> dict[str, list[Entry]]:
        """All entries of some incidents, in their order; unknown ones are left out.

        Raises:
            LedgerTamperedError: an entry can no longer be read.
        """
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return read_histories(connection, incident_ids)

    def entries(self, event_id: str, kinds: Collection[EntryKind] = ()) -> tuple[Entry, ...]:
        """All entries of an event in the order of its chain, or those of some kinds.

        Raises:
            LedgerTamperedError: an entry can no longer be read.
        """
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return read_entries(connection, event_id, kinds)

    @contextmanager
    def taking_turns(self, at: str) -> Iterator[None]:
        """One process at a time, as for an export that looks who was written to before.

        Raises:
            TransientError: another holds it and does not end.
        """
        with locking(self._engine, at):
            yield

    def heads(self) -> tuple[ChainHead, ...]:
        """Where each event's chain ends, to publish outside the ledger."""
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return read_heads(connection)

    def verify(
        self, published: Sequence[ChainHead] = (), lists: Iterable[tuple[str, str]] = ()
    ) -> LedgerCheck:
        """Read the ledger through and say whether it is as it was written. Changes nothing.

        Args:
            published: heads noted outside earlier; each chain must still run through them.
            lists: event and hash of acts of lists noted outside earlier.

        Raises:
            LedgerError: the database is broken so that it cannot be read through.
            TransientError: the database does not answer.
        """
        by_chain = select(ENTRIES).order_by(ENTRIES.c.event_id, ENTRIES.c.seq)
        with translating(self._engine, "verifying"), reading(self._engine) as connection:
            anchor = connection.execute(select(ANCHOR)).first()
            anchors = Anchors(
                read_heads(connection),
                None if anchor is None else anchor.entry_count,
                None if anchor is None else anchor.heads_digest,
                tuple(published),
            )
            rows = connection.execution_options(yield_per=_FETCH_ROWS).execute(by_chain)
            columns = list(rows.keys())
            check = check_rows((dict(zip(columns, row, strict=True)) for row in rows), anchors)
        return add_problems(check, self.lists.find_faults(lists))


def _find_letters(
    fresh: Iterable[Entry], waiting: Mapping[str, Letter]
) -> Iterator[tuple[Letter, str]]:
    """Letters whose entry is new, with the time of record."""
    for entry in fresh:
        if entry.entry_kind in LETTER_KINDS and entry.incident_id in waiting:
            yield waiting[entry.incident_id], entry.recorded_at_utc


def _cut_batches(ordered: Sequence[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    for event_id, group in groupby(ordered, key=lambda entry: entry.event_id):
        entries = list(group)
        for start in range(0, len(entries), BATCH_ENTRIES):
            yield event_id, entries[start : start + BATCH_ENTRIES]
