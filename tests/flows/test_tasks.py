"""What may pass is tried again, what cannot is not, and a batch is graded once."""

import time
from datetime import UTC, datetime

import pytest

from core.damage import DamageGrade
from core.errors import ExposureError, TransientError
from flows import tasks
from flows.stages.locate import InPath
from flows.wiring.opening import open_run

AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)


@pytest.fixture
def run(town_event, tmp_path, prefect_server):
    return open_run(town_event, tmp_path / "out", AS_OF, None)


@pytest.fixture
def calls(monkeypatch):
    """Makes the stage behind ``locate_task`` fail as told, and counts how often it was tried."""
    counted = []

    def set_up(*failures):
        def locate(_run):
            counted.append(1)
            if len(counted) <= len(failures):
                raise failures[len(counted) - 1]
            return InPath(3, 2, 1, 1)

        monkeypatch.setattr(tasks, "locate", locate)
        return counted

    return set_up


def _locate(run):
    return tasks.locate_task.with_options(retry_delay_seconds=0)(run)


def _busy():
    return TransientError("reading a scene", "HTTP response code: 503", "It is tried again")


@pytest.mark.parametrize("error", [_busy(), TimeoutError("read"), ConnectionResetError("peer")])
def test_what_may_pass_is_tried_again(run, calls, error):
    counted = calls(error, error)
    assert _locate(run) == InPath(3, 2, 1, 1)
    assert len(counted) == 3


def test_after_some_tries_it_is_somebodys_problem(run, calls):
    counted = calls(*[_busy() for _ in range(20)])
    with pytest.raises(TransientError, match="503"):
        _locate(run)
    assert len(counted) == tasks.RETRIES + 1


@pytest.mark.parametrize(
    "error",
    [ExposureError("reading the book", "it is empty", "Export it again"), KeyError("column")],
)
def test_what_cannot_pass_is_tried_once(run, calls, error):
    counted = calls(error)
    with pytest.raises(type(error)):
        _locate(run)
    assert len(counted) == 1


def test_a_stage_out_of_time_is_not_begun_again(run, monkeypatch):
    begun = []

    def never_ends(_run):
        begun.append(1)
        for _ in range(300):  # a thread is stopped between its steps, not within one
            time.sleep(0.1)

    monkeypatch.setattr(tasks, "locate", never_ends)
    with pytest.raises(TimeoutError):
        tasks.locate_task.with_options(retry_delay_seconds=0, timeout_seconds=0.2)(run)
    assert len(begun) == 1


def test_waits_grow_and_there_is_one_for_each_try():
    assert len(tasks.RETRY_DELAYS_S) == tasks.RETRIES
    assert sorted(tasks.RETRY_DELAYS_S) == tasks.RETRY_DELAYS_S
    for task in (tasks.locate_task, tasks.grade_batch_task, tasks.act_task, tasks.publish_task):
        assert task.retries == tasks.RETRIES
        assert task.retry_condition_fn is not None


def test_the_same_pixels_and_model_are_graded_once(
    assess, town_event, town_grades, tmp_path, monkeypatch
):
    graded = []
    real = tasks.grade_batch

    def counting(run, batch):
        graded.append(batch.keys)
        return real(run, batch)

    monkeypatch.setattr(tasks, "grade_batch", counting)
    out = tmp_path / "out"
    first = assess(town_event, out, says=town_grades)
    assert len(graded) == 1
    later = assess(town_event, out, datetime(2018, 10, 15, 12, tzinfo=UTC), says=town_grades)
    assert len(graded) == 1
    assert later.by_tier == first.by_tier
    assert later.folder != first.folder
    elsewhere = dict.fromkeys(town_grades, DamageGrade.NO_DAMAGE)
    other = assess(town_event, tmp_path / "other", says=elsewhere)
    assert len(graded) == 2
    assert other.by_tier != first.by_tier


def test_a_lost_cache_is_made_again(assess, town_event, town_grades, tmp_path):
    first = assess(town_event, tmp_path, says=town_grades)
    for path in (tmp_path / "cache" / "grades").iterdir():
        path.unlink()
    again = assess(town_event, tmp_path, says=town_grades)
    assert again.by_tier == first.by_tier
