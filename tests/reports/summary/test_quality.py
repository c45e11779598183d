"""Gates on what a list says: passed, not passed, and not judged where there is too little."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from reports.summary.quality import Outcome, QualityLimits, judge_quality

HOMES = 400
LIMITS = QualityLimits()


@pytest.fixture
def findings():
    """A good list: every tenth home destroyed, all of them decided and known."""
    is_ruin = np.arange(HOMES) % 10 == 0
    return gpd.GeoDataFrame(
        {
            "portfolio_number": "1", "account_number": "A",
            "policy_number": [f"P{n}" for n in range(HOMES)], "location_number": "1",
            "building_id": [f"b{n}" for n in range(HOMES)], "building_tiv": 250_000.0,
            "status": "graded", "tier": np.where(is_ruin, "T4", "T0"), "novelty_frac": 0.5,
            "p_no_damage": np.where(is_ruin, 0.1, 0.9), "p_minor": 0.0, "p_major": 0.0,
            "p_destroyed": np.where(is_ruin, 0.9, 0.1),
            "reviewed_grade": pd.Series([None] * HOMES, dtype="object"),
        },
        geometry=[Point(-85.0 + n / 1000, 30.0) for n in range(HOMES)], crs=4326,
    )  # fmt: skip


def outcomes(findings, published=None, limits=LIMITS):
    return {each.code: each for each in judge_quality(findings, published, limits)}


def test_a_good_list_passes_and_says_what_was_not_judged(findings):
    found = outcomes(findings)
    assert {code: str(each.outcome) for code, each in found.items()} == {
        "duplicate_homes": "passed", "strange_pictures": "passed", "undecided_scores": "passed",
        "homes_left": "not_judged", "findings_turned": "not_judged",
        "reviews_disagree": "not_judged",
    }  # fmt: skip
    assert all(each.gap is None for each in found.values())


def test_a_book_exported_twice(findings):
    again = findings.assign(portfolio_number="2")
    gate = outcomes(pd.concat([findings, again], ignore_index=True))["duplicate_homes"]
    assert (gate.gap.part, gate.gap.whole) == (2 * HOMES, 2 * HOMES)


def test_flats_of_one_building_are_no_duplicates(findings):
    flats = findings.assign(building_id="tower", geometry=Point(-85, 30))
    values = 100_000.0 + np.arange(HOMES)
    assert outcomes(flats.assign(building_tiv=values))["duplicate_homes"].gap is None


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("strange_pictures", {"novelty_frac": 0.995}),
        ("undecided_scores", {"p_no_damage": 0.4, "p_minor": 0.3, "p_destroyed": 0.3}),
    ],
)
def test_pictures_and_scores_that_drifted(findings, code, changed):
    drifted = findings.copy()
    share = findings.index < HOMES * 0.31
    for name, value in changed.items():
        drifted.loc[share, name] = value
    assert outcomes(drifted)[code].outcome is Outcome.FAILED
    few = outcomes(drifted.iloc[:100])[code]
    assert (few.outcome, few.gap) == (Outcome.NOT_JUDGED, None)


def test_a_list_that_turned_over_night(findings):
    turned = findings.assign(tier=findings["tier"].where(findings.index % 2 > 0, "T3"))
    gate = outcomes(turned, findings)["findings_turned"]
    assert gate.outcome is Outcome.FAILED
    assert "homes graded in both lists" in gate.told
    unseen = turned.assign(status=["obscured" if n % 2 == 0 else "graded" for n in range(HOMES)])
    assert outcomes(unseen, findings)["findings_turned"].outcome is Outcome.PASSED


def test_a_book_cut_in_half_and_a_first_wave_that_grows(findings):
    half = findings.iloc[: HOMES // 2]
    assert outcomes(half, findings)["homes_left"].outcome is Outcome.FAILED
    assert outcomes(findings, half)["homes_left"].outcome is Outcome.PASSED


def test_people_who_find_what_the_pictures_deny(findings):
    said = findings.copy()
    said.loc[:59, "reviewed_grade"] = "major-damage"
    gate = outcomes(said)["reviews_disagree"]
    assert gate.outcome is Outcome.FAILED
    assert "100% damaged" in gate.told
    said.loc[:59, "reviewed_grade"] = [
        "destroyed" if n % 10 == 0 else "no-damage" for n in range(60)
    ]
    assert outcomes(said)["reviews_disagree"].outcome is Outcome.PASSED


@pytest.mark.parametrize("wrong", [{"min_homes": 0}, {"max_left_frac": 1.5}])
def test_limits_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="gates"):
        QualityLimits(**wrong)
