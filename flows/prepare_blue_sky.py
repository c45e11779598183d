"""The nightly flow: what can be known of insured buildings before a storm is made ready."""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.futures import as_completed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.naming import name_preparation
from flows.progress import progress
from flows.stages.prepare import NOTHING, Prepared
from flows.tasks import plan_preparation_task, prepare_batch_task
from flows.wiring.opening import open_run

WORKERS = 2
"""Batches at once; it is night."""


@flow(
    name="prepare-blue-sky",
    flow_run_name=name_preparation,
    task_runner=ThreadPoolTaskRunner(max_workers=WORKERS),  # type: ignore[arg-type]  # invariant
)
def prepare_blue_sky(
    event_file: Path,
    out: Path,
    as_of_utc: datetime | None = None,
    settings_file: Path | None = None,
) -> Prepared:
    """Cut and look at every insured building as it was before, so that a run reads only after.

    Args:
        event_file: an event file; of it the book, the footprints and the imagery are used.
        out: folder of runs; what is kept goes to ``out/cache/blue-sky``.
        as_of_utc: scenes captured before it count. Now, if not given.
        settings_file: settings; defaults and environment, if not given.
    """
    run = open_run(event_file, out, as_of_utc or datetime.now(UTC), settings_file)
    batches = plan_preparation_task(run)
    progress().begin("prepare buildings", sum(batch.count for batch in batches))
    futures = {prepare_batch_task.submit(run, batch): batch for batch in batches}
    for future in as_completed(list(futures)):
        progress().advance(futures[future].count)
    total = sum((future.result() for future in futures), NOTHING)
    get_run_logger().info(
        "%d buildings prepared, %d known already, %d not readable",
        total.prepared, total.known, total.unreadable,
    )  # fmt: skip
    return total
