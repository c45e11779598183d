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
from core.schemas.book import HOME_KEY, REJECTS
from core.tables import check_table
from policies.reading.accounts import build_terms, read_accounts
from policies.reading.contacts import People, name_policies, no_people, read_people
from policies.reading.files.text_table import TextTable, read_text_table
from policies.reading.grouping import group_rows, mark_conflicts
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
from policies.reading.rows import BookRows

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
    location_file: Path, account_file: Path, contacts_file: Path | None, peril: Peril | None = None
) -> Book:
    """Read the book from OED 3.x to 5.x location and account files and a contacts file.

    Args:
        location_file: OED location file: CSV, packed with gzip or not, or Parquet.
        account_file: OED account file; joined on PortNumber and AccNumber.
        contacts_file: contacts by OED key (``policies.reading.oed.CONTACT_COLUMNS``), if any.
        peril: the event's primary peril, whose policy and deductible count where they differ by
            peril; without one such a deductible is not known.

    Raises:
        ExposureError: a file is missing, is no table, or lacks a required column.
    """
    return build_book(read_rows(location_file, account_file, contacts_file), peril)


def read_rows(location_file: Path, account_file: Path, contacts_file: Path | None) -> BookRows:
    """Read the rows of the book's files, for any peril.

    Raises:
        ExposureError: a file is missing, is no table, or lacks a required column.
    """
    location = read_text_table(location_file, LOCATION_COLUMNS)
    account = read_text_table(account_file, ACCOUNT_COLUMNS)
    accounts = read_accounts(account.rows, account_file.name)
    parsed = parse_locations(location.rows)
    faults = [*parsed.faults, *find_account_faults(parsed.rows, accounts)]
    sifted = sift_rows(parsed.rows, faults, location_file.name)
    marked = mark_conflicts(sifted.good)
    disputed = sift_rows(sifted.good, [marked.conflict], location_file.name)
    contact, people = _read_people(contacts_file, marked.rows)
    rejects = concat_rejects(
        [
            location.rejects, sifted.rejects, disputed.rejects, account.rejects, accounts.rejects,
            *([contact.rejects] if contact else []), people.rejects,
        ]
    )  # fmt: skip
    dated = [name for name in DATE_FIELDS if location.rows[name].notna().any()]
    notices = concat_notices(
        [
            location.notices,
            build_notices(location.rows, parsed.flaws, location_file.name),
            build_date_notices(location_file.name, dated, parsed.order),
            account.notices,
            accounts.notices,
            *([contact.notices] if contact else []),
        ]
    )
    return BookRows(
        marked.rows, accounts.rows, accounts.refused, people.people,
        check_table(rejects, REJECTS), notices,
    )  # fmt: skip


def build_book(rows: BookRows, peril: Peril | None) -> Book:
    """What rows of a book say where a peril is asked for, or none. Pure."""
    terms = build_terms(rows.policies, peril)
    homes = group_rows(rows.homes, peril)
    candidates = join_terms(homes, terms, rows.refused, peril)
    locations = build_locations(candidates)
    contacts = name_policies(rows.people, locations)
    _LOG.info(
        "%d locations read, %d rejects, %d notices",
        len(locations), len(rows.rejects), len(rows.notices),
    )  # fmt: skip
    return Book(locations, build_policy_terms(candidates), contacts, rows.rejects, rows.notices)


def _read_people(
    contacts_file: Path | None, homes: pd.DataFrame
) -> tuple[TextTable | None, People]:
    if contacts_file is None:
        return None, no_people()
    file = read_text_table(contacts_file, CONTACT_COLUMNS)
    return file, read_people(file.rows, homes[HOME_KEY].drop_duplicates(), contacts_file.name)
