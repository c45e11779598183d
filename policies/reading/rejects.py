"""Rows that could not be used: what is wrong with each, and what to do about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.tables import CODE_SEPARATOR

MAX_VALUE_LENGTH = 80
"""Longest offending value quoted, in characters: a reject is a pointer, not a copy of the file."""

ROUNDED = "rounded_coordinates"

REMEDIES = {
    "wrong_number_of_values": "Quote values that contain commas, and give each row one value a "
    "column",
    "unclosed_quote": "Close or remove the stray quote in this row: it swallowed the rows after it",
    "repeated_header": "Remove the header row from between the rows",
    "value_too_long": "Shorten the cell; a quote left open may have put others into it",
    "control_character": "Remove line breaks and other control characters from the cell",
    "blank_key": "Give PortNumber, AccNumber and LocNumber (PolNumber in the account file)",
    "bad_country_code": "Give CountryCode as two ISO 3166-1 letters, as in US",
    "bad_currency": "Give LocCurrency as three ISO 4217 letters, as in USD",
    "rounded_by_spreadsheet": "A spreadsheet rounded this number and its last digits are "
    "lost: export the book again and open it as text",
    "in_the_sea": "Geocode the address again: the place lies in the open sea, more than 12 "
    "nautical miles off any coast",
    "blank_coordinates": "Geocode the address and give Latitude and Longitude in degrees",
    "not_a_number": "Write a plain number, without thousands separators, units or signs of money",
    ROUNDED: "Export Latitude and Longitude with five decimals or more: rounded to "
    "100 m or more they cannot name a building, whatever AddressMatch says",
    "coordinate_out_of_range": "Give Latitude within -90..90 and Longitude within -180..180 "
    "degrees",
    "swapped_coordinates": "Swap Latitude and Longitude: the other way round the place fits the "
    "book",
    "sign_lost": "Put the minus sign back: with it the place lies in the home's country",
    "zero_coordinate": "One coordinate is 0 and the place lies far from the home's country: "
    "geocode the address again",
    "outside_country": "Check Latitude, Longitude and CountryCode: the place lies outside the "
    "country and far from the book's other homes there",
    "null_island": "Latitude 0, longitude 0 is a failed geocode; geocode the address again",
    "bad_address_match": "Give AddressMatch as an OED class from 0 to 20",
    "negative_value": "Give zero or a positive value; leave it blank if unknown",
    "bad_date": "Write the date as YYYY-MM-DD",
    "ambiguous_date": "Write the date as YYYY-MM-DD: nothing in the file tells day from month",
    "not_a_flag": "Write 1 for yes or 0 for no",
    "expiry_before_inception": "Give an expiry date after the inception date",
    "blank_perils": "List the OED perils covered, as in WW2;XX1",
    "unknown_peril_code": "Use OED peril codes of three letters or digits, joined by ';'",
    "bad_deductible_type": "Give the deductible type as 0 (amount), 1 (of loss) or 2 (of TIV)",
    "deductible_over_one": "Write a deductible of TIV or loss as a fraction: 2 % is 0.02",
    "share_over_one": "Write a share as a fraction: 30 % is 0.3",
    "bad_storm_class": "Write hurricane or named_storm, or leave it blank",
    "unknown_account": "Add a row for this AccNumber (and PortNumber) to the account file",
    "rejected_account": "Mend this account's row in the account file; see its own reject",
    "duplicate_row": "Remove the repeated row; the first one is used",
    "conflicting_duplicate": "Give each location one row, or one number each; the first row is "
    "used and marked as conflicting",
    "unknown_location": "Give the contact the PortNumber, AccNumber and LocNumber of a location "
    "that was read",
}
"""Reason code -> what to do about it."""

_OED_NAMES = {"account_number": "AccNumber", "location_number": "LocNumber"}
"""Names of our own for fields, as the file has them."""

KEEPING_HOME = frozenset({"duplicate_row", "conflicting_duplicate"})
"""Reasons whose home stays in the book by another row."""


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """One kind of fault in some rows of a table.

    Attributes:
        reason: a key of ``REMEDIES``.
        is_bad: bool ``(rows,)``; True = the row has the fault.
        value: the offending values as given, ``(rows,)``; missing where there is none to quote. Its
            name is the field's, where one field is at fault.
        fields: names of the fields at fault, ``(rows,)``, where they differ from row to row.
    """

    reason: str
    is_bad: NDArray[np.bool_]
    value: "pd.Series[str]"
    fields: "pd.Series[str] | None" = None

    @property
    def named(self) -> "pd.Series[str]":
        """Names of the fields at fault, joined by ``;``, of the rows that have the fault."""
        if self.fields is not None:
            return self.fields[self.is_bad]
        name = None if self.value.name is None else _OED_NAMES.get(str(self.value.name))
        name = name or self.value.name
        return pd.Series(name, index=range(int(self.is_bad.sum())), dtype="str")


@dataclass(frozen=True, slots=True, eq=False)
class Sifted:
    """A table's good rows, and its bad ones as rejects.

    Attributes:
        good: rows without a fault, in their order.
        rejects: a REJECTS table.
    """

    good: pd.DataFrame
    rejects: pd.DataFrame


def build_rejects(
    file: str,
    row_number: Iterable[int],
    reason: str,
    value: Iterable[str | None],
    field: Iterable[str | None] = (),
) -> pd.DataFrame:
    """A REJECTS table of one reason; long values are cut to ``MAX_VALUE_LENGTH``.

    Args:
        file: name of the file.
        row_number: of each row.
        reason: a key of ``REMEDIES``.
        value: what to quote of each row.
        field: columns at fault of each row; none where the whole row is.
    """
    numbers = list(row_number)
    named = list(field) or [None] * len(numbers)
    rows = pd.DataFrame({"file": file, "row_number": numbers})
    quoted = pd.Series(list(value), dtype="str").str.slice(0, MAX_VALUE_LENGTH)
    rows = rows.assign(
        field=pd.Series(named, dtype="str"), reason=reason, value=quoted, remedy=REMEDIES[reason]
    )
    return rows.astype({name: "int64" if name == "row_number" else "str" for name in rows})


def concat_rejects(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One REJECTS table, by file in the given order, then by row; a fault counts once."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return build_rejects("", [], "bad_date", [])
    rejects = pd.concat(filled, ignore_index=True)
    rejects = rejects.drop_duplicates(["file", "row_number", "reason"])
    place = pd.Series(pd.factorize(rejects["file"])[0], index=rejects.index)
    order = np.lexsort((rejects["row_number"], place))  # stable: reasons keep their order
    return rejects.iloc[order].reset_index(drop=True)


def find_blank_key(rows: pd.DataFrame, names: Sequence[str]) -> Fault:
    """Rows that lack a part of their key.

    Args:
        rows: text by OED name.
        names: columns of the key.
    """
    is_blank = rows[list(names)].isna().to_numpy()
    fields = pd.Series(None, index=rows.index, dtype="str")
    for place, name in enumerate(names):
        joined = fields.fillna("") + np.where(fields.isna(), "", CODE_SEPARATOR) + name
        fields = fields.mask(is_blank[:, place], joined)
    return Fault("blank_key", is_blank.any(axis=1), rows[names[-1]], fields)


def sift_rows(rows: pd.DataFrame, faults: Sequence[Fault], file: str) -> Sifted:
    """Part good rows from bad ones; a row with several faults is listed under each.

    Args:
        rows: any table with a ``row_number`` column.
        faults: found in these rows, in their order.
        file: name of the file that the rows come from.
    """
    is_bad = np.zeros(len(rows), dtype=bool)
    parts = []
    for fault in faults:
        if not fault.is_bad.any():
            continue
        is_bad |= fault.is_bad
        parts.append(
            build_rejects(
                file,
                rows["row_number"].to_numpy()[fault.is_bad],
                fault.reason,
                fault.value.to_numpy(dtype=object)[fault.is_bad],
                fault.named,
            )
        )
    return Sifted(rows.loc[~is_bad].reset_index(drop=True), concat_rejects(parts))


def count_homes_lost(rejects: pd.DataFrame, location_file: str) -> int:
    """Rows of the location file whose home is in no table, of a REJECTS table of all files."""
    is_lost = (rejects["file"] == location_file) & ~rejects["reason"].isin(KEEPING_HOME)
    return int(rejects.loc[is_lost, "row_number"].nunique())
