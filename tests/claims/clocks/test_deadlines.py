"""Deadlines worked by hand with the brief's figures, and when there is none to give."""

from datetime import UTC, date, datetime, timedelta

import pytest

from claims.clocks.deadlines import ClockStatus, Home, compute_clocks
from claims.clocks.due import choose_due, count_abstained, say_next
from claims.clocks.milestones import Basis, Milestone, Reached
from claims.clocks.options import Declaration
from claims.clocks.table import read_clock_table
from claims.incidents.states import IncidentState as S

TABLE = read_clock_table()
ZONES = {"FL": "America/New_York", "TX": "America/Chicago", "LA": "America/Chicago",
         "CA": "America/Los_Angeles", "AK": "America/Anchorage"}  # fmt: skip
BERYL = Declaration(
    state="TX", first_loss_day=date(2024, 7, 7), last_loss_day=date(2024, 7, 9),
    source="TDI bulletin B-0014-24", postal_codes=("770", "775"),
)  # fmt: skip
LA_STORM = Declaration(
    state="LA", first_loss_day=date(2026, 8, 29), last_loss_day=date(2026, 8, 31), source="bulletin"
)


def home(state="FL", **more):
    told = {"country": "US", "state": state, "time_zone": ZONES.get(state)}
    return Home(**told | more)


def at(year, month, day, hour=17):
    return datetime(year, month, day, hour, tzinfo=UTC)


def noted(milestone, instant, basis=Basis.NOTED):
    return Reached(instant, milestone, basis)


def by_name(clocks):
    return {each.name: each for each in clocks.deadlines}


@pytest.mark.parametrize(
    ("where", "reached", "name", "due"),
    [
        # FL: 7 calendar days to acknowledge, 60 to pay or deny, from notice
        (home(), {"notice": at(2026, 10, 12)}, "acknowledge", date(2026, 10, 19)),
        (home(), {"notice": at(2026, 10, 12)}, "pay or deny", date(2026, 12, 11)),
        # 03:30 UTC is still the day before in Florida
        (home(), {"notice": at(2026, 10, 12, 3)}, "acknowledge", date(2026, 10, 18)),
        # FL: investigation in 7 days and inspection in 30 of the proof of loss; estimate in 7
        (home(), {"notice": at(2026, 10, 12), "proof": at(2026, 10, 20)}, "begin investigation",
         date(2026, 10, 27)),
        (home(), {"notice": at(2026, 10, 12), "proof": at(2026, 10, 20)},
         "inspect on site, if at all", date(2026, 11, 19)),
        (home(), {"notice": at(2026, 10, 12), "estimate": at(2026, 11, 1)},
         "send the detailed estimate", date(2026, 11, 8)),
        # TX: 15 days from notice; 15 business days from all items; 5 to pay; 60 days at the latest
        (home("TX"), {"notice": at(2026, 10, 12)}, "acknowledge", date(2026, 10, 27)),
        (home("TX"), {"notice": at(2026, 10, 12), "items": at(2026, 11, 20)}, "accept or deny",
         date(2026, 12, 14)),
        (home("TX"), {"notice": at(2026, 10, 12), "items": at(2026, 11, 20)}, "pay at the latest",
         date(2027, 1, 19)),
        (home("TX"), {"notice": at(2026, 10, 12), "accepted": at(2026, 12, 18)}, "pay",
         date(2026, 12, 28)),
        # LA: 14 days to begin; CA: 15 to acknowledge, 40 from proof
        (home("LA"), {"notice": at(2026, 9, 1)}, "begin investigation", date(2026, 9, 15)),
        (home("CA"), {"notice": at(2026, 9, 1)}, "acknowledge", date(2026, 9, 16)),
        (home("CA"), {"notice": at(2026, 9, 1), "proof": at(2026, 9, 10)}, "accept or deny",
         date(2026, 10, 20)),
        # AK: 10 working days
        (home("AK"), {"notice": at(2026, 9, 1)}, "acknowledge", date(2026, 9, 16)),
    ],
)  # fmt: skip
def test_deadlines_worked_by_hand(where, reached, name, due):
    told = [noted(Milestone(word), instant) for word, instant in reached.items()]
    deadline = by_name(compute_clocks(where, told, S.CLAIM_OPEN, TABLE))[name]
    assert deadline.due_on == due
    assert deadline.status is ClockStatus.RUNNING
    assert deadline.needs_counsel


@pytest.mark.parametrize(
    ("postal_code", "loss", "due"),
    [
        ("77002", date(2024, 7, 8), date(2024, 8, 9)),  # 15 days and 15 more
        ("77002", date(2024, 7, 20), date(2024, 7, 25)),  # lost on another day
        ("79901", date(2024, 7, 8), date(2024, 7, 25)),  # El Paso is not among the counties
        (None, date(2024, 7, 8), date(2024, 7, 25)),  # not known to be: the earlier day
        ("77002", None, date(2024, 7, 25)),
    ],
)
def test_a_declared_catastrophe_in_texas_adds_15_days_where_it_was_declared(postal_code, loss, due):
    where = home("TX", postal_code=postal_code, loss_day=loss)
    told = [noted(Milestone.NOTICE, at(2024, 7, 10))]
    deadline = by_name(compute_clocks(where, told, S.CLAIM_OPEN, TABLE, [BERYL]))["acknowledge"]
    assert deadline.due_on == due
    assert ("B-0014-24" in deadline.source) == (due == date(2024, 8, 9))


def test_in_louisiana_a_catastrophe_has_terms_of_its_own():
    told = [noted(Milestone.NOTICE, at(2026, 9, 1)), noted(Milestone.PROOF, at(2026, 9, 10))]
    plain = by_name(compute_clocks(home("LA"), told, S.CLAIM_OPEN, TABLE))
    assert plain["pay"].status is ClockStatus.NO_TERM
    assert plain["pay"].due_on is None
    where = home("LA", loss_day=date(2026, 8, 29))
    declared = by_name(compute_clocks(where, told, S.CLAIM_OPEN, TABLE, [LA_STORM]))
    assert declared["begin investigation"].due_on == date(2026, 10, 1)
    assert declared["pay"].due_on == date(2026, 11, 9)


def test_a_bulletin_that_states_its_own_days_is_followed():
    bulletin = Declaration(
        state="TX", first_loss_day=date(2024, 7, 7), last_loss_day=date(2024, 7, 9),
        source="bulletin", days={"acknowledge": 20},
    )  # fmt: skip
    told = [noted(Milestone.NOTICE, at(2024, 7, 10))]
    where = home("TX", loss_day=date(2024, 7, 8))
    clocks = by_name(compute_clocks(where, told, S.CLAIM_OPEN, TABLE, [bulletin]))
    assert clocks["acknowledge"].due_on == date(2024, 7, 30)


def test_what_we_saw_is_no_notice_so_no_clock_runs():
    clocks = compute_clocks(home(), [], S.CLAIM_DRAFT, TABLE)
    assert clocks.deadlines == ()
    assert clocks.abstained == "no_notice"
    assert say_next(clocks) == (
        None,
        "no notice given yet, so no clock runs; what we saw ourselves is no notice",
    )


def test_the_earliest_notice_counts_and_ours_only_where_nobody_else_gave_any():
    ours = noted(Milestone.NOTICE, at(2026, 10, 20), Basis.SUBMITTED)
    theirs = noted(Milestone.NOTICE, at(2026, 10, 12), Basis.CLAIMS_SYSTEM)
    clocks = compute_clocks(home(), [ours, theirs], S.CLAIM_OPEN, TABLE)
    assert clocks.notice == theirs
    alone = compute_clocks(home(), [ours], S.CLAIM_OPEN, TABLE)
    assert by_name(alone)["acknowledge"].due_on == date(2026, 10, 27)
    assert "on the safe side" in by_name(alone)["acknowledge"].basis


@pytest.mark.parametrize(
    ("where", "when", "why"),
    [
        (home("GA"), at(2026, 10, 12), "no_terms_of_state:GA"),
        (home(state=None), at(2026, 10, 12), "state_unknown"),
        (home(country="CA"), at(2026, 10, 12), "no_terms_in_country:CA"),
        (Home(country=None, state=None), at(2026, 10, 12), "home_unknown"),
        (home("FL"), at(2018, 10, 12), "no_terms_in_force:FL_on_2018-10-12"),
    ],
)
def test_where_no_terms_are_known_none_are_guessed(where, when, why):
    clocks = compute_clocks(where, [noted(Milestone.NOTICE, when)], S.CLAIM_OPEN, TABLE)
    assert clocks.deadlines == ()
    assert clocks.abstained == why
    day, words = say_next(clocks)
    assert day is None
    assert words


def test_a_home_of_unknown_zone_has_the_earliest_end_of_its_state():
    told = [noted(Milestone.NOTICE, at(2026, 10, 12, 4))]  # 00:00 in New York, 23:00 in Chicago
    unknown = compute_clocks(home(time_zone=None), told, S.CLAIM_OPEN, TABLE)
    chicago = compute_clocks(home(time_zone="America/Chicago"), told, S.CLAIM_OPEN, TABLE)
    eastern = compute_clocks(home(), told, S.CLAIM_OPEN, TABLE)
    assert by_name(eastern)["acknowledge"].due_on == date(2026, 10, 19)
    assert by_name(unknown)["acknowledge"] == by_name(chicago)["acknowledge"]


@pytest.mark.parametrize(
    ("state", "basis", "runs"),
    [
        (S.CLAIM_DRAFT, Basis.NOTED, True),
        (S.CLAIM_OPEN, Basis.SUBMITTED, True),
        (S.PAID, Basis.NOTED, False),
        (S.CWOP, Basis.NOTED, False),
        (S.MERGED, Basis.CLAIMS_SYSTEM, True),  # joined to the claim that the insured filed
        (S.WITHDRAWN_NO_DAMAGE, Basis.SUBMITTED, False),
        (S.WITHDRAWN_NO_DAMAGE, Basis.NOTED, True),  # the insured still waits for an answer
        (S.BELOW_DEDUCTIBLE, Basis.CLAIMS_SYSTEM, True),
    ],
)
def test_closing_an_incident_does_not_answer_an_insured(state, basis, runs):
    told = [noted(Milestone.NOTICE, at(2026, 10, 12), basis)]
    assert bool(compute_clocks(home(), told, state, TABLE).deadlines) is runs


@pytest.mark.parametrize(("state", "runs"), [(S.MERGED, False), (S.HUMAN_REVIEWED, True)])
def test_what_was_closed_has_no_clock_unless_it_was_reopened(state, runs):
    told = [noted(Milestone.NOTICE, at(2026, 10, 12)), noted(Milestone.CLOSED, at(2026, 10, 13))]
    assert bool(compute_clocks(home(), told, state, TABLE).deadlines) is runs


def test_what_is_done_is_met_and_no_longer_due():
    notice = noted(Milestone.NOTICE, at(2026, 10, 12))
    now, week = at(2026, 10, 18), timedelta(days=7)
    before = {"inc-1": compute_clocks(home(), [notice], S.CLAIM_OPEN, TABLE)}
    assert [each.deadline.name for each in choose_due(before, now, week)] == ["acknowledge"]
    done = noted(Milestone.ACKNOWLEDGED, at(2026, 10, 14))
    after = {"inc-1": compute_clocks(home(), [notice, done], S.CLAIM_OPEN, TABLE)}
    assert choose_due(after, now, week) == ()
    assert say_next(after["inc-1"])[0] == date(2026, 12, 11)


def test_what_is_due_ends_with_its_day_at_the_home_and_what_is_past_comes_first():
    clocks = {
        name: compute_clocks(home(), [noted(Milestone.NOTICE, when)], S.CLAIM_OPEN, TABLE)
        for name, when in (("inc-a", at(2026, 10, 12)), ("inc-b", at(2026, 10, 5)))
    }
    end = datetime(2026, 10, 20, 4, tzinfo=UTC)  # midnight after the 19th in Florida
    hours = timedelta(hours=72)
    due = choose_due(clocks, end - hours, hours)
    assert [(each.incident_id, each.left) for each in due] == [
        ("inc-b", timedelta(days=-4)),
        ("inc-a", hours),
    ]
    earlier = end - hours - timedelta(seconds=1)
    assert [each.incident_id for each in choose_due(clocks, earlier, hours)] == ["inc-b"]


def test_incidents_without_a_clock_are_counted_by_reason():
    told = [noted(Milestone.NOTICE, at(2026, 10, 12))]
    clocks = {
        "a": compute_clocks(home(), [], S.CLAIM_DRAFT, TABLE),
        "b": compute_clocks(home("GA"), told, S.CLAIM_OPEN, TABLE),
        "c": compute_clocks(home(), told, S.PAID, TABLE),
    }
    assert list(count_abstained(clocks).values()) == [1, 1]
