import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import PERIL_GROUPS, Peril, expand_perils
from core.tables import join_codes
from policies.reading.cells.parse import (
    PERIL_BITS,
    format_perils,
    parse_amounts,
    parse_codes,
    parse_flags,
    parse_numbers,
    parse_perils,
)


def text(*values):
    return pd.Series(list(values), dtype="str")


def test_numbers_are_plain_or_at_fault():
    values, fault = parse_numbers(text("1.5", None, "1,000", "inf", "nan", "0x10", "-2e3", "$5"))
    nan = np.nan
    np.testing.assert_array_equal(values, [1.5, nan, nan, nan, nan, nan, -2000, nan])
    assert fault.is_bad.tolist() == [False, False, True, True, True, True, False, True]
    assert fault.reason == "not_a_number"


def test_negative_amounts_are_at_fault():
    values, (_, negative) = parse_amounts(text("-1", "0", None))
    assert negative.is_bad.tolist() == [True, False, False]
    np.testing.assert_array_equal(values, [np.nan, 0, np.nan])


def test_flags_are_one_or_zero_in_several_words():
    values, fault = parse_flags(text("1", "Yes", "0", None, "perhaps", "TRUE"))
    assert values.tolist() == [True, True, False, False, False, True]
    assert fault.is_bad.tolist() == [False, False, False, False, True, False]


def test_codes_are_whole_numbers():
    codes, fault = parse_codes(text("1050", "1050.0", None, "10.5", "house"), 1000, "not_a_number")
    assert codes.tolist() == [1050, 1050, 1000, 1000, 1000]
    assert fault.is_bad.tolist() == [False, False, False, True, True]


def test_no_rows_parse_to_no_rows():
    nothing = text()
    assert len(parse_perils(nothing).bits) == 0
    assert len(format_perils(np.array([], dtype=np.int64))) == 0


codes = st.lists(st.sampled_from([*PERIL_GROUPS, *Peril]), min_size=1, max_size=5)


@given(st.lists(codes, min_size=1, max_size=5))
def test_perils_expand_as_core_says_and_come_back_sorted(cells):
    perils = parse_perils(text(*(join_codes(cell) for cell in cells)))
    expected = [join_codes(sorted(expand_perils(cell))) for cell in cells]
    assert format_perils(perils.bits).tolist() == expected
    assert not any(fault.is_bad.any() for fault in perils.faults)


def test_perils_read_spaces_and_small_letters():
    perils = parse_perils(text(" ww1 ; XX1;", "WTC"))
    assert "WSS" in format_perils(perils.bits)[0]


@pytest.mark.parametrize("between", [", ", "|", "/", " "])
def test_perils_are_told_apart_whatever_stands_between(between):
    perils = parse_perils(text(f"WTC{between}WSS"))
    assert format_perils(perils.bits).tolist() == ["WSS;WTC"]
    assert not any(fault.is_bad.any() for fault in perils.faults)


def test_a_group_does_not_name_what_it_contains():
    perils = parse_perils(text("WW1", "WTC;WSS", "AA1"))
    surge = PERIL_BITS[Peril.STORM_SURGE]
    assert ((perils.bits & surge) > 0).tolist() == [True, True, True]
    assert ((perils.named & surge) > 0).tolist() == [False, True, False]


@pytest.mark.parametrize("cell", ["WW9", "WTC;ABC", "WTC,FLOOD", ";"])
def test_unknown_perils_are_at_fault(cell):
    _, unknown = parse_perils(text(cell)).faults
    assert unknown.is_bad.tolist() == [True]
