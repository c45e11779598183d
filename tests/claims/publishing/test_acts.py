"""A list is held back, passed or released; the chain of these says so for good, once each."""

import sqlite3
from contextlib import closing

import pytest

from claims.incidents.moving import Decider
from claims.ledger.store import Ledger
from claims.publishing.acts import ActKind, find_published, is_held, judged, plan_release
from core.errors import InputError, RoleError

AT = "2018-10-14T12:00:00.000000Z"
BOSS = Decider("sup-1", "supervisor", "half the ground, as planned")


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


@pytest.fixture
def lists(url):
    return Ledger.open(url).lists


def test_a_held_list_is_released_by_a_supervisor_and_stays_so_when_its_run_comes_again(lists):
    assert lists.note(judged("storm", "20181014T120000Z-a", ["few_graded"], AT))
    assert lists.held() == {"storm"}
    assert lists.note(plan_release(lists.of_event("storm"), BOSS, AT))
    assert lists.held() == frozenset()
    assert not lists.note(judged("storm", "20181014T120000Z-a", ["few_graded"], AT))
    acts = lists.of_event("storm")
    assert [act.kind for act in acts] == [ActKind.HELD, ActKind.RELEASED]
    assert acts[-1].said == {
        "role": "supervisor", "reason": BOSS.reason, "gates": ["few_graded"],
    }  # fmt: skip
    assert find_published(acts) == ("20181014T120000Z-a",)


def test_a_release_is_of_the_newest_list_alone(lists):
    lists.note(judged("storm", "20181014T120000Z-a", ["few_graded"], AT))
    lists.note(judged("storm", "20181015T120000Z-b", [], AT))
    with pytest.raises(InputError, match="is published"):
        plan_release(lists.of_event("storm"), BOSS, AT)
    lists.note(judged("storm", "20181016T120000Z-c", ["old_weather"], AT))
    assert is_held(lists.of_event("storm"))
    assert find_published(lists.of_event("storm")) == ("20181015T120000Z-b",)


def test_of_two_lists_of_one_instant_the_last_judged_counts_whatever_they_are_called(lists):
    for run, failed in (("b", ["few_graded"]), ("a", []), ("a", []), ("b", ["few_graded"])):
        lists.note(judged("storm", f"20181014T120000Z-{run}", failed, AT))
    acts = lists.of_event("storm")
    assert [(act.run_id[-1], str(act.kind)) for act in acts] == [
        ("b", "held"), ("a", "passed"), ("b", "held"),
    ]  # fmt: skip
    assert lists.held() == {"storm"}


@pytest.mark.parametrize("role", ["adjuster", "reviewer"])
def test_nobody_else_releases_a_list(lists, role):
    lists.note(judged("storm", "r", ["few_graded"], AT))
    with pytest.raises(RoleError, match="supervisor"):
        plan_release(lists.of_event("storm"), Decider("adj-7", role, "hurry"), AT)


def test_an_edited_act_shows_and_one_that_a_run_noted_is_missed(url, lists):
    for run in ("a", "b"):
        lists.note(judged("storm", run, ["few_graded"], AT))
    noted = (("storm", lists.last_hash("storm")),)
    ledger = Ledger.open(url)
    assert ledger.verify(lists=noted).ok
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as raw, raw:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute("UPDATE list_acts SET act = 'passed'")
        raw.execute("DROP TRIGGER list_acts_no_update")
        raw.execute("DROP TRIGGER list_acts_no_delete")
        raw.execute("UPDATE list_acts SET act = 'passed' WHERE seq = 1")
        raw.execute("DELETE FROM list_acts WHERE seq = 2")
    assert ledger.verify(lists=noted).problems == (
        "lists of event storm, row 1: was edited after it was written",
        "lists of event storm: an act that a run noted is gone",
    )
