"""A class that says "building" cannot hold where the coordinates are rounded to 100 m."""

import numpy as np
import pandas as pd
import pytest

from policies.reading.cells.precision import AROUND_A_DOZEN, POSTCODE, limit_by_decimals

ROOF, CITY = 2, 8


def _limit(decimals, count, *, rounded=0, to=0, said=ROOF):
    """Classes of places written with so many decimals, the first of them rounded to fewer."""
    random = np.random.default_rng(7)
    place = random.uniform((25, -90), (31, -80), (count, 2)).round(decimals)
    place[:rounded] = place[:rounded].round(to)
    text = [pd.Series([f"{value:.{decimals}f}" for value in axis], dtype="str") for axis in place.T]
    return limit_by_decimals(np.full(count, said), *text)


@pytest.mark.parametrize(("to", "limit"), [(3, AROUND_A_DOZEN), (2, POSTCODE), (0, POSTCODE)])
def test_rounded_places_are_as_coarse_as_they_are_written(to, limit):
    classes, fault = _limit(6, 1000, rounded=40, to=to)
    assert classes[:40].tolist() == [limit] * 40
    assert set(classes[40:]) == {ROOF}
    assert fault.is_bad.sum() == 40


@pytest.mark.parametrize("decimals", [4, 5, 6, 8])
def test_zeros_by_chance_are_no_rounding(decimals):
    classes, fault = _limit(decimals, 20_000)
    assert set(classes) == {ROOF}
    assert not fault.is_bad.any()


def test_what_is_coarse_stays_so_and_a_few_homes_prove_nothing():
    assert set(_limit(2, 100, said=CITY)[0]) == {CITY}
    assert set(_limit(2, 19)[0]) == {ROOF}
    assert set(_limit(2, 100, said=0)[0]) == {0}
