"""Twenty losses screened by hand: what each rule says, where it comes from, and the arithmetic.

The home stands in Panama City, Florida: Central time, six hours behind UTC by standard time. Its
policy runs from 1 January 2018 to 1 January 2019, both at 12:01 a.m.; the home is worth 200,000
and the deductible is 1,000. Each case says only what it changes.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from claims.triage.decide import decide
from claims.triage.options import TriageOptions
from core.events import Peril, StormClass
from policies.coverage.clauses.register import CLEAR_RULES, list_rules
from policies.coverage.loss_times import LossTimes
from policies.coverage.rules import CoverageRules
from policies.coverage.screen import screen_coverage

PLACE = (-85.66, 30.16)
RULES = CoverageRules()
SURGE_STORM = (Peril.TROPICAL_CYCLONE_WIND, Peril.STORM_SURGE)
WIND_STORM = (Peril.TROPICAL_CYCLONE_WIND,)
FLOOD = (Peril.RIVER_FLOOD,)
QUAKE = (Peril.EARTHQUAKE,)
QUAKE_AND_FIRE = (Peril.EARTHQUAKE, Peril.FIRE_FOLLOWING)
HURRICANE, NAMED = StormClass.HURRICANE, StormClass.NAMED_STORM
TWO_PERCENT = {"hurricane_deductible_amount": 4_000.0}  # 2% of 200,000


@dataclass(frozen=True)
class Case:
    """One loss.

    Attributes:
        story: what happened.
        rule: the rule that has to speak, as evidence cites it without its version.
        source: words of its source.
        result: of the screen.
        worked: how a person comes to it.
        given: what the book says otherwise; ``perils`` stands for both location and policy.
        perils: of the event, the primary one first.
        at: instant of the loss.
        came: what the hazards at the home say: wind, water or both.
        storm: what it was declared to be.
        loss: expected, money.
        deductible: money that the screen has to come to.
    """

    story: str
    rule: str
    source: str
    result: str
    worked: str
    given: dict[str, Any] = field(default_factory=dict)
    perils: tuple[Peril, ...] = WIND_STORM
    at: str = "2018-10-10T17:30Z"
    came: str | None = None
    storm: StormClass | None = None
    loss: float = np.nan
    deductible: float = 1_000.0


TWENTY = [
    Case("Wind takes the roof in the middle of the term",
         "in_force.pass", "12:01 a.m.", "pass",
         "1 Jan 2018 <= 10 Oct 2018 < 1 Jan 2019, and wind (WTC) is covered"),
    Case("The loss comes half a minute before cover begins",
         "not_yet_in_force.refer", "keep the next term", "refer",
         "12:01 a.m. standard is 06:01 UTC; 06:00:30 is before it",
         {"inception_date": "2018-10-10"}, at="2018-10-10T06:00:30Z"),
    Case("The loss comes at 12:01 a.m. of the expiry day",
         "policy_expired.fail", "in force on the loss date", "fail",
         "in force means loss < expiry; 06:01 UTC is 12:01 a.m. itself",
         {"expiry_date": "2018-10-10"}, at="2018-10-10T06:01:00Z"),
    Case("The policy lapsed and was reinstated",
         "policy_reinstated.refer", "reinstatement", "refer",
         "whether it held on that day stands in notices, not in the book",
         {"policy_status": "Reinstated"}),
    Case("The policy was cancelled",
         "policy_cancelled.fail", "OtherValues.csv", "fail",
         "PolStatus C is cancelled", {"policy_status": "C"}),
    Case("A fire policy in a windstorm",
         "peril_not_covered.fail", "PerilsCovered.csv", "fail",
         "BB1 is BBF and BSK; WTC is neither", {"perils": "BBF;BSK"}),
    Case("A policy coded WW1 in a storm with surge",
         "grouped_surge.refer", "WW1 is wind and surge", "refer",
         "WW1 holds WTC, WEC and WSS: was the surge meant, or only the wind?",
         {"perils": "WEC;WSS;WTC", "has_grouped_surge": True}, SURGE_STORM),
    Case("A homeowners policy in a river flood",
         "flood_excluded.fail", "exclude flood", "fail",
         "the event is ORF alone; WW2 and BB1 hold no water", {"perils": "BBF;WEC;WTC"}, FLOOD),
    Case("Only surge reached the home, and the policy covers wind",
         "water_not_covered.refer", "water alone", "refer",
         "no wind claim on water evidence; surge fields are rough, so a person looks",
         {}, SURGE_STORM, came="water"),
    Case("Wind and surge both reached the home, and the policy covers wind",
         "anti_concurrent_causation.refer", "5th Cir.", "refer",
         "an excluded cause may have joined a covered one, in any order",
         {}, SURGE_STORM, came="both"),
    Case("Both reached it, and the policy covers both by name",
         "peril_covered.pass", "PerilValues.csv", "pass",
         "WTC and WSS are both covered, so no excluded cause is at work",
         {"perils": "WSS;WTC"}, SURGE_STORM, came="both"),
    Case("An earthquake, without an endorsement",
         "earth_movement_excluded.fail", "endorsement", "fail",
         "QEQ is not among WTC and WEC", {}, QUAKE),
    Case("Fire may have followed the earthquake, and the policy covers fire",
         "fire_following_quake.refer", "covered as fire", "refer",
         "QFF is not covered by its code, but BBF says that fire is", {"perils": "BBF;BSK"},
         QUAKE_AND_FIRE),
    Case("The home stands vacant since 10 August",
         "vacant_too_long.refer", "60 days", "refer",
         "10 Aug to 10 Oct is 61 days, more than 60", {"vacant_since": "2018-08-10"}),
    Case("A commercial building, 30% of it in use",
         "hardly_occupied.refer", "31%", "refer",
         "0.30 < 0.31; not_residential speaks too",
         {"occupancy_code": 1100, "occupied_frac": 0.30}),
    Case("A deductible of 5% of the insured value, and T1 damage",
         "below_deductible.pass", "CLUE", "pass",
         "5% x 200,000 = 10,000; T1 is 5% of 200,000 = 10,000, which does not pass it",
         {"deductible_amount": 10_000.0}, loss=10_000.0, deductible=10_000.0),
    Case("A deductible of 10% of the loss, at least 2,500",
         "deductible_of_loss.pass", "share of loss", "pass",
         "10% x 10,000 = 1,000, raised to the least, 2,500; 10,000 passes it",
         {"deductible_amount": None, "deductible_of_loss_frac": 0.1,
          "deductible_of_loss_min": 2_500.0}, loss=10_000.0, deductible=2_500.0),
    Case("The first hurricane of the year, with a hurricane deductible of 2%",
         "hurricane_deductible.pass", "National Hurricane Center", "pass",
         "2% x 200,000 = 4,000 holds in place of 1,000",
         TWO_PERCENT, storm=HURRICANE, loss=10_000.0, deductible=4_000.0),
    Case("The second hurricane of the year; 3,500 of the 4,000 were borne in the first",
         "hurricane_deductible_met.pass", "whichever is greater", "pass",
         "4,000 - 3,500 = 500, less than the 1,000 of all other perils, so 1,000",
         TWO_PERCENT | {"hurricane_deductible_used": 3_500.0, "hurricane_deductible_year": 2018.0},
         storm=HURRICANE, loss=10_000.0),
    Case("A named storm that was no hurricane, with a hurricane deductible",
         "below_deductible.pass", "loss history", "pass",
         "no hurricane was declared, so 1,000 holds; a loss of 900 is within it",
         TWO_PERCENT, storm=NAMED, loss=900.0),
]  # fmt: skip


@pytest.fixture
def screen(locations_at, hurricane):
    """The screen's row of a case."""
    return lambda case: _screen(case, locations_at, hurricane)


def _screen(case: Case, locations_at, hurricane) -> pd.Series:
    given = dict(case.given)
    cover = given.pop("perils", "WEC;WTC")
    for name in ("inception_date", "expiry_date", "vacant_since"):
        if name in given:
            given[name] = np.datetime64(given[name], "us")
    locations = locations_at(PLACE, **{"location_perils": cover, "policy_perils": cover} | given)
    event = replace(hurricane, perils=case.perils, storm_class=case.storm)
    instants = pd.Series([pd.Timestamp(case.at)])
    loss = LossTimes(instants, instants, pd.Series([case.came], dtype="str"))
    return screen_coverage(locations, event, loss, RULES, pd.Series([case.loss])).iloc[0]


@pytest.mark.parametrize("case", TWENTY, ids=lambda case: case.story)
def test_the_screen_says_what_a_person_works_out(case, screen):
    row = screen(case)
    cited = {each.rpartition("@")[0] for each in row["coverage_rules"].split(";")}
    assert (row["coverage_result"], case.rule in cited) == (case.result, True), cited
    assert row["deductible_amount"] == case.deductible


@pytest.mark.parametrize("case", TWENTY, ids=lambda case: case.story)
def test_the_rule_of_each_case_names_its_source(case):
    sources = {rule.rule_id: rule.source for rule in (*CLEAR_RULES, *list_rules(RULES))}
    assert case.source in sources[case.rule]


def test_there_are_twenty_and_they_exercise_all_results():
    assert len(TWENTY) == 20
    assert {case.result for case in TWENTY} == {"pass", "refer", "fail"}
    assert len({case.rule for case in TWENTY}) == 19  # below_deductible twice


def find(words: str) -> Case:
    (case,) = [case for case in TWENTY if words in case.story]
    return case


@pytest.mark.parametrize(
    ("words", "changed", "code"),
    [
        ("half a minute before", {"at": "2018-10-10T06:01:00Z"}, "in_force"),
        ("12:01 a.m. of the expiry", {"at": "2018-10-10T06:00:59Z"}, "in_force"),
        ("vacant since", {"given": {"vacant_since": "2018-08-11"}}, "in_force"),
        ("Only surge", {"given": {"perils": "WSS;WTC"}}, "peril_covered"),
        ("Both reached it", {"given": {"perils": "WSS"}}, "anti_concurrent_causation"),
        ("Fire may have followed", {"perils": QUAKE}, "earth_movement_excluded"),
    ],
)  # fmt: skip
def test_across_the_line_the_answer_turns(words, changed, code, screen):
    case = find(words)
    row = screen(replace(case, **changed))
    assert code in row["coverage_reasons"].split(";")
    assert case.rule.rpartition(".")[0] not in row["coverage_reasons"].split(";")


@pytest.mark.parametrize(
    ("changed", "deductible", "code"),
    [
        # what was borne in another calendar year does not count
        ({"hurricane_deductible_year": 2017.0}, 4_000.0, "hurricane_deductible"),
        # a remainder above the other perils' deductible holds itself
        ({"hurricane_deductible_used": 1_500.0}, 2_500.0, "hurricane_deductible_met"),
        # borne in full, more than in full
        ({"hurricane_deductible_used": 9_000.0}, 1_000.0, "hurricane_deductible_met"),
        # in a year that is not said, nothing is known
        ({"hurricane_deductible_year": None}, np.nan, "hurricane_deductible_unclear"),
    ],
)
def test_a_hurricane_deductible_goes_by_calendar_years(changed, deductible, code, screen):
    case = find("second hurricane")
    row = screen(replace(case, given=case.given | changed))
    assert row["deductible_amount"] == pytest.approx(deductible, nan_ok=True)
    assert row["coverage_reasons"].endswith(code)


@pytest.mark.parametrize(
    ("trigger", "storm", "perils", "deductible"),
    [
        (None, HURRICANE, WIND_STORM, 4_000.0),
        ("hurricane", NAMED, WIND_STORM, 1_000.0),
        ("hurricane", None, WIND_STORM, np.nan),
        ("named_storm", NAMED, WIND_STORM, 4_000.0),
        ("named_storm", None, WIND_STORM, 4_000.0),
        ("named_storm", None, FLOOD, 1_000.0),
        ("hurricane", HURRICANE, (Peril.TORNADO,), 1_000.0),
    ],
)
def test_what_brings_a_hurricane_deductible_in(trigger, storm, perils, deductible, screen):
    given = TWO_PERCENT | {"hurricane_deductible_trigger": trigger}
    case = Case("", "", "", "", "", given, perils, storm=storm)
    row = screen(case)
    assert row["deductible_amount"] == pytest.approx(deductible, nan_ok=True)


def test_the_year_is_the_one_on_the_clock_there(screen):
    """At 05:30 UTC on New Year's Day it is still the old year in Florida."""
    given = TWO_PERCENT | {"hurricane_deductible_used": 4_000.0, "hurricane_deductible_year": 2018}
    case = Case("", "", "", "", "", given, storm=HURRICANE, at="2019-01-01T05:30Z")
    assert screen(case)["deductible_amount"] == 1_000.0
    later = replace(case, at="2019-01-01T06:30Z")
    assert screen(later)["deductible_amount"] == 4_000.0


def test_no_rule_id_is_given_twice_and_each_has_all_that_evidence_cites():
    rules = [*CLEAR_RULES, *list_rules(RULES)]
    assert len({rule.rule_id for rule in rules}) == len(rules)
    assert all(rule.version >= 1 and rule.source and rule.meaning for rule in rules)


def test_a_loss_within_the_deductible_is_asked_about_and_not_claimed():
    """T2 is 17.5% of 200,000 = 35,000; a deductible of 40,000 is not passed."""
    row = {
        "status": "graded", "status_reason": "seen", "p_major": 0.1, "p_destroyed": 0.0,
        "novelty_frac": 0.1, "prior_damage": 0.5, "p_damage": 0.9, "p_severe": 0.1, "tier": "T2",
        "coverage_result": "pass", "building_tiv": 200_000.0, "deductible_amount": 40_000.0,
        "geocode_class": 2, "match_reason": "inside", "match_method": "inside",
        "match_distance_m": 0.0, "leading_hazard": "wind", "wind_or_water": "wind",
        "portfolio_number": "1", "account_number": "1", "policy_number": "1",
        "location_number": "1",
    }  # fmt: skip
    decided = decide(pd.DataFrame([row]), TriageOptions()).iloc[0]
    assert (decided["decision"], decided["decision_reasons"]) == (
        "outreach", "minor_within_deductible",
    )  # fmt: skip
