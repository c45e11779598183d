"""The book of policies: OED location and account files, and contacts, to checked tables.

A file that is wrong as a whole raises; a wrong row becomes a reject and the good rows go on.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.events import Peril
from core.grid import WGS84
from core.tables import check_table
from core.tables_of_book import LOCATION_KEY, LOCATIONS, MAX_GEOCODE_CLASS, REJECTS
from policies.reading.accounts import ACCOUNT_KEY, build_accounts
from policies.reading.contacts import OED_KEY, build_contacts, build_no_contacts
from policies.reading.deductibles import choose_deductible, parse_deductible
from policies.reading.grouping import group_rows
from policies.reading.oed import (
    ACCOUNT_COLUMNS,
    CONTACT_COLUMNS,
    LOCATION_COLUMNS,
    LOCATION_DEDUCTIBLES,
    LOWEST_STOREYS_CODE,
    POLICY_DEDUCTIBLES,
    TIV_COLUMNS,
    UNKNOWN_CONSTRUCTION,
    UNKNOWN_OCCUPANCY,
)
from policies.reading.parse import (
    PERIL_BITS,
    format_perils,
    parse_amounts,
    parse_codes,
    parse_dates,
    parse_numbers,
    parse_perils,
)
from policies.reading.places import check_places
from policies.reading.rejects import Fault, concat_rejects, sift_rows
from policies.reading.text_table import read_text_table

_LOG = logging.getLogger(__name__)

_COUNTRY_PATTERN = "[A-Za-z]{2}"
_CURRENCY_PATTERN = "[A-Za-z]{3}"
_UNGEOCODED = 0


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """The book of policies as read.

    Attributes:
        locations: a LOCATIONS table.
        contacts: a CONTACTS table; empty without a contacts file.
        rejects: a REJECTS table of all files.
    """

    locations: gpd.GeoDataFrame
    contacts: pd.DataFrame
    rejects: pd.DataFrame


def read_book(location_csv: Path, account_csv: Path, contacts_csv: Path | None) -> Book:
    """Read the book from OED 3.x to 5.x location and account files and a contacts file.

    Args:
        location_csv: OED location file.
        account_csv: OED account file; joined on PortNumber and AccNumber.
        contacts_csv: contacts by OED key (``policies.reading.oed.CONTACT_COLUMNS``), if any.

    Raises:
        ExposureError: a file is missing, is no comma-separated text, or lacks a required column.
    """
    location_file = read_text_table(location_csv, LOCATION_COLUMNS)
    account_file = read_text_table(account_csv, ACCOUNT_COLUMNS)
    accounts = build_accounts(account_file.rows, account_csv.name)
    parsed, faults = parse_locations(location_file.rows)
    joined = parsed.merge(accounts.policies, on=ACCOUNT_KEY, how="left", validate="many_to_one")
    sifted = sift_rows(joined, [*faults, *find_join_faults(joined)], location_csv.name)
    insured = add_policy_terms(sifted.good)
    grouping = group_rows(insured)
    disputed = sift_rows(insured, [grouping.conflict], location_csv.name)
    locations = build_locations(grouping.locations)
    contacts = build_no_contacts()
    contact_rejects = []
    if contacts_csv is not None:
        contact_file = read_text_table(contacts_csv, CONTACT_COLUMNS)
        keys = grouping.locations[[*OED_KEY, *LOCATION_KEY]]
        contacts = build_contacts(contact_file.rows, keys, contacts_csv.name)
        contact_rejects = [contact_file.rejects, contacts.rejects]
    rejects = concat_rejects(
        [
            location_file.rejects,
            sifted.rejects,
            disputed.rejects,
            account_file.rejects,
            accounts.rejects,
            *contact_rejects,
        ]
    )
    _LOG.info("%d locations read, %d rejects", len(locations), len(rejects))
    return Book(locations, contacts.contacts, check_table(rejects, REJECTS))


def parse_locations(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Rows of the location file as numbers, dates and perils, and what is wrong with them.

    Args:
        rows: text of ``policies.reading.oed.LOCATION_COLUMNS`` and ``row_number``.
    """
    longitude, latitude, place_faults = check_places(rows)
    perils = parse_perils(rows["LocPerilsCovered"])
    faults = [*_check_words(rows), *place_faults, *perils.faults]
    columns: dict[str, NDArray[np.float64] | NDArray[np.int64] | pd.Series[pd.Timestamp]] = {}
    for name in TIV_COLUMNS:
        columns[name], found = parse_amounts(rows[name])
        faults += found
    for fields in LOCATION_DEDUCTIBLES:
        values, found = parse_deductible(rows, fields)
        columns |= values
        faults += found
    for name in ("LocInceptionDate", "LocExpiryDate"):
        columns[name], fault = parse_dates(rows[name])
        faults.append(fault)
    traits, trait_faults = _parse_traits(rows)
    keys = rows[["row_number", *OED_KEY, "AreaCode", "PostalCode", "CountryCode", "LocCurrency"]]
    parsed = keys.assign(
        **columns,
        **traits,
        longitude=longitude,
        latitude=latitude,
        location_bits=perils.bits,
        location_named=perils.named,
    )
    return parsed, [*faults, *trait_faults]


def _check_words(rows: pd.DataFrame) -> list[Fault]:
    """Keys, country, currency and repeated rows, which are text and stay text."""
    is_repeat = np.zeros(len(rows), dtype=bool)
    is_same_key = rows.duplicated(OED_KEY, keep=False).to_numpy()
    repeat = rows.loc[is_same_key].duplicated(list(LOCATION_COLUMNS.names))
    is_repeat[is_same_key] = repeat.to_numpy()
    is_country = rows["CountryCode"].fillna("").str.fullmatch(_COUNTRY_PATTERN).to_numpy()
    is_currency = rows["LocCurrency"].fillna("").str.fullmatch(_CURRENCY_PATTERN).to_numpy()
    return [
        Fault("blank_key", rows[OED_KEY].isna().any(axis=1).to_numpy(), rows["LocNumber"]),
        Fault("duplicate_row", is_repeat, rows["LocNumber"]),
        Fault("bad_country_code", ~is_country.astype(bool), rows["CountryCode"]),
        Fault("bad_currency", ~is_currency.astype(bool), rows["LocCurrency"]),
    ]


def _parse_traits(
    rows: pd.DataFrame,
) -> tuple[dict[str, NDArray[np.float64] | NDArray[np.int64]], list[Fault]]:
    """What is known of the building; OED writes 0 for a year or storeys not known."""
    match, match_fault = parse_codes(rows["AddressMatch"], _UNGEOCODED, "bad_address_match")
    is_off_scale = (match < _UNGEOCODED) | (match > MAX_GEOCODE_CLASS)
    occupancy, bad_occupancy = parse_codes(rows["OccupancyCode"], UNKNOWN_OCCUPANCY, "not_a_number")
    construction, bad_construction = parse_codes(
        rows["ConstructionCode"], UNKNOWN_CONSTRUCTION, "not_a_number"
    )
    year, year_faults = parse_amounts(rows["YearBuilt"])
    storeys, bad_storeys = parse_numbers(rows["NumberOfStoreys"])
    traits = {
        "geocode_class": match,
        "occupancy_code": occupancy,
        "construction_code": construction,
        "year_built": np.where(year > 0, year, np.nan),
        "number_of_storeys": np.where(storeys > 0, storeys, np.nan),
    }
    faults = [
        match_fault,
        Fault("bad_address_match", is_off_scale, rows["AddressMatch"]),
        bad_occupancy,
        bad_construction,
        *year_faults,
        bad_storeys,
        Fault("negative_value", storeys < LOWEST_STOREYS_CODE, rows["NumberOfStoreys"]),
    ]
    return traits, faults


def find_join_faults(joined: pd.DataFrame) -> list[Fault]:
    """Locations whose account does not lead to exactly one policy, and impossible periods."""
    account = joined["AccNumber"]
    is_refused = joined["is_rejected"].eq(other=True).to_numpy()
    is_unknown = joined["PolNumber"].isna().to_numpy() & ~is_refused & account.notna().to_numpy()
    is_several = (joined["policy_count"] > 1).to_numpy() & ~is_refused
    is_backwards = (joined["LocExpiryDate"] <= joined["LocInceptionDate"]).to_numpy()
    return [
        Fault("unknown_account", is_unknown, account),
        Fault("rejected_account", is_refused, account),
        Fault("several_policies", is_several, account),
        Fault(
            "expiry_before_inception",
            is_backwards,
            joined["LocExpiryDate"].dt.strftime("%Y-%m-%d").astype("str"),
        ),
    ]


def add_policy_terms(rows: pd.DataFrame) -> pd.DataFrame:
    """Good rows under the names of our own tables, with the policy's terms resolved.

    A location is in force while both it and its policy are: from the later inception to the
    earlier expiry. A policy's deductible is taken whole at each of its locations.
    """
    building_tiv = rows["BuildingTIV"].fillna(0.0).to_numpy()
    whole_tiv = rows[list(TIV_COLUMNS)].sum(axis=1).to_numpy()
    order = [
        (fields, building_tiv if fields.coverage == "1Building" else whole_tiv)
        for fields in (*LOCATION_DEDUCTIBLES, *POLICY_DEDUCTIBLES)
    ]
    return rows.assign(
        policy_number=rows["PolNumber"],
        location_number=rows["LocNumber"],
        portfolio_number=rows["PortNumber"],
        account_number=rows["AccNumber"],
        country_code=rows["CountryCode"].str.upper(),
        area_code=rows["AreaCode"],
        postal_code=rows["PostalCode"],
        currency=rows["LocCurrency"].str.upper(),
        building_tiv=building_tiv,
        contents_tiv=rows["ContentsTIV"].fillna(0.0),
        inception_date=rows[["LocInceptionDate", "policy_inception"]].max(axis=1),
        expiry_date=rows[["LocExpiryDate", "policy_expiry"]].min(axis=1),
        policy_status=rows["PolStatus"],
        deductible_amount=choose_deductible(rows, order),
    )


def build_locations(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """The LOCATIONS table of grouped rows."""
    surge = PERIL_BITS[Peril.STORM_SURGE]
    policy_bits = rows["policy_bits"].to_numpy(dtype=np.int64)
    policy_named = rows["policy_named"].to_numpy(dtype=np.int64)
    location_bits = rows["location_bits"].to_numpy()
    covers_surge = (location_bits & policy_bits & surge) > 0
    names_surge = ((rows["location_named"].to_numpy() | policy_named) & surge) > 0
    points = gpd.points_from_xy(rows["longitude"], rows["latitude"], crs=WGS84)
    table = gpd.GeoDataFrame(
        rows.assign(
            location_perils=format_perils(location_bits),
            policy_perils=format_perils(policy_bits),
            has_grouped_surge=covers_surge & ~names_surge,
        ),
        geometry=points,
    )
    locations: gpd.GeoDataFrame = check_table(table[list(LOCATIONS.columns)], LOCATIONS)
    return locations
