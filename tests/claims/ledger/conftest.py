import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from claims.incidents.key import IncidentKey
from claims.incidents.states import IncidentState
from claims.ledger.entry import ChainHead, Entry
from claims.ledger.kinds import EntryKind

_MADE_BEFORE = Path(__file__).parent / "cases" / "ledger_0001.sql"
"""Made by the first version's code: five homes of a storm, one reviewed by a person and seen again
on the second day, and one home of a fire."""
_HEADS = (
    ChainHead("fire-2018", 3, "409f6befd0543aaef81668d5eccbbd01db82964cbc01448caafd3b5c726f8dae"),
    ChainHead("storm-2018", 12, "0805a42bc09422ba67d88b70c5bbe5e2229fa7fda908e53f403d0672d486a62a"),
)
"""What that version said of the ends of its chains."""


@pytest.fixture
def old_url(tmp_path) -> str:
    path = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(_MADE_BEFORE.read_text(encoding="utf-8"))
    return f"sqlite:///{path}"


@pytest.fixture
def same_homes(findings_of):
    """The homes of the old ledger as its last run saw them, under their whole keys."""
    return findings_of(
        {"decision": "open_draft", "building_id": "b-0"},
        {"decision": "review", "tier": "T3", "building_id": "b-1"},
        {"decision": "outreach", "tier": "T3", "building_id": "b-2"},
        {"decision": "none", "tier": "T0", "building_id": "b-3"},
    )


@pytest.fixture
def old_heads() -> tuple[ChainHead, ...]:
    return _HEADS


_STORM = "event_id = 'storm-2018'"
_SHIFT = "UPDATE ledger_entries SET seq = seq"
_COPY = """INSERT INTO ledger_entries SELECT event_id, {seq}, 'P9', '1', 'inc-9', 1, 'detected',
NULL, 'DETECTED', actor, payload, recorded_at_utc, prev_hash, row_hash, portfolio_number,
account_number, row_version FROM ledger_entries WHERE event_id = 'storm-2018' AND seq = {source}"""


def _edit(change: str, seq: int) -> str:
    return f"UPDATE ledger_entries SET {change} WHERE {_STORM} AND seq = {seq}"


def _delete(which: str) -> str:
    return f"DELETE FROM ledger_entries WHERE {_STORM} AND {which}"


@pytest.fixture(
    params=[
        ([_edit("actor = 'nobody'", 2)], ["row 2: was edited after it was written"]),
        ([_edit("payload = '{}'", 1)], ["row 1: was edited after it was written"]),
        (
            [_edit("to_state = 'PAID'", 4)],
            ["row 4: was edited after it was written", "row 4: moving an incident"],
        ),
        (
            [_edit("payload = '{}'", 1), _edit("recorded_at_utc = '2001'", 5)],
            ["row 1: was edited", "row 5: was edited"],
        ),
        ([_delete("seq = 1")], ["row 2: row 1 was expected here"]),
        ([_delete("seq = 3")], ["row 4: row 3 was expected here", "row 4: does not follow"]),
        ([_delete("seq IN (2, 3, 4)")], ["row 5: rows 2 to 4 were expected here"]),
        ([_delete("seq = 6")], ["its chain of 5 rows does not end at its head of 6 rows"]),
        ([_delete("seq > 0")], ["its chain of 0 rows does not end at its head of 6 rows"]),
        (
            [_edit("seq = 99", 3), _edit("seq = 3", 5), _edit("seq = 5", 99)],
            ["row 3: was edited", "row 3: does not follow", "row 5: was edited"],
        ),
        (
            [
                f"{_SHIFT} + 100 WHERE {_STORM} AND seq >= 4",
                f"{_SHIFT} - 99 WHERE {_STORM} AND seq > 99",
                _COPY.format(seq=4, source=1),
            ],
            ["row 4: was edited", "row 4: does not follow", "its chain of 7 rows"],
        ),
        (
            [_COPY.format(seq=7, source=5)],
            ["row 7: was edited", "row 7: the incident's id is not that of its key"],
        ),
    ],
    ids=[
        "edit_actor", "edit_payload", "edit_state", "edit_two", "delete_first", "delete_middle",
        "delete_several", "delete_last", "delete_event", "reorder", "insert_between", "insert_last",
    ],
)  # fmt: skip
def tampering(request) -> tuple[list[str], list[str]]:
    """SQL that SQLite and PostgreSQL read alike, and what ``verify`` has to say of it."""
    statements, problems = request.param
    return statements, problems


@pytest.fixture
def two_events() -> list[Entry]:
    """Six rows each of a storm and a fire: three homes, detected and screened."""
    noted = "2018-10-12T06:00:00.000000Z"
    entries = []
    for event_id in ("fire-2018", "storm-2018"):
        for policy in ("P1", "P2", "P3"):
            key = IncidentKey(event_id, "1", "A1", policy, "1")
            born = (None, IncidentState.DETECTED, "system", '{"tier":"T3"}', noted)
            done = (IncidentState.DETECTED, IncidentState.SCREENED, "system", "{}", noted)
            entries.append(Entry(key.incident_id, key, 1, EntryKind.DETECTED, *born))
            entries.append(Entry(key.incident_id, key, 2, EntryKind.SCREENED, *done))
    return entries
