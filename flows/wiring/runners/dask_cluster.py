"""A Dask cluster as the place where batches are graded. Imported only where it is asked for."""

import asyncio
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, KilledWorker, LocalCluster, Security
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError, connect
from distributed.scheduler import NoValidWorkerError
from distributed.system import MEMORY_LIMIT
from prefect_dask.task_runners import DaskTaskRunner

from core.errors import FirstNoticeError, SettingsError, TransientError
from flows.wiring.context import RunContext
from flows.wiring.runners.same_model import check_same_model
from flows.wiring.sections.runner import RunnerSettings

ANSWER_S = 5
"""A scheduler that is there answers in milliseconds, over a slow network in a second."""
LOOPBACK = "127.0.0.1"
logging.getLogger("distributed").setLevel(logging.WARNING)
"""A worker lost is worth a line on the terminal, one that begins is not."""
COME_BACK_S = 600
"""A worker that died is begun anew, which takes seconds, on a machine out of breath minutes. Dask
forgets it after 15 s, and with the last one forgotten its tasks would wait for ever."""
BATCHES_A_WORKER = 1
"""One worker process computes one batch; several would share one model and its threads."""


def make_task_runner(chosen: RunnerSettings) -> DaskTaskRunner:
    """A task runner of the cluster at an address, or of a cluster of its own on this machine.

    Processes of the latter share the cores: n workers on m cores compute with m / n threads each,
    so that they do not wait for one another. Dask takes a batch from a worker that dies and gives
    it to another, four times at most (its ``allowed-failures``).
    """
    if chosen.address is not None:
        return DaskTaskRunner(address=chosen.address, client_kwargs={"timeout": ANSWER_S})
    threads = str(max(1, CPU_COUNT // chosen.workers))
    return DaskTaskRunner(
        cluster_class=LocalCluster,
        cluster_kwargs={
            "n_workers": chosen.workers,
            "threads_per_worker": BATCHES_A_WORKER,
            "host": LOOPBACK,
            "dashboard_address": f"{LOOPBACK}:0",  # its default listens on every network
            "memory_limit": MEMORY_LIMIT // chosen.workers,
            "env": {
                "OMP_NUM_THREADS": threads,
                "MKL_NUM_THREADS": threads,
                "OPENBLAS_NUM_THREADS": "1",
            },
        },
    )


def check_cluster(run: RunContext, address: str, model: str) -> None:
    """Ask each worker of a running cluster whether it sees what this process sees.

    Args:
        run: the run.
        address: of the scheduler.
        model: ``wiring.detector_key`` in this process.

    Raises:
        SettingsError: nobody answers, there are no workers, or one sees something else.
    """
    work = f"asking the Dask cluster at {address}"
    try:
        asyncio.run(_knock(address))
        client = Client(  # type: ignore[no-untyped-call]  # Dask's
            address, timeout=ANSWER_S, set_as_default=False
        )
    except OSError as error:
        raise SettingsError(
            work, f"it does not answer within {ANSWER_S} s ({error or type(error).__name__})",
            "Start it (`dask scheduler`) or correct runner.address; without an address the run "
            "starts a cluster of its own",
        ) from None  # fmt: skip
    run.folder.out.mkdir(parents=True, exist_ok=True)
    with client, tempfile.NamedTemporaryFile(dir=run.folder.out, prefix=".shared-") as token:
        seen = client.run(find_difference, run, Path(token.name), model, on_error="return")
    if not seen:
        raise SettingsError(work, "it has no workers", f"Start some: `dask worker {address}`")
    for worker, difference in sorted(seen.items()):
        if difference is not None:
            raise SettingsError(
                work, f"worker {worker}: {difference}",
                "All workers need this firstnotice, the same paths to the event and to --out, "
                "and the same settings; see docs/dask.md",
            )  # fmt: skip


async def _knock(address: str) -> None:
    """Greet whoever listens there; a client would wait for ever for one that says nothing.

    Raises:
        OSError: nobody answers in time.
    """
    shake_hands: Any = connect  # Dask's, untyped
    security: Any = Security
    async with asyncio.timeout(ANSWER_S):
        comm = await shake_hands(address, **security().get_connection_args("client"))
        await comm.close()


def find_difference(run: RunContext, token: Path, model: str) -> str | None:
    """What this process does not see as the flow's does, in words; None if it sees all.

    Args:
        run: the run.
        token: a file that the flow's process has just put into the output folder.
        model: ``wiring.detector_key`` in the flow's process.
    """
    if not run.event_file.is_file():
        return f"there is no event file {run.event_file}"
    if not token.is_file():
        return f"{token.parent} is not the flow's: what is written there is not seen here"
    try:
        check_same_model(run, model)
    except FirstNoticeError as error:
        return error.problem
    return None


@contextmanager
def losses_bounded(chosen: RunnerSettings) -> Iterator[None]:
    """Let workers come back, not wait for them for ever, and tell a loss in our words.

    A cluster that runs was begun with bounds of its own.

    Raises:
        TransientError: workers died of the same batch again and again, none is left, or the
            scheduler is gone.
    """
    work = f"grading on the Dask cluster at {chosen.address or 'this machine'}"
    kept = "What was graded is kept; run again"
    bounds = {
        "distributed.deploy.lost-worker-timeout": f"{COME_BACK_S}s",
        "distributed.scheduler.no-workers-timeout": f"{COME_BACK_S}s",
    }
    try:
        with dask.config.set(bounds):
            yield
    except KilledWorker as error:
        raise TransientError(
            work, f"one batch ended every worker that had it ({error.allowed_failures + 1} tries), "
            "most likely for want of memory", f"{kept} with fewer workers on a machine, or with a "
            "smaller run.buildings_per_batch",
        ) from error  # fmt: skip
    except NoValidWorkerError as error:
        raise TransientError(
            work, f"no worker was left for {error.timeout:.0f} s", f"{kept} with workers"
        ) from error
    except (FutureCancelledError, CommClosedError) as error:
        raise TransientError(work, f"its scheduler is gone ({error})", kept) from error
