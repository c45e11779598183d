"""Whoever changes the file behind the ledger's back is found out, triggers or not."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from claims.incidents.key import IncidentKey
from claims.incidents.states import IncidentState
from claims.ledger import schema as ledger_schema
from claims.ledger.entry import (
    GENESIS_HASH,
    ChainHead,
    Entry,
    compute_heads_digest,
    compute_row_hash,
)
from claims.ledger.kinds import EntryKind
from claims.ledger.store import Ledger
from claims.ledger.verify import MAX_PROBLEMS
from core.errors import LedgerError, LedgerTamperedError

S = IncidentState
COLUMNS = [column.name for column in ledger_schema.ENTRIES.columns]


def _entries(event_id: str) -> list[Entry]:
    noted = "2018-10-12T06:00:00.000000Z"
    entries = []
    for policy in ("P1", "P2", "P3"):
        key = IncidentKey(event_id, "1", "A1", policy, "1")
        seen = (None, S.DETECTED, "system", '{"tier":"T3"}', noted)
        done = (S.DETECTED, S.SCREENED, "system", "{}", noted)
        entries.append(Entry(key.incident_id, key, 1, EntryKind.DETECTED, *seen))
        entries.append(Entry(key.incident_id, key, 2, EntryKind.SCREENED, *done))
    return entries


@pytest.fixture(scope="module")
def filled_path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "ledger.sqlite"
    ledger = Ledger.open(f"sqlite:///{path}")
    ledger.append(_entries("fire-2018"))
    ledger.append(_entries("storm-2018"))
    assert ledger.verify().ok
    return path


@pytest.fixture
def filled(filled_path, ledger_url) -> Ledger:
    shutil.copy(filled_path, ledger_url.removeprefix("sqlite:///"))
    return Ledger.open_existing(ledger_url)


@pytest.fixture
def tamper(ledger_url) -> Callable[..., None]:
    """Runs SQL on the file as an intruder would: triggers dropped, constraints off."""

    def run(*statements: str) -> None:
        path = ledger_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as raw:
            raw.execute("PRAGMA ignore_check_constraints = ON")
            names = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for statement in (*(f"DROP TRIGGER {name}" for (name,) in names), *statements):
                raw.execute(statement)

    return run


def test_without_triggers_and_changes_it_is_sound(filled, tamper):
    tamper()
    check = filled.verify()
    assert (check.ok, check.rows, check.problems) == (True, 12, ())


def _is_named(problems: tuple[str, ...], expected: str) -> bool:
    return any("event storm-2018" in problem and expected in problem for problem in problems)


def test_verify_names_what_was_edited_removed_reordered_and_inserted(filled, tamper, tampering):
    statements, expected = tampering
    tamper(*statements)
    problems = filled.verify().problems
    assert [each for each in expected if not _is_named(problems, each)] == [], problems
    assert not [problem for problem in problems if "fire-2018" in problem], "the other event stands"


@pytest.mark.parametrize("seq", [1, 3, 6])
@pytest.mark.parametrize("column", COLUMNS)
def test_an_edited_cell_is_found(column, seq, filled, tamper):
    value = {"seq": "77", "step": "7", "from_state": "'PAID'"}.get(column, "'edited'")
    tamper(f"UPDATE ledger_entries SET {column} = {value} WHERE event_id='fire-2018' AND seq={seq}")
    check = filled.verify()
    assert not check.ok
    assert any("event fire-2018" in problem for problem in check.problems)


def test_an_edited_cell_with_a_fresh_hash_is_found(filled, tamper, ledger_url, dump):
    row = dict(zip(COLUMNS, dump(ledger_url)[2], strict=True)) | {"payload": '{"tier":"T0"}'}
    tamper(
        f"UPDATE ledger_entries SET payload='{row['payload']}', row_hash='{compute_row_hash(row)}' "
        "WHERE event_id='fire-2018' AND seq=3"
    )
    assert filled.verify().problems == (
        "event fire-2018, row 4: does not follow the row before it",
    )


@pytest.mark.parametrize("seq", range(1, 7))
def test_a_removed_row_is_found(seq, filled, tamper):
    tamper(f"DELETE FROM ledger_entries WHERE event_id='storm-2018' AND seq={seq}")
    assert not filled.verify().ok


def test_a_cut_tail_is_found_by_the_head(filled, tamper):
    tamper("DELETE FROM ledger_entries WHERE event_id='storm-2018' AND seq > 2")
    assert filled.verify().problems[0] == (
        "event storm-2018: its chain of 2 rows does not end at its head of 6 rows"
    )


def test_a_cut_tail_with_its_head_is_found_by_the_anchor(filled, tamper):
    tamper(
        "DELETE FROM ledger_entries WHERE event_id='storm-2018' AND seq > 2",
        "UPDATE ledger_heads SET entry_count=2, last_hash=(SELECT row_hash FROM ledger_entries "
        "WHERE event_id='storm-2018' AND seq=2) WHERE event_id='storm-2018'",
    )
    assert filled.verify().problems == ("the anchor counts 12 rows, the chains 8",)


def test_an_edited_last_row_with_its_head_is_found_by_the_anchor(filled, tamper, ledger_url, dump):
    row = dict(zip(COLUMNS, dump(ledger_url)[5], strict=True)) | {"actor": "nobody"}
    fresh = compute_row_hash(row)
    tamper(
        f"UPDATE ledger_entries SET actor='nobody', row_hash='{fresh}' "
        "WHERE event_id='fire-2018' AND seq=6",
        f"UPDATE ledger_heads SET last_hash='{fresh}' WHERE event_id='fire-2018'",
    )
    assert filled.verify().problems == ("the anchor's digest is not that of the chains' heads",)


def test_a_whole_event_that_is_gone_is_found(filled, tamper):
    tamper(
        "DELETE FROM ledger_entries WHERE event_id='fire-2018'",
        "DELETE FROM ledger_heads WHERE event_id='fire-2018'",
    )
    assert filled.verify().problems == ("the anchor counts 12 rows, the chains 6",)


def test_everything_gone_is_found(filled, tamper):
    tamper("DELETE FROM ledger_entries", "DELETE FROM ledger_heads")
    assert filled.verify().problems == ("the anchor counts 12 rows, the chains 0",)
    tamper("DELETE FROM ledger_anchor")
    assert filled.verify().problems == ("the anchor row is gone",)


def test_swapped_rows_are_found(filled, tamper):
    tamper(
        *(
            f"UPDATE ledger_entries SET seq={new} WHERE event_id='storm-2018' AND seq={old}"
            for old, new in ((3, 99), (5, 3), (99, 5))
        )
    )
    assert not filled.verify().ok


@pytest.mark.parametrize("seq", [0, 4, 7])
def test_an_inserted_row_is_found(seq, filled, tamper):
    tamper(
        f"UPDATE ledger_entries SET seq = seq + 100 WHERE event_id='storm-2018' AND seq >= {seq}",
        "UPDATE ledger_entries SET seq = seq - 99 WHERE event_id='storm-2018' AND seq > 99",
        f"INSERT INTO ledger_entries SELECT event_id, {seq}, 'P9', '1', 'inc-9', 1, 'detected', "
        "NULL, 'DETECTED', actor, payload, recorded_at_utc, prev_hash, row_hash, "
        "portfolio_number, account_number, row_version FROM ledger_entries "
        "WHERE event_id='storm-2018' AND policy_number='P1' AND step=1",
    )
    assert not filled.verify().ok


def _forge(rows: list[dict]) -> tuple[list[dict], ChainHead]:
    """The rows chained anew with right hashes, as an intruder who knows the code would."""
    head = ChainHead(rows[0]["event_id"], 0, GENESIS_HASH)
    forged = []
    for row in rows:
        fresh = row | {"seq": head.entry_count + 1, "prev_hash": head.last_hash}
        fresh["row_hash"] = compute_row_hash(fresh)
        head = ChainHead(head.event_id, fresh["seq"], fresh["row_hash"])
        forged.append(fresh)
    return forged, head


def _literal(value: object) -> str:
    return "NULL" if value is None else repr(value) if isinstance(value, int) else f"'{value}'"


def _rewrite(tamper, ledger: Ledger, rows: list[dict]) -> None:
    forged, head = _forge(rows)
    heads = [known for known in ledger.heads() if known.event_id != head.event_id] + [head]
    count = sum(known.entry_count for known in heads)
    tamper(
        f"DELETE FROM ledger_entries WHERE event_id='{head.event_id}'",
        *(
            f"INSERT INTO ledger_entries VALUES ({', '.join(map(_literal, row.values()))})"
            for row in forged
        ),
        f"UPDATE ledger_heads SET entry_count={head.entry_count}, last_hash='{head.last_hash}' "
        f"WHERE event_id='{head.event_id}'",
        f"UPDATE ledger_anchor SET entry_count={count}, "
        f"heads_digest='{compute_heads_digest(heads)}'",
    )


def _rows(dump, url: str, event_id: str) -> list[dict]:
    return [
        dict(zip(COLUMNS, row, strict=True))
        for row in dump(url)
        if len(row) == len(COLUMNS) and row[0] == event_id
    ]


def test_a_ledger_rewritten_whole_is_found_by_a_published_head(filled, tamper, ledger_url, dump):
    published = filled.heads()
    rows = _rows(dump, ledger_url, "storm-2018")
    rows[0]["payload"] = '{"tier":"T0"}'
    _rewrite(tamper, filled, rows)
    assert filled.verify().ok, "from inside nothing can be seen"
    assert filled.verify(published).problems == (
        "event storm-2018: row 6 is not the one published before",
    )


def test_a_ledger_cut_whole_is_found_by_a_published_head(filled, tamper, ledger_url, dump):
    published = filled.heads()
    _rewrite(tamper, filled, _rows(dump, ledger_url, "storm-2018")[:4])
    assert filled.verify().ok
    assert filled.verify(published).problems == (
        "event storm-2018: row 6, published before, is gone",
    )


def test_a_grown_ledger_still_runs_through_old_heads(filled):
    published = filled.heads()
    key = IncidentKey("storm-2018", "1", "A1", "P9", "1")
    filled.append(
        [
            Entry(
                key.incident_id, key, 1, EntryKind.DETECTED, None, S.DETECTED, "system", "{}",
                "2018-10-13T06:00:00.000000Z",
            )
        ]
    )  # fmt: skip
    assert filled.verify(published).ok


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"to_state": "CLAIM_OPEN", "entry_kind": "claim_opened"}, "there is no such move"),
        ({"incident_id": "inc-000"}, "the incident's id is not that of its key"),
        ({"to_state": "LIMBO"}, "'LIMBO' is not a valid IncidentState"),
        ({"step": 1, "policy_number": "P4", "incident_id": "inc-4"}, "does not follow"),
    ],
)
def test_forged_rows_that_chain_well_must_still_make_sense(
    *, change, problem, filled, tamper, ledger_url, dump
):
    rows = _rows(dump, ledger_url, "fire-2018")
    place = 0 if "incident_id" in change and "step" not in change else 1
    rows[place] |= change
    _rewrite(tamper, filled, rows)
    assert any(problem in found for found in filled.verify().problems)


def test_a_ruined_ledger_is_not_told_without_end(ledger, tamper):
    keys = [IncidentKey("storm-2018", "1", "A1", f"Q{n}", "1") for n in range(60)]
    entries = [
        Entry(
            key.incident_id, key, 1, EntryKind.DETECTED, None, S.DETECTED, "system", "{}",
            "2018-10-12T06:00:00.000000Z",
        )
        for key in keys
    ]  # fmt: skip
    ledger.append(entries)
    tamper("UPDATE ledger_entries SET actor='x' WHERE event_id='storm-2018'")
    problems = ledger.verify().problems
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1] == "and 10 more"


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE ledger_entries",
        "UPDATE ledger_entries SET payload = CAST(x'ff' AS TEXT) WHERE seq = 1",
    ],
)
def test_what_cannot_be_read_is_an_error_not_a_pass(statement, filled, tamper):
    tamper(statement)
    with pytest.raises(LedgerError, match="verifying the ledger"):
        filled.verify()


def test_a_damaged_file_is_an_error_not_a_pass(filled, ledger_url):
    with open(ledger_url.removeprefix("sqlite:///"), "r+b") as stream:  # noqa: PTH123  in place
        stream.seek(4096)  # past the first page, which holds the schema
        stream.write(b"\xff" * 80_000)
    with pytest.raises(LedgerError, match="malformed"):
        filled.verify()


@pytest.mark.parametrize("payload", ["{", "[]", "7"])
def test_an_unreadable_assessment_is_told_as_tampering(payload, filled, tamper):
    tamper(f"UPDATE ledger_entries SET payload='{payload}' WHERE step = 1")
    with pytest.raises(LedgerTamperedError, match="reading the last assessment of inc-"):
        filled.current("storm-2018")


def test_an_unreadable_history_is_not_built_on(filled, tamper):
    tamper("UPDATE ledger_entries SET to_state='LIMBO' WHERE seq = 1")
    with pytest.raises(LedgerTamperedError, match=r"row 1: 'LIMBO' is not a valid"):
        filled.append(_entries("storm-2018"))
