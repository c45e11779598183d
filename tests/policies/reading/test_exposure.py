import logging
import os
from pathlib import Path

import pandas as pd
import pytest

from core.errors import ExposureError
from core.tables import check_table
from core.tables_of_book import LOCATIONS, REJECTS
from policies.reading.exposure import read_book

HOME = {
    "PortNumber": "1",
    "AccNumber": "A1",
    "LocNumber": "00017",
    "CountryCode": "US",
    "Latitude": "30.1",
    "Longitude": "-85.6",
    "LocPerilsCovered": "WW2;XX1",
    "LocCurrency": "USD",
    "AddressMatch": "2",
}
POLICY = {
    "PortNumber": "1",
    "AccNumber": "A1",
    "PolNumber": "HO1",
    "PolPerilsCovered": "WW2;XX1",
    "PolInceptionDate": "2018-01-01",
    "PolExpiryDate": "2019-01-01",
}
DATA = Path(os.environ.get("FIRSTNOTICE_DATA", Path(__file__).parents[4] / "shared" / "data"))


def home(**values):
    """A good home with some values changed."""
    return HOME | values


def policy(**values):
    """A good policy with some values changed."""
    return POLICY | values


@pytest.fixture
def read(tmp_path):
    """Read a book of homes, policies and contacts given as rows."""

    def read_rows(*homes, policies=(POLICY,), contacts=None):
        tables = {"location": homes, "account": policies, "contacts": contacts or []}
        for name, rows in tables.items():
            pd.DataFrame(rows).fillna("").to_csv(tmp_path / f"{name}.csv", index=False)
        return read_book(
            tmp_path / "location.csv",
            tmp_path / "account.csv",
            tmp_path / "contacts.csv" if contacts else None,
        )

    return read_rows


def faults(book, file="location.csv"):
    rows = book.rejects.loc[book.rejects["file"] == file]
    return list(rows[["row_number", "reason"]].itertuples(index=False, name=None))


def test_a_good_home_is_read_whole(read):
    book = read(
        home(
            AreaCode="FL",
            BuildingTIV="200000",
            ContentsTIV="100000.5",
            YearBuilt="1980",
            NumberOfStoreys="2",
            LocDed1Building="0.02",
            LocDedType1Building="2",
        )
    )
    row = book.locations.iloc[0]
    assert (row["policy_number"], row["location_number"]) == ("HO1", "00017")
    assert (row.geometry.x, row.geometry.y) == (-85.6, 30.1)
    assert row["building_tiv"] == 200_000
    assert row["deductible_amount"] == 4000
    assert row["location_perils"] == "WEC;WTC;XHL;XLT;XSL;XTD"
    assert row["inception_date"] == pd.Timestamp("2018-01-01")
    assert row["source_rows"] == "2"
    assert len(book.rejects) == 0
    check_table(book.locations, LOCATIONS)
    check_table(book.rejects, REJECTS)


def test_what_is_not_stated_is_unknown(read):
    row = read(home(AddressMatch="", NumberOfStoreys="-1", YearBuilt="0")).locations.iloc[0]
    assert row["geocode_class"] == 0
    assert row["occupancy_code"] == 1000
    assert row["construction_code"] == 5000
    assert row["building_tiv"] == 0
    assert row[["year_built", "number_of_storeys", "deductible_amount", "area_code"]].isna().all()


def test_an_empty_book_is_a_book(tmp_path):
    for name, columns in (("location", HOME), ("account", POLICY)):
        (tmp_path / f"{name}.csv").write_text(",".join(columns) + "\n")
    book = read_book(tmp_path / "location.csv", tmp_path / "account.csv", None)
    assert (len(book.locations), len(book.contacts), len(book.rejects)) == (0, 0, 0)
    check_table(book.locations, LOCATIONS)


BAD_ROWS = [
    ({"LocNumber": ""}, "blank_key", None),
    ({"CountryCode": "USA"}, "bad_country_code", "USA"),
    ({"LocCurrency": ""}, "bad_currency", None),
    ({"Latitude": ""}, "blank_coordinates", ", -85.6"),
    ({"Longitude": "85.6W"}, "not_a_number", "30.1, 85.6W"),
    ({"Latitude": "301"}, "coordinate_out_of_range", "301, -85.6"),
    ({"Latitude": "-85.6", "Longitude": "30.1"}, "swapped_coordinates", "-85.6, 30.1"),
    ({"Latitude": "-120.5", "Longitude": "38"}, "swapped_coordinates", "-120.5, 38"),
    ({"Latitude": "0", "Longitude": "0.0"}, "null_island", "0, 0.0"),
    ({"LocPerilsCovered": ""}, "blank_perils", None),
    ({"LocPerilsCovered": "WW2;FLOOD"}, "unknown_peril_code", "WW2;FLOOD"),
    ({"AccNumber": "A2"}, "unknown_account", "A2"),
    ({"AddressMatch": "rooftop"}, "bad_address_match", "rooftop"),
    ({"AddressMatch": "21"}, "bad_address_match", "21"),
    ({"AddressMatch": "-1"}, "bad_address_match", "-1"),
    ({"BuildingTIV": "-5"}, "negative_value", "-5"),
    ({"BuildingTIV": "lots"}, "not_a_number", "lots"),
    ({"YearBuilt": "-1980"}, "negative_value", "-1980"),
    ({"NumberOfStoreys": "-4"}, "negative_value", "-4"),
    ({"LocDed1Building": "-500"}, "negative_value", "-500"),
    ({"LocDed1Building": "2", "LocDedType1Building": "2"}, "deductible_over_one", "2"),
    ({"LocDed6All": "2", "LocDedType6All": "7"}, "bad_deductible_type", "7"),
    ({"LocInceptionDate": "10/10/2018"}, "bad_date", "10/10/2018"),
    (
        {"LocInceptionDate": "2018-05-01", "LocExpiryDate": "2018-05-01"},
        "expiry_before_inception",
        "2018-05-01",
    ),
]


@pytest.fixture(scope="module")
def spoilt_book(tmp_path_factory):
    """A book with a good home and then one home for each kind of fault."""
    folder = tmp_path_factory.mktemp("spoilt")
    homes = [HOME | {"LocNumber": f"bad{n}"} | change for n, (change, _, _) in enumerate(BAD_ROWS)]
    pd.DataFrame([HOME, *homes]).fillna("").to_csv(folder / "location.csv", index=False)
    pd.DataFrame([POLICY]).to_csv(folder / "account.csv", index=False)
    return read_book(folder / "location.csv", folder / "account.csv", None)


def test_the_good_home_among_bad_ones_goes_on(spoilt_book):
    assert spoilt_book.locations["location_number"].tolist() == ["00017"]


@pytest.mark.parametrize("place", range(len(BAD_ROWS)), ids=lambda place: BAD_ROWS[place][1])
def test_a_bad_row_is_rejected_with_reason_value_and_remedy(spoilt_book, place):
    _, reason, value = BAD_ROWS[place]
    rejects = spoilt_book.rejects
    mine = rejects.loc[rejects["row_number"] == place + 3]
    assert mine["reason"].tolist() == [reason]
    assert mine["value"].tolist() == [value] or (value is None and mine["value"].isna().all())
    assert mine["remedy"].str.len().min() > 20
    assert mine["file"].tolist() == ["location.csv"]


def test_a_row_is_told_all_its_faults_once(read):
    book = read(home(Latitude="x", Longitude="y", BuildingTIV="-1", OtherTIV="-1"))
    assert faults(book) == [(2, "not_a_number"), (2, "negative_value")]


def test_a_long_value_is_cut(read):
    assert len(read(home(LocPerilsCovered="W" * 5000)).rejects["value"][0]) == 80


def test_a_lone_far_home_of_a_known_country_is_not_called_swapped(read):
    book = read(home(Latitude="64.8", Longitude="-147.7"))  # Fairbanks
    assert len(book.locations) == 1


def test_the_book_itself_tells_a_swapped_place_where_no_country_box_is_known(read):
    homes = [
        home(CountryCode="TR", LocNumber=str(n), Latitude=f"{37 + n / 100}", Longitude="31.5")
        for n in range(30)
    ]
    swapped = home(CountryCode="TR", LocNumber="s", Latitude="31.5", Longitude="37.1")
    far = home(CountryCode="TR", LocNumber="f", Latitude="41.0", Longitude="40.0")
    assert faults(read(*homes, swapped, far)) == [(32, "swapped_coordinates")]


def test_a_single_swapped_looking_home_of_an_unknown_country_is_kept(read):
    assert len(read(home(CountryCode="TR", Latitude="31.5", Longitude="37.1")).locations) == 1


def test_a_quarter_of_swapped_homes_does_not_move_the_book(read):
    good = [
        home(CountryCode="TR", LocNumber=str(n), Latitude=f"{37 + n / 100}", Longitude="31.5")
        for n in range(30)
    ]
    bad = [
        home(CountryCode="TR", LocNumber=f"s{n}", Latitude="31.5", Longitude="37") for n in range(9)
    ]
    assert len(faults(read(*good, *bad))) == 9


def test_a_location_of_an_account_with_two_policies_is_not_guessed(read):
    book = read(home(), policies=[policy(), policy(PolNumber="HO2")])
    assert faults(book) == [(2, "several_policies")]


def test_the_same_account_number_in_another_portfolio_is_another_account(read):
    book = read(
        home(), home(PortNumber="2"), policies=[policy(), policy(PortNumber="2", PolNumber="HO2")]
    )
    assert book.locations["policy_number"].tolist() == ["HO1", "HO2"]


def test_one_policy_and_location_number_in_two_accounts_are_two_homes(read):
    names = [("1", "1"), ("1", "2"), ("2", "1")]
    book = read(
        *(home(PortNumber=port, AccNumber=acc, Latitude=f"30.{port}{acc}") for port, acc in names),
        policies=[policy(PortNumber=port, AccNumber=acc) for port, acc in names],
        contacts=[
            {"PortNumber": port, "AccNumber": acc, "LocNumber": "00017", "InsuredName": port + acc}
            for port, acc in names
        ],
    )  # fmt: skip
    assert len(book.rejects) == 0
    key = ["portfolio_number", "account_number"]
    assert list(book.locations[key].itertuples(index=False, name=None)) == names
    assert not book.locations["has_conflicting_rows"].any()
    assert book.contacts["insured_name"].tolist() == ["11", "12", "21"]
    assert list(book.contacts[key].itertuples(index=False, name=None)) == names


def test_the_rows_of_one_policy_unite_their_perils(read):
    book = read(
        home(LocPerilsCovered="AA1"),
        policies=[policy(PolPerilsCovered="WTC"), policy(PolPerilsCovered="BB1")],
    )
    assert book.locations["policy_perils"].tolist() == ["BBF;BSK;WTC"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PolNumber": ""}, "blank_key"),
        ({"PolPerilsCovered": "XYZ"}, "unknown_peril_code"),
        ({"PolExpiryDate": "soon"}, "bad_date"),
        ({"PolExpiryDate": "2017-01-01"}, "expiry_before_inception"),
        ({"PolDed6All": "-1"}, "negative_value"),
    ],
)
def test_a_bad_account_row_takes_its_locations_along(read, changes, reason):
    book = read(home(), policies=[policy(**changes)])
    assert faults(book, "account.csv") == [(2, reason)]
    assert faults(book) == [(2, "rejected_account")]


def test_a_policy_with_two_periods_is_not_guessed(read):
    book = read(home(), policies=[policy(), policy(PolExpiryDate="2018-09-01")])
    assert faults(book, "account.csv") == [
        (2, "conflicting_policy_rows"),
        (3, "conflicting_policy_rows"),
    ]
    assert faults(book) == [(2, "rejected_account")]


def test_a_location_is_in_force_while_it_and_its_policy_are(read):
    row = read(home(LocInceptionDate="2018-03-01", LocExpiryDate="2020-01-01")).locations.iloc[0]
    assert row["inception_date"] == pd.Timestamp("2018-03-01")
    assert row["expiry_date"] == pd.Timestamp("2019-01-01")


def test_an_exact_duplicate_is_rejected(read):
    book = read(home(), home(LocNumber="2"), home())
    assert book.locations["location_number"].tolist() == ["00017", "2"]
    assert faults(book) == [(4, "duplicate_row")]
    assert not book.locations["has_conflicting_rows"].any()


def test_rows_by_peril_are_one_location(read):
    book = read(
        home(LocPerilsCovered="WW2", LocPeril="WW2", LocDed1Building="1000"),
        home(LocNumber="2"),
        home(LocPerilsCovered="OO1", LocPeril="OO1", LocDed1Building="500"),
    )
    row = book.locations.iloc[0]
    assert row["location_perils"] == "ORF;OSF;WEC;WTC"
    assert row["source_rows"] == "2;4"
    assert row["deductible_amount"] == 500
    assert len(book.locations) == 2
    assert len(book.rejects) == 0


def test_rows_that_contradict_each_other_leave_one_marked_location(read):
    book = read(home(), home(LocNumber="2"), home(Latitude="30.2"), home(BuildingTIV="9"))
    assert book.locations["has_conflicting_rows"].tolist() == [True, False]
    assert book.locations.geometry.y[0] == 30.1
    assert faults(book) == [(4, "conflicting_duplicate"), (5, "conflicting_duplicate")]


@pytest.mark.parametrize(
    ("location", "policy_perils", "is_grouped"),
    [
        ("WW1", "WW1", True),
        ("AA1", "WW1", True),
        ("WW1", "WTC;WSS", False),
        ("WW1", "WW2", False),
        ("WW2", "WW2", False),
    ],
)
def test_surge_by_a_group_alone_is_marked(read, location, policy_perils, is_grouped):
    book = read(home(LocPerilsCovered=location), policies=[policy(PolPerilsCovered=policy_perils)])
    assert book.locations["has_grouped_surge"].tolist() == [is_grouped]


PERSON = {"PortNumber": "1", "AccNumber": "A1", "LocNumber": "00017", "InsuredName": "José Peña"}


def test_contacts_join_their_location(read):
    book = read(
        home(),
        contacts=[PERSON | {"ContactConsent": "yes", "PreferredChannel": "SMS", "Phone": "007"}],
    )
    row = book.contacts.iloc[0]
    assert (row["policy_number"], row["location_number"]) == ("HO1", "00017")
    assert (row["insured_name"], row["phone"]) == ("José Peña", "007")
    assert row["has_contact_consent"]
    assert row["preferred_channel"] == "sms"


def test_bad_contacts_are_rejected_without_their_names(read, caplog):
    with caplog.at_level(logging.DEBUG):
        book = read(
            home(),
            home(LocNumber="2"),
            contacts=[
                PERSON | {"ContactConsent": "perhaps"},
                PERSON | {"ContactConsent": "perhaps"},
                PERSON | {"InsuredName": "Ada Zhang"},
                PERSON | {"LocNumber": "3"},
                PERSON | {"LocNumber": ""},
            ],
        )
    assert len(book.contacts) == 1
    assert not book.contacts["has_contact_consent"][0]
    assert faults(book, "contacts.csv") == [
        (3, "duplicate_row"),
        (4, "conflicting_duplicate"),
        (5, "unknown_location"),
        (6, "blank_key"),
    ]
    assert "not understood" in caplog.text
    for name in ("Peña", "Zhang"):
        assert name not in caplog.text + book.rejects.to_csv()


def test_unread_columns_are_named_in_the_log(read, caplog):
    with caplog.at_level(logging.INFO):
        read(home(FlexiLocAgent="x"))
    assert "1 columns ignored: FlexiLocAgent" in caplog.text


def test_a_location_file_is_no_account_file(tmp_path):
    path = tmp_path / "location.csv"
    pd.DataFrame([HOME]).to_csv(path, index=False)
    with pytest.raises(ExposureError, match="the header lacks PolNumber, PolPerilsCovered"):
        read_book(path, path, None)


@pytest.mark.real_data
def test_the_example_of_the_standard_reads(tmp_path):
    example = DATA / "policies" / "property_location.csv"
    if not example.exists():
        pytest.skip(f"no public data at {DATA}; set FIRSTNOTICE_DATA")
    account = tmp_path / "account.csv"
    pd.DataFrame([policy(AccNumber="A11111", PolPerilsCovered="WW1")]).to_csv(account, index=False)
    book = read_book(example, account, None)
    assert len(book.rejects) == 0
    assert len(book.locations) == 500
    assert set(book.locations["account_number"]) == {"A11111"}
    assert book.locations.total_bounds == pytest.approx([-0.91, 52.75, -0.86, 52.79], abs=0.03)
    assert book.locations["has_grouped_surge"].all()
    assert book.locations["location_number"].tolist() == [str(n) for n in range(1, 501)]
