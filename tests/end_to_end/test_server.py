"""The deployments of prefect.yaml on a real Prefect server with a worker, as an operator has it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import psycopg
import pytest
import yaml

from claims.ledger.store import Ledger
from tests.flows.watching.conftest import deck

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

PREFECT = Path(sys.executable).with_name("prefect")
ROOT = Path(__file__).resolve().parents[2]
PREFECT_FILE, PAGE = ROOT / "prefect.yaml", ROOT / "docs" / "every-day.md"
STEP_S = 240
"""A step takes 10 to 20 s; on a busy machine ten times that."""
LOGS_S = 20
"""A run's last lines come after its end."""
AS_OF = "2018-10-14T12:00:00Z"
NEXT_DAY = "2018-10-15T12:00:00Z"


class Server:
    """What the tests ask of the server, by its REST interface."""

    def __init__(self, url):
        self.url = url

    def call(self, path, content=None):
        request = urllib.request.Request(  # noqa: S310  our own server on loopback
            f"{self.url}{path}",
            data=None if content is None else json.dumps(content).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  the same
            return json.load(answer)

    def is_up(self):
        try:
            return self.call("/health") is True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def begin(self, deployment, **parameters):
        """Ask for a run of a deployment; gives its id."""
        found = self.call(f"/deployments/name/{deployment}")
        asked = self.call(f"/deployments/{found['id']}/create_flow_run", {"parameters": parameters})
        return asked["id"]

    def end(self, run_id):
        """Wait for a run's end; gives its state and what it logged."""
        _wait_for(lambda: self.call(f"/flow_runs/{run_id}")["state"]["type"] in ENDED)
        patience = time.monotonic() + LOGS_S
        while "Finished in state" not in self.read_logs(run_id) and time.monotonic() < patience:
            time.sleep(0.3)
        return self.call(f"/flow_runs/{run_id}")["state"], self.read_logs(run_id)

    def read_logs(self, run_id):
        """What a run logged so far."""
        logs = self.call("/logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}}})
        return "\n".join(each["message"] for each in logs)


ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def _wait_for(happens):
    deadline = time.monotonic() + STEP_S
    while not happens():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.3)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def _running(command, environment, folder, log):
    with log.open("w") as output:
        process = subprocess.Popen(
            ["bash", "-c", command if ";" in command else f"exec {command}"],
            env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def place(tmp_path_factory, town_event):
    """An operator's folder: prefect.yaml, and events of which one is open and one is closed."""
    folder = tmp_path_factory.mktemp("operator")
    shutil.copy(PREFECT_FILE, folder)
    for name, closes in (("my-storm", "2018-12-10"), ("closed-storm", "2018-10-12")):
        shutil.copytree(town_event.parent, folder / "events" / name)
        path = folder / "events" / name / "event.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        content |= {"event_id": name, "closes_at_utc": f"{closes}T00:00:00Z"}
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


def _read_terminals():
    """The page's three blocks for many machines, as lists of commands; 4200 is Prefect's port."""
    section = PAGE.read_text(encoding="utf-8").split("## Many machines")[1].split("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    return [[line.removeprefix("$ ") for line in block.splitlines()] for block in blocks]


@pytest.fixture(scope="module")
def terminals():
    """The page's commands as they stand, on a port that is free."""
    port = _free_port()
    given = [[line.replace("4200", str(port)) for line in block] for block in _read_terminals()]
    return port, given


@pytest.fixture(scope="module")
def databases(request):
    """PostgreSQL behind Prefect and the ledger; where none is installed, SQLite behind both."""
    try:
        url = request.getfixturevalue("postgresql_server")
    except pytest.skip.Exception:
        return {}
    with psycopg.connect(f"{url}/postgres".replace("+psycopg", ""), autocommit=True) as raw:
        for name in ("of_prefect", "of_ledger"):
            raw.execute(f"CREATE DATABASE {name}")
    return {
        "PREFECT_API_DATABASE_CONNECTION_URL": f"{url}/of_prefect".replace("psycopg", "asyncpg"),
        "FIRSTNOTICE_LEDGER__STORE": f"{url}/of_ledger",
    }


@pytest.fixture(scope="module")
def environment(place, terminals, databases):
    """An operator's: nothing of Prefect's but a home and the port, no address of a server."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    return kept | {
        "PATH": f"{PREFECT.parent}{os.pathsep}{kept['PATH']}",
        "PREFECT_HOME": str(place / "prefect-home"),
        "PREFECT_SERVER_API_PORT": str(terminals[0]),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        **databases,
    }


@pytest.fixture(scope="module")
def server(place, terminals, environment):
    """A Prefect server with the deployments and a worker, by the page's first two terminals."""
    port, ((start,), (export, *set_up, work), _) = terminals
    server = Server(f"http://127.0.0.1:{port}/api")
    with _running(start, environment, place, place / "server.log"):
        _wait_for(server.is_up)
        for line in set_up:
            _bash(f"{export}; {line}", environment, place)
        with _running(f"{export}; exec {work}", environment, place, place / "worker.log"):
            yield server


def _bash(line, environment, folder):
    done = subprocess.run(
        ["bash", "-c", line], env=environment, cwd=folder, timeout=STEP_S,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_both_deployments_are_there_and_the_daily_one_has_its_hour(server):
    on_demand = server.call("/deployments/name/assess-event/on-demand")
    assert on_demand["entrypoint"] == "flows.assess_event.assess_event"
    assert on_demand["schedules"] == []
    daily = server.call("/deployments/name/assess-open-events/daily")
    schedule = daily["schedules"][0]["schedule"]
    assert (schedule["cron"], schedule["timezone"]) == ("0 5 * * *", "America/New_York")
    limit = daily["global_concurrency_limit"] or {}
    assert limit.get("limit") == 1


def test_schedules_start_runs(server):
    """The scheduler works, which it does not with SQLAlchemy 2.1 as Prefect comes."""
    daily = server.call("/deployments/name/assess-open-events/daily")

    def scheduled():
        wanted = {"deployments": {"id": {"any_": [daily["id"]]}}}
        return server.call("/flow_runs/filter", wanted)

    _wait_for(scheduled)
    assert {run["state_type"] for run in scheduled()} == {"SCHEDULED"}


def test_an_event_runs_on_demand_and_then_every_open_one_daily(server, place, databases):
    wrong = server.begin("assess-event/on-demand", event_file="events/none.yaml", out="out")
    asked = server.begin(
        "assess-event/on-demand",
        event_file="events/my-storm/event.yaml", out="out", as_of_utc=AS_OF,
    )  # fmt: skip
    state, logs = server.end(asked)
    assert state["type"] == "COMPLETED", logs
    assert "24 of 24 insured locations are in the path" in logs
    first = (place / "out" / "my-storm" / "latest").resolve()
    assert first.name.startswith("20181014T120000Z-")
    assert (first / "daily_list.csv").is_file()
    state, wrong_logs = server.end(wrong)
    assert state["type"] == "FAILED"
    assert "events/none.yaml" in state["message"] + wrong_logs

    # somebody clears the cache: grades are made again, although the server remembers them
    shutil.rmtree(place / "out" / "cache")
    state, daily_logs = server.end(
        server.begin("assess-open-events/daily", events="events", out="out", as_of_utc=NEXT_DAY)
    )
    assert state["type"] == "COMPLETED", daily_logs
    latest = (place / "out" / "my-storm" / "latest").resolve()
    assert latest.name.startswith("20181015T120000Z-")
    rows = pd.read_csv(latest / "daily_list.csv", dtype="str")
    assert (rows["change_flag"] == "unchanged").all()
    assert not (place / "out" / "closed-storm").exists()

    store = databases.get("FIRSTNOTICE_LEDGER__STORE")
    ledger = Ledger.open_existing(store or f"sqlite:///{place / 'out' / 'ledger.sqlite'}")
    assert ledger.verify().ok
    assert len(ledger.current("my-storm"))
    assert len(ledger.lists.of_event("my-storm")) == 2
    assert (place / "out" / "ledger.sqlite").exists() is (store is None)

    keys = {artifact["key"] for artifact in server.call("/artifacts/filter", {})}
    assert keys >= {
        "event-my-storm-summary", "event-my-storm-decisions", "event-my-storm-list",
        "event-my-storm-map", "event-my-storm-gates", "event-my-storm-head", "open-events",
    }  # fmt: skip
    names = {run["name"] for run in server.call("/flow_runs/filter", {})}
    assert names >= {"my-storm 2018-10-14", "my-storm 2018-10-15", "open events 2018-10-15"}
    people = pd.read_csv(place / "events/my-storm/policies/contacts.csv", dtype="str")
    said = (logs + daily_logs + wrong_logs).encode() + b"".join(
        path.read_bytes() for path in (place / "prefect-home").rglob("*") if path.is_file()
    )
    assert not [text for text in people["Email"] if text.encode() in said]
    assert not [text for text in people["InsuredName"] if text.encode() in said]


def test_the_runs_that_the_page_asks_for_are_done(server, place, terminals, environment):
    export, *asked = terminals[1][2]
    before = {run["id"] for run in server.call("/flow_runs/filter", {})}
    for line in asked:
        _bash(f"{export}; {line}", environment, place)
    runs = {run["id"] for run in server.call("/flow_runs/filter", {})} - before
    assert len(runs) == len(asked)
    for run_id in sorted(runs):
        state, logs = server.end(run_id)
        assert state["type"] == "COMPLETED", logs


def test_a_storm_that_reaches_the_book_starts_its_event(server, place, web):
    web.pages |= {
        "/CurrentStorms.json": {"activeStorms": [{"id": "al982018", "name": "Demo"}]},
        "/atcf/btk/bal982018.dat": deck(4, 98),
    }
    town = "events/my-storm"
    watched = {
        "policies": {"location": f"{town}/policies/location.csv",
                     "account": f"{town}/policies/account.csv"},
        "footprints": f"{town}/footprints.parquet",
        "imagery": {"catalog": f"{town}/imagery/catalog.json"},
        "services": {"storms": {"site": web.url, "atcf": f"{web.url}/atcf"}},
    }  # fmt: skip
    (place / "watch.yaml").write_text(yaml.safe_dump(watched), encoding="utf-8")
    before = {run["id"] for run in server.call("/flow_runs/filter", {})}
    state, logs = server.end(server.begin("watch-for-events/watching"))
    assert state["type"] == "COMPLETED", logs
    assert "event al982018 declared, version 1: 24 homes inside" in logs

    def started():
        runs = server.call("/flow_runs/filter", {})
        return [run["id"] for run in runs
                if run["id"] not in before and "al982018" in str(run["parameters"])]  # fmt: skip

    _wait_for(started)
    state, logs = server.end(started()[0])
    assert "24 of 24 insured locations are in the path" in logs, state
    (latest,) = (place / "out" / "al982018").glob("latest")
    weather = json.loads((latest / "run.json").read_text(encoding="utf-8"))["weather"]
    assert {each["product"] for each in weather} == {"bal982018.dat", "CurrentStorms.json"}

    state, logs = server.end(server.begin("watch-for-events/watching"))
    assert state["type"] == "COMPLETED"
    assert "declared" not in logs  # the same is no news
