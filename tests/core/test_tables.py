"""Every table says what it holds, and a wrong one is refused with a clear message."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from core import tables
from core.errors import InputError
from core.schemas.book import CONTACTS, REJECTS
from core.tables import FOOTPRINTS, HAZARDS, PAIRS, TABLES, check_table, join_codes, split_codes

COLUMNS = [(schema, name) for schema in TABLES for name in schema.columns]
SUFFIX_UNITS = {"_m": "m", "_m2": "m2", "_mps": "m/s", "_utc": "UTC", "_frac": "0 to 1"}


def _rejects(**change) -> pd.DataFrame:
    row = {"file": "location.csv", "row_number": 7, "reason": "bad_date", "value": "x",
           "remedy": "Write it as 2018-10-10"}  # fmt: skip
    return pd.DataFrame([row | change])


def _footprints(count: int) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"building_id": [f"b{n}" for n in range(count)], "area_m2": 10.0, "source": "test"},
        index=range(count),
        geometry=gpd.GeoSeries([shapely.box(n, 0, n + 1, 1) for n in range(count)], crs=4326),
        crs=4326,
    )


def test_all_schemas_are_listed_under_names_of_their_own():
    defined = {
        name.lower(): value
        for name, value in vars(tables).items()
        if type(value) is type(FOOTPRINTS)
    }
    assert {schema.name for schema in TABLES} == set(defined)
    assert len({schema.name for schema in TABLES}) == len(TABLES)
    assert all(defined[name].name == name for name in defined)


@pytest.mark.parametrize("schema", TABLES, ids=lambda schema: schema.name)
def test_every_schema_says_what_it_is_and_what_names_a_row(schema):
    assert schema.description.endswith(".")
    key = schema.metadata["key"]
    assert key
    assert set(key) <= set(schema.columns)
    assert schema.unique == key
    assert schema.strict is True
    assert not any(schema.columns[name].nullable for name in key)


@pytest.mark.parametrize(("schema", "name"), COLUMNS, ids=lambda x: getattr(x, "name", x))
def test_every_column_says_what_it_holds_and_in_which_unit(schema, name):
    column = schema.columns[name]
    unit = column.metadata["unit"]
    assert column.description
    assert not column.description.endswith(".")
    is_number = str(column.dtype).startswith(("float", "int", "datetime"))
    assert bool(unit) == is_number or column.dtype is None or name == "geometry"
    for suffix, expected in SUFFIX_UNITS.items():
        if name.endswith(suffix):
            assert unit == expected


def test_the_contract_of_findings_holds():
    contract = (
        "event_id portfolio_number account_number policy_number location_number building_id "
        "status status_reason pre_scene_id post_scene_id pre_captured_at_utc "
        "post_captured_at_utc registration_shift_m "
        "usable_frac p_no_damage p_minor p_major p_destroyed prior_damage p_damage p_severe tier "
        "coverage_result coverage_reasons decision decision_reasons incident_id building_tiv "
        "geometry"
    )
    assert set(contract.split(" ")) <= set(tables.FINDINGS.columns)
    assert {"building_id", "location_number", "grade", "expected_status"} == set(
        tables.TRUTH.columns
    )


def test_a_checked_table_has_the_schemas_columns_in_its_order_and_fresh_rows():
    shuffled = _rejects()[["remedy", "value", "file", "reason", "row_number"]]
    shuffled.index = pd.Index([42])
    checked = check_table(shuffled, REJECTS)
    assert list(checked.columns) == list(REJECTS.columns)
    assert list(checked.index) == [0]


def test_a_checked_table_keeps_its_geometry_and_leaves_the_given_one_alone():
    given_table = _footprints(3)
    given_table["area_m2"] = [1, 2, 3]
    before = given_table.copy()
    checked = check_table(given_table, FOOTPRINTS)
    assert checked.crs == given_table.crs
    assert checked["area_m2"].dtype == np.float64
    assert given_table.equals(before)
    assert given_table["area_m2"].dtype == before["area_m2"].dtype


def test_footprints_need_not_state_when_they_were_outlined():
    unstated = check_table(_footprints(2), FOOTPRINTS)
    assert str(unstated["outlined_at_utc"].dtype) == "datetime64[us, UTC]"
    assert unstated["outlined_at_utc"].isna().all()
    assert unstated.crs is not None
    stated = check_table(_footprints(2).assign(outlined_at_utc="2018-04-01T16:30:00Z"), FOOTPRINTS)
    assert (stated["outlined_at_utc"] == pd.Timestamp("2018-04-01T16:30Z")).all()
    with pytest.raises(InputError, match=r"outlined_at_utc.*'soon'"):
        check_table(_footprints(2).assign(outlined_at_utc="soon"), FOOTPRINTS)
    with pytest.raises(InputError, match="area_m2"):
        check_table(_footprints(2).drop(columns="area_m2"), FOOTPRINTS)


def test_a_table_may_have_no_rows():
    assert len(check_table(_footprints(0), FOOTPRINTS)) == 0
    assert len(check_table(_rejects().iloc[:0], REJECTS)) == 0
    empty_pairs = pd.DataFrame(columns=list(PAIRS.columns))
    assert str(check_table(empty_pairs, PAIRS)["pre_captured_at_utc"].dtype) == (
        "datetime64[us, UTC]"
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (_rejects(row_number="seven"), ["rejects", "row_number", "int64"]),
        (_rejects(reason=None), ["rejects", "reason", "not_nullable"]),
        (_rejects().drop(columns="remedy"), ["rejects", "remedy", "column_in_dataframe"]),
        (_rejects(extra=1), ["rejects", "extra", "column_in_schema"]),
        (pd.concat([_rejects()] * 2), ["rejects", "multiple_fields_uniqueness"]),
    ],
)
def test_a_wrong_table_is_named_with_its_column_and_value(table, words):
    with pytest.raises(InputError) as caught:
        check_table(table, REJECTS)
    assert all(word in str(caught.value) for word in words)
    assert "docs/data-dictionary.md" in caught.value.remedy


def test_a_value_out_of_range_is_quoted():
    row = {
        "portfolio_number": "1", "account_number": "a",
        "policy_number": "p", "location_number": "1", "sustained_wind_mps": -3.0, "gust_mps": 1.0,
        "loss_at_utc": pd.Timestamp("2018-10-10", tz="UTC"), "hazard_basis": "track",
        "prior_damage": 1.5, "prior_severe": np.nan,
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        check_table(pd.DataFrame([row]), HAZARDS)
    text = str(caught.value)
    assert "sustained_wind_mps: greater_than_or_equal_to(0) fails on -3.0" in text
    assert "prior_damage: in_range(0, 1) fails on 1.5" in text
    assert "prior_severe: not_nullable" in text


def test_a_word_that_is_none_of_the_allowed_is_quoted():
    row = dict.fromkeys(PAIRS.columns, None) | {
        "building_id": "b", "pair_status": "maybe", "pair_reason": "r",
    }  # fmt: skip
    with pytest.raises(InputError, match=r"pair_status: isin\(.*\) fails on 'maybe'"):
        check_table(pd.DataFrame([row]), PAIRS)


def test_instants_in_another_zone_are_told_as_the_same_instant_in_utc():
    captured = pd.Timestamp("2018-10-13T11:48", tz="America/Chicago")
    row = dict.fromkeys(PAIRS.columns, None) | {
        "building_id": "b", "pair_status": "paired", "pair_reason": "r",
        "post_captured_at_utc": captured,
    }  # fmt: skip
    checked = check_table(pd.DataFrame([row]), PAIRS)
    assert str(checked["post_captured_at_utc"][0]) == "2018-10-13 16:48:00+00:00"


def test_a_wrong_table_of_contacts_tells_nobodys_name():
    row = {
        "portfolio_number": "1", "account_number": "a",
        "policy_number": "p", "location_number": "1", "insured_name": "Ada Lovelace",
        "street_address": "12 Analytical Row", "city": "Panama City", "phone": "555-0101",
        "email": "ada@example.org", "preferred_channel": "email",
    }  # fmt: skip
    known = {name: row.get(name) for name in CONTACTS.columns}
    for table in (
        pd.DataFrame([known, known]),
        pd.DataFrame([known | {"location_number": None}]),
        pd.DataFrame([known | {"unexpected": "Ada Lovelace"}]),
    ):
        with pytest.raises(InputError) as caught:
            check_table(table, CONTACTS)
        assert not any(secret in str(caught.value) for secret in ("Ada", "555", "Row", "@"))


@given(st.lists(st.from_regex(r"[a-z_]{1,8}(:[a-z0-9-]{1,5})?", fullmatch=True)))
def test_codes_come_back_from_their_cell(codes):
    assert split_codes(join_codes(codes)) == codes


def test_core_reads_no_clock_and_no_environment():
    root = Path(tables.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in root.glob("*.py"))
    for word in ("datetime.now", "utcnow", "os.environ", "getenv", "time.time("):
        assert word not in text
