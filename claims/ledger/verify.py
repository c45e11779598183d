"""Whether a ledger is as it was written: pure, over rows in the order of their chains."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from claims.incidents.key import IncidentKey
from claims.incidents.states import IncidentState
from claims.ledger.entry import (
    GENESIS_HASH,
    ChainHead,
    Entry,
    check_entry,
    compute_heads_digest,
    compute_row_hash,
    read_row,
)
from claims.ledger.kinds import EntryKind
from core.errors import IllegalTransitionError

MAX_PROBLEMS = 50
"""So many are spelled out; the rest is counted."""


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """The outcome of a verification.

    Attributes:
        ok: nothing was found.
        rows: entries read.
        problems: what was found, each naming event and row; at most ``MAX_PROBLEMS`` and a count.
        heads: where each chain ends, to publish outside the ledger.
    """

    ok: bool
    rows: int
    problems: tuple[str, ...]
    heads: tuple[ChainHead, ...]


@dataclass(frozen=True, slots=True)
class Anchors:
    """What the rows must add up to.

    Attributes:
        heads: the ledger's own heads table.
        entry_count: of the ledger's anchor row; None where the row is gone.
        heads_digest: of the ledger's anchor row.
        published: heads noted outside the ledger, at any time; each chain must still run through
            them. This alone finds a ledger rewritten whole with fresh hashes.
    """

    heads: tuple[ChainHead, ...]
    entry_count: int | None
    heads_digest: str | None
    published: tuple[ChainHead, ...] = ()


@dataclass(slots=True)
class _Problems:
    listed: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, problem: str) -> None:
        self.count += 1
        if self.count <= MAX_PROBLEMS:
            self.listed.append(problem)

    def all(self) -> tuple[str, ...]:
        hidden = self.count - len(self.listed)
        return (*self.listed, f"and {hidden} more") if hidden else tuple(self.listed)


@dataclass(slots=True)
class _Chain:
    """A chain as far as it was read."""

    head: ChainHead
    last: dict[str, tuple[int, IncidentState, IncidentKey]] = field(default_factory=dict)
    """Steps so far, state and key of each incident; a million payloads would not fit."""
    homes: dict[IncidentKey, str] = field(default_factory=dict)
    """The incident of each key that one was opened or found under."""


def check_rows(rows: Iterable[Mapping[str, Any]], anchors: Anchors) -> LedgerCheck:
    """Walk all chains once and say everything that does not hold.

    Args:
        rows: all columns of all entries; each event's rows together, in the order of ``seq``.
        anchors: what the rows must add up to.
    """
    problems = _Problems()
    due: dict[tuple[str, int], set[str]] = {}
    for head in anchors.published:
        due.setdefault((head.event_id, head.entry_count), set()).add(head.last_hash)
    heads: dict[str, ChainHead] = {}
    chain = _Chain(ChainHead("", 0, GENESIS_HASH))
    count = 0
    for row in rows:
        count += 1
        event_id = row["event_id"]
        if count == 1 or event_id != chain.head.event_id:
            chain = _Chain(ChainHead(event_id, 0, GENESIS_HASH))
        _check_link(row, chain.head, problems)
        _check_history(row, chain, problems)
        chain.head = ChainHead(event_id, chain.head.entry_count + 1, row["row_hash"])
        heads[event_id] = chain.head
        noted = due.pop((event_id, chain.head.entry_count), {row["row_hash"]})
        if noted != {row["row_hash"]}:
            problems.add(f"event {event_id}: row {row['seq']} is not the one published before")
    for event_id, entry_count in due:
        problems.add(f"event {event_id}: row {entry_count}, published before, is gone")
    _check_anchors(tuple(heads.values()), anchors, problems)
    return LedgerCheck(problems.count == 0, count, problems.all(), tuple(heads.values()))


def add_problems(check: LedgerCheck, problems: Sequence[str]) -> LedgerCheck:
    """The outcome with what was found elsewhere in the same database."""
    return replace(check, ok=check.ok and not problems, problems=(*check.problems, *problems))


def _check_link(row: Mapping[str, Any], head: ChainHead, problems: _Problems) -> None:
    place = f"event {row['event_id']}, row {row['seq']}"
    due, found = head.entry_count + 1, row["seq"]
    if found > due + 1:
        problems.add(f"{place}: rows {due} to {found - 1} were expected here")
    elif found != due:
        problems.add(f"{place}: row {due} was expected here")
    if row["prev_hash"] != head.last_hash:
        problems.add(f"{place}: does not follow the row before it")
    if row["row_hash"] != compute_row_hash(row):
        problems.add(f"{place}: was edited after it was written")


def _check_history(row: Mapping[str, Any], chain: _Chain, problems: _Problems) -> None:
    place = f"event {row['event_id']}, row {row['seq']}"
    try:
        entry = read_row(row)
        check_entry(entry)
    except (ValueError, IllegalTransitionError) as error:
        problems.add(f"{place}: {error}")
        return
    steps, state, key = chain.last.get(entry.incident_id, (0, None, None))
    if (entry.step, entry.from_state) != (steps + 1, state):
        problems.add(f"{place}: step {entry.step} from {entry.from_state} does not follow")
    if key is None and entry.incident_id != entry.key.incident_id:
        problems.add(f"{place}: the incident's id is not that of its key")
    if key is not None and not _keeps_home(key, entry):
        problems.add(f"{place}: the incident changes to another home")
    if chain.homes.setdefault(entry.key, entry.incident_id) != entry.incident_id:
        problems.add(f"{place}: the home has another incident already")
    chain.last[entry.incident_id] = (entry.step, entry.to_state, entry.key)


def _keeps_home(key: IncidentKey, entry: Entry) -> bool:
    """An incident stays with its key, which may be completed once and renumbered by people."""
    if entry.entry_kind is EntryKind.KEY_COMPLETED:
        return entry.key.completes(key)
    if entry.entry_kind is EntryKind.RENUMBERED:
        return entry.key.is_whole and entry.key != key
    return entry.key == key


def _check_anchors(heads: Sequence[ChainHead], anchors: Anchors, problems: _Problems) -> None:
    found = {head.event_id: head for head in heads}
    kept = {head.event_id: head for head in anchors.heads}
    for event_id in sorted(found.keys() | kept.keys(), key=str):
        here, there = found.get(event_id), kept.get(event_id)
        if here != there:
            rows = 0 if here is None else here.entry_count
            noted = 0 if there is None else there.entry_count
            problems.add(
                f"event {event_id}: its chain of {rows} rows does not end at its head "
                f"of {noted} rows"
            )
    if anchors.entry_count is None:
        problems.add("the anchor row is gone")
    elif anchors.entry_count != sum(head.entry_count for head in heads):
        problems.add(
            f"the anchor counts {anchors.entry_count} rows, the chains "
            f"{sum(head.entry_count for head in heads)}"
        )
    elif anchors.heads_digest != compute_heads_digest(heads):
        problems.add("the anchor's digest is not that of the chains' heads")
