"""A run on a Dask cluster of two workers gives what threads give, one of them killed or not."""

import os
import signal
import time
from pathlib import Path

import geopandas as gpd
import pytest
from geopandas.testing import assert_geodataframe_equal

from claims.ledger.store import Ledger
from flows.wiring.storage.published_heads import read_published_heads

pytest.importorskip("prefect_dask", reason="no Dask here: pip install 'firstnotice[dask]'")
pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

AS_OF = "2018-10-14T12:00:00Z"
EVENT = "small-town"
WAIT_S = 400
POLL_S = 0.01
COMMON = "run: {buildings_per_batch: 2}\ndetector: {flips: 1}\n"
TWO_WORKERS = COMMON + "runner: {kind: dask, workers: 2}\n"


@pytest.fixture(scope="module")
def arguments(tmp_path_factory, town_event):
    """Arguments of a run, from the text of its settings and its output folder."""

    def make(settings, out):
        path = tmp_path_factory.mktemp("settings") / "s.yaml"
        path.write_text(settings, encoding="utf-8")
        return ("run", town_event, "--as-of", AS_OF, "--settings", path, "--out", out)

    return make


@pytest.fixture(scope="module")
def with_threads(finish, arguments, prefect_server, tmp_path_factory):
    """The output of a run with threads, as every run was before."""
    out = tmp_path_factory.mktemp("threads")
    status, _, errors = finish(*arguments(COMMON, out), PREFECT_API_URL=prefect_server)
    assert status == 0, errors
    return out


def _grades(out):
    found = out.glob("cache/grades/*.parquet")
    return [p for p in found if not p.name.startswith(".") and "-pictures" not in p.name]


def _workers(pid):
    """Process ids of the Dask workers that a process started."""
    children = (
        int(child)
        for path in Path(f"/proc/{pid}/task").glob("*/children")
        for child in path.read_text().split()
    )
    return sorted(child for child in children if b"spawn_main" in _command(child))


def _command(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _assert_same(out, expected):
    mine, theirs = (
        gpd.read_parquet(each / EVENT / "latest" / "findings.parquet") for each in (out, expected)
    )
    assert len(mine) == 24
    assert_geodataframe_equal(mine, theirs)
    assert {p.name for p in _grades(out)} == {p.name for p in _grades(expected)}
    check = Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}").verify(
        read_published_heads(out)
    )
    assert check.ok
    assert check.rows > 0


def test_two_workers_give_what_threads_give(finish, arguments, with_threads, tmp_path):
    status, said, errors = finish(*arguments(TWO_WORKERS, tmp_path))
    assert status == 0, errors
    assert "the run has its own at http://127.0.0.1:" in said
    _assert_same(tmp_path, with_threads)


def test_a_worker_killed_amid_its_batch_changes_nothing(
    start, arguments, with_threads, prefect_server, tmp_path
):
    everything = len(_grades(with_threads))
    with start(*arguments(TWO_WORKERS, tmp_path), PREFECT_API_URL=prefect_server) as process:
        try:
            _wait_for_grades(process, tmp_path)
            workers = _workers(process.pid)
            assert len(workers) == 2
            os.kill(workers[0], signal.SIGKILL)
            left = everything - len(_grades(tmp_path))
            _, errors = process.communicate(timeout=WAIT_S)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    assert left >= 2, "both workers were to have a batch"
    assert "Restarting worker" in errors
    _assert_same(tmp_path, with_threads)


def _wait_for_grades(process, out):
    deadline = time.monotonic() + WAIT_S
    while not _grades(out):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(POLL_S)
