import numpy as np
import pandas as pd

from core.events import Peril
from policies.reading.carrier_extras import parse_carrier_extras
from policies.reading.exposure import read_book

HOME = (
    "PortNumber,AccNumber,LocNumber,CountryCode,Latitude,Longitude,AddressMatch,LocCurrency,"
    "OccupancyCode,BuildingTIV,LocPerilsCovered"
)
ACCOUNT = "PortNumber,AccNumber,PolNumber,PolPerilsCovered\n1,A1,P1,WW2\n"


def parse(tiv=200_000.0, **cells):
    rows = pd.DataFrame({name: pd.Series([cell], dtype="str") for name, cell in cells.items()})
    rows = rows.reindex([0])
    extras, flaws = parse_carrier_extras(rows, pd.Series([tiv]))
    return extras.iloc[0].to_dict(), [flaw.reason for flaw in flaws if flaw.is_bad.any()]


def test_a_file_without_them_has_no_columns():
    rows = pd.DataFrame({"LocNumber": pd.Series(["1"], dtype="str")})
    extras, flaws = parse_carrier_extras(rows, pd.Series([1.0]))
    assert (len(extras.columns), flaws) == (0, [])


def test_a_hurricane_deductible_is_money_or_a_share_of_the_value():
    assert parse(FlexiLocHurricaneDed="4000")[0] == {"hurricane_deductible_amount": 4000}
    share = {"FlexiLocHurricaneDed": "0.02", "FlexiLocHurricaneDedType": "2"}
    assert parse(**share)[0] == {"hurricane_deductible_amount": 4000}
    assert np.isnan(parse(tiv=0.0, **share)[0]["hurricane_deductible_amount"])


def test_what_cannot_be_read_is_missing_and_said():
    for cells, reason in (
        ({"FlexiLocHurricaneDed": "2", "FlexiLocHurricaneDedType": "2"}, "deductible_over_one"),
        ({"FlexiLocHurricaneDed": "2", "FlexiLocHurricaneDedType": "1"}, "bad_deductible_type"),
        ({"FlexiLocHurricaneDed": "2%"}, "not_a_number"),
        ({"FlexiLocHurricaneDedTrigger": "gale"}, "bad_storm_class"),
        ({"FlexiLocHurricaneDedUsed": "-1"}, "negative_value"),
        ({"FlexiLocOccupiedFrac": "30"}, "share_over_one"),
        ({"FlexiLocVacantSince": "long ago"}, "bad_date"),
    ):
        values, reasons = parse(**cells)
        assert reason in reasons
        assert all(pd.isna(value) for value in values.values())


def test_a_trigger_may_be_written_with_a_space():
    assert parse(FlexiLocHurricaneDedTrigger="Named Storm")[0] == {
        "hurricane_deductible_trigger": "named_storm"
    }


def test_the_book_carries_them_to_its_locations(tmp_path):
    names = "FlexiLocVacantSince,FlexiLocHurricaneDed,FlexiLocHurricaneDedType"
    (tmp_path / "location.csv").write_text(
        f"{HOME},{names}\n1,A1,1,US,30.15,-85.65,2,USD,1050,200000,WW2,2018-08-10,0.02,2\n"
    )
    (tmp_path / "account.csv").write_text(ACCOUNT)
    book = read_book(
        tmp_path / "location.csv", tmp_path / "account.csv", None, Peril.TROPICAL_CYCLONE_WIND
    )
    home = book.locations.iloc[0]
    assert home["vacant_since"] == pd.Timestamp("2018-08-10")
    assert home["hurricane_deductible_amount"] == 4000
    assert pd.isna(home["hurricane_deductible_trigger"])
    assert len(book.notices) == 0
