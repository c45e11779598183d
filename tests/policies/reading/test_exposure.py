import logging
import os
from pathlib import Path

import pandas as pd
import pytest

from core.errors import ExposureError
from core.events import Peril
from core.schemas.book import LOCATIONS, POLICY_TERMS, REJECTS
from core.tables import check_table
from policies.reading.exposure import read_book
from policies.reading.layers import MAX_TERMS

WIND = Peril.TROPICAL_CYCLONE_WIND

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

    def read_rows(*homes, policies=(POLICY,), contacts=None, peril=None):
        tables = {"location": homes, "account": policies, "contacts": contacts or []}
        for name, rows in tables.items():
            pd.DataFrame(rows).fillna("").to_csv(tmp_path / f"{name}.csv", index=False)
        return read_book(
            tmp_path / "location.csv",
            tmp_path / "account.csv",
            tmp_path / "contacts.csv" if contacts else None,
            peril,
        )

    return read_rows


def faults(book, file="location.csv"):
    rows = book.rejects.loc[book.rejects["file"] == file]
    return list(rows[["row_number", "reason"]].itertuples(index=False, name=None))


def odd(book, file="location.csv"):
    rows = book.notices.loc[book.notices["file"] == file]
    return list(rows[["row_number", "field", "reason"]].itertuples(index=False, name=None))


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
    ({"Longitude": "85.6"}, "sign_lost", "30.1, 85.6"),
    ({"Latitude": "0"}, "zero_coordinate", "0, -85.6"),
    ({"Latitude": "51.5", "Longitude": "-0.1"}, "outside_country", "51.5, -0.1"),
    ({"LocNumber": "1.00031E+11"}, "rounded_by_spreadsheet", "1.00031E+11"),
    ({"LocNumber": "1.00031E+11", "Latitude": "30.2"}, "rounded_by_spreadsheet", "1.00031E+11"),
    ({"AccNumber": "2E+12"}, "rounded_by_spreadsheet", "2E+12"),
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
    book = read(home(Latitude="x", Longitude="y", LocCurrency="?"))
    assert faults(book) == [(2, "bad_currency"), (2, "not_a_number")]


FLAWS = [
    ({"AddressMatch": "rooftop"}, "bad_address_match", {"geocode_class": 0}),
    ({"AddressMatch": "21"}, "bad_address_match", {"geocode_class": 0}),
    ({"AddressMatch": "-1"}, "bad_address_match", {"geocode_class": 0}),
    ({"BuildingTIV": "$1,000"}, "not_a_number", {"building_tiv": 0.0}),
    ({"BuildingTIV": "-5"}, "negative_value", {"building_tiv": 0.0}),
    ({"YearBuilt": "c.1920"}, "not_a_number", {"year_built": None}),
    ({"YearBuilt": "-1980"}, "negative_value", {"year_built": None}),
    ({"NumberOfStoreys": "n/a"}, "not_a_number", {"number_of_storeys": None}),
    ({"NumberOfStoreys": "-4"}, "negative_value", {"number_of_storeys": None}),
    ({"NumberOfBuildings": "a few"}, "not_a_number", {"number_of_buildings": None}),
    ({"IsAggregate": "perhaps"}, "not_a_flag", {"is_aggregate": False}),
    ({"OccupancyCode": "house"}, "not_a_number", {"occupancy_code": 1000}),
    ({"ConstructionCode": "wood"}, "not_a_number", {"construction_code": 5000}),
    ({"LocDed1Building": "$500"}, "not_a_number", {"deductible_amount": None}),
    ({"LocDed1Building": "-500"}, "negative_value", {"deductible_amount": None}),
    ({"LocPeril": "WIND"}, "unknown_peril_code", {"geocode_class": 2}),
    ({"LocInceptionDate": "last May"}, "bad_date", {"inception_date": "2018-01-01"}),
    ({"LocInceptionDate": "03/04/2018"}, "ambiguous_date", {"inception_date": "2018-01-01"}),
    ({"LocInceptionDate": "n/a"}, "bad_date", {"inception_date": "2018-01-01"}),
]


@pytest.mark.parametrize(("change", "reason", "values"), FLAWS)
def test_an_odd_attribute_is_missing_and_marked_and_the_home_stays(read, change, reason, values):
    book = read(home(**change))
    (field,) = change
    assert odd(book) == [(2, field, reason)]
    assert len(book.rejects) == 0
    row = book.locations.iloc[0]
    assert row["unread_fields"] == field
    for name, value in values.items():
        assert pd.isna(row[name]) if value is None else str(row[name]).startswith(str(value))
    notice = book.notices.iloc[0]
    assert notice["value"] == change[field]
    assert notice["remedy"].startswith("The home stays and the value counts as missing. ")


def test_a_deductible_that_cannot_be_one_is_there_but_not_known(read):
    book = read(home(LocDed1Building="2", LocDedType1Building="2"), policies=[policy(PolDed6All=0)])
    assert odd(book) == [(2, "LocDed1Building", "deductible_over_one")]
    assert book.locations["deductible_amount"].isna().all()


def test_the_fields_of_a_row_that_cannot_be_read_are_listed_once(read):
    book = read(home(YearBuilt="x", BuildingTIV="-1"), home(LocNumber="2"))
    assert book.locations["unread_fields"].tolist()[0] == "YearBuilt;BuildingTIV"
    assert pd.isna(book.locations["unread_fields"][1])


def test_a_long_value_is_cut(read):
    assert len(read(home(LocPerilsCovered="W" * 5000)).rejects["value"][0]) == 80


def test_a_lone_far_home_of_a_known_country_is_not_called_swapped(read):
    book = read(home(Latitude="64.8", Longitude="-147.7"))  # Fairbanks
    assert len(book.locations) == 1


def test_the_book_itself_tells_a_swapped_place(read):
    homes = [
        home(CountryCode="TR", LocNumber=str(n), Latitude=f"{37 + n / 100}", Longitude="31.5")
        for n in range(30)
    ]
    swapped = home(CountryCode="TR", LocNumber="s", Latitude="31.5", Longitude="37.1")
    far = home(CountryCode="TR", LocNumber="f", Latitude="41.0", Longitude="40.0")
    assert faults(read(*homes, swapped, far)) == [(32, "swapped_coordinates")]


def test_a_single_swapped_looking_home_of_an_unknown_country_is_kept(read):
    assert len(read(home(CountryCode="XX", Latitude="31.5", Longitude="37.1")).locations) == 1


def test_a_quarter_of_swapped_homes_does_not_move_the_book(read):
    good = [
        home(CountryCode="TR", LocNumber=str(n), Latitude=f"{37 + n / 100}", Longitude="31.5")
        for n in range(30)
    ]
    bad = [
        home(CountryCode="TR", LocNumber=f"s{n}", Latitude="31.5", Longitude="37") for n in range(9)
    ]
    assert len(faults(read(*good, *bad))) == 9


def test_a_home_of_an_account_with_two_policies_is_under_the_one_for_the_peril(read):
    policies = [policy(PolNumber="Water", PolPerilsCovered="OO1;WSS"), policy(PolNumber="Wind")]
    book = read(home(), home(LocNumber="2"), policies=policies, peril=WIND)
    assert book.locations["policy_number"].tolist() == ["Wind", "Wind"]
    assert book.locations["account_policies"].tolist() == ["Water;Wind"] * 2
    assert book.terms["policy_number"].tolist() == ["Wind", "Water"] * 2
    assert book.terms["term_order"].tolist() == [0, 1] * 2
    check_table(book.terms, POLICY_TERMS)
    assert len(book.rejects) == 0


def test_layers_of_like_terms_are_one_policy_of_one_home(read):
    layers = [
        policy(PolNumber="L2", LayerNumber="2", LayerAttachment="100000", LayerLimit="900000"),
        policy(PolNumber="L1", LayerNumber="1", LayerAttachment="0", LayerLimit="100000"),
    ]
    book = read(home(LocDed1Building="500"), policies=layers, peril=WIND)
    assert book.locations["policy_number"].tolist() == ["L1"]
    assert book.locations["deductible_amount"].tolist() == [500]
    assert book.locations["layer_attachment_amount"].isna().all()
    assert len(book.terms) == 0


def test_a_home_that_only_excess_layers_insure_says_from_where(read):
    book = read(home(), policies=[policy(LayerAttachment="500000", PolDed6All="1000")])
    row = book.locations.iloc[0]
    assert row["layer_attachment_amount"] == 500_000
    assert pd.isna(row["deductible_amount"])


def test_layers_whose_deductibles_differ_have_one_that_is_not_known(read):
    layers = [policy(PolDed6All="1000"), policy(PolNumber="HO2", PolDed6All="2000")]
    assert read(home(), policies=layers).locations["deductible_amount"].isna().all()


def test_two_terms_of_a_policy_are_both_kept(read):
    terms = [policy(), policy(PolInceptionDate="2019-01-01", PolExpiryDate="2020-01-01")]
    book = read(home(), policies=terms, peril=WIND)
    assert book.terms["inception_date"].dt.year.tolist() == [2018, 2019]
    assert len(book.locations) == 1
    assert len(book.rejects) == 0


def test_thousands_of_unlike_policies_of_one_account_do_not_multiply(read):
    start = pd.Timestamp("2018-01-01")
    policies = [
        policy(PolNumber=f"P{n}", PolInceptionDate=f"{start + pd.Timedelta(days=n):%Y-%m-%d}")
        for n in range(300)
    ]
    book = read(home(), policies=policies, peril=WIND)
    assert len(book.terms) == MAX_TERMS
    assert book.locations["policy_choice"].tolist() == ["several_policies"]


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
        ({"PolNumber": "1.5E+10"}, "rounded_by_spreadsheet"),
        ({"PolPerilsCovered": "XYZ"}, "unknown_peril_code"),
    ],
)
def test_an_account_of_which_no_row_can_be_used_takes_its_locations_along(read, changes, reason):
    book = read(home(), policies=[policy(**changes)])
    assert faults(book, "account.csv") == [(2, reason)]
    assert faults(book) == [(2, "rejected_account")]


def test_a_bad_account_row_beside_a_good_one_leaves_the_home_with_a_doubt(read):
    book = read(home(), policies=[policy(), policy(PolPerilsCovered="XYZ")])
    assert faults(book, "account.csv") == [(3, "unknown_peril_code")]
    assert book.locations["policy_choice"].tolist() == ["policy_rows_refused"]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"PolExpiryDate": "soon"}, "PolExpiryDate", "bad_date"),
        ({"PolExpiryDate": "2017-01-01"}, "PolExpiryDate", "expiry_before_inception"),
        ({"PolDed6All": "-1"}, "PolDed6All", "negative_value"),
        ({"LayerAttachment": "n/a"}, "LayerAttachment", "not_a_number"),
    ],
)
def test_an_odd_value_of_a_policy_is_missing_and_its_homes_stay(read, changes, field, reason):
    book = read(home(), policies=[policy(**changes)])
    assert odd(book, "account.csv") == [(2, field, reason)]
    assert len(book.locations) == 1
    assert book.locations["expiry_date"].isna().all() == (field == "PolExpiryDate")
    assert len(book.rejects) == 0


def test_rows_of_a_policy_without_dates_are_of_its_period(read):
    blank = {"PolInceptionDate": "", "PolExpiryDate": ""}
    book = read(
        home(LocPerilsCovered="AA1"), policies=[policy(), policy(PolPerilsCovered="QQ1", **blank)]
    )
    assert len(book.terms) == 0
    assert "QEQ" in book.locations["policy_perils"][0]


def test_a_term_of_two_statuses_has_one_that_no_rule_knows(read):
    book = read(home(), policies=[policy(PolStatus="B"), policy(PolStatus="C")])
    assert book.locations["policy_status"].tolist() == ["B/C"]


def test_us_dates_are_read_and_told(read):
    period = {"PolInceptionDate": "10/14/2017", "PolExpiryDate": "10/10/2018"}
    book = read(home(), policies=[policy(**period)])
    assert book.locations["expiry_date"].tolist() == [pd.Timestamp("2018-10-10")]
    assert odd(book, "account.csv") == [
        (1, "PolInceptionDate", "month_first"), (1, "PolExpiryDate", "month_first"),
    ]  # fmt: skip


def test_a_misspelt_column_is_named_with_what_it_looks_like(read):
    terms = policy(PolExpiryDte="2019-01-01")
    del terms["PolExpiryDate"]
    book = read(home(BuildngTIV="1"), policies=[terms])
    assert odd(book) == [(1, "BuildingTIV", "misspelt_column")]
    assert odd(book, "account.csv") == [(1, "PolExpiryDate", "misspelt_column")]
    assert "if it is meant for BuildingTIV" in book.notices["remedy"][0]


def test_two_columns_that_look_like_one_are_both_named(read):
    book = read(home(BuildngTIV="1", BuildingTIVs="2"))
    assert odd(book) == [(1, "BuildingTIV", "misspelt_column")]
    assert book.notices["remedy"][0] == (
        "Columns BuildngTIV, BuildingTIVs are not read; if one of them is meant for BuildingTIV, "
        "rename it"
    )


def test_a_misspelt_column_that_is_needed_is_named_in_the_error(read):
    with pytest.raises(ExposureError, match=r"lacks Latitude.*rename Lattitude as Latitude"):
        read({("Lattitude" if name == "Latitude" else name): cell for name, cell in HOME.items()})


@pytest.mark.parametrize(
    ("terms", "home_terms", "known"),
    [
        ({"StepTriggerType": "5"}, {}, False),
        ({"CondNumber": "1", "CondDed6All": "5000"}, {"CondTag": "1"}, False),
        ({"CondNumber": "1", "CondDed6All": "5000"}, {}, True),
        ({"CondNumber": "1", "CondDed6All": "5000", "CondPeril": "QQ1"}, {"CondTag": "1"}, True),
        ({"CondNumber": "1", "CondLimit6All": "5000"}, {"CondTag": "1"}, True),
    ],
)
def test_a_deductible_is_not_known_where_steps_or_a_condition_say_more(
    read, terms, home_terms, known
):
    book = read(home(**home_terms), policies=[policy(PolDed6All="1000", **terms)], peril=WIND)
    assert book.locations["deductible_amount"].notna().all() == known


def test_the_policy_deductible_of_the_peril_counts(read):
    rows = [
        policy(PolPeril="WW1", PolDed6All="0.05", PolDedType6All="2"),
        policy(PolPeril="XX1", PolDed6All="1000"),
    ]
    book = read(home(BuildingTIV="200000"), policies=rows, peril=WIND)
    assert book.locations["deductible_amount"].tolist() == [10_000]


def test_a_location_is_in_force_while_it_and_its_policy_are(read):
    row = read(home(LocInceptionDate="2018-03-01", LocExpiryDate="2020-01-01")).locations.iloc[0]
    assert row["inception_date"] == pd.Timestamp("2018-03-01")
    assert row["expiry_date"] == pd.Timestamp("2019-01-01")


def test_an_exact_duplicate_is_rejected(read):
    book = read(home(), home(LocNumber="2"), home())
    assert book.locations["location_number"].tolist() == ["00017", "2"]
    assert faults(book) == [(4, "duplicate_row")]
    assert not book.locations["has_conflicting_rows"].any()


@pytest.mark.parametrize(
    ("peril", "deductible"), [(Peril.TROPICAL_CYCLONE_WIND, 1000), (Peril.RIVER_FLOOD, 500)]
)
def test_rows_by_peril_are_one_location(read, peril, deductible):
    book = read(
        home(LocPerilsCovered="WW2", LocPeril="WW2", LocDed1Building="1000"),
        home(LocNumber="2"),
        home(LocPerilsCovered="OO1", LocPeril="OO1", LocDed1Building="500"),
        peril=peril,
    )
    row = book.locations.iloc[0]
    assert row["location_perils"] == "ORF;OSF;WEC;WTC"
    assert row["source_rows"] == "2;4"
    assert row["deductible_amount"] == deductible
    assert len(book.locations) == 2
    assert len(book.rejects) == 0


def test_what_many_buildings_share_is_said(read):
    book = read(
        home(NumberOfBuildings="12"), home(LocNumber="2", NumberOfBuildings="0", IsAggregate="1")
    )
    assert book.locations["number_of_buildings"].fillna(-1).tolist() == [12, -1]
    assert book.locations["is_aggregate"].tolist() == [False, True]


CASES = Path(__file__).parent.parent / "cases"


@pytest.mark.parametrize(
    ("variant", "deductible"),
    [
        ("bldg_plus_all", 500), ("code2_franchise", None), ("contents_only", 0),
        ("ded500_min1000", 1000), ("hurricane_2pct_aop_1000", 10_000), ("min_only", 5000),
        ("pd_only", 2500), ("pd_only_blank", 2500), ("type1_of_loss", None),
        ("type2_over_one", None),
    ],
)  # fmt: skip
def test_deductibles_read_as_the_standard_defines_them(variant, deductible):
    folder = CASES / "deductibles" / variant
    book = read_book(folder / "location.csv", folder / "account.csv", None, WIND)
    (amount,) = book.locations["deductible_amount"]
    assert pd.isna(amount) if deductible is None else amount == deductible
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


def test_unread_columns_are_counted_in_the_log_and_not_quoted(read, caplog):
    with caplog.at_level(logging.INFO):
        read(home(FlexiLocAgent="x"))
    assert "location.csv: 1 columns ignored" in caplog.text
    assert "FlexiLocAgent" not in caplog.text  # without a header it would be a cell


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


@pytest.mark.real_data
def test_the_layers_of_the_example_of_the_standard_insure_each_home_once(tmp_path):
    """Examples/property_account.csv of the standard: two layers, the lower from 500,000 on."""
    example = DATA / "policies" / "property_location.csv"
    if not example.exists():
        pytest.skip(f"no public data at {DATA}; set FIRSTNOTICE_DATA")
    layer = policy(AccNumber="A11111", PolPerilsCovered="WW1", LayerParticipation="0.3")
    layers = [
        layer
        | {"PolNumber": f"Layer{number}", "LayerNumber": number, "LayerAttachment": attachment}
        for number, attachment in ((1, 500_000), (2, 5_500_000))
    ]
    account = tmp_path / "account.csv"
    pd.DataFrame(layers).to_csv(account, index=False)
    book = read_book(example, account, None, WIND)
    assert len(book.rejects) == 0
    assert len(book.locations) == 500
    assert set(book.locations["policy_number"]) == {"Layer1"}
    assert set(book.locations["layer_attachment_amount"]) == {500_000}


def find_pairs(folder):
    """Location and account files side by side, anywhere below a folder."""
    return [
        (location, location.with_name("account.csv"))
        for location in sorted(folder.rglob("location.csv"))
        if location.with_name("account.csv").exists()
    ]


@pytest.mark.real_data
def test_no_pair_of_example_files_loses_a_home_to_its_policies():
    """Pairs of OED files, as of Oasis' validation sets, in the folder named by FIRSTNOTICE_OED."""
    pairs = find_pairs(Path(os.environ.get("FIRSTNOTICE_OED", DATA / "oed")))
    if not pairs:
        pytest.skip("no pairs of location.csv and account.csv; name their folder: FIRSTNOTICE_OED")
    for location, account in pairs:
        book = read_book(location, account, None)
        rows = pd.read_csv(location, dtype="str", encoding="latin-1")
        mine = book.rejects.loc[book.rejects["file"] == location.name]
        kept = {int(row) for cell in book.locations["source_rows"] for row in cell.split(";")}
        assert kept | set(mine["row_number"]) >= set(range(2, len(rows) + 2))
        assert not mine["reason"].str.contains("polic").any()
