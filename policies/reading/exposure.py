"""The book of policies: OED location and account files, and contacts, to checked tables.

A file that is wrong as a whole raises; a wrong row becomes a reject and the good rows go on; a
wrong value counts as missing and its row stays.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from core.events import Peril
from core.schemas.book import HOME_KEY, LOCATION_KEY, REJECTS
from core.tables import check_table
from policies.reading.accounts import build_accounts
from policies.reading.contacts import OED_KEY, Contacts, build_contacts, build_no_contacts
from policies.reading.files.text_table import TextTable, read_text_table
from policies.reading.grouping import group_rows
from policies.reading.insured import (
    build_locations,
    build_policy_terms,
    find_account_faults,
    join_terms,
)
from policies.reading.locations import DATE_FIELDS, parse_locations
from policies.reading.notices import build_date_notices, build_notices, concat_notices
from policies.reading.oed import ACCOUNT_COLUMNS, CONTACT_COLUMNS, LOCATION_COLUMNS
from policies.reading.rejects import concat_rejects, sift_rows

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """The book of policies as read.

    Attributes:
        locations: a LOCATIONS table, each home under its likeliest policy.
        terms: a POLICY_TERMS table, of the homes that have several policies or terms.
        contacts: a CONTACTS table; empty without a contacts file.
        rejects: a REJECTS table of all files: rows that could not be used.
        notices: a NOTICES table of all files: what is odd though its rows stay.
    """

    locations: gpd.GeoDataFrame
    terms: pd.DataFrame
    contacts: pd.DataFrame
    rejects: pd.DataFrame
    notices: pd.DataFrame


def read_book(
    location_csv: Path, account_csv: Path, contacts_csv: Path | None, peril: Peril | None = None
) -> Book:
    """Read the book from OED 3.x to 5.x location and account files and a contacts file.

    Args:
        location_csv: OED location file.
        account_csv: OED account file; joined on PortNumber and AccNumber.
        contacts_csv: contacts by OED key (``policies.reading.oed.CONTACT_COLUMNS``), if any.
        peril: the event's primary peril, whose policy and deductible count where they differ by
            peril; without one such a deductible is not known.

    Raises:
        ExposureError: a file is missing, is no comma-separated text, or lacks a required column.
    """
    location_file = read_text_table(location_csv, LOCATION_COLUMNS)
    account_file = read_text_table(account_csv, ACCOUNT_COLUMNS)
    accounts = build_accounts(account_file.rows, account_csv.name, peril)
    parsed = parse_locations(location_file.rows)
    faults = [*parsed.faults, *find_account_faults(parsed.rows, accounts)]
    sifted = sift_rows(parsed.rows, faults, location_csv.name)
    grouping = group_rows(sifted.good, peril)
    disputed = sift_rows(sifted.good, [grouping.conflict], location_csv.name)
    candidates = join_terms(grouping.homes, accounts, peril)
    locations = build_locations(candidates)
    contact_file, contacts = _read_contacts(contacts_csv, locations)
    rejects = concat_rejects(
        [
            location_file.rejects, sifted.rejects, disputed.rejects, account_file.rejects,
            accounts.rejects, *([contact_file.rejects] if contact_file else []), contacts.rejects,
        ]
    )  # fmt: skip
    dated = [name for name in DATE_FIELDS if location_file.rows[name].notna().any()]
    notices = concat_notices(
        [
            location_file.notices,
            build_notices(location_file.rows, parsed.flaws, location_csv.name),
            build_date_notices(location_csv.name, dated, parsed.order),
            account_file.notices,
            accounts.notices,
            *([contact_file.notices] if contact_file else []),
        ]
    )
    _LOG.info(
        "%d locations read, %d rejects, %d notices", len(locations), len(rejects), len(notices)
    )
    return Book(
        locations, build_policy_terms(candidates), contacts.contacts,
        check_table(rejects, REJECTS), notices,
    )  # fmt: skip


def _read_contacts(
    contacts_csv: Path | None, locations: gpd.GeoDataFrame
) -> tuple[TextTable | None, Contacts]:
    if contacts_csv is None:
        return None, build_no_contacts()
    file = read_text_table(contacts_csv, CONTACT_COLUMNS)
    keys = locations[LOCATION_KEY].assign(
        **{oed: locations[ours] for oed, ours in zip(OED_KEY, HOME_KEY, strict=True)}
    )
    return file, build_contacts(file.rows, pd.DataFrame(keys), contacts_csv.name)
