"""Where batches are graded: as the settings say, or a plain word why not."""

import os
import socket
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.task_runners import ThreadPoolTaskRunner

from core.errors import SettingsError, TransientError
from core.grid import Bounds
from flows.stages.see import TileBatch, find_graded
from flows.tasks import grade_batch_task
from flows.wiring.adapters import detector_key
from flows.wiring.context import RunContext
from flows.wiring.runners.runner import (
    check_runner,
    choose_task_runner,
    is_on_this_machine,
    open_runner,
)
from flows.wiring.runners.same_model import check_same_model
from flows.wiring.sections.runner import RunnerKind, RunnerSettings
from flows.wiring.storage.folders import RunFolder
from imagery.chips.tiles import Tile

SERVER = "http://127.0.0.1:4200/api"
DASK = RunnerSettings(kind=RunnerKind.DASK, workers=2)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in [name for name in os.environ if name.startswith("FIRSTNOTICE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def make_run(tmp_path):
    """A run whose settings are the text given."""

    def make(settings="{}\n"):
        event_file, settings_file = tmp_path / "event.yaml", tmp_path / "s.yaml"
        event_file.write_text("event_id: storm\n", encoding="utf-8")
        settings_file.write_text(settings, encoding="utf-8")
        folder = RunFolder(tmp_path / "out", "storm", "run-1")
        return RunContext(event_file, settings_file, folder, datetime(2018, 10, 14, tzinfo=UTC))

    return make


@pytest.fixture
def no_server():
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        yield


@pytest.fixture
def server():
    with temporary_settings({PREFECT_API_URL: SERVER}):
        yield


@pytest.fixture(scope="module")
def cluster():
    """A cluster on loopback whose one worker is a thread of this process."""
    distributed = pytest.importorskip("distributed", reason="pip install 'firstnotice[dask]'")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as cluster:  # fmt: skip
        yield cluster


def _dask_at(address):
    return f"runner: {{kind: dask, address: '{address}'}}\n"


# settings


@pytest.mark.parametrize("content", ["runner: dask\n", "runner: {kind: dask}\n"])
def test_the_kind_may_stand_alone(make_run, content):
    chosen = make_run(content).settings.runner
    assert (chosen.kind, chosen.workers, chosen.address) == (RunnerKind.DASK, 2, None)


def test_threads_are_the_default(make_run):
    assert make_run().settings.runner.kind is RunnerKind.THREADS


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("runner: dusk\n", r"runner\.kind: .*'threads' or 'dask'"),
        ("runner: {workers: 0}\n", r"runner\.workers"),
        ("runner: {kind: dask, address: host}\n", r"runner\.address"),
        ("runner: {kind: dask, address: 'http://host:8786'}\n", r"runner\.address"),
        ("runner: {address: 'tcp://host:8786'}\n", r"'tcp://host:8786' needs kind: dask"),
        ("runner: {cluster: x}\n", r"runner\.cluster"),
    ],
)
def test_a_wrong_runner_is_named(make_run, content, problem):
    with pytest.raises(SettingsError, match=problem):
        make_run(content).settings  # noqa: B018  reading is what is tested


# the choice


def test_threads_are_as_many_as_the_settings_say():
    runner = choose_task_runner(RunnerSettings(workers=3))
    assert isinstance(runner, ThreadPoolTaskRunner)
    assert runner._max_workers == 3


def test_threads_ask_for_nothing(make_run, no_server):
    check_runner(make_run())
    with open_runner(RunnerSettings()) as runner:
        assert isinstance(runner, ThreadPoolTaskRunner)


def test_workers_on_this_machine_share_its_cores_and_its_memory(server, monkeypatch):
    dask_cluster = pytest.importorskip("flows.wiring.runners.dask_cluster")
    monkeypatch.setattr(dask_cluster, "CPU_COUNT", 8)
    monkeypatch.setattr(dask_cluster, "MEMORY_LIMIT", 32 << 30)
    for workers, threads in ((1, "8"), (2, "4"), (3, "2"), (16, "1")):
        runner = choose_task_runner(DASK.model_copy(update={"workers": workers}))
        asked = runner.cluster_kwargs
        assert asked["n_workers"] == workers
        assert asked["threads_per_worker"] == 1
        assert asked["env"]["OMP_NUM_THREADS"] == asked["env"]["MKL_NUM_THREADS"] == threads
        assert asked["env"]["OPENBLAS_NUM_THREADS"] == "1"
        assert asked["memory_limit"] * workers <= 32 << 30
        assert asked["host"] == "127.0.0.1"
        assert asked["dashboard_address"].startswith("127.0.0.1:")


def test_without_a_prefect_server_workers_would_each_start_one(no_server):
    with pytest.raises(SettingsError, match="PREFECT_API_URL names none"):
        choose_task_runner(DASK)


@pytest.mark.parametrize("missing", ["prefect_dask", "distributed"])
def test_what_is_not_installed_is_told_with_the_remedy(make_run, monkeypatch, missing):
    for name in [name for name in sys.modules if name.split(".")[0] == missing]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "flows.wiring.runners.dask_cluster", raising=False)
    monkeypatch.delattr("flows.wiring.runners.dask_cluster", raising=False)
    with pytest.raises(SettingsError) as caught:
        check_runner(make_run("runner: dask\n"))
    assert missing in caught.value.problem
    assert caught.value.remedy == "pip install 'firstnotice[dask]'"


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        ("tcp://127.0.0.1:8786", True),
        ("tcp://localhost:8786", True),
        ("tls://[::1]:8786", True),
        ("tcp://10.0.0.7:8786", False),
        ("tcp://127.0.0.1.example.org:8786", False),
    ],
)
def test_only_loopback_is_this_machine(address, is_here):
    assert is_on_this_machine(address) is is_here


# a cluster that runs


def test_a_cluster_elsewhere_needs_a_server_that_it_reaches(make_run, no_server):
    pytest.importorskip("prefect_dask")
    with pytest.raises(SettingsError, match=r"tcp://10\.0\.0\.7:8786 cannot reach"):
        check_runner(make_run(_dask_at("tcp://10.0.0.7:8786")))


def test_an_address_that_does_not_answer_is_told_in_seconds(make_run, monkeypatch):
    dask_cluster = pytest.importorskip("flows.wiring.runners.dask_cluster")
    monkeypatch.setattr(dask_cluster, "ANSWER_S", 1)
    with socket.socket() as silent:  # accepts, and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(SettingsError, match="does not answer within 1 s") as caught:
            check_runner(make_run(_dask_at(address)))
    assert address in caught.value.work
    assert "dask scheduler" in caught.value.remedy


def test_a_cluster_that_sees_what_the_flow_sees_will_do(make_run, cluster):
    run = make_run(_dask_at(cluster.scheduler_address))
    check_runner(run)
    assert list(run.folder.out.iterdir()) == []


def test_a_worker_that_does_not_see_the_event_is_named(make_run, cluster):
    run = make_run(_dask_at(cluster.scheduler_address))
    run.event_file.unlink()
    with pytest.raises(SettingsError, match=r"worker tcp://.*: there is no event file .*event\.ya"):
        check_runner(run)


def test_a_worker_with_other_settings_is_named(make_run, cluster, monkeypatch):
    run = make_run(_dask_at(cluster.scheduler_address))
    here = threading.get_ident()
    real = detector_key

    def as_if_elsewhere(settings):
        return real(settings) if threading.get_ident() == here else "another model"

    monkeypatch.setattr("flows.wiring.runners.same_model.detector_key", as_if_elsewhere)
    with pytest.raises(SettingsError, match=r"worker tcp://.*: .* are not the flow's"):
        check_runner(run)


def test_a_cluster_without_workers_is_told(make_run):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=0,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as empty:
        run = make_run(_dask_at(empty.scheduler_address))
        with pytest.raises(SettingsError, match="it has no workers"):
            check_runner(run)


def test_an_output_folder_of_the_same_name_elsewhere_is_not_the_flows(make_run, tmp_path):
    dask_cluster = pytest.importorskip("flows.wiring.runners.dask_cluster")
    run = make_run()
    said = dask_cluster.find_difference(run, tmp_path / "out" / "token", "model")
    assert "is not the flow's" in said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("killed", r"ended every worker that had it \(4 tries\)"),
        ("alone", "no worker was left for 600 s"),
        ("gone", "its scheduler is gone"),
    ],
)
def test_what_a_cluster_loses_is_told_with_the_remedy(name, words):
    dask_cluster = pytest.importorskip("flows.wiring.runners.dask_cluster")
    from distributed import KilledWorker  # noqa: PLC0415  an extra
    from distributed.client import FutureCancelledError  # noqa: PLC0415  the same
    from distributed.scheduler import NoValidWorkerError  # noqa: PLC0415  the same

    lost = {
        "killed": KilledWorker("grade-batch-1", "tcp://10.0.0.7:4001", 3),
        "alone": NoValidWorkerError("grade-batch-1", set(), set(), {}, 600),
        "gone": FutureCancelledError("grade-batch-1", "scheduler-connection-lost"),
    }
    with pytest.raises(TransientError, match=words) as caught, dask_cluster.losses_bounded(DASK):
        raise lost[name]
    assert "run again" in caught.value.remedy


def test_a_worker_that_is_slow_to_come_back_is_not_forgotten():
    dask_cluster = pytest.importorskip("flows.wiring.runners.dask_cluster")
    import dask  # noqa: PLC0415  an extra

    names = ("distributed.deploy.lost-worker-timeout", "distributed.scheduler.no-workers-timeout")
    before = [dask.config.get(name) for name in names]
    with dask_cluster.losses_bounded(DASK):
        assert [dask.config.get(name) for name in names] == ["600s", "600s"]
    assert [dask.config.get(name) for name in names] == before


# a batch


def test_another_model_does_not_grade(make_run, monkeypatch):
    run = make_run()
    planned = detector_key(run.settings)
    check_same_model(run, planned)
    monkeypatch.setenv("FIRSTNOTICE_DETECTOR__FLIPS", "4")
    with pytest.raises(SettingsError, match="are not the flow's"):
        check_same_model(run, planned)
    with pytest.raises(SettingsError, match=r"cannot open the model: .*no such file"):
        check_same_model(replace(run, settings_file=run.event_file / "none"), "model")


def test_a_batch_that_comes_again_is_not_graded_again(make_run, monkeypatch):
    tile = Tile("pre", "post", (0, 0), Bounds(0, 0, 1, 1), ("home",))
    run, batch = make_run(), TileBatch("EPSG:32616", (tile, tile), ("key", "other"), ())
    graded = []

    def grade(run, batch):
        graded.append(batch.keys)
        lies = find_graded(run, batch)
        for path in lies:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return lies

    monkeypatch.setattr("flows.tasks.grade_batch", grade)
    model = detector_key(run.settings)
    first = grade_batch_task.fn(run, batch, model)
    assert grade_batch_task.fn(run, batch, model) == first
    assert len(graded) == 1
    first[-1].unlink()  # one of its tiles is not there
    assert grade_batch_task.fn(run, batch, model) == first
    assert len(graded) == 2
