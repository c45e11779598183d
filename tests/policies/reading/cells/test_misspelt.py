import pytest

from policies.reading.cells.misspelt import read_oed_fields, suggest_columns
from policies.reading.oed import ACCOUNT_COLUMNS, CONTACT_COLUMNS, LOCATION_COLUMNS


@pytest.mark.parametrize(
    ("given", "meant", "columns"),
    [
        ("PolExpiryDte", "PolExpiryDate", ACCOUNT_COLUMNS),
        ("PolInceptonDate", "PolInceptionDate", ACCOUNT_COLUMNS),
        ("BuildngTIV", "BuildingTIV", LOCATION_COLUMNS),
        ("Building TIV", "BuildingTIV", LOCATION_COLUMNS),
        ("building_tiv", "BuildingTIV", LOCATION_COLUMNS),
        ("AdressMatch", "AddressMatch", LOCATION_COLUMNS),
        ("LocDed1Buildng", "LocDed1Building", LOCATION_COLUMNS),
        ("Lat", "Latitude", LOCATION_COLUMNS),
        ("Lon", "Longitude", LOCATION_COLUMNS),
        ("e-mail", "Email", CONTACT_COLUMNS),
    ],
)
def test_a_name_that_looks_like_one_that_is_read_is_told(given, meant, columns):
    others = [name for name in columns.names if name != meant]
    assert suggest_columns([*others, given], columns.names) == {given: meant}


def test_fields_of_the_standard_and_of_carriers_are_no_misspellings():
    assert len(read_oed_fields()) > 500
    odd = ["LocLimit1Building", "LocDed2Other", "FlexiLocAgent", "Underwriter", "OEDVersion", "x"]
    assert suggest_columns(odd, LOCATION_COLUMNS.names) == {}


def test_a_known_column_that_is_there_takes_no_second_name():
    assert suggest_columns(["BuildingTIV", "BuildingTIV2"], ["BuildingTIV"]) == {}
