"""The outbox beside the ledger: drafts on their way, and what became of each.

A letter is written in the transaction of the entry that says that the draft was made, and each of
its steps in that of the entry that says so: there is no draft without its incident, no delivery
that the ledger does not know, and a process that is killed loses nothing between the two.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import (
    Connection,
    Engine,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from claims.ledger.append import append_batch, read_histories
from claims.ledger.database import connecting_writer, locking, reading, translating
from claims.ledger.entry import format_instant
from claims.ledger.letters import DueLetter, KnownLetter, Letter, LetterState, Step
from claims.ledger.outbox_rows import (
    find_fresh,
    follow,
    make_entries,
    of_event,
    read_due,
    read_earlier,
    select_due,
    write_steps,
)
from claims.ledger.schema import FEEDS, OUTBOX

DELIVERY_LOCK = "delivering"


class Outbox:
    """The drafts on their way. Opened with its ledger; holds no connection between calls."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def delivering(self) -> Iterator[None]:
        """One delivery at a time: revisions of a draft must not overtake each other.

        Raises:
            TransientError: another delivery goes on and does not end.
        """
        with locking(self._engine, DELIVERY_LOCK):
            yield

    def known(self, event_id: str) -> dict[str, KnownLetter]:
        """The newest revision of each draft of an event, by transaction."""
        query = (
            select(
                OUTBOX.c.transaction_id, OUTBOX.c.revision, OUTBOX.c.saying_sha256,
                OUTBOX.c.is_recall, OUTBOX.c.state,
            )
            .where(OUTBOX.c.event_id == event_id)
            .order_by(OUTBOX.c.transaction_id, OUTBOX.c.revision)
        )  # fmt: skip
        known: dict[str, KnownLetter] = {}
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            for row in connection.execute(query):
                found = KnownLetter(
                    row.transaction_id, row.revision, row.saying_sha256, row.is_recall,
                    LetterState(row.state),
                )  # fmt: skip
                known[row.transaction_id] = follow(known.get(row.transaction_id), found)
        return known

    def due(self, limit: int, event_id: str | None = None, after: str = "") -> list[DueLetter]:
        """The newest pending revisions, in the order of their transactions.

        Args:
            limit: at most so many.
            event_id: of one event; of all if not given.
            after: behind this transaction.
        """
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            rows = connection.execute(select_due(limit, event_id, after)).all()
            earlier = read_earlier(connection, [row.transaction_id for row in rows])
            histories = read_histories(connection, {row.incident_id for row in rows})
        return [read_due(row, histories[row.incident_id], earlier) for row in rows]

    def waiting_answer(self, event_id: str | None = None) -> dict[tuple[str, int], str]:
        """Incidents of what was sent and not acknowledged, by transaction and revision."""
        query = select(OUTBOX.c.transaction_id, OUTBOX.c.revision, OUTBOX.c.incident_id).where(
            OUTBOX.c.state == LetterState.SENT.value, *of_event(event_id)
        )
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(query)}

    def references(self) -> dict[str, str]:
        """The claims system's names of the drafts that it has, by incident; the newest each."""
        query = (
            select(OUTBOX.c.incident_id, OUTBOX.c.reference)
            .where(
                OUTBOX.c.state == LetterState.ACKNOWLEDGED.value, OUTBOX.c.reference.is_not(None)
            )
            .order_by(OUTBOX.c.incident_id, OUTBOX.c.revision)
        )
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def of_policies(self, policies: Sequence[str]) -> list[tuple[str, str, str]]:
        """Incident, policy and loss date of the drafts of some policies, each incident once."""
        query = (
            select(OUTBOX.c.incident_id, OUTBOX.c.policy_number, func.max(OUTBOX.c.loss_date))
            .where(OUTBOX.c.policy_number.in_(policies))
            .group_by(OUTBOX.c.incident_id, OUTBOX.c.policy_number)
            .order_by(OUTBOX.c.incident_id)
        )
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query)]

    def first_loss_date(self) -> str | None:
        """The earliest loss of any draft, ISO 8601."""
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            found: str | None = connection.execute(select(func.min(OUTBOX.c.loss_date))).scalar()
        return found

    def count(self) -> list[tuple[str, LetterState, int]]:
        """Letters by event and state."""
        query = (
            select(OUTBOX.c.event_id, OUTBOX.c.state, func.count())
            .group_by(OUTBOX.c.event_id, OUTBOX.c.state)
            .order_by(OUTBOX.c.event_id, OUTBOX.c.state)
        )
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return [(row[0], LetterState(row[1]), row[2]) for row in connection.execute(query)]

    def in_state(self, state: LetterState, limit: int) -> list[tuple[str, str, int, str | None]]:
        """Event, incident, revision and what was told of some letters in a state."""
        query = (
            select(OUTBOX.c.event_id, OUTBOX.c.incident_id, OUTBOX.c.revision, OUTBOX.c.told)
            .where(OUTBOX.c.state == state.value)
            .order_by(OUTBOX.c.event_id, OUTBOX.c.incident_id)
            .limit(limit)
        )
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]

    def settle(self, event_id: str, steps: Sequence[Step], at_utc: datetime) -> int:
        """Note what became of letters: their rows, and an entry each, in one transaction.

        What is noted already is not noted again. Gives how many steps were new.
        """
        if not steps:
            return 0
        at = format_instant(at_utc)
        with self._writing() as writer:
            fresh = find_fresh(writer, steps)
            entries = make_entries(writer, fresh, at)
            append_batch(writer, event_id, sorted(entries, key=lambda each: each.sort_key))
            write_steps(writer, fresh, at)
        return len(fresh)

    def note_attempts(self, letters: Sequence[Letter]) -> None:
        """Note that these are about to go out, so that a try whose end nobody saw is known."""
        is_it = and_(
            OUTBOX.c.transaction_id == bindparam("of_transaction"),
            OUTBOX.c.revision == bindparam("of_revision"),
        )
        if not letters:
            return
        rows = [
            {"of_transaction": each.transaction_id, "of_revision": each.revision}
            for each in letters
        ]
        statement = update(OUTBOX).where(is_it).values(attempts=OUTBOX.c.attempts + 1)
        with self._writing() as writer:
            writer.execute(statement, rows)

    def retry_refused(self, at_utc: datetime) -> int:
        """Put refused letters back, for a claims system whose lists were corrected."""
        statement = (
            update(OUTBOX)
            .where(OUTBOX.c.state == LetterState.REFUSED.value, OUTBOX.c.document.is_not(None))
            .values(state=LetterState.PENDING.value, changed_at_utc=format_instant(at_utc))
        )
        with self._writing() as writer:
            return writer.execute(statement).rowcount

    def read_to(self, feed: str) -> str | None:
        """How far a feed was read; None if never."""
        query = select(FEEDS.c.read_to).where(FEEDS.c.feed == feed)
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            found: str | None = connection.execute(query).scalar()
        return found

    def note_read(self, feed: str, read_to: str) -> None:
        """Note how far a feed was read, once what it said is in the ledger."""
        with self._writing() as writer:
            writer.execute(delete(FEEDS).where(FEEDS.c.feed == feed))
            writer.execute(insert(FEEDS).values(feed=feed, read_to=read_to))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            translating(self._engine, "appending to"),
            connecting_writer(self._engine) as writer,
            writer.begin(),
        ):
            yield writer
