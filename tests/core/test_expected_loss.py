"""One loss wherever one is named, and homes whose measures speak count in the order."""

import pandas as pd
import pytest

from core.expected_loss import (
    LOOKS_CHANGED_DAMAGED,
    LOOKS_CHANGED_SEVERE,
    compare_deductible,
    compute_expected_loss,
    compute_relative_loss,
)

SEVERE = (0.375 + 0.875) / 2
MINOR = 0.175


def findings(**columns):
    return pd.DataFrame(columns)


def test_the_loss_is_the_tiers_ratio_of_the_value_and_unknown_where_either_is():
    table = findings(
        tier=["T2", "T2", "T2", "T0", "U", "T2"],
        building_tiv=[2e5, 0.0, 2e5, 0.0, 2e5, 2e5],
        deductible_amount=[4e3, 4e3, None, None, 4e3, 35e3],
    )
    loss = compute_expected_loss(table)
    assert loss.fillna(-1).tolist() == [35e3, -1, 35e3, 0, -1, 35e3]
    sides = compare_deductible(loss, table["deductible_amount"])
    assert sides.tolist() == ["yes", "unknown", "unknown", "no", "unknown", "no"]


def test_an_unknown_value_counts_as_a_median_home_and_currencies_share_one_list():
    table = findings(
        building_tiv=[100.0, 300.0, 200.0, 0.0, 9e9, 0.0],
        currency=["USD", "USD", "USD", "USD", "COP", "XXX"],
        p_damage=1.0,
        p_severe=1.0,
        status_reason="seen",
    )
    assert compute_relative_loss(table).tolist() == pytest.approx(
        [0.5 * SEVERE, 1.5 * SEVERE, SEVERE, SEVERE, SEVERE, SEVERE]
    )


def test_a_home_that_looks_changed_comes_before_one_that_does_not():
    table = findings(
        building_tiv=1.0,
        currency="USD",
        p_damage=[0.1, 0.1, 0.9],
        p_severe=[0.0, 0.0, 0.8],
        status_reason=["seen", "seen;looks_changed", "seen;looks_changed"],
    )
    usual, changed, grave = compute_relative_loss(table)
    assert usual == pytest.approx(0.1 * MINOR)
    assert changed == pytest.approx(
        (LOOKS_CHANGED_DAMAGED - LOOKS_CHANGED_SEVERE) * MINOR + LOOKS_CHANGED_SEVERE * SEVERE
    )
    assert grave == pytest.approx(0.1 * MINOR + 0.8 * SEVERE)
