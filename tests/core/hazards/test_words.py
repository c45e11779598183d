"""A home's hazards in words: as given, in people's units, and nothing that nobody knows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.hazards.kinds import HazardKind
from core.hazards.words import tell_hazard, tell_home_hazards, tell_strength
from core.schemas.book import LOCATION_KEY
from core.schemas.hazards import HAZARD_ROWS
from core.tables import check_table

PEAK = pd.Timestamp("2018-10-10T18:10:29Z")
WIND = {
    "portfolio_number": "1",
    "account_number": "A1",
    "policy_number": "P1",
    "location_number": "1",
    "hazard": "wind",
    "value": 27.7,
    "unit": "m/s",
    "measure": "sustained",
    "threshold": 25.7,
    "is_reached": True,
    "product": "track:AL142018",
    "issued_at_utc": pd.NaT,
    "how_sampled": "parametric field at the place",
    "distance_m": 0.0,
    "peak_at_utc": PEAK,
}
RAIN = WIND | {"hazard": "rain", "value": 201.0, "unit": "mm", "measure": None, "threshold": 150.0}
SURGE = RAIN | {"hazard": "surge", "value": 1.28, "unit": "m", "product": "surge.tif"}
TORNADO = RAIN | {
    "hazard": "tornado", "value": np.nan, "unit": None, "threshold": np.nan,
    "product": "area_of_interest", "peak_at_utc": pd.NaT,
}  # fmt: skip


def table_of(*rows):
    table = pd.DataFrame(list(rows), columns=list(HAZARD_ROWS.columns))
    for name in ("issued_at_utc", "peak_at_utc"):
        table[name] = pd.to_datetime(table[name], utc=True).astype("datetime64[us, UTC]")
    return check_table(table, HAZARD_ROWS)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (WIND, "wind 62 mph sustained (28 m/s) by track:AL142018, strongest 2018-10-10 18:10Z"),
        (
            WIND | {"measure": "gust", "product": "gust_mph.tif", "peak_at_utc": pd.NaT},
            "wind 62 mph gust (28 m/s) by gust_mph.tif",
        ),
        (RAIN, "rain 7.9 in (201 mm) by track:AL142018, half fallen 2018-10-10 18:10Z"),
        (
            RAIN | {"product": "qpe.grib2"},
            "rain 7.9 in (201 mm) by qpe.grib2, as of 2018-10-10 18:10Z",
        ),
        (
            RAIN | {"value": 40.0, "is_reached": False},
            ("rain 1.6 in (40 mm) by track:AL142018, half fallen 2018-10-10 18:10Z, "
            "below its threshold"),
        ),
        (SURGE | {"peak_at_utc": pd.NaT}, "surge depth 4.2 ft (1.3 m) by surge.tif"),
        (
            SURGE | {"distance_m": 1609.344, "issued_at_utc": pd.Timestamp("2018-10-11T06:00Z")},
            ("surge depth 4.2 ft (1.3 m) by surge.tif, strongest 2018-10-10 18:10Z, "
            "issued 2018-10-11 06:00Z, taken 1.0 mi (1.6 km) away"),
        ),
        (TORNADO, "tornado of unknown strength by area_of_interest"),
        (TORNADO | {"is_reached": False}, None),
        (
            RAIN | {"hazard": "river_flood", "unit": None, "value": 2.0, "peak_at_utc": pd.NaT},
            "river flood depth 2 by track:AL142018",
        ),
        (WIND | {"value": 0.0, "is_reached": False, "peak_at_utc": pd.NaT}, None),
    ],
)  # fmt: skip
def test_a_hazard_is_told(row, words):
    assert tell_hazard(row) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (25.72, "m/s", "58 mph (26 m/s)"),
        (44.45, "mm", "1.8 in (44 mm)"),
        (0.3048, "m", "1.0 ft (0.3 m)"),
        (7.25, "MMI", "7.2 MMI"),
        (1234.0, None, "1234"),
    ],
)
def test_strengths_are_in_the_units_people_use(value, unit, words):
    assert tell_strength(value, unit) == words


def test_each_home_has_its_own_reached_ones_first():
    other = {"policy_number": "P2"}
    rows = table_of(
        RAIN | {"is_reached": False}, SURGE, RAIN | other, WIND | other | {"is_reached": False},
        WIND | {"policy_number": "P3", "value": 0.0, "is_reached": False},
    )  # fmt: skip
    told = tell_home_hazards(rows).set_index("policy_number")["hazards_in_words"]
    assert sorted(told.index) == ["P1", "P2"]
    assert [phrase.split(" by ")[0] for phrase in told["P1"].split("; ")] == [
        "surge depth 4.2 ft (1.3 m)",
        "rain 7.9 in (201 mm)",
    ]
    assert told["P2"].startswith("rain ")
    assert told["P2"].endswith("below its threshold")


def test_nothing_to_tell_is_a_table_without_rows():
    told = tell_home_hazards(table_of())
    assert list(told) == [*LOCATION_KEY, "hazards_in_words"]
    assert told.empty


@given(
    st.sampled_from(list(HazardKind)),
    st.one_of(st.just(np.nan), st.floats(0, 1e4)),
    st.sampled_from(["m/s", "mm", "m", "MMI", None]),
    st.booleans(),
)
def test_words_never_hold_what_is_missing(kind, value, unit, is_reached):
    row = WIND | {"hazard": kind, "value": value, "unit": unit, "is_reached": is_reached}
    words = tell_hazard(row | {"measure": None, "peak_at_utc": pd.NaT})
    assert words is None or not {"nan", "NaT", "None", "<NA>"} & set(words.split())
    assert not is_reached or words
