import numpy as np
import pandas as pd
import pytest

from core.events import Peril
from policies.reading.cells.deductibles import (
    choose_deductible,
    choose_rows_by_peril,
    parse_deductibles,
)
from policies.reading.cells.parse import parse_perils
from policies.reading.oed import (
    ACCOUNT_DEDUCTIBLES,
    LOCATION_DEDUCTIBLES,
    POLICY_DEDUCTIBLES,
    UNREAD_DED_CODE,
)

FIELDS = (*LOCATION_DEDUCTIBLES, *POLICY_DEDUCTIBLES, *ACCOUNT_DEDUCTIBLES)
TIVS = {"1Building": 200_000.0, "5PD": 300_000.0, "6All": 350_000.0}


def choose(tivs=TIVS, **cells):
    """The deductible in money of one row of OED text."""
    return resolve_all(cells, tivs).amount[0]


def resolve_all(cells, tivs=TIVS):
    """The deductible of one row of OED text."""
    rows = pd.DataFrame({name: pd.Series([cell], dtype="str") for name, cell in cells.items()})
    rows = rows.reindex([0])
    parsed, _ = parse_deductibles(rows, FIELDS)
    order = [(fields, np.array([tivs[fields.coverage]])) for fields in FIELDS]
    return choose_deductible(parsed, order)


@pytest.mark.parametrize(
    ("cells", "frac", "least", "most"),
    [
        ({"LocDed1Building": "0.1", "LocDedType1Building": "1"}, 0.1, None, None),
        (
            {"LocDed1Building": "0.1", "LocDedType1Building": "1", "LocMinDed1Building": "2500"},
            0.1, 2500, None,
        ),
        (
            {"LocDed1Building": "0.1", "LocDedType1Building": "1", "PolMaxDed6All": "9000"},
            0.1, None, 9000,
        ),
        ({"LocDed1Building": "0.02", "LocDedType1Building": "2"}, None, None, None),
        ({"LocDed1Building": "1000", "LocMinDed1Building": "2500"}, None, None, None),
        # a franchise of a share of the loss is known neither way
        (
            {"LocDed1Building": "0.1", "LocDedType1Building": "1", "LocDedCode1Building": "2"},
            None, None, None,
        ),
        # an amount nearer to the building goes before a share further off
        (
            {"LocDed1Building": "1000", "LocDed6All": "0.1", "LocDedType6All": "1"},
            None, None, None,
        ),
    ],
)  # fmt: skip
def test_a_share_of_the_loss_is_kept_with_its_limits(cells, frac, least, most):
    chosen = resolve_all(cells)
    found = [chosen.of_loss_frac[0], chosen.least[0], chosen.most[0]]
    np.testing.assert_array_equal(found, np.array([frac, least, most], dtype=float))


@pytest.mark.parametrize(
    ("cells", "money"),
    [
        ({"LocDed1Building": "1000"}, 1000),
        ({"LocDed1Building": "0.02", "LocDedType1Building": "2"}, 4000),
        ({"LocDed5PD": "0.02", "LocDedType5PD": "2"}, 6000),
        ({"LocDed6All": "0.02", "LocDedType6All": "2"}, 7000),
        ({"LocDed1Building": "1000", "LocDed6All": "500"}, 1000),
        ({"LocDed1Building": "0", "LocDed6All": "500"}, 500),
        ({"LocDed1Building": "0", "LocDed5PD": "2500", "LocDed6All": "0"}, 2500),
        ({"LocDed5PD": "2500"}, 2500),
        ({"PolDed6All": "2500"}, 2500),
        ({"PolDed1Building": "1000", "PolDed6All": "2500"}, 1000),
        ({"PolDed5PD": "13600000"}, 13_600_000),
        ({"AccDed6All": "2500", "PolDed6All": "0"}, 2500),
        ({"PolDed1Building": "0.05", "PolDedType1Building": "2"}, 10_000),
        ({"LocDed1Building": "0", "PolDed6All": "2500"}, 2500),
        ({"LocDed1Building": "0"}, 0),
        ({"LocDed1Building": "500", "LocMinDed1Building": "1000"}, 1000),
        ({"LocDed6All": "0", "LocMinDed6All": "5000"}, 5000),
        ({"LocMinDed1Building": "500"}, 500),
        ({"LocDed1Building": "500", "LocMinDed6All": "1500"}, 1500),
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
        ({"LocDed1Building": "0.1", "LocDedType1Building": "2", "LocMaxDed6All": "5000"}, 5000),
        (
            {"LocDed1Building": "0.02", "LocDedType1Building": "2", "LocMaxDed1Building": "0"},
            4000,
        ),
        # what is taken off the contents takes nothing off the building
        ({"LocDed1Building": "0", "LocDed3Contents": "1000"}, 0),
    ],
)
def test_what_is_stated_becomes_money(cells, money):
    assert choose(**cells) == money


@pytest.mark.parametrize(
    "cells",
    [
        {},
        {"LocDed1Building": "0.02", "LocDedType1Building": "1"},
        # a fraction of loss comes first, so what stands behind it does not count
        {"LocDed1Building": "0.02", "LocDedType1Building": "1", "PolDed6All": "2500"},
        {"LocDed1Building": "1000", "LocDedCode1Building": "1"},
        {"LocDed1Building": "1000", "LocDedCode1Building": "2"},
        # there is one, whatever it comes to
        {"LocDed1Building": "$1,000", "PolDed6All": "0"},
        {"LocDed1Building": "2", "LocDedType1Building": "2"},
        {"LocDed6All": "2500", "LocDedType6All": "7"},
        {"LocDed1Building": "-500"},
    ],
)
def test_what_is_not_known_before_the_loss_is_missing(cells):
    assert np.isnan(choose(**cells))


def test_a_fraction_of_an_unknown_value_is_missing():
    cells = {"LocDed1Building": "0.02", "LocDedType1Building": "2"}
    assert np.isnan(choose(TIVS | {"1Building": 0.0}, **cells))


@pytest.mark.parametrize(
    ("perils", "amounts", "peril", "chosen"),
    [
        (["WW1", "XX1;BB1"], ["10000", "1000"], Peril.TROPICAL_CYCLONE_WIND, 10_000),
        (["WW1", "XX1;BB1"], ["10000", "1000"], Peril.WILDFIRE, 1000),
        (["AA1", "WTC"], ["1000", "10000"], Peril.TROPICAL_CYCLONE_WIND, 10_000),
        (["AA1", "WTC"], ["1000", "10000"], Peril.WILDFIRE, 1000),
        (["WW1"], ["10000"], Peril.WILDFIRE, None),
        (["WW1", "WW1"], ["1000", "2000"], Peril.TROPICAL_CYCLONE_WIND, "unread"),
        (["WW1", "WW1"], ["1000", "1000"], Peril.TROPICAL_CYCLONE_WIND, 1000),
        (["WW1", "XX1"], ["1000", "2000"], None, "unread"),
        (["WW1", "XX1"], ["1000", "1000"], None, 1000),
    ],
)
def test_the_row_for_the_fewest_perils_that_holds_the_peril_is_chosen(
    perils, amounts, peril, chosen
):
    text = pd.DataFrame({"LocDed6All": pd.Series(amounts, dtype="str")})
    numbers, _ = parse_deductibles(text, LOCATION_DEDUCTIBLES)
    bits = parse_perils(pd.Series(perils, dtype="str")).bits
    owner = np.zeros(len(text), dtype=np.intp)
    table = choose_rows_by_peril(numbers, owner, bits, peril, LOCATION_DEDUCTIBLES)
    assert len(table) == 1
    if chosen == "unread":
        assert table["LocDedCode6All"].tolist() == [UNREAD_DED_CODE]
    else:
        expected = [np.nan if chosen is None else chosen]
        np.testing.assert_array_equal(table["LocDed6All"], expected)


def test_each_owner_has_one_row_in_its_place_whatever_the_order_of_the_rows():
    amounts = ["100", "200", "100", "500", "300", "400"]
    perils = ["WTC", "BFR", "WTC", "WTC", "WW1", "WTC"]
    owner = np.array([2, 1, 2, 0, 0, 3])
    numbers, _ = parse_deductibles(
        pd.DataFrame({"LocDed6All": pd.Series(amounts, dtype="str")}), LOCATION_DEDUCTIBLES
    )
    bits = parse_perils(pd.Series(perils, dtype="str")).bits
    table = choose_rows_by_peril(
        numbers, owner, bits, Peril.TROPICAL_CYCLONE_WIND, LOCATION_DEDUCTIBLES
    )
    np.testing.assert_array_equal(table["LocDed6All"], [500, np.nan, 100, 400])
    assert table["LocDedCode6All"].tolist() == [0, 0, 0, 0]
