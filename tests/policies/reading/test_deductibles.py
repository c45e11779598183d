import numpy as np
import pandas as pd
import pytest

from policies.reading.deductibles import choose_deductible, parse_deductible
from policies.reading.oed import LOCATION_DEDUCTIBLES, POLICY_DEDUCTIBLES

FIELDS = (*LOCATION_DEDUCTIBLES, *POLICY_DEDUCTIBLES)
BUILDING_TIV, WHOLE_TIV = 200_000.0, 350_000.0


def choose(building_tiv=BUILDING_TIV, **cells):
    """The deductible in money of one row of OED text."""
    names = [column for fields in FIELDS for column in fields.columns]
    rows = pd.DataFrame({name: pd.Series([cells.get(name)], dtype="str") for name in names})
    assert set(cells) <= set(names)
    parsed = pd.DataFrame(index=rows.index)
    for fields in FIELDS:
        parsed = parsed.assign(**parse_deductible(rows, fields)[0])
    tivs = {"1Building": building_tiv, "6All": WHOLE_TIV}
    order = [(fields, np.array([tivs[fields.coverage]])) for fields in FIELDS]
    return choose_deductible(parsed, order)[0]


@pytest.mark.parametrize(
    ("cells", "money"),
    [
        ({"LocDed1Building": "1000"}, 1000),
        ({"LocDed1Building": "0.02", "LocDedType1Building": "2"}, 4000),
        ({"LocDed6All": "0.02", "LocDedType6All": "2"}, 7000),
        ({"LocDed1Building": "1000", "LocDed6All": "500"}, 1000),
        ({"LocDed1Building": "0", "LocDed6All": "500"}, 500),
        ({"PolDed6All": "2500"}, 2500),
        ({"PolDed1Building": "0.05", "PolDedType1Building": "2"}, 10_000),
        ({"LocDed1Building": "0", "PolDed6All": "2500"}, 2500),
        ({"LocDed1Building": "0"}, 0),
        (
            {
                "LocDed1Building": "0.001",
                "LocDedType1Building": "2",
                "LocMinDed1Building": "500",
            },
            500,
        ),
        (
            {"LocDed1Building": "0.1", "LocDedType1Building": "2", "LocMaxDed1Building": "5000"},
            5000,
        ),
        (
            {"LocDed1Building": "0.02", "LocDedType1Building": "2", "LocMaxDed1Building": "0"},
            4000,
        ),
    ],
)
def test_what_is_stated_becomes_money(cells, money):
    assert choose(**cells) == money


@pytest.mark.parametrize(
    "cells",
    [
        {},
        {"LocMinDed1Building": "500"},
        {"LocDed1Building": "0.02", "LocDedType1Building": "1"},
        # a fraction of loss comes first, so what stands behind it does not count
        {"LocDed1Building": "0.02", "LocDedType1Building": "1", "PolDed6All": "2500"},
        {"LocDed1Building": "1000", "LocDedCode1Building": "1"},
    ],
)
def test_what_is_not_known_before_the_loss_is_missing(cells):
    assert np.isnan(choose(**cells))


def test_a_fraction_of_an_unknown_value_is_missing():
    assert np.isnan(choose(0.0, LocDed1Building="0.02", LocDedType1Building="2"))
