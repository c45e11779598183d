"""The same ledger on a real PostgreSQL, started on loopback for these tests."""

import sqlite3
from contextlib import closing

import psycopg
import pytest

from claims.incidents.moving import Decider, plan_move
from claims.incidents.opening import open_incidents
from claims.incidents.states import IncidentState
from claims.ledger import store as ledger_module
from claims.ledger.database import connect_engine, upgrade_database
from claims.ledger.store import Ledger
from core.errors import LedgerError

pytestmark = pytest.mark.server


@pytest.fixture
def url(postgresql_url) -> str:
    return postgresql_url


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


def _rows(url: str) -> list[tuple]:
    with psycopg.connect(_plain(url)) as raw:
        return raw.execute("SELECT * FROM ledger_entries ORDER BY event_id, seq").fetchall()


@pytest.fixture
def book(findings_of):
    decided = ("open_draft", "review", "outreach", "none")
    return findings_of(*({"decision": decided[n % 4]} for n in range(40)))


def test_rows_and_hashes_are_those_of_sqlite(*, url, ledger_url, book, event_id, as_of, dump):
    tables = [
        open_incidents(book, Ledger.open(where), event_id, as_of) for where in (url, ledger_url)
    ]
    assert tables[0].equals(tables[1])
    in_sqlite = [row for row in dump(ledger_url) if len(row) == len(_rows(url)[0])]
    assert _rows(url) == in_sqlite
    ledger = Ledger.open_existing(url)
    assert ledger.verify(Ledger.open(ledger_url).heads()).ok
    assert ledger.current(event_id).equals(Ledger.open(ledger_url).current(event_id))


def test_a_persons_decision_reads_the_same_from_both(*, url, ledger_url, book, event_id, as_of):
    decided = []
    for where in (url, ledger_url):
        ledger = Ledger.open(where)
        first = open_incidents(book, ledger, event_id, as_of)["incident_id"][0]
        who = Decider("adj-7", "adjuster", "no damage on site")
        moves = plan_move(ledger.history(first), IncidentState.WITHDRAWN_NO_DAMAGE, who, as_of)
        assert ledger.append(moves).written == 1
        table = open_incidents(book, ledger, event_id, as_of)
        decided.append((table, ledger.current(event_id)))
        assert table["decision"][0] == "none"
        assert ledger.verify().ok
    assert decided[0][0].equals(decided[1][0])
    assert decided[0][1].equals(decided[1][1])


def test_the_same_run_again_writes_nothing(url, book, event_id, as_of):
    open_incidents(book, Ledger.open(url), event_id, as_of)
    before = _rows(url)
    open_incidents(book, Ledger.open(url), event_id, as_of)
    assert _rows(url) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET actor = 'x'",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries",
        "DELETE FROM ledger_heads",
        "UPDATE ledger_heads SET entry_count = 0",
        "UPDATE ledger_anchor SET entry_count = 0",
        "TRUNCATE ledger_anchor",
    ],
)
def test_the_database_itself_refuses_to_rewrite_history(statement, url, book, event_id, as_of):
    open_incidents(book, Ledger.open(url), event_id, as_of)
    with (
        psycopg.connect(_plain(url)) as raw,
        pytest.raises(psycopg.errors.RaiseException, match=r"append-only|only grows"),
    ):
        raw.execute(statement)


def test_tampering_without_triggers_is_found(url, book, event_id, as_of):
    ledger = Ledger.open(url)
    open_incidents(book, ledger, event_id, as_of)
    with psycopg.connect(_plain(url)) as raw:
        raw.execute("ALTER TABLE ledger_entries DISABLE TRIGGER ALL")
        raw.execute("UPDATE ledger_entries SET payload = '{}' WHERE seq = 3")
    assert ledger.verify().problems == (
        f"event {event_id}, row 3: was edited after it was written",
    )


def test_verify_names_what_was_edited_removed_reordered_and_inserted(url, two_events, tampering):
    statements, expected = tampering
    ledger = Ledger.open(url)
    ledger.append(two_events)
    with psycopg.connect(_plain(url)) as raw:
        raw.execute("ALTER TABLE ledger_entries DISABLE TRIGGER ALL")
        for statement in statements:
            raw.execute(statement)
    problems = ledger.verify().problems
    missing = [
        each for each in expected
        if not any("event storm-2018" in problem and each in problem for problem in problems)
    ]  # fmt: skip
    assert missing == [], problems


def test_two_runs_at_once_open_each_incident_once(
    *, url, book, event_id, as_of, monkeypatch, race_openings
):
    monkeypatch.setattr(ledger_module, "BATCH_ENTRIES", 5)
    answers = race_openings(url, (book, book), (as_of, as_of.replace(hour=9)))
    assert str(answers[0]) == str(answers[1])
    ledger = Ledger.open(url)
    assert ledger.verify().ok
    assert len(ledger.current(event_id)) == 30


def test_a_ledger_of_the_first_version_goes_on(
    *, url, old_url, old_heads, same_homes, event_id, as_of
):
    engine = connect_engine(url)
    upgrade_database(engine, "0001")
    tables = ("ledger_entries", "ledger_heads", "ledger_anchor")
    with closing(sqlite3.connect(old_url.removeprefix("sqlite:///"))) as old, engine.begin() as new:
        new.exec_driver_sql("ALTER TABLE ledger_anchor DISABLE TRIGGER ALL")
        new.exec_driver_sql("DELETE FROM ledger_anchor")
        for table in tables:
            for row in old.execute(f"SELECT * FROM {table}").fetchall():
                marks = ", ".join(["%s"] * len(row))
                new.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", row)
    ledger = Ledger.open(url)
    assert ledger.verify(old_heads).ok
    opened = open_incidents(same_homes, ledger, event_id, as_of)
    assert opened.equals(open_incidents(same_homes, Ledger.open(old_url), event_id, as_of))
    assert len(ledger.current(event_id)) == 4, "no second incident"
    assert ledger.verify(old_heads).ok


def test_an_empty_database_holds_no_ledger(url):
    with pytest.raises(LedgerError, match="holds no ledger"):
        Ledger.open_existing(url)
