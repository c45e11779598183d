"""A run killed with no warning, anywhere, and run again ends as if nothing had happened."""

import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from geopandas.testing import assert_geodataframe_equal

AS_OF = "2018-10-14T12:00:00Z"
EVENT = "small-town"
WAIT_S = 300
POLL_S = 0.01


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Several small batches, so that a run can be killed between two."""
    path = tmp_path_factory.mktemp("settings") / "s.yaml"
    path.write_text("run: {buildings_per_batch: 4}\ndetector: {flips: 1}\n", encoding="utf-8")
    return path


@dataclass(frozen=True)
class Runner:
    """The same run, begun or carried to its end, with or without a server of its own."""

    begin: Callable[..., Any]
    end: Callable[..., Any]
    arguments: tuple[Any, ...]
    server: str

    def begin_alone(self, out):
        return self.begin(*self.arguments, out)

    def begin_served(self, out):
        return self.begin(*self.arguments, out, PREFECT_API_URL=self.server)

    def finish(self, out):
        status, _, errors = self.end(*self.arguments, out, PREFECT_API_URL=self.server)
        assert status == 0, errors


@pytest.fixture(scope="module")
def runner(start, finish, prefect_server, town_event, settings):
    arguments = ("run", town_event, "--as-of", AS_OF, "--settings", settings, "--out")
    return Runner(start, finish, arguments, prefect_server)


@pytest.fixture(scope="module")
def undisturbed(runner, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed")
    runner.finish(out)
    assert len(_grades(out)) > 2
    return out


def _grades(out):
    return [p for p in out.glob("cache/grades/*.parquet") if not p.name.startswith(".")]


def _dump(out):
    with closing(sqlite3.connect(out / "ledger.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {n: sorted(map(repr, database.execute(f"SELECT * FROM {n}"))) for n in names}


def _wait(process, happens):
    """Wait until something holds, while the process still runs."""
    begun = time.monotonic()
    while not happens():
        assert process.poll() is None, f"it ended first: {process.communicate()}"
        assert time.monotonic() - begun < WAIT_S
        time.sleep(POLL_S)


def _kill(process):
    process.kill()
    assert process.wait(timeout=10) == -9
    process.communicate()


def _children(pid):
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text().split()]


def _is_alive(pid):
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return bool(state.strip()) and not state.startswith("Z")


def _assert_as_undisturbed(out, undisturbed):
    assert _dump(out) == _dump(undisturbed)
    mine, theirs = (
        gpd.read_parquet(each / EVENT / "latest" / "findings.parquet")
        for each in (out, undisturbed)
    )
    assert_geodataframe_equal(mine, theirs)
    drafts = [
        {path.name: path.read_bytes() for path in (each / EVENT / "drafts").glob("*.json")}
        for each in (out, undisturbed)
    ]
    assert drafts[0] == drafts[1]
    assert len({path.name for path in (out / EVENT).iterdir()} - {"latest", "drafts"}) == 1


def test_killed_thrice_and_run_to_its_end_it_is_as_if_nothing_had_happened(
    runner, undisturbed, tmp_path
):
    with runner.begin_alone(tmp_path) as process:
        _wait(process, lambda: _grades(tmp_path))
        family = _children(process.pid)
        _kill(process)
    done = {path.name: path.stat().st_mtime_ns for path in _grades(tmp_path)}
    assert 0 < len(done) < len(_grades(undisturbed))
    assert not (tmp_path / EVENT / "latest").exists()
    assert not (tmp_path / "ledger.sqlite").exists()
    _assert_ended(family)

    with runner.begin_served(tmp_path) as process:
        _wait(process, (tmp_path / "ledger.sqlite").exists)
        _kill(process)
    with runner.begin_served(tmp_path) as process:
        _wait(process, lambda: list((tmp_path / EVENT).glob("*/findings.parquet")))
        _kill(process)
    assert not (tmp_path / EVENT / "latest").exists()

    runner.finish(tmp_path)
    _assert_as_undisturbed(tmp_path, undisturbed)
    assert {path.name for path in _grades(tmp_path)} == {p.name for p in _grades(undisturbed)}


def _assert_ended(pids):
    """The ephemeral server and its watcher go when the run is gone."""
    assert len(pids) >= 2
    deadline = time.monotonic() + 60
    while any(map(_is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not [pid for pid in pids if _is_alive(pid)]
