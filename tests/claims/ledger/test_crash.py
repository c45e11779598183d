"""Killed at any point, or written by two at once: the ledger ends up as of one undisturbed run."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from claims.incidents.opening import open_incidents
from claims.ledger import store as ledger_module
from claims.ledger.store import Ledger

LOCATIONS = 30
DECIDED = ("open_draft", "review", "outreach")


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(ledger_module, "BATCH_ENTRIES", 7)


@pytest.fixture(scope="module")
def book(findings_of):
    return findings_of(*({"decision": DECIDED[n % 3]} for n in range(LOCATIONS)))


@pytest.fixture
def undisturbed(*, book, tmp_path, empty_ledger_path, event_id, as_of, dump):
    path = tmp_path / "undisturbed.sqlite"
    shutil.copy(empty_ledger_path, path)
    open_incidents(book, Ledger.open(f"sqlite:///{path}"), event_id, as_of)
    return dump(f"sqlite:///{path}")


@contextmanager
def _child(work: Callable[[], None]) -> Iterator[int]:
    """Runs work in a forked process; yields its pid and reaps it."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    yield pid
    os.waitpid(pid, 0)


def _kill_self_at(ledger: Ledger, moment: int) -> None:
    """SIGKILL before the ``moment``-th statement or commit: nothing is flushed, nothing closed."""
    passed = iter(range(1, 1_000_000))

    def count(*_: object) -> None:
        if next(passed) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(ledger._engine, "before_cursor_execute", count)
    event.listen(ledger._engine, "commit", count)


@pytest.mark.parametrize("moment", [4, 5, 6, 7, 8, 9, 10, 11, 12, 17, 25, 40, 63, 80])
def test_killed_and_run_again_it_is_as_if_undisturbed(
    *, moment, book, ledger_url, event_id, as_of, dump, undisturbed
):
    def run() -> None:
        ledger = Ledger.open(ledger_url)
        _kill_self_at(ledger, moment)
        open_incidents(book, ledger, event_id, as_of)

    with _child(run):
        pass
    assert dump(ledger_url) != undisturbed, "the child was to die before it was done"
    ledger = Ledger.open(ledger_url)
    assert ledger.verify().ok, "what a killed run leaves is sound"
    open_incidents(book, ledger, event_id, as_of)
    assert dump(ledger_url) == undisturbed
    assert ledger.verify().ok


def test_killed_again_and_again_from_outside(
    *, book, ledger_url, event_id, as_of, dump, undisturbed
):
    chance = random.Random(7)

    def run() -> None:
        open_incidents(book, Ledger.open(ledger_url), event_id, as_of)

    for _ in range(6):
        with _child(run) as pid:
            time.sleep(chance.uniform(0.02, 0.25))
            os.kill(pid, signal.SIGKILL)
        assert Ledger.open(ledger_url).verify().ok
    open_incidents(book, Ledger.open(ledger_url), event_id, as_of)
    assert dump(ledger_url) == undisturbed


def test_killed_while_the_tables_are_made(tmp_path, book, event_id, as_of):
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    for moment in range(1, 30, 3):
        with _child(lambda moment=moment: _open_and_die(url, moment)):
            pass
    open_incidents(book, Ledger.open(url), event_id, as_of)
    assert Ledger.open(url).verify().ok


def _open_and_die(url: str, moment: int) -> None:
    engine = ledger_module.connect_engine(url)
    _kill_self_at(Ledger(engine), moment)
    ledger_module.upgrade_database(engine)


def test_two_runs_at_once_open_each_incident_once(
    *, book, tmp_path, as_of, dump, undisturbed, race_openings
):
    # the file does not exist yet: they race for the tables too
    url = f"sqlite:///{tmp_path / 'raced.sqlite'}"
    answers = race_openings(url, (book, book), (as_of, as_of))
    assert answers[0] == answers[1]
    assert len(set(answers[0])) == LOCATIONS
    assert dump(url) == undisturbed


def test_two_runs_that_disagree_at_once_leave_one_sound_history(
    *, findings_of, ledger_url, event_id, as_of, race_openings
):
    books = [
        findings_of(*({"decision": decision} for _ in range(LOCATIONS)))
        for decision in ("review", "open_draft")
    ]
    answers = race_openings(ledger_url, books, (as_of, as_of.replace(hour=9)))
    assert answers[0] == answers[1]
    ledger = Ledger.open(ledger_url)
    assert ledger.verify().ok
    current = ledger.current(event_id)
    assert len(current) == LOCATIONS
    assert set(current["state"]) <= {"SCREENED", "CLAIM_DRAFT"}
