"""Grades, tiers and probabilities."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.damage import (
    AFFECTED_PROBABILITY,
    GRADED,
    TIER_DAMAGE_RATIO,
    TIER_LABELS,
    XBD_SUBTYPES,
    DamageGrade,
    GradeProbabilities,
    Status,
    Tier,
    choose_tier,
)

CHANCE = st.floats(0, 1)
SEVERITY = [Tier.T0, Tier.T1, Tier.T2, Tier.T3, Tier.T4]


@given(st.tuples(CHANCE, CHANCE, CHANCE), st.tuples(CHANCE, CHANCE, CHANCE))
def test_more_damage_never_gives_a_lower_tier(one, other):
    lower = choose_tier(*map(min, one, other))
    higher = choose_tier(*map(max, one, other))
    assert SEVERITY.index(lower) <= SEVERITY.index(higher)


@pytest.mark.parametrize(
    ("chances", "tier"),
    [
        ((0.0, 0.0, 0.0), Tier.T0),
        ((0.199, 0.1, 0.0), Tier.T0),
        ((0.2, 0.1, 0.0), Tier.T1),
        ((0.499, 0.3, 0.1), Tier.T1),
        ((0.5, 0.49, 0.2), Tier.T2),
        ((0.9, 0.5, 0.49), Tier.T3),
        ((0.9, 0.8, 0.5), Tier.T4),
        ((1.0, 1.0, 1.0), Tier.T4),
    ],
)
def test_tiers_change_at_their_limits(chances, tier):
    assert choose_tier(*chances) is tier


@pytest.mark.parametrize("place", [0, 1, 2])
def test_not_seen_is_never_not_damaged(place):
    chances = [0.1, 0.05, 0.01]
    chances[place] = float("nan")
    with pytest.raises(ValueError, match="nan"):
        choose_tier(*chances)


def test_looking_is_worth_it_from_the_odds_of_its_costs():
    wasted_review_usd, missed_home_usd = 150, 600
    assert (
        pytest.approx(wasted_review_usd / (wasted_review_usd + missed_home_usd))
        == AFFECTED_PROBABILITY
    )


def test_every_tier_has_a_label_and_every_assessed_one_a_rising_loss_ratio():
    assert set(TIER_LABELS) == set(Tier)
    assert list(TIER_DAMAGE_RATIO) == SEVERITY
    assert all(low < high for low, high in pairwise(TIER_DAMAGE_RATIO.values()))


def test_words_of_xbd_name_each_grade_once():
    assert set(XBD_SUBTYPES.values()) == set(DamageGrade)
    assert tuple(DamageGrade) == (*GRADED, DamageGrade.UNCLASSIFIED)


def test_words_of_the_status_are_those_outside_tools_rely_on():
    assert " ".join(Status) == (
        "graded obscured no_imagery stale_imagery misaligned no_building_match "
        "ambiguous_match geocode_too_coarse"
    )


def test_damaged_and_severe_are_sums_of_grades():
    chances = GradeProbabilities(np.array([[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]], np.float32))
    np.testing.assert_allclose(chances.damaged, [0.9, 0], atol=1e-6)
    np.testing.assert_allclose(chances.severe, [0.7, 0], atol=1e-6)
    assert len(chances) == 2


def test_no_buildings_are_a_valid_answer():
    nothing = GradeProbabilities(np.empty((0, 4), np.float32))
    assert len(nothing) == len(nothing.damaged) == len(nothing.severe) == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones((3, 5)), r"shape \(n, 4\), got \(3, 5\)"),
        (np.ones(4), r"got \(4,\)"),
        (np.full((1, 4), np.nan), "NaN or infinity"),
        (np.array([[np.inf, 0, 0, 0]]), "NaN or infinity"),
        (np.array([[0.5, 0.5, 0.1, 0]]), "sum to 1"),
        (np.array([[1.2, -0.2, 0, 0]]), "at least 0"),
    ],
)
def test_what_is_no_probability_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        GradeProbabilities(values.astype(np.float32))
