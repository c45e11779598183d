"""Where batches are graded: threads of this process, or the workers of a Dask cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from prefect.futures import PrefectFuture
from prefect.settings import PREFECT_API_URL
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from core.errors import SettingsError
from flows.wiring.adapters import detector_key
from flows.wiring.context import RunContext
from flows.wiring.sections.runner import RunnerKind, RunnerSettings

Runner = TaskRunner[PrefectFuture[Any]]

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
_CHOOSING = "choosing where batches are graded"


@contextmanager
def open_runner(chosen: RunnerSettings) -> Iterator[Runner]:
    """The task runner that the settings ask for, started, until the block ends.

    It is opened where batches are graded and nowhere else, so every way to start the flow has
    the same one, and workers do not wait while the list is published.

    Raises:
        SettingsError: Dask is not installed, or its workers would find no Prefect server.
        TransientError: the cluster lost a batch for good.
    """
    runner = choose_task_runner(chosen)
    if chosen.kind is RunnerKind.THREADS:
        from detectors.network.predict import sharing_cores  # noqa: PLC0415  torch: seconds

        with sharing_cores(chosen.workers), runner:
            yield runner
        return
    with _dask().losses_bounded(chosen), runner:
        yield runner


def choose_task_runner(chosen: RunnerSettings) -> Runner:
    """The task runner that the settings ask for, not started.

    Raises:
        SettingsError: Dask is not installed, or its workers would find no Prefect server.
    """
    if chosen.kind is RunnerKind.THREADS:
        threads: Any = ThreadPoolTaskRunner(max_workers=chosen.workers)  # its future is invariant
        return threads
    dask = _dask()
    if not PREFECT_API_URL.value():
        raise SettingsError(
            _CHOOSING, "runner: dask needs a Prefect server, and PREFECT_API_URL names none",
            "Set it to a server that all workers reach; `firstnotice run` starts one for a cluster "
            "on this machine",
        )  # fmt: skip
    return dask.make_task_runner(chosen)


def check_runner(run: RunContext) -> None:
    """Find out now, not after the book was read, that the cluster will not do.

    Raises:
        SettingsError: Dask is not installed, the cluster does not answer, or its workers do not
            see the run's files, settings and model as this process does.
    """
    chosen = run.settings.runner
    if chosen.kind is RunnerKind.THREADS:
        return
    dask = _dask()
    if chosen.address is None:
        return
    if not (is_on_this_machine(chosen.address) or PREFECT_API_URL.value()):
        raise SettingsError(
            _CHOOSING, f"workers of the cluster at {chosen.address} cannot reach a Prefect server "
            "on this machine's loopback, and PREFECT_API_URL names no other",
            "Set PREFECT_API_URL to a server that they reach",
        )  # fmt: skip
    dask.check_cluster(run, chosen.address, detector_key(run.settings))


def is_on_this_machine(address: str) -> bool:
    """Whether an address is on loopback."""
    return urlsplit(address).hostname in LOOPBACK_HOSTS


def _dask() -> ModuleType:
    """The part that needs the extra, imported where it is asked for.

    Raises:
        SettingsError: the extra is not installed.
    """
    try:
        from flows.wiring.runners import dask_cluster  # noqa: PLC0415  an extra
    except ImportError as error:
        raise SettingsError(
            _CHOOSING, f"runner: dask needs what is not installed ({error.name})",
            "pip install 'firstnotice[dask]'",
        ) from None  # fmt: skip
    return dask_cluster
