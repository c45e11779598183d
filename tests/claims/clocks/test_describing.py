import pytest

from claims.clocks.describing import describe_terms
from claims.clocks.milestones import Milestone
from claims.clocks.table import read_clock_table

TABLE = read_clock_table()
STATES = sorted({row.state for row in TABLE.states})


@pytest.mark.parametrize("state", ["GA", "", None, "Florida", "ZZ"])
def test_of_any_other_state_no_term_is_guessed(state):
    told = describe_terms("US", state, TABLE)
    assert told["clocks"] == []
    assert told["abstained"] == "no_terms_of_state"
    assert "ask counsel" in told["basis"]


@pytest.mark.parametrize("country", ["NZ", "CA", None])
def test_elsewhere_none_are_known(country):
    assert describe_terms(country, "FL", TABLE) is None


def test_the_state_is_known_however_it_is_written():
    assert describe_terms("US", " fl ", TABLE) == describe_terms("US", "FL", TABLE)


@pytest.mark.parametrize("state", STATES)
def test_every_clock_has_a_source_and_a_unit_and_no_date(state):
    told = describe_terms("US", state, TABLE)
    assert "day it is submitted" in told["started"]
    assert told["needsCounsel"] is True
    assert told["tableVersion"] == TABLE.version
    for clock in told["clocks"]:
        assert clock["source"]
        assert (clock["days"] or clock["catastropheDays"]) > 0
        assert clock["dayUnit"] in ("calendar", "business")


def test_what_clocks_count_from_is_a_milestone_that_people_can_note():
    starts = {clock.starts_with for row in TABLE.states for clock in row.clocks}
    assert starts <= set(Milestone)
