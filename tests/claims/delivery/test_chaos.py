"""Drafts reach a claims system that fails in every way, from deliveries that are killed, once each.

The whole of it, with a hundred thousand drafts and twenty kills, is benchmarks/delivery_chaos.py.
"""

import json
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from claims.delivery.feeding import FeedOptions
from claims.delivery.following import follow_feed
from claims.delivery.http.calling import Caller
from claims.delivery.http.claim_center import ClaimCenter
from claims.delivery.http.tokens import ClientCredentials, OAuthTokens
from claims.delivery.sending import send_due
from claims.delivery.simulator.misbehaving import Misbehaviour
from claims.delivery.simulator.server import TOKEN_PATH, Client, open_simulator
from claims.delivery.submitting import submit_approved
from claims.incidents.authority import ClaimOptions, Mode, grant
from claims.incidents.moving import Decider, plan_move
from claims.incidents.states import IncidentState
from claims.ledger.kinds import EntryKind
from claims.ledger.letters import LetterState
from claims.ledger.store import Ledger

FIELD = "incident_Ext"
_SECRET = "told to nobody"  # noqa: S105  of a simulator
DRAFTS = 600
KILLS = 4
SUBMITTED = 40
AT = datetime(2018, 10, 13, tzinfo=UTC)
_SUBMITTING = ClaimOptions(Mode.SUBMIT, {"sup-1": 100_000.0})
_ACKNOWLEDGED = EntryKind.DRAFT_ACKNOWLEDGED
BAD = Misbehaviour(
    server_error=0.05, throttled=0.03, unauthorised=0.01, stall=0.01, dropped_before=0.03,
    dropped_after=0.06, stall_s=0.2, retry_after_s=0, seed=11,
)  # fmt: skip


@contextmanager
def _child(work: Callable[[], object]) -> Iterator[int]:
    """Runs work in a forked process, killed at the end if it still runs."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    try:
        yield pid
    finally:
        if os.waitpid(pid, os.WNOHANG) == (0, 0):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


class _ClaimsSystem:
    """A simulator in a process of its own, which can be killed and started again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        first = open_simulator(path, FIELD)
        self.url = first.url
        self._port = int(first.url.rpartition(":")[2])
        first._server.server_close()
        first.store.close()

    @contextmanager
    def up(self) -> Iterator[int]:
        client = Client(client_secret=_SECRET)
        run = lambda: open_simulator(self._path, FIELD, BAD, client, self._port).serve()  # noqa: E731
        with _child(run) as pid:
            yield pid

    def claims(self) -> list[tuple[str, str]]:
        return self._ask("SELECT reference, number FROM claims")

    def opened(self) -> list[str]:
        return [name for (name,) in self._ask("SELECT reference FROM claims WHERE state = 'open'")]

    def submissions(self) -> list[tuple[str]]:
        return self._ask("SELECT key FROM executed WHERE key LIKE '%:submit'")

    def _ask(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self._path)) as raw:
            return raw.execute(query).fetchall()


@pytest.fixture
def claims_system(tmp_path):
    return _ClaimsSystem(tmp_path / "claims.sqlite")


@pytest.fixture
def deliver(claims_system, calm):
    def run(url: str, options: ClaimOptions | None = None) -> bool:
        with httpx.Client(base_url=claims_system.url, timeout=2.0) as client:
            credentials = ClientCredentials(
                claims_system.url + TOKEN_PATH, "firstnotice", client_secret=_SECRET
            )
            tokens = OAuthTokens(credentials, client, calm)
            gateway = ClaimCenter(Caller(client, tokens, calm), FIELD)
            ledger, told = Ledger.open(url), options or ClaimOptions()
            follow_feed(ledger, gateway, FeedOptions(), told, datetime.now(UTC))
            sent = send_due(ledger.outbox, gateway, lambda: datetime.now(UTC), 4)
            submit_approved(ledger, gateway, ledger.outbox.references(), told, datetime.now(UTC))
            return not sent.is_stopped and LetterState.PENDING not in sent.counts

    return run


def _wait_for(found: Callable[[], list[Any]], count: int) -> None:
    deadline = time.monotonic() + 60
    while len(found()) < count and time.monotonic() < deadline:
        time.sleep(0.01)


def _end(url: str, deliver: Callable[[str], bool]) -> None:
    for _ in range(60):
        if deliver(url):
            return
        time.sleep(0.1)
    pytest.fail("it is never done")


def _assert_once_each(ledger: Ledger, claims: list[tuple[str, str]], drafts: int) -> None:
    references = [reference for reference, _ in claims]
    assert len(references) == len(set(references)) == drafts
    assert ledger.verify().ok
    histories = ledger.histories(set(references))
    noted = {
        name: [
            json.loads(e.payload) for e in entries if e.entry_kind is EntryKind.DRAFT_ACKNOWLEDGED
        ]
        for name, entries in histories.items()
    }
    assert {name: len(said) for name, said in noted.items()} == dict.fromkeys(references, 1)
    assert {name: said[0]["claim_number"] for name, said in noted.items()} == dict(claims)


def _run_through_the_storm(url, claims_system, deliver, drafts: int) -> None:
    chance = random.Random(5)
    for kill in range(1, KILLS + 1):
        with claims_system.up(), _child(lambda: deliver(url)) as pid:
            _wait_for(claims_system.claims, drafts * kill // (KILLS + 2))
            time.sleep(chance.uniform(0, 0.05))
            os.kill(pid, signal.SIGKILL)
            # and the claims system goes too, and is started again
    assert 0 < len(claims_system.claims()) < drafts, "killed midway"
    with claims_system.up():
        _end(url, deliver)


def test_each_draft_arrives_once_whatever_fails(
    *, findings_of, ledger, ledger_url, draft_all, claims_system, deliver
):
    draft_all(findings_of(*({} for _ in range(DRAFTS))), ledger)
    _run_through_the_storm(ledger_url, claims_system, deliver, DRAFTS)
    _assert_once_each(ledger, claims_system.claims(), DRAFTS)
    assert [each[1:] for each in ledger.outbox.count()] == [(LetterState.ACKNOWLEDGED, DRAFTS)]


def test_each_approved_draft_is_submitted_once_whatever_fails(
    *, findings_of, ledger, ledger_url, draft_all, claims_system, deliver
):
    draft_all(findings_of(*({} for _ in range(SUBMITTED + 10))), ledger)
    with claims_system.up():
        _end(ledger_url, deliver)
    references = ledger.outbox.references()
    approver = Decider("sup-1", "supervisor", "plain rubble")
    for name in sorted(references)[:SUBMITTED]:
        notes = grant(_SUBMITTING, approver, 90_000.0)
        history = ledger.history(name)
        ledger.append(plan_move(history, IncidentState.CLAIM_DRAFT, approver, AT, notes))
    for kill in range(1, KILLS + 1):
        with claims_system.up(), _child(lambda: deliver(ledger_url, _SUBMITTING)) as pid:
            _wait_for(claims_system.opened, SUBMITTED * kill // (KILLS + 2))
            os.kill(pid, signal.SIGKILL)
    assert 0 < len(claims_system.opened()) < SUBMITTED, "killed midway"
    with claims_system.up():
        _end(ledger_url, lambda url: deliver(url, _SUBMITTING))
    assert sorted(claims_system.opened()) == sorted(references)[:SUBMITTED]
    assert len(claims_system.submissions()) == SUBMITTED
    opened = ledger.histories(set(references))
    entries = [each[-1] for each in opened.values() if each[-1].to_state == "CLAIM_OPEN"]
    assert len(entries) == SUBMITTED
    assert {json.loads(each.payload)["approved_by"] for each in entries} == {"sup-1"}
    assert ledger.verify().ok


def test_two_deliveries_at_once_take_turns(
    *, findings_of, ledger, ledger_url, draft_all, claims_system, deliver
):
    draft_all(findings_of(*({} for _ in range(100))), ledger)
    with claims_system.up(), _child(lambda: deliver(ledger_url)):
        _end(ledger_url, deliver)
    _assert_once_each(ledger, claims_system.claims(), 100)


@pytest.mark.server
def test_each_draft_arrives_once_from_postgresql_too(
    *, findings_of, postgresql_url, draft_all, claims_system, deliver
):
    ledger = Ledger.open(postgresql_url)
    draft_all(findings_of(*({} for _ in range(200))), ledger)
    _run_through_the_storm(postgresql_url, claims_system, deliver, 200)
    _assert_once_each(ledger, claims_system.claims(), 200)
