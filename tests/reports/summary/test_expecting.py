"""How many homes to expect: intervals that hold over events, counts told to what is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.summary.expecting import (
    EVENT_SPREAD,
    compute_expected_count,
    round_to_known,
    tell_kinds,
)

SIGMAS = 1.6449  # nine in ten
KINDS = list(EVENT_SPREAD)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(KINDS)), max_size=200))
def test_the_interval_holds_the_mean_and_stays_possible(homes):
    table = pd.DataFrame(homes, columns=["chance", "kind"]).astype({"chance": float})
    count = compute_expected_count(table["chance"], table["kind"], SIGMAS)
    assert 0 <= count.low <= count.expected <= count.high <= max(len(homes), count.expected)


@pytest.mark.parametrize("kind", KINDS)
def test_it_holds_nine_in_ten_events_that_stray_as_known_ones_did(kind):
    generator = np.random.default_rng(5)
    chances = generator.beta(0.5, 8, 2000)
    strayed = np.exp(generator.normal(0, EVENT_SPREAD[kind], (1500, 1)))
    totals = (generator.random((1500, 2000)) < chances * strayed).sum(axis=1)
    count = compute_expected_count(pd.Series(chances), pd.Series([kind] * 2000), SIGMAS)
    inside = ((totals >= count.low) & (totals <= count.high)).mean()
    assert inside == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(
    ("kind", "expected", "truth"),
    [("seen", 1466, 1393), ("seen", 721, 652), ("seen", 317, 381), ("seen", 277, 311),
     ("water", 307, 522), ("water", 21, 52), ("water", 12, 18), ("water", 93, 24)],
)  # fmt: skip
def test_events_whose_truth_is_known_lie_within(kind, expected, truth):
    chances = pd.Series(np.full(4 * expected, 0.25))
    count = compute_expected_count(chances, pd.Series([kind] * len(chances)), SIGMAS)
    assert count.low <= truth <= count.high


def test_few_homes_stray_by_chance_as_far_as_ever():
    chances = pd.Series(np.full(10, 0.1))
    count = compute_expected_count(chances, pd.Series(["seen"] * 10), SIGMAS)
    assert count.low < 0.3
    assert 4 < count.high < 7


def test_kinds_are_told_by_picture_and_leading_hazard(world):
    findings = world.findings.assign(leading_hazard="wind")
    findings.loc[findings.index[:3], "leading_hazard"] = ["surge", "rain", "river_flood"]
    kinds = tell_kinds(findings)
    assert (kinds.iloc[:3] == "water").all()
    rest = kinds.iloc[3:]
    assert ((rest == "seen") == (findings["status"].iloc[3:] == "graded")).all()
    assert set(rest) == {"seen", "hazard alone"}
    assert "water" not in set(tell_kinds(findings.drop(columns="leading_hazard")))


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, 0), (0.4, 0), (19.4, 19), (20.6, 21), (96.2, 96), (122.4, 120), (1466.2, 1500),
     (12_345, 12_000), (999, 1000)],
)  # fmt: skip
def test_counts_are_told_to_two_digits(count, told):
    assert round_to_known(count) == told
