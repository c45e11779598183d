import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.triage.conditions import CONDITIONS
from claims.triage.decide import decide, describe_rules
from claims.triage.options import TriageOptions
from claims.triage.rules import FALLBACK, RULES
from core.damage import Status, Tier
from core.errors import InputError, SettingsError
from core.schemas.book import LOCATION_KEY
from core.tables import split_codes

OPTIONS = TriageOptions()
T2 = {"tier": "T2", "p_damage": 0.7, "p_severe": 0.1, "p_major": 0.05, "p_destroyed": 0.05}
T1 = T2 | {"tier": "T1", "p_damage": 0.3}
T0 = T2 | {"tier": "T0", "p_damage": 0.05}

CASES = {
    "reviewed_no_damage": (T0 | {"p_damage": 0.0, "reviewed_grade": "no-damage"}, "none"),
    "cover_fails_damaged": ({"coverage_result": "fail"}, "review"),
    "looks_changed": (T0 | {"status_reason": "seen;looks_changed"}, "review"),
    "cover_fails_no_marked_damage": (T1 | {"coverage_result": "fail"}, "none"),
    "cover_unclear_damaged": ({"coverage_result": "refer"}, "review"),
    "hazard_absent": ({"prior_damage": 0.005}, "review"),
    "severe_unlike_training": ({"novelty_frac": 0.99}, "review"),
    "outline_newer_than_images": (
        {"status_reason": "seen;outline_newer_than_images"},
        "review",
    ),
    "bare_before": ({"status_reason": "seen;bare_before"}, "review"),
    "shared_building": ({"match_reason": "inside;shared_building"}, "review"),
    "worst_of_several": ({"match_reason": "several_buildings"}, "review"),
    "wind_and_water": ({"wind_or_water": "both", "leading_hazard": "wind"}, "review"),
    "hardly_seen_from_above": ({"wind_or_water": "water", "leading_hazard": "rain"}, "review"),
    "severe_within_deductible": ({"deductible_amount": 190_000.0}, "review"),
    "severe_damage": ({}, "open_draft"),
    "severe_match_unsure": ({"geocode_class": 4}, "review"),
    "severe_probability_low": ({"p_severe": 0.89}, "review"),
    "minor_loss_unknown": (T2 | {"building_tiv": 0.0}, "review"),
    "minor_within_deductible": (T2 | {"deductible_amount": 35_000.0}, "outreach"),
    "minor_likely": (T2, "review"),
    "minor_possible": (T2 | {"p_damage": 0.55}, "outreach"),
    "affected": (T1, "outreach"),
    "stacked_point_hazard_strong": (
        {"tier": "T0", "match_reason": "inside;stacked_point"},
        "outreach",
    ),
    "no_damage_seen": (T0, "none"),
    "many_buildings": (
        {"status": "ambiguous_match", "status_reason": "several_buildings", "tier": "U"}
        | {"prior_damage": 0.2},
        "review",
    ),
    "seen_badly_hazard_strong": ({"status": "obscured", "tier": "U"}, "review"),
    "not_seen_hazard_strong": ({"status": "no_imagery", "tier": "U"}, "outreach"),
    "not_seen_hazard_likely": (
        {"status": "no_imagery", "tier": "U", "prior_damage": 0.45},
        "outreach",
    ),
    "not_seen_hazard_weak": (
        {"status": "no_imagery", "tier": "U", "prior_damage": 0.19},
        "none",
    ),
    "no_rule_holds": ({"tier": "U"}, "review"),
}
"""By the rule that decides: what differs from a destroyed, covered, well-matched home."""


def test_every_rule_has_a_case_and_every_condition_is_used():
    assert list(CASES) == [rule.code for rule in (*RULES, FALLBACK)]
    used = {name.removeprefix("!") for rule in RULES for name in rule.when}
    assert used == set(CONDITIONS)


@pytest.mark.parametrize("code", CASES)
def test_the_rule_decides_and_gives_its_reason_first(code, findings_of):
    change, decision = CASES[code]
    decided = decide(findings_of(change), OPTIONS).iloc[0]
    assert decided["decision"] == decision
    assert split_codes(decided["decision_reasons"])[0] == code


def test_all_cases_at_once_decide_as_each_alone(findings_of):
    decided = decide(findings_of(*(change for change, _ in CASES.values())), OPTIONS)
    firsts = [split_codes(cell)[0] for cell in decided["decision_reasons"]]
    assert firsts == list(CASES)


@pytest.mark.parametrize(
    ("change", "decision"),
    [
        ({"geocode_class": 0}, "review"),
        ({"novelty_frac": 0.98}, "open_draft"),
        ({"novelty_frac": np.nan}, "open_draft"),
        ({"status_reason": "seen"}, "open_draft"),
        ({"status_reason": "seen;not_bare_before"}, "open_draft"),
        (T2 | {"status_reason": "seen;bare_before", "p_damage": 0.55}, "outreach"),
        (T0 | {"status_reason": "seen;outline_newer_than_images"}, "none"),
        ({"geocode_class": 1}, "open_draft"),
        ({"geocode_class": 3}, "open_draft"),
        ({"match_method": "nearest", "match_distance_m": 25.0}, "open_draft"),
        ({"match_method": "nearest", "match_distance_m": 25.1}, "review"),
        ({"match_method": "nearest", "match_distance_m": np.nan}, "review"),
        ({"match_method": "inside", "match_distance_m": np.nan}, "open_draft"),
        ({"match_method": None, "match_distance_m": np.nan}, "review"),
        ({"tier": "T3", "p_severe": 0.9}, "open_draft"),
        ({"prior_damage": 0.01}, "open_draft"),
        ({"status": "misaligned", "tier": "U"}, "review"),
        ({"status": "ambiguous_match", "tier": "U"}, "review"),
        ({"status": "geocode_too_coarse", "tier": "U"}, "outreach"),
        (T2 | {"deductible_amount": None}, "review"),
        (T0 | {"coverage_result": "refer"}, "none"),
        (T1 | {"coverage_result": "refer"}, "outreach"),
    ],
)
def test_lines_are_drawn_where_the_options_say(change, decision, findings_of):
    assert decide(findings_of(change), OPTIONS)["decision"].item() == decision


def test_a_picture_of_damage_without_hazard_is_looked_at_even_where_fusion_says_none(findings_of):
    change = {"prior_damage": 0.001, "tier": "T0", "p_damage": 0.04, "p_severe": 0.02}
    decided = decide(findings_of(change), OPTIONS).iloc[0]
    assert (decided["decision"], decided["decision_reasons"]) == ("review", "hazard_absent")


@pytest.mark.parametrize(
    ("match_reason", "change", "expected"),
    [
        ("inside;shared_building", {}, ("review", "shared_building")),
        ("nearest;shared_building;stacked_point", {}, ("review", "shared_building")),
        ("inside;drawn_twice", {}, ("open_draft", "severe_damage")),
        ("inside;review_geocode", {}, ("review", "severe_match_unsure")),
        ("inside;shared_building", {"tier": "T0"}, ("none", "no_damage_seen")),
        (
            "inside;shared_building;stacked_point",
            {"tier": "T0"},
            ("outreach", "stacked_point_hazard_strong"),
        ),
    ],
)
def test_what_the_match_says_reaches_the_decision(match_reason, change, expected, findings_of):
    decided = decide(findings_of({"match_reason": match_reason} | change), OPTIONS).iloc[0]
    assert (decided["decision"], decided["decision_reasons"]) == expected


def test_all_reasons_of_one_decision_are_given(findings_of):
    change = {"coverage_result": "refer", "geocode_class": 5, "p_severe": 0.6}
    reasons = decide(findings_of(change), OPTIONS)["decision_reasons"].item()
    assert reasons == "cover_unclear_damaged;severe_match_unsure;severe_probability_low"


_SEEN = ["seen", "seen;outline_newer_than_images", "seen;bare_before"]


def _random_rows(size: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "portfolio_number": "1",
            "account_number": "A1",
            "policy_number": [f"P{place}" for place in range(size)],
            "location_number": "1",
            "status": random.choice([status.value for status in Status], size),
            "status_reason": random.choice(_SEEN, size),
            "p_major": random.choice([0.0, 0.4, np.nan], size),
            "p_destroyed": random.choice([0.0, 0.4, np.nan], size),
            "novelty_frac": random.choice([0.2, 0.995, np.nan], size),
            "prior_damage": random.choice([0.0, 0.3, 0.9], size),
            "p_damage": random.random(size),
            "p_severe": random.random(size),
            "tier": random.choice([tier.value for tier in Tier], size),
            "coverage_result": random.choice(["pass", "refer", "fail"], size),
            "building_tiv": random.choice([0.0, 1e5, 1e6], size),
            "deductible_amount": random.choice([np.nan, 0.0, 5e4], size),
            "geocode_class": random.integers(0, 8, size),
            "match_reason": random.choice(["inside", "inside;shared_building;stacked_point"], size),
            "match_method": random.choice(np.array(["inside", "nearest", None]), size),
            "match_distance_m": random.choice([0.0, 20.0, 60.0, np.nan], size),
        }
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_comes_nothing_unsafe_is_decided(seed):
    rows = _random_rows(200, seed)
    decided = decide(rows, OPTIONS)
    assert decided[LOCATION_KEY].equals(rows[LOCATION_KEY].astype(str))
    assert (decided["decision_reasons"].str.len() > 0).all()
    drafts = rows[decided["decision"].to_numpy() == "open_draft"]
    assert (drafts["status"] == "graded").all()
    assert (drafts["coverage_result"] == "pass").all()
    assert drafts["tier"].isin(["T3", "T4"]).all()
    assert (drafts["status_reason"] == "seen").all()
    assert drafts["geocode_class"].between(1, 3).all()
    damaged = (rows["status"] == "graded") & rows["tier"].isin(["T2", "T3", "T4"])
    assert (decided["decision"][damaged] != "none").all(), "damage seen is never dropped"


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_nothing(seed):
    rows = _random_rows(100, seed)
    shuffled = rows.sample(frac=1, random_state=seed % 1000)
    straight = decide(rows, OPTIONS).set_index("policy_number")
    again = decide(shuffled, OPTIONS).set_index("policy_number").loc[straight.index]
    assert straight.equals(again)


def test_no_rows_give_no_rows(findings_of):
    decided = decide(findings_of(), OPTIONS)
    assert list(decided) == [*LOCATION_KEY, "decision", "decision_reasons"]
    assert len(decided) == 0


def test_a_missing_column_is_named(findings_of):
    with pytest.raises(InputError, match="deductible_amount"):
        decide(findings_of({}).drop(columns="deductible_amount"), OPTIONS)


def test_an_unknown_tier_is_quoted(findings_of):
    with pytest.raises(InputError, match=r"tier.*'T9'"):
        decide(findings_of({}).assign(tier="T9"), OPTIONS)


def test_options_outside_their_range_are_refused():
    with pytest.raises(SettingsError, match=r"draft_severe_frac is 80"):
        TriageOptions(draft_severe_frac=80)
    with pytest.raises(SettingsError, match=r"automatable_distance_m is -1"):
        TriageOptions(automatable_distance_m=-1)


def test_the_table_reads_as_text():
    table = describe_rules()
    assert list(table["order"]) == list(range(1, len(RULES) + 2))
    assert table["when"].str.len().gt(0).all()
    assert "not (good geocode" in table.set_index("code").loc["severe_match_unsure", "when"]


T4_REVIEWED = {"reviewed_grade": "destroyed", "p_damage": 1.0, "p_severe": 1.0}


@pytest.mark.parametrize(
    "doubt",
    [
        {"novelty_frac": 1.0},
        {"prior_damage": 0.001},
        {"status_reason": "seen;bare_before;outline_newer_than_images"},
        {"status": "obscured", "p_major": np.nan, "p_destroyed": np.nan},
        {"p_major": 0.0, "p_destroyed": 0.0},
    ],
)
def test_a_person_who_graded_it_destroyed_outranks_the_models_doubts(doubt, findings_of):
    decided = decide(findings_of(T4_REVIEWED | doubt), OPTIONS).iloc[0]
    assert decided["decision"] == "open_draft"
    assert split_codes(decided["decision_reasons"]) == ["severe_damage", "reviewed_destroyed"]


@pytest.mark.parametrize(
    "change",
    [
        {"p_destroyed": 1.0},
        {"coverage_result": "fail"},
        {"coverage_result": "refer"},
        {"status_reason": "seen;looks_changed"},
        {"status": "no_imagery", "prior_damage": 0.9},
    ],
)
def test_a_person_who_graded_it_undamaged_leaves_no_step(change, findings_of):
    reviewed = T0 | {"p_damage": 0.0, "p_severe": 0.0, "reviewed_grade": "no-damage"}
    decided = decide(findings_of(reviewed | change), OPTIONS).iloc[0]
    assert decided["decision"] == "none"
    assert split_codes(decided["decision_reasons"])[0] == "reviewed_no_damage"


def test_what_only_a_person_settles_a_review_does_not(findings_of):
    for change, code in (
        ({"coverage_result": "refer"}, "cover_unclear_damaged"),
        ({"geocode_class": 4}, "severe_match_unsure"),
        ({"match_reason": "inside;shared_building"}, "shared_building"),
    ):
        decided = decide(findings_of(T4_REVIEWED | change), OPTIONS).iloc[0]
        assert decided["decision"] == "review"
        assert code in split_codes(decided["decision_reasons"])
