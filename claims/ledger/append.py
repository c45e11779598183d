"""One transaction of the ledger: what it builds on is checked, what is new is chained on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select, update

from claims.ledger.entry import (
    GENESIS_HASH,
    ChainHead,
    Entry,
    chain_row,
    compute_heads_digest,
    read_row,
)
from claims.ledger.kinds import EntryKind
from claims.ledger.schema import ANCHOR, ANCHOR_ID, ENTRIES, HEADS
from core.errors import LedgerTamperedError


@dataclass(frozen=True, slots=True)
class Placed:
    """Entries of one transaction, sorted into what to do with them.

    Attributes:
        fresh: to be written, in order.
        skipped: how many are in the ledger already.
        stale: incident ids of the outdated ones.
    """

    fresh: list[Entry]
    skipped: int
    stale: list[str]


def append_batch(connection: Connection, event_id: str, batch: Sequence[Entry]) -> Placed:
    """Write what is new of a batch of one event, inside the caller's transaction.

    Raises:
        LedgerTamperedError: what it would build on is not as it was left.
    """
    # on PostgreSQL this row is the writers' lock; on SQLite BEGIN IMMEDIATE took it already
    anchor = connection.execute(select(ANCHOR).with_for_update()).first()
    heads = {head.event_id: head for head in read_heads(connection)}
    if anchor is None or anchor.heads_digest != compute_heads_digest(heads.values()):
        raise _tampered(event_id, "its heads and its anchor do not agree")
    head = heads.get(event_id, ChainHead(event_id, 0, GENESIS_HASH))
    _check_tail(connection, head)
    placed = _place(batch, read_histories(connection, {entry.incident_id for entry in batch}))
    if not placed.fresh:
        return placed
    rows = []
    for entry in placed.fresh:
        row = chain_row(entry, head)
        head = ChainHead(event_id, row["seq"], row["row_hash"])
        rows.append(row)
    connection.execute(insert(ENTRIES), rows)
    if event_id in heads:
        is_ours = HEADS.c.event_id == event_id
        connection.execute(update(HEADS).where(is_ours).values(asdict(head)))
    else:
        connection.execute(insert(HEADS).values(asdict(head)))
    digest = compute_heads_digest((heads | {event_id: head}).values())
    connection.execute(
        update(ANCHOR)
        .where(ANCHOR.c.anchor_id == ANCHOR_ID)
        .values(entry_count=anchor.entry_count + len(rows), heads_digest=digest)
    )
    return placed


def _place(batch: Iterable[Entry], histories: Mapping[str, list[Entry]]) -> Placed:
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
    return Placed(fresh, skipped, stale)


def read_histories(connection: Connection, names: Collection[str]) -> dict[str, list[Entry]]:
    """The entries of incidents, in the order of their steps; unknown ones are left out.

    Raises:
        LedgerTamperedError: an entry can no longer be read.
    """
    query = select(ENTRIES).where(ENTRIES.c.incident_id.in_(names)).order_by(ENTRIES.c.step)
    histories: dict[str, list[Entry]] = {}
    for row in connection.execute(query).mappings():
        try:
            entry = read_row(dict(row))
        except ValueError as error:
            raise _tampered(row["event_id"], f"row {row['seq']}: {error}") from error
        histories.setdefault(row["incident_id"], []).append(entry)
    return histories


def read_entries(
    connection: Connection, event_id: str, kinds: Collection[EntryKind]
) -> tuple[Entry, ...]:
    """Entries of an event, of some kinds or of all, in the order of its chain.

    Raises:
        LedgerTamperedError: an entry can no longer be read.
    """
    query = select(ENTRIES).where(ENTRIES.c.event_id == event_id).order_by(ENTRIES.c.seq)
    if kinds:
        query = query.where(ENTRIES.c.entry_kind.in_([kind.value for kind in kinds]))
    entries = []
    for row in connection.execute(query).mappings():
        try:
            entries.append(read_row(dict(row)))
        except ValueError as error:
            raise _tampered(event_id, f"row {row['seq']}: {error}") from error
    return tuple(entries)


def read_heads(connection: Connection) -> tuple[ChainHead, ...]:
    """Where each event's chain ends, by the ledger's own heads table."""
    rows = connection.execute(select(HEADS).order_by(HEADS.c.event_id))
    return tuple(ChainHead(row.event_id, row.entry_count, row.last_hash) for row in rows)


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
