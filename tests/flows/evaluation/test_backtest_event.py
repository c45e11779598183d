"""A backtest counts what is so: figures by hand from a table of known homes."""

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from core.damage import DamageGrade
from core.errors import EventError
from flows.evaluation.backtest_event import backtest_event, join_truth, judge_tiers

AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)
SURE = {
    "no-damage": (0.97, 0.01, 0.01, 0.01),
    "minor-damage": (0.01, 0.97, 0.01, 0.01),
    "major-damage": (0.01, 0.01, 0.97, 0.01),
    "destroyed": (0.01, 0.01, 0.01, 0.97),
}
COLUMNS = ["grade", "status", "tier", "decision"]
PROBABILITIES = ["p_no_damage", "p_minor", "p_major", "p_destroyed"]


def _known(*rows):
    table = pd.DataFrame(rows, columns=COLUMNS)
    sure = [SURE.get(grade, SURE["no-damage"]) for grade in table["grade"]]
    table[PROBABILITIES] = np.array(sure, float).reshape(-1, len(PROBABILITIES))
    fused = 1 - table["p_no_damage"]
    return table.assign(prior_damage=0.3, p_damage=fused, p_severe=fused, post_scene_id="after")


def test_precision_and_recall_are_those_of_the_severe_tiers():
    figures = judge_tiers(
        _known(
            ("destroyed", "graded", "T4", "open_draft"),
            ("major-damage", "graded", "T3", "review"),
            ("major-damage", "graded", "T2", "review"),
            ("minor-damage", "graded", "T3", "open_draft"),
            ("no-damage", "graded", "T0", "none"),
            ("no-damage", "graded", "T4", "open_draft"),
            ("destroyed", "obscured", "U", "outreach"),
            ("un-classified", "graded", "T4", "open_draft"),
        )
    )
    assert figures["graded"] == 6
    assert figures["severe"] == 3
    assert figures["severe_precision"] == pytest.approx(2 / 4)
    assert figures["severe_recall"] == pytest.approx(2 / 3, abs=1e-4)
    assert (figures["drafts"], figures["drafts_undamaged"]) == (3, 1)
    assert figures["grades"] == {"no_damage": 2, "minor": 1, "major": 2, "destroyed": 1}
    assert figures["image"]["macro_f1"] == 1.0
    assert figures["evidence"]["image"]["auc_damaged"] == {"value": 1.0}  # one scene: no interval
    assert figures["evidence"]["hazard"]["auc_damaged"] == {"value": 0.5}
    assert figures["evidence"]["fused"]["auc_damaged"] == {"value": 1.0}
    json.dumps(figures, allow_nan=False)


@pytest.mark.parametrize("rows", [[], [("destroyed", "obscured", "U", "outreach")]])
def test_nothing_graded_gives_no_figures(rows):
    assert judge_tiers(_known(*rows)) == {"graded": 0}


def test_what_cannot_be_divided_is_absent_not_wrong():
    figures = judge_tiers(_known(("no-damage", "graded", "T0", "none")))
    assert figures["severe_precision"] is None
    assert figures["severe_recall"] is None
    json.dumps(figures, allow_nan=False)


def test_a_run_that_knows_the_truth_is_perfect(assess, town_event, town_grades, tmp_path):
    assess(town_event, tmp_path, says=town_grades)
    figures = backtest_event(town_event, tmp_path, None)
    assert figures["event_id"] == "small-town"
    assert (figures["locations"], figures["missing_truth"]) == (24, 0)
    assert figures["status_as_expected_frac"] == 1.0
    whole = figures["all_scenes"]
    assert whole["severe_precision"] == whole["severe_recall"] == 1.0
    assert whole["drafts_undamaged"] == 0
    assert whole["severe"] == sum(grade >= DamageGrade.MAJOR for grade in town_grades.values())
    assert figures["held_out_scenes"] == {"graded": 0}


def _homes(*rows, **columns):
    table = pd.DataFrame(rows, columns=["location_number", "building_id", "account_number"])
    return table.astype("str").assign(**columns)


def test_a_number_that_stands_in_several_accounts_is_joined_by_its_building():
    truth = _homes(("1", "b1", ""), ("1", "b2", ""), ("2", "b3", ""), ("3", "b4", ""))
    truth = truth.drop(columns="account_number").assign(
        grade=["destroyed", "no-damage", "minor-damage", "no-damage"], expected_status="graded"
    )
    findings = _homes(
        ("1", "b1", "A"), ("1", "b2", "B"), ("1", None, "C"), ("1", "b9", "D"),
        ("2", "b7", "A"),  # a displaced home: its number alone names it
        ("3", "b4", "A"), ("3", "b4", "B"),
    )  # fmt: skip
    findings.loc[2, "building_id"] = None
    known = join_truth(findings, truth)
    grades = list(zip(known["account_number"], known["location_number"], known["grade"],
                      strict=True))  # fmt: skip
    assert sorted(grades) == [
        ("A", "1", "destroyed"), ("A", "2", "minor-damage"), ("A", "3", "no-damage"),
        ("B", "1", "no-damage"), ("B", "3", "no-damage"),
    ]  # fmt: skip
    assert len(join_truth(findings.head(0), truth)) == 0
    with pytest.raises(EventError, match="location number 1 has building b1 twice"):
        join_truth(findings, pd.concat([truth, truth.head(1)]))


def test_a_book_that_numbers_homes_by_account_is_backtested_too(
    assess, event_copy, town_grades, tmp_path
):
    policies = event_copy.parent / "policies"
    numbers: dict[str, str] = {}
    known: set[str] = set()
    for name in ("location", "contacts"):
        table = pd.read_csv(policies / f"{name}.csv", dtype="str", keep_default_na=False)
        numbers |= dict.fromkeys(table["LocNumber"], "1")
        known |= set(table["AccNumber"])
        table.assign(LocNumber="1").to_csv(policies / f"{name}.csv", index=False)
    truth_file = event_copy.parent / "truth.parquet"
    truth = pd.read_parquet(truth_file)
    truth.assign(location_number=truth["location_number"].map(numbers)).to_parquet(truth_file)
    assess(event_copy, tmp_path / "out", says=town_grades)
    figures = backtest_event(event_copy, tmp_path / "out", None)
    whole = figures["all_scenes"]
    assert whole["severe_precision"] == whole["severe_recall"] == 1.0
    assert whole["graded"] > len(known) / 2


def test_without_truth_or_run_it_says_what_to_do(event_copy, tmp_path):
    with pytest.raises(EventError, match="Run the event first"):
        backtest_event(event_copy, tmp_path / "out", None)
    (event_copy.parent / "truth.parquet").unlink()
    with pytest.raises(EventError, match=r"truth\.parquet.*Import it"):
        backtest_event(event_copy, tmp_path / "out", None)
