"""A made-up OED 4 book over real or rendered buildings, with known faults in known numbers."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import InputError
from core.events import CatEvent
from core.schemas.truth import TRUTH
from core.tables import check_table
from policies.made_up.displace import COORDINATE_DECIMALS
from policies.made_up.people import (
    Period,
    choose_perils,
    choose_unrelated_perils,
    make_houses,
    make_people,
    make_period,
)
from policies.made_up.siting import BookShares, Sites, choose_site_crs, draw_faults, site_homes
from policies.matching.outlines import Outlines, project, repair_outlines

OED_VERSION = "4.0.0"
PORTFOLIO = "1"
MIN_NUMBER_DIGITS = 6


@dataclass(frozen=True, slots=True)
class BookRegion:
    """Where the book lies.

    Attributes:
        country_code: ISO 3166-1 alpha-2.
        area_code: state or province; empty = none.
        currency: ISO 4217.
        area: where moved points have to stay, EPSG:4326, as the scenes' extent; None = the box of
            the buildings.
    """

    country_code: str = "US"
    area_code: str = ""
    currency: str = "USD"
    area: BaseGeometry | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MadeBook:
    """A made-up book, all values as text, and what is known of it.

    Attributes:
        location: OED location file.
        account: OED account file.
        contacts: contacts file.
        truth: a TRUTH table, one row a building; ``expected_status`` presumes that the imagery is
            good.
    """

    location: pd.DataFrame
    account: pd.DataFrame
    contacts: pd.DataFrame
    truth: pd.DataFrame


def make_book(
    footprints: gpd.GeoDataFrame,
    grades: "pd.Series[str]",
    event: CatEvent,
    *,
    seed: int,
    shares: BookShares,
    region: BookRegion,
) -> MadeBook:
    """One policy a building, with some known faults; the same seed and input give the same book.

    A footprint that holds no area gets no policy. Homes cannot be displaced where no free spot is
    found, nor set between buildings where no two are near; the truth then says so.

    Args:
        footprints: a FOOTPRINTS table, in any order.
        grades: xBD words by building_id.
        event: gives perils and dates.
        seed: of all draws.
        shares: how many homes have which fault.
        region: country, area, currency, and where points may lie.

    Raises:
        InputError: a building has no grade.
    """
    outlines = repair_outlines(footprints)
    grade = grades.reindex(outlines.building_id)
    if grade.isna().any():
        raise InputError(
            f"making a book for event {event.event_id}",
            f"building {grade.index[grade.isna()][0]!r} has no grade",
            "Give one xBD word for each building_id",
        )
    rng = np.random.default_rng(seed)
    faults = draw_faults(outlines, shares, region.area, rng)
    sites = site_homes(outlines, faults)
    keys = _make_keys(len(outlines.building_id))
    perils = pd.Series(choose_perils(event), index=keys.index)
    perils.iloc[faults.uncovered] = choose_unrelated_perils(event)
    area_m2 = shapely.area(project(outlines.geometry, choose_site_crs(outlines)))
    location = _make_location(keys, sites, region, make_houses(area_m2, rng))
    location = location.assign(LocPerilsCovered=perils)
    has_lapsed = np.isin(keys.index, faults.lapsed)
    account = _make_account(keys, make_period(event, has_lapsed, rng), region)
    account = account.assign(PolPerilsCovered=perils)
    contacts = pd.concat([keys, make_people(keys["LocNumber"], rng)], axis=1)
    repeated = location.iloc[np.sort(faults.repeated)]
    location = pd.concat([location, repeated], ignore_index=True)
    truth = _make_truth(keys, outlines, grade, sites)
    return MadeBook(location, account, contacts, truth)


def _make_keys(count: int) -> pd.DataFrame:
    """OED keys; numbers keep their leading zeros and are unique over the book."""
    digits = max(MIN_NUMBER_DIGITS, len(str(count)))
    number = pd.Series(np.arange(1, count + 1)).astype("str").str.zfill(digits)
    return pd.DataFrame({"PortNumber": PORTFOLIO, "AccNumber": "A" + number, "LocNumber": number})


def _make_location(
    keys: pd.DataFrame, sites: Sites, region: BookRegion, houses: pd.DataFrame
) -> pd.DataFrame:
    """The location file but for its perils."""
    degrees = f"{{:.{COORDINATE_DECIMALS}f}}".format
    return keys.assign(
        CountryCode=region.country_code,
        AreaCode=region.area_code,
        PostalCode=sites.postal_code,
        Latitude=[degrees(value) for value in shapely.get_y(sites.points)],
        Longitude=[degrees(value) for value in shapely.get_x(sites.points)],
        AddressMatch=sites.geocode_class.astype(str),
        LocCurrency=region.currency,
        **{name: houses[name] for name in houses},
        OEDVersion=OED_VERSION,
    )


def _make_account(keys: pd.DataFrame, period: Period, region: BookRegion) -> pd.DataFrame:
    """The account file but for its perils: one policy an account, one account a home."""
    return keys[["PortNumber", "AccNumber"]].assign(
        AccCurrency=region.currency,
        PolNumber="HO" + keys["LocNumber"],
        PolStatus="B",
        PolInceptionDate=period.inception.astype(str),
        PolExpiryDate=period.expiry.astype(str),
        OEDVersion=OED_VERSION,
    )


def _make_truth(
    keys: pd.DataFrame, outlines: Outlines, grade: "pd.Series[str]", sites: Sites
) -> pd.DataFrame:
    truth = pd.DataFrame(
        {
            "building_id": outlines.building_id,
            "location_number": keys["LocNumber"],
            "grade": grade.to_numpy(),
            "expected_status": sites.expected_status,
        }
    )
    checked: pd.DataFrame = check_table(truth, TRUTH)
    return checked


def write_book(book: MadeBook, folder: Path) -> None:
    """Write ``location.csv``, ``account.csv`` and ``contacts.csv`` into a folder, made if need be.

    Files are UTF-8 with line feeds, the same bytes on any machine.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (
        ("location.csv", book.location),
        ("account.csv", book.account),
        ("contacts.csv", book.contacts),
    ):
        table.to_csv(folder / name, index=False, encoding="utf-8", lineterminator="\n")
