"""Must show: drafts arrive once each, though the claims system fails and deliveries are killed.

``python benchmarks/delivery_chaos.py [--drafts N] [--kills N] [--store URL] [--runs N]`` opens the
incidents of N homes and queues their drafts (by several runs of the event at once), then delivers
them to a simulator that answers 500, 429 and 401, stalls, and drops connections before and after it
is done. The delivering process is killed with SIGKILL at random, the simulator too and started
again. At the end each home has one draft there and one acknowledgement in the ledger, whose chain
holds.
"""

import argparse
import json
import logging
import multiprocessing
import os
import random
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from multiprocessing.context import ForkProcess
from pathlib import Path

import httpx
from claims_bench import AS_OF, EVENT_ID, make_contacts, make_event, make_findings

from claims.delivery.http.calling import Caller
from claims.delivery.http.claim_center import ClaimCenter
from claims.delivery.http.patience import Patience
from claims.delivery.http.tokens import ClientCredentials, OAuthTokens
from claims.delivery.queueing import choose_letters
from claims.delivery.sending import send_due
from claims.delivery.simulator.misbehaving import Misbehaviour
from claims.delivery.simulator.server import TOKEN_PATH, Client, open_simulator
from claims.drafts.fnol import DraftOptions, make_drafts
from claims.incidents.opening import open_incidents
from claims.ledger.kinds import EntryKind
from claims.ledger.letters import LetterState
from claims.ledger.store import Ledger

FIELD = "firstnoticeIncident_Ext"
SECRET = "told to nobody"  # noqa: S105  of a simulator
BAD = Misbehaviour(
    server_error=0.03, throttled=0.02, unauthorised=0.002, stall=0.0005, dropped_before=0.02,
    dropped_after=0.03, stall_s=2.0, retry_after_s=0, seed=11,
)  # fmt: skip
RESTARTS = 5
AT_ONCE = 8
_READ = 2_000
_POLL_S = 0.05


class Storm:
    """What is delivered where, and the processes that do it."""

    def __init__(self, folder: Path, store: str, drafts: int) -> None:
        self.store = store
        self.drafts = drafts
        self._claims = folder / "claims.sqlite"
        with closing(open_simulator(self._claims, FIELD).store):
            pass
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def queue(self) -> None:
        """Open the incidents and queue their drafts, as a run does."""
        ledger, findings = Ledger.open(self.store), make_findings(self.drafts)

        def draft(decisions):  # noqa: ANN001, ANN202  see Drafter
            named = findings.assign(incident_id=decisions["incident_id"])
            drafts = make_drafts(named, make_contacts(named), make_event(), DraftOptions())
            return choose_letters(drafts, ledger.outbox.known(EVENT_ID))

        open_incidents(findings, ledger, EVENT_ID, AS_OF, draft)

    def deliver(self) -> None:
        """Deliver until nothing waits."""
        patience = Patience(tries=8, first_wait_s=0.01, longest_wait_s=1.0, timeout_s=1.0)
        with httpx.Client(base_url=self.url, timeout=patience.timeout_s) as client:
            credentials = ClientCredentials(self.url + TOKEN_PATH, "firstnotice", SECRET)
            tokens = OAuthTokens(credentials, client, patience)
            gateway = ClaimCenter(Caller(client, tokens, patience), FIELD)
            outbox = Ledger.open(self.store).outbox
            while outbox.due(1):
                send_due(outbox, gateway, lambda: datetime.now(UTC), AT_ONCE)

    def simulate(self) -> None:
        """Be the claims system."""
        client = Client(client_secret=SECRET)
        open_simulator(self._claims, FIELD, BAD, client, self._port).serve()

    def arrived(self) -> int:
        """Drafts in the claims system."""
        with closing(sqlite3.connect(self._claims)) as raw:
            return int(raw.execute("SELECT count(*) FROM claims").fetchone()[0])

    def claims(self) -> dict[str, list[str]]:
        """Numbers of claims by incident."""
        found: dict[str, list[str]] = {}
        with closing(sqlite3.connect(self._claims)) as raw:
            for reference, number in raw.execute("SELECT reference, number FROM claims"):
                found.setdefault(reference, []).append(number)
        return found


def open_at_once(storm: Storm, runs: int) -> float:
    """Several runs of one event at once."""
    begun = time.monotonic()
    processes = [
        multiprocessing.get_context("fork").Process(target=storm.queue) for _ in range(runs)
    ]
    for each in processes:
        each.start()
    for each in processes:
        each.join()
    if codes := [each.exitcode for each in processes if each.exitcode]:
        sys.exit(f"a run ended with {codes}")
    return time.monotonic() - begun


def deliver_in_the_storm(storm: Storm, kills: int) -> float:
    """Deliver, killed so many times, the claims system started again some times."""
    begun, chance = time.monotonic(), random.Random(3)  # noqa: S311  a test
    moments = sorted(chance.uniform(0.02, 0.95) for _ in range(kills))
    restarts = set(range(0, kills, max(1, kills // RESTARTS)))
    simulator = _start(storm.simulate)
    for number, moment in enumerate(moments):
        delivering = _start(storm.deliver)
        while storm.arrived() < moment * storm.drafts and delivering.is_alive():
            time.sleep(_POLL_S)
        time.sleep(chance.uniform(0, 0.2))
        os.kill(delivering.pid or 0, signal.SIGKILL)
        delivering.join()
        print(f"killed at {storm.arrived()} of {storm.drafts}", flush=True)
        if number in restarts:
            os.kill(simulator.pid or 0, signal.SIGKILL)
            simulator.join()
            simulator = _start(storm.simulate)
    delivering = _start(storm.deliver)
    delivering.join()
    simulator.kill()
    simulator.join()
    return time.monotonic() - begun


def _start(work: Callable[[], None]) -> ForkProcess:
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    return process


def check(storm: Storm) -> list[str]:
    """What is not as it has to be."""
    ledger, claims = Ledger.open_existing(storm.store), storm.claims()
    problems = [f"{name} has {len(each)} drafts" for name, each in claims.items() if len(each) > 1]
    if len(claims) != storm.drafts:
        problems.append(f"{len(claims)} incidents have a draft, of {storm.drafts}")
    if not (verified := ledger.verify()).ok:
        problems += verified.problems
    names, counts = sorted(claims), Counter[int]()
    for start in range(0, len(names), _READ):
        for name, entries in ledger.histories(names[start : start + _READ]).items():
            kind = EntryKind.DRAFT_ACKNOWLEDGED
            said = [json.loads(e.payload)["claim_number"] for e in entries if e.entry_kind is kind]
            counts[len(said)] += 1
            if said != claims[name]:
                problems.append(f"{name}: the ledger says {said}, the claims system {claims[name]}")
    states = {state: count for _, state, count in ledger.outbox.count()}
    if states != {LetterState.ACKNOWLEDGED: storm.drafts}:
        problems.append(f"outbox: {states}")
    print(f"ledger: {verified.rows} rows; acknowledgements an incident: {dict(counts)}")
    return problems


def main() -> None:
    """Run it and say what was found; exit code 1 where something is not as it has to be."""
    logging.disable(logging.WARNING)
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--drafts", type=int, default=100_000)
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--runs", type=int, default=2)
    asked.add_argument("--store", help="ledger; absent = SQLite in a temporary folder")
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = told.store or f"sqlite:///{folder}/ledger.sqlite"
        storm = Storm(Path(folder), store, told.drafts)
        print(f"{told.drafts} drafts queued by {told.runs} runs at once in "
              f"{open_at_once(storm, told.runs):.0f} s", flush=True)  # fmt: skip
        took = deliver_in_the_storm(storm, told.kills)
        print(f"delivered in {took:.0f} s, {told.drafts / took:.0f} drafts/s, {told.kills} kills")
        problems = check(storm)
    for problem in problems[:20]:
        print(f"NOT SO: {problem}")
    print("each draft once, every one in the ledger, the chain holds" if not problems else
          f"{len(problems)} problems")  # fmt: skip
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
