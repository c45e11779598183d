"""Thin Prefect tasks: retries for transient errors, cache keys by content, timeouts. No logic."""

from typing import Any

from prefect import task
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext

from core.errors import is_transient
from flows.stages.act import Acted, act
from flows.stages.judge import judge
from flows.stages.locate import InPath, locate
from flows.stages.publish import Published, publish
from flows.stages.see import GradedBatch, TileBatch, gather_grades, grade_batch, plan_imagery
from flows.wiring import RunContext

RETRIES = 3
RETRY_DELAYS_S = [2.0, 8.0, 30.0]
"""A busy server or a lock clears in seconds; half a minute later it is somebody's problem."""
STAGE_TIMEOUT_S = 7200.0
"""Two hours hold a book of a million homes; batches run in threads, which Prefect cannot stop,
and are bounded by the limits on each read (``imagery.read.GDAL_OPTIONS``) instead."""


async def _is_worth_retrying(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    error = await state.aresult(raise_on_failure=False)
    return isinstance(error, BaseException) and is_transient(error)


def _batch_key(_context: TaskRunContext, arguments: dict[str, Any]) -> str:
    batch: TileBatch = arguments["batch"]
    run: RunContext = arguments["run"]
    return f"grade-{batch.key}-{run.folder.cache.as_posix().replace('/', '_')}"


_STAGE: dict[str, Any] = {
    "retries": RETRIES,
    "retry_delay_seconds": RETRY_DELAYS_S,
    "retry_condition_fn": _is_worth_retrying,
    "timeout_seconds": STAGE_TIMEOUT_S,
    "persist_result": False,
}


@task(name="locate", **_STAGE)
def locate_task(run: RunContext) -> InPath:
    """See ``stages.locate``."""
    return locate(run)


@task(name="plan-imagery", **_STAGE)
def plan_imagery_task(run: RunContext) -> list[TileBatch]:
    """See ``stages.see``."""
    return plan_imagery(run)


@task(
    name="grade-batch",
    **(_STAGE | {"timeout_seconds": None, "persist_result": True}),
    cache_key_fn=_batch_key,
)
def grade_batch_task(run: RunContext, batch: TileBatch) -> GradedBatch:
    """See ``stages.see``; the same tiles, pixels and model are graded once."""
    return grade_batch(run, batch)


@task(name="gather-grades", **_STAGE)
def gather_grades_task(run: RunContext, graded: list[GradedBatch]) -> None:
    """See ``stages.see``."""
    gather_grades(run, graded)


@task(name="judge", **_STAGE)
def judge_task(run: RunContext) -> None:
    """See ``stages.judge``."""
    judge(run)


@task(name="act", **_STAGE)
def act_task(run: RunContext) -> Acted:
    """See ``stages.act``."""
    return act(run)


@task(name="publish", **_STAGE)
def publish_task(run: RunContext) -> Published:
    """See ``stages.publish``."""
    return publish(run)
