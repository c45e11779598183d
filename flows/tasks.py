"""Thin Prefect tasks: retries for transient errors, timeouts. No logic."""

from pathlib import Path
from typing import Any

from prefect import task
from prefect.client.schemas.objects import State, TaskRun
from prefect.task_engine import TaskRunTimeoutError

from core.errors import is_transient
from core.scenes import Scene
from flows.stages.act import Acted, act
from flows.stages.drafts.deliver import Delivered, deliver
from flows.stages.gates import Gates, judge_gates
from flows.stages.judge import judge
from flows.stages.locate import InPath, locate
from flows.stages.looks import GradedTiles
from flows.stages.prepare import PrepareBatch, Prepared, plan_preparation, prepare_batch
from flows.stages.publish import Published, publish
from flows.stages.pull_weather import pull_weather
from flows.stages.see import (
    TileBatch,
    find_graded,
    find_scenes,
    gather_grades,
    grade_batch,
    plan_another_look,
    plan_imagery,
)
from flows.wiring.context import RunContext
from flows.wiring.runners.same_model import check_same_model
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import close_to_others, keep_private
from weather.feeds.evidence import Pull

RETRIES = 3
RETRY_DELAYS_S = [2.0, 8.0, 30.0]
"""A busy server or a lock clears in seconds; half a minute later it is somebody's problem."""
STAGE_TIMEOUT_S = 7200.0
"""Two hours hold a book of a million homes; batches run in threads, which Prefect cannot stop,
and are bounded by the limits on each read (``imagery.pixels.read.GDAL_OPTIONS``) instead."""


async def _is_worth_retrying(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    error = await state.aresult(raise_on_failure=False)
    # a stage that ran out of its own time would run out of it again
    if not isinstance(error, BaseException) or isinstance(error, TaskRunTimeoutError):
        return False
    return is_transient(error)


_STAGE: dict[str, Any] = {
    "retries": RETRIES,
    "retry_delay_seconds": RETRY_DELAYS_S,
    "retry_condition_fn": _is_worth_retrying,
    "timeout_seconds": STAGE_TIMEOUT_S,
    "persist_result": False,
}


@task(name="pull-weather", **_STAGE)
def pull_weather_task(event_file: Path, settings_file: Path | None) -> tuple[Pull, ...]:
    """See ``stages.pull_weather``."""
    return pull_weather(event_file, settings_file)


@task(name="locate", **_STAGE)
def locate_task(run: RunContext) -> InPath:
    """See ``stages.locate``."""
    close_to_others(run.folder.out / run.folder.event_id)
    close_to_others(run.folder.drafts)
    return locate(run)


@task(name="find-scenes", **_STAGE)
def find_scenes_task(run: RunContext) -> tuple[Scene, ...]:
    """See ``stages.see``."""
    return find_scenes(run)


@task(name="plan-imagery", **_STAGE)
def plan_imagery_task(run: RunContext, scenes: tuple[Scene, ...]) -> list[TileBatch]:
    """See ``stages.see``."""
    return plan_imagery(run, scenes)


@task(name="plan-another-look", **_STAGE)
def plan_another_look_task(
    run: RunContext, scenes: tuple[Scene, ...], looks: list[list[GradedTiles]]
) -> list[TileBatch]:
    """See ``stages.see``."""
    return plan_another_look(run, scenes, *looks)


@task(name="grade-batch", **(_STAGE | {"timeout_seconds": None}))
def grade_batch_task(run: RunContext, batch: TileBatch, model: str) -> GradedTiles:
    """See ``stages.see``; what lies in the cache is not graded again.

    The cache is asked here, not when the batch is handed out: a batch whose worker died comes
    again, and may be done already.
    """
    keep_private()  # a worker elsewhere has an umask of its own
    graded = find_graded(run, batch)
    if all(path.exists() for path in graded):
        return graded
    check_same_model(run, model)
    return grade_batch(run, batch)


@task(name="gather-grades", **_STAGE)
def gather_grades_task(run: RunContext, looks: list[list[GradedTiles]]) -> None:
    """See ``stages.see``."""
    gather_grades(run, *looks)


@task(name="judge", **_STAGE)
def judge_task(run: RunContext) -> None:
    """See ``stages.judge``."""
    judge(run)


@task(name="gates", **_STAGE)
def gates_task(run: RunContext, found: InPath) -> Gates:
    """See ``stages.gates``."""
    return judge_gates(run, found)


@task(name="act", **_STAGE)
def act_task(run: RunContext, gates: Gates) -> Acted:
    """See ``stages.act``."""
    return act(run, gates)


@task(name="deliver", **_STAGE)
def deliver_task(out: Path, settings_file: Path | None) -> Delivered:
    """See ``stages.deliver``."""
    return deliver(out, Settings.read(settings_file))


@task(name="publish", **_STAGE)
def publish_task(run: RunContext, found: InPath, gates: Gates, notes: tuple[str, ...]) -> Published:
    """See ``stages.publish``."""
    return publish(run, found, gates, notes)


@task(name="plan-preparation", **_STAGE)
def plan_preparation_task(run: RunContext) -> list[PrepareBatch]:
    """See ``stages.prepare``."""
    return plan_preparation(run)


@task(name="prepare-batch", **(_STAGE | {"timeout_seconds": None}))
def prepare_batch_task(run: RunContext, batch: PrepareBatch) -> Prepared:
    """See ``stages.prepare``; what is kept already is not prepared again."""
    return prepare_batch(run, batch)
