import pytest

from claims.drafts.deadlines import TERMS, DayUnit, Start, describe_deadlines, find_terms


@pytest.mark.parametrize(
    ("state", "name", "days", "unit", "start"),
    [
        ("FL", "acknowledge", 7, "calendar", Start.NOTICE),
        ("FL", "pay or deny", 60, "calendar", Start.NOTICE),
        ("TX", "begin investigation", 15, "calendar", Start.NOTICE),
        ("TX", "accept or deny", 15, "business", Start.ITEMS),
        ("CA", "acknowledge", 15, "calendar", Start.NOTICE),
        ("CA", "accept or deny", 40, "calendar", Start.PROOF),
        ("LA", "begin investigation", 14, "calendar", Start.NOTICE),
        ("AK", "acknowledge", 10, "business", Start.NOTICE),
        ("DE", "acknowledge", 15, "business", Start.NOTICE),
    ],
)
def test_a_states_own_terms(state, name, days, unit, start):
    (clock,) = [each for each in find_terms("US", state).clocks if each.name == name]
    assert (clock.days, clock.unit, clock.start) == (days, unit, start)


@pytest.mark.parametrize("state", ["GA", "", None, "Florida", "ZZ"])
def test_any_other_state_has_the_models_terms_and_says_so(state):
    told = describe_deadlines("US", state)
    assert told["basis"].startswith("NAIC model regulation, since")
    assert all("not this state's law" in clock["source"] for clock in told["clocks"])


@pytest.mark.parametrize("country", ["NZ", "CA", None])
def test_elsewhere_none_are_known(country):
    assert describe_deadlines(country, "FL") is None


def test_the_state_is_known_however_it_is_written():
    assert find_terms("US", " fl ") is TERMS["FL"]


@pytest.mark.parametrize("state", [*TERMS, "GA"])
def test_every_clock_has_a_source_and_a_unit_and_no_date(state):
    told = describe_deadlines("US", state)
    assert "day it is submitted" in told["started"]
    for clock in told["clocks"]:
        assert set(clock) == {"name", "days", "dayUnit", "from", "source"}
        assert clock["source"]
        assert clock["days"] > 0
        assert clock["dayUnit"] in set(DayUnit)
