"""The location file: where each home is, what it is, and what its own terms say.

Only what a home cannot do without costs it its place in the book: its key, its place, its country,
currency and perils. Whatever else cannot be read counts as missing, and is marked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.schemas.book import MAX_GEOCODE_CLASS
from policies.reading.accounts import parse_term_perils
from policies.reading.carrier_extras import parse_carrier_extras
from policies.reading.cells.dates import DateOrder, parse_dates
from policies.reading.cells.deductibles import parse_deductibles
from policies.reading.cells.keys import find_rounded
from policies.reading.cells.parse import (
    parse_amounts,
    parse_codes,
    parse_flags,
    parse_numbers,
    parse_perils,
)
from policies.reading.cells.places import check_places
from policies.reading.cells.precision import limit_by_decimals
from policies.reading.contacts import OED_KEY
from policies.reading.notices import join_flawed_fields
from policies.reading.oed import (
    LOCATION_DEDUCTIBLES,
    LOWEST_STOREYS_CODE,
    PROPERTY_TIV_COLUMNS,
    TIV_COLUMNS,
    UNKNOWN_CONSTRUCTION,
    UNKNOWN_OCCUPANCY,
)
from policies.reading.rejects import Fault, find_blank_key

DATE_FIELDS = ("LocInceptionDate", "LocExpiryDate")

_COUNTRY_PATTERN = "[A-Za-z]{2}"
_CURRENCY_PATTERN = "[A-Za-z]{3}"
_UNGEOCODED = 0

Columns = Mapping[str, "NDArray[np.float64] | NDArray[np.int64] | NDArray[np.bool_]"]


@dataclass(frozen=True, slots=True, eq=False)
class ParsedLocations:
    """Rows of the location file as numbers, dates and perils.

    Attributes:
        rows: one row a row of the file, under the names of LOCATIONS where it has them.
        faults: what costs a row its place in the book.
        flaws: values that could not be read and count as missing.
        order: of day and month in the file's dates, if it had to be found out.
    """

    rows: pd.DataFrame
    faults: list[Fault]
    flaws: list[Fault]
    order: DateOrder | None


def parse_locations(rows: pd.DataFrame) -> ParsedLocations:
    """Rows of the location file, and what is wrong with them.

    Args:
        rows: text of ``policies.reading.oed.LOCATION_COLUMNS`` and ``row_number``.
    """
    longitude, latitude, place_faults = check_places(rows)
    perils = parse_perils(rows["LocPerilsCovered"])
    deductible_bits, peril_flaws = parse_term_perils(rows, "LocPeril", perils.bits)
    numbers, deductible_flaws = parse_deductibles(rows, LOCATION_DEDUCTIBLES)
    tivs, tiv_flaws = _parse_tivs(rows)
    traits, trait_flaws = _parse_traits(rows)
    places, rounded = limit_by_decimals(
        traits["geocode_class"].astype(np.int64), rows["Latitude"], rows["Longitude"]
    )
    extras, extra_flaws = parse_carrier_extras(rows, pd.Series(tivs["building_tiv"], rows.index))
    dates = parse_dates(rows, DATE_FIELDS)
    period, period_flaws = _parse_period(dates.columns, rows)
    flaws = [
        *trait_flaws, rounded, *tiv_flaws, *deductible_flaws, *peril_flaws, *dates.faults,
        *period_flaws, *extra_flaws,
    ]  # fmt: skip
    parsed = pd.DataFrame(
        {
            "row_number": rows["row_number"],
            "portfolio_number": rows["PortNumber"],
            "account_number": rows["AccNumber"],
            "location_number": rows["LocNumber"],
            "country_code": rows["CountryCode"].str.upper(),
            "area_code": rows["AreaCode"],
            "postal_code": rows["PostalCode"],
            "currency": rows["LocCurrency"].str.upper(),
            **traits,
            "geocode_class": places,
            **tivs,
            **period,
            "longitude": longitude,
            "latitude": latitude,
            "location_bits": perils.bits,
            "location_named": perils.named,
            "deductible_bits": deductible_bits,
            "is_in_condition": _is_in_condition(rows),
            "unread_fields": join_flawed_fields(len(rows), flaws),
        }
    )
    faults = [*_check_words(rows), *place_faults, *perils.faults]
    return ParsedLocations(parsed.join(extras).join(numbers), faults, flaws, dates.order)


def _check_words(rows: pd.DataFrame) -> list[Fault]:
    """Keys, country, currency and repeated rows, which are text and stay text."""
    rounded = find_rounded(rows, OED_KEY)
    is_repeat = np.zeros(len(rows), dtype=bool)
    is_same_key = rows.duplicated(OED_KEY, keep=False).to_numpy() & ~rounded.is_bad
    repeat = rows.loc[is_same_key].duplicated([name for name in rows if name != "row_number"])
    is_repeat[is_same_key] = repeat.to_numpy()
    is_country = rows["CountryCode"].fillna("").str.fullmatch(_COUNTRY_PATTERN).to_numpy()
    is_currency = rows["LocCurrency"].fillna("").str.fullmatch(_CURRENCY_PATTERN).to_numpy()
    return [
        find_blank_key(rows, OED_KEY),
        rounded,
        Fault("duplicate_row", is_repeat, rows["LocNumber"]),
        Fault("bad_country_code", ~is_country.astype(bool), rows["CountryCode"]),
        Fault("bad_currency", ~is_currency.astype(bool), rows["LocCurrency"]),
    ]


def _parse_tivs(rows: pd.DataFrame) -> tuple[Columns, list[Fault]]:
    """Insured values; one that is not known is 0, and so OED has it."""
    values: dict[str, NDArray[np.float64]] = {}
    flaws: list[Fault] = []
    for name in TIV_COLUMNS:
        amount, found = parse_amounts(rows[name])
        values[name] = np.nan_to_num(amount)
        flaws += found
    sums = {
        "building_tiv": values["BuildingTIV"],
        "contents_tiv": values["ContentsTIV"],
        "property_tiv": np.sum([values[name] for name in PROPERTY_TIV_COLUMNS], axis=0),
        "whole_tiv": np.sum([*values.values()], axis=0),
    }
    return sums, flaws


def _parse_traits(rows: pd.DataFrame) -> tuple[Columns, list[Fault]]:
    """What is known of the building; OED writes 0 for a year or storeys not known."""
    match, match_flaw = parse_codes(rows["AddressMatch"], _UNGEOCODED, "bad_address_match")
    is_off_scale = (match < _UNGEOCODED) | (match > MAX_GEOCODE_CLASS)
    occupancy, bad_occupancy = parse_codes(rows["OccupancyCode"], UNKNOWN_OCCUPANCY, "not_a_number")
    construction, bad_construction = parse_codes(
        rows["ConstructionCode"], UNKNOWN_CONSTRUCTION, "not_a_number"
    )
    year, year_flaws = parse_amounts(rows["YearBuilt"])
    storeys, bad_storeys = parse_numbers(rows["NumberOfStoreys"])
    buildings, building_flaws = parse_amounts(rows["NumberOfBuildings"])
    is_aggregate, bad_flag = parse_flags(rows["IsAggregate"])
    traits = {
        "geocode_class": np.where(is_off_scale, _UNGEOCODED, match),
        "occupancy_code": occupancy,
        "construction_code": construction,
        "year_built": np.where(year > 0, year, np.nan),
        "number_of_storeys": np.where(storeys > 0, storeys, np.nan),
        "number_of_buildings": np.where(buildings > 0, buildings, np.nan),
        "is_aggregate": is_aggregate,
    }
    flaws = [
        match_flaw,
        Fault("bad_address_match", is_off_scale, rows["AddressMatch"]),
        bad_occupancy,
        bad_construction,
        *year_flaws,
        bad_storeys,
        Fault("negative_value", storeys < LOWEST_STOREYS_CODE, rows["NumberOfStoreys"]),
        *building_flaws,
        bad_flag,
    ]
    return traits, flaws


def _parse_period(
    dates: Mapping[str, "pd.Series[pd.Timestamp]"], rows: pd.DataFrame
) -> tuple[dict[str, "pd.Series[pd.Timestamp]"], list[Fault]]:
    inception, expiry = (dates[name] for name in DATE_FIELDS)
    is_backwards = expiry <= inception
    period = {
        "location_inception": inception.mask(is_backwards),
        "location_expiry": expiry.mask(is_backwards),
    }
    flaw = Fault("expiry_before_inception", is_backwards.to_numpy(), rows["LocExpiryDate"])
    return period, [flaw]


def _is_in_condition(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether a special condition of the policy names the row, by tag or, before OED 2, number."""
    is_tagged = np.zeros(len(rows), dtype=bool)
    for name in ("CondTag", "CondNumber"):
        if name in rows.columns:
            is_tagged |= rows[name].notna().to_numpy()
    return is_tagged
