"""The contacts file: who lives there and how they wish to be reached."""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.schemas.book import CONTACTS, LOCATION_KEY
from core.tables import check_table
from policies.reading.cells.parse import FLAG_WORDS
from policies.reading.oed import CONTACT_COLUMNS
from policies.reading.rejects import Fault, concat_rejects, find_blank_key, sift_rows

_LOG = logging.getLogger(__name__)

OED_KEY = list(CONTACT_COLUMNS.required)

CHANNELS = ("email", "sms", "phone", "agent")

_TEXT_COLUMNS = {
    "InsuredName": "insured_name",
    "StreetAddress": "street_address",
    "City": "city",
    "Phone": "phone",
    "Email": "email",
    "Language": "language",
}


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """Contacts of known locations.

    Attributes:
        contacts: a CONTACTS table.
        rejects: REJECTS of the contacts file; they quote keys, never names.
    """

    contacts: pd.DataFrame
    rejects: pd.DataFrame


def build_contacts(rows: pd.DataFrame, keys: pd.DataFrame, file: str) -> Contacts:
    """Contacts by insured location, in the file's order.

    Args:
        rows: the contacts file's rows of text.
        keys: ``PortNumber, AccNumber, LocNumber`` and LOCATION_KEY of each location.
        file: name of the contacts file.
    """
    joined = rows.merge(keys, on=OED_KEY, how="left", validate="many_to_one")
    is_blank = rows[OED_KEY].isna().any(axis=1).to_numpy()
    is_unknown = joined["policy_number"].isna().to_numpy() & ~is_blank
    number = rows.groupby(OED_KEY, sort=False, dropna=False).ngroup()
    is_again = number.duplicated().to_numpy()
    is_repeat = _find_repeats(rows, number.duplicated(keep=False).to_numpy())
    is_conflict = is_again & ~is_repeat & ~is_blank
    faults = [
        find_blank_key(rows, OED_KEY),
        Fault("unknown_location", is_unknown, rows["LocNumber"]),
        Fault("duplicate_row", is_repeat & ~is_blank, rows["LocNumber"]),
        Fault("conflicting_duplicate", is_conflict & ~is_unknown, rows["LocNumber"]),
    ]
    sifted = sift_rows(joined, faults, file)
    return Contacts(_to_contacts(sifted.good, file), sifted.rejects)


def _find_repeats(rows: pd.DataFrame, is_several: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows equal to an earlier one, which are among the few whose key comes several times."""
    is_repeat = np.zeros(len(rows), dtype=bool)
    several = rows.loc[is_several, list(CONTACT_COLUMNS.names)]
    is_repeat[is_several] = several.duplicated().to_numpy()
    return is_repeat


def build_no_contacts() -> Contacts:
    """What a book without a contacts file has."""
    columns = (*CONTACT_COLUMNS.names, *LOCATION_KEY)
    rows = pd.DataFrame({name: pd.Series(dtype="str") for name in columns})
    return Contacts(_to_contacts(rows, ""), concat_rejects([]))


def _to_contacts(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    # anything else is no consent: messages need one on file (US TCPA)
    consent = rows["ContactConsent"].str.lower().map(FLAG_WORDS)
    channel = rows["PreferredChannel"].str.lower()
    channel = channel.where(channel.isin(CHANNELS))
    for column, read in (("ContactConsent", consent), ("PreferredChannel", channel)):
        unread = int((read.isna() & rows[column].notna()).sum())
        if unread:
            _LOG.warning("%s: %d values of %s are not understood", file, unread, column)
    contacts = rows.rename(columns=_TEXT_COLUMNS).assign(
        preferred_channel=channel, has_contact_consent=consent.eq(other=True)
    )
    checked: pd.DataFrame = check_table(contacts[list(CONTACTS.columns)], CONTACTS)
    return checked
