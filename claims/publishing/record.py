"""The acts of lists in the ledger's database."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from claims.ledger.database import connecting_writer, reading, translating
from claims.ledger.schema import ANCHOR, LIST_ACTS
from claims.publishing.acts import (
    GENESIS,
    ListAct,
    chain_act,
    find_faults,
    is_held,
    is_news,
    read_act,
)


class ListRecord:
    """What became of lists. Opened with its ledger; holds no connection between calls."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note(self, act: ListAct) -> bool:
        """Write an act behind the others of its event; gives whether it was news, see ``is_news``.

        Raises:
            LedgerError, TransientError: the database refuses, or does not answer.
        """
        with (
            translating(self._engine, "appending to"),
            connecting_writer(self._engine) as writer,
            writer.begin(),
        ):
            # on PostgreSQL this row is the writers' lock; on SQLite BEGIN IMMEDIATE took it already
            writer.execute(select(ANCHOR).with_for_update()).first()
            rows = _read_rows(writer, act.event_id)
            if not is_news([*map(read_act, rows)], act):
                return False
            seq, last = (rows[-1]["seq"], rows[-1]["row_hash"]) if rows else (0, GENESIS)
            writer.execute(insert(LIST_ACTS), chain_act(act, seq + 1, last))
        return True

    def of_event(self, event_id: str) -> tuple[ListAct, ...]:
        """All acts of an event's lists, in their order."""
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return tuple(map(read_act, _read_rows(connection, event_id)))

    def last_hash(self, event_id: str) -> str | None:
        """Hash of the event's last act, to note outside the ledger; None where there is none."""
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            rows = _read_rows(connection, event_id)
        return rows[-1]["row_hash"] if rows else None

    def held(self) -> frozenset[str]:
        """Events whose newest list a gate holds back."""
        query = select(LIST_ACTS.c.event_id).distinct()
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            events = list(connection.execute(query).scalars())
            acts = {each: tuple(map(read_act, _read_rows(connection, each))) for each in events}
        return frozenset(event for event, of_it in acts.items() if is_held(of_it))

    def find_faults(self, noted: Iterable[tuple[str, str]] = ()) -> list[str]:
        """What of the chains does not hold, see ``acts.find_faults``."""
        query = select(LIST_ACTS).order_by(LIST_ACTS.c.event_id, LIST_ACTS.c.seq)
        with translating(self._engine, "verifying"), reading(self._engine) as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return find_faults(rows, noted)


def _read_rows(connection: Connection, event_id: str) -> list[dict[str, Any]]:
    query = select(LIST_ACTS).where(LIST_ACTS.c.event_id == event_id).order_by(LIST_ACTS.c.seq)
    return [dict(row) for row in connection.execute(query).mappings()]
