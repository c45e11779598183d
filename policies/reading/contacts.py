"""The contacts file: who lives there and how they wish to be reached."""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.schemas.book import CONTACTS, HOME_KEY
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
class People:
    """The contacts file as read.

    Attributes:
        people: contacts of known homes in the file's order: CONTACTS but for the policy.
        rejects: REJECTS of the contacts file; they quote keys, never names.
    """

    people: pd.DataFrame
    rejects: pd.DataFrame


def read_people(rows: pd.DataFrame, homes: pd.DataFrame, file: str) -> People:
    """The contacts file's rows of text, understood.

    Args:
        rows: text of ``policies.reading.oed.CONTACT_COLUMNS`` and ``row_number``.
        homes: HOME_KEY of each home.
        file: name of the contacts file.
    """
    known = homes.assign(is_known=True).rename(columns=dict(zip(HOME_KEY, OED_KEY, strict=True)))
    joined = rows.merge(known, on=OED_KEY, how="left", validate="many_to_one")
    is_blank = rows[OED_KEY].isna().any(axis=1).to_numpy()
    is_unknown = joined["is_known"].isna().to_numpy() & ~is_blank
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
    sifted = sift_rows(rows, faults, file)
    return People(_to_people(sifted.good, file), sifted.rejects)


def no_people() -> People:
    """What a book without a contacts file has."""
    rows = pd.DataFrame({name: pd.Series(dtype="str") for name in CONTACT_COLUMNS.names})
    return People(_to_people(rows, ""), concat_rejects([]))


def name_policies(people: pd.DataFrame, locations: pd.DataFrame) -> pd.DataFrame:
    """CONTACTS of the locations, each under its policy.

    Args:
        people: of ``People``.
        locations: LOCATIONS.
    """
    named = people.merge(locations[[*HOME_KEY, "policy_number"]], on=HOME_KEY, how="inner")
    contacts: pd.DataFrame = check_table(named[list(CONTACTS.columns)], CONTACTS)
    return contacts


def _find_repeats(rows: pd.DataFrame, is_several: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows equal to an earlier one, which are among the few whose key comes several times."""
    is_repeat = np.zeros(len(rows), dtype=bool)
    several = rows.loc[is_several, list(CONTACT_COLUMNS.names)]
    is_repeat[is_several] = several.duplicated().to_numpy()
    return is_repeat


def _to_people(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    # anything else is no consent: messages need one on file (US TCPA)
    consent = rows["ContactConsent"].str.lower().map(FLAG_WORDS)
    channel = rows["PreferredChannel"].str.lower()
    channel = channel.where(channel.isin(CHANNELS))
    for column, read in (("ContactConsent", consent), ("PreferredChannel", channel)):
        unread = int((read.isna() & rows[column].notna()).sum())
        if unread:
            _LOG.warning("%s: %d values of %s are not understood", file, unread, column)
    people = rows.rename(columns=_TEXT_COLUMNS | dict(zip(OED_KEY, HOME_KEY, strict=True)))
    people = people.assign(
        preferred_channel=channel, has_contact_consent=consent.eq(other=True).astype(bool)
    )
    return people[[name for name in CONTACTS.columns if name != "policy_number"]]
