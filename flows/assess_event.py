"""The main flow: from a storm and a book of policies to the day's list and its claim drafts."""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.futures import as_completed

from flows.closing import RunResult, close_run
from flows.naming import name_event_run
from flows.progress import progress
from flows.stages.see import TileBatch
from flows.stopwatch import Stopwatch
from flows.tasks import (
    act_task,
    gather_grades_task,
    grade_batch_task,
    judge_task,
    locate_task,
    plan_imagery_task,
    publish_task,
)
from flows.wiring.adapters import detector_key
from flows.wiring.context import RunContext
from flows.wiring.opening import open_run
from flows.wiring.record import check_record
from flows.wiring.runners import check_runner, open_runner


@flow(name="assess-event", flow_run_name=name_event_run)
def assess_event(
    event_file: Path,
    out: Path,
    as_of_utc: datetime | None = None,
    settings_file: Path | None = None,
) -> RunResult:
    """Find the insured homes that an event damaged, open draft claims, publish the list.

    Args:
        event_file: the event's ``event.yaml``.
        out: folder of all runs; also the ledger's, unless settings name a store.
        as_of_utc: the run's instant; nothing captured later is used. Now, if not given.
        settings_file: settings; defaults and environment, if not given.

    Raises:
        IncompleteRunError: a gate was not passed, see ``reports.summary.gates``; everything is
            published all the same.
    """
    run = check_record(open_run(event_file, out, as_of_utc or datetime.now(UTC), settings_file))
    check_runner(run)
    log, watch = get_run_logger(), Stopwatch()
    log.info("event %s, run %s", run.source.event_id, run.folder.run_id)

    with watch.lap("locate", progress()):
        found = locate_task(run)
    log.info(
        "%d of %d insured locations are in the path; %d more were rejected",
        found.in_path, found.in_book, found.homes_rejected,
    )  # fmt: skip
    with watch.lap("plan imagery", progress()):
        batches = plan_imagery_task(run)
    with watch.lap("grade buildings", progress(), sum(batch.buildings for batch in batches)):
        graded = grade_all(run, batches)
    with watch.lap("gather grades", progress()):
        gather_grades_task(run, graded)
    with watch.lap("judge", progress()):
        judge_task(run)
    with watch.lap("open incidents", progress()):
        acted = act_task(run)
    with watch.lap("publish", progress()):
        published = publish_task(run, found, acted.notes)
    return close_run(run, found, acted, published, watch.laps_s)


def grade_all(run: RunContext, batches: list[TileBatch]) -> list[tuple[Path, ...]]:
    """Grade all batches of tiles at once, in no order, and give the results in theirs.

    Raises:
        Exception: what a batch failed of, once the others are done and cached.
    """
    model = detector_key(run.settings)
    with open_runner(run.settings.runner) as runner:
        futures = {
            runner.submit(grade_batch_task, {"run": run, "batch": batch, "model": model}): batch
            for batch in batches
        }
        for future in as_completed(list(futures)):
            progress().advance(futures[future].buildings)
        return [future.result() for future in futures]
