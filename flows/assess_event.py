"""The main flow: from a storm and a book of policies to the day's list and its claim drafts."""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.futures import as_completed

from flows.closing import RunResult, close_run
from flows.naming import name_event_run
from flows.progress import progress
from flows.stages.looks import GradedTiles
from flows.stages.see import TileBatch
from flows.stopwatch import Stopwatch
from flows.tasks import (
    act_task,
    find_scenes_task,
    gates_task,
    gather_grades_task,
    grade_batch_task,
    judge_task,
    locate_task,
    plan_another_look_task,
    plan_imagery_task,
    publish_task,
    pull_weather_task,
)
from flows.wiring.adapters import detector_key
from flows.wiring.context import RunContext
from flows.wiring.opening import open_run
from flows.wiring.runners.runner import Runner, check_runner, open_runner
from flows.wiring.storage.record import check_record
from flows.wiring.turns import taking_turns


@flow(name="assess-event", flow_run_name=name_event_run)
def assess_event(
    event_file: Path,
    out: Path,
    as_of_utc: datetime | None = None,
    settings_file: Path | None = None,
) -> RunResult:
    """Find the insured homes that an event damaged, open draft claims, publish the list.

    Runs of one event take turns.

    Args:
        event_file: the event's ``event.yaml``.
        out: folder of all runs; also the ledger's, unless settings name a store.
        as_of_utc: the run's instant; nothing captured later is used. Now, if not given, and then
            live weather that the event names is pulled first.
        settings_file: settings; defaults and environment, if not given.

    Raises:
        IncompleteRunError: a gate was not passed, see ``flows.stages.gates``; the list is made
            all the same, and held back.
    """
    with taking_turns(event_file, out, settings_file):
        log, watch = get_run_logger(), Stopwatch()
        if as_of_utc is None:  # what was known at an instant of the past is not asked for now
            with watch.lap("pull weather", progress()):
                pull_weather_task(event_file, settings_file)
        run = check_record(open_run(event_file, out, as_of_utc or datetime.now(UTC), settings_file))
        check_runner(run)
        log.info("event %s, run %s", run.source.event_id, run.folder.run_id)

        with watch.lap("locate", progress()):
            found = locate_task(run)
        log.info(
            "%d of %d insured locations are in the path; %d more were rejected",
            found.in_path, found.in_book, found.homes_rejected,
        )  # fmt: skip
        looks = look_at_all(run, watch)
        with watch.lap("gather grades", progress()):
            gather_grades_task(run, looks)
        with watch.lap("judge", progress()):
            judge_task(run)
            gates = gates_task(run, found)
        with watch.lap("open incidents", progress()):
            acted = act_task(run, gates)
        with watch.lap("publish", progress()):
            published = publish_task(run, found, gates, acted.notes)
        return close_run(run, found, gates, acted, published, laps_s=watch.laps_s)


def look_at_all(run: RunContext, watch: Stopwatch) -> list[list[GradedTiles]]:
    """Grade all buildings, and those that came back unseen again with their next best pairs.

    Gives what each look gave. There are no more than the settings allow, and none for nobody.
    """
    with watch.lap("plan imagery", progress()):
        scenes = find_scenes_task(run)
        batches = plan_imagery_task(run, scenes)
    with open_runner(run.settings.runner) as runner:
        with watch.lap("grade buildings", progress(), _count(batches)):
            looks = [grade_all(runner, run, batches)]
        for _ in range(run.settings.run.further_looks):
            with watch.lap("plan another look", progress()):
                batches = plan_another_look_task(run, scenes, looks)
            if not batches:
                break
            with watch.lap("look again", progress(), _count(batches)):
                looks.append(grade_all(runner, run, batches))
    return looks


def grade_all(runner: Runner, run: RunContext, batches: list[TileBatch]) -> list[GradedTiles]:
    """Grade all batches of tiles at once, in no order, and give the results in theirs.

    Raises:
        Exception: what a batch failed of, once the others are done and cached.
    """
    model = detector_key(run.settings)
    futures = {
        runner.submit(grade_batch_task, {"run": run, "batch": batch, "model": model}): batch
        for batch in batches
    }
    for future in as_completed(list(futures)):
        progress().advance(futures[future].buildings)
    return [future.result() for future in futures]


def _count(batches: list[TileBatch]) -> int:
    return sum(batch.buildings for batch in batches)
