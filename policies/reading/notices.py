"""What is odd in the book though its rows stay, for whoever keeps the book."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.schemas.book import NOTICES
from core.tables import check_table, join_codes
from policies.reading.cells.dates import DateOrder
from policies.reading.rejects import MAX_VALUE_LENGTH, REMEDIES, ROUNDED, Fault

HEADER_ROW = 1
"""A notice of the header row concerns the whole file."""

_KEPT = "The home stays and the value counts as missing. "
_KEPT_COARSE = "The home stays and its place counts as coarse. "


def build_notices(rows: pd.DataFrame, flaws: Sequence[Fault], file: str) -> pd.DataFrame:
    """NOTICES of values that could not be read, though their rows stay.

    Args:
        rows: any table with a ``row_number`` column.
        flaws: found in these rows, in their order; each value bears the name of its field.
        file: name of the file that the rows come from.
    """
    parts = [
        pd.DataFrame(
            {
                "file": file,
                "row_number": rows["row_number"].to_numpy()[flaw.is_bad],
                "field": str(flaw.value.name),
                "reason": flaw.reason,
                "value": flaw.value[flaw.is_bad].str.slice(0, MAX_VALUE_LENGTH).to_numpy(),
                "remedy": _keep(flaw.reason) + REMEDIES[flaw.reason],
            }
        )
        for flaw in flaws
        if flaw.is_bad.any()
    ]
    return join_notices(parts)


def _keep(reason: str) -> str:
    return _KEPT_COARSE if reason == ROUNDED else _KEPT


def build_column_notices(file: str, suggestions: dict[str, str]) -> pd.DataFrame:
    """NOTICES of columns by an unknown name that looks like a known one; one a known name."""
    alike: dict[str, list[str]] = {}
    for given, known in suggestions.items():
        alike.setdefault(known, []).append(given)
    return join_notices(
        [
            _of_file(
                file, known, "misspelt_column", ", ".join(given)[:MAX_VALUE_LENGTH],
                f"Column {given[0]} is not read; if it is meant for {known}, rename it"
                if len(given) == 1
                else f"Columns {', '.join(given)} are not read; if one of them is meant for "
                f"{known}, rename it",
            )
            for known, given in alike.items()
        ]
    )  # fmt: skip


def build_cell_notices(
    file: str, field: str, reason: str, row_number: NDArray[np.int64], told: Sequence[str]
) -> pd.DataFrame:
    """NOTICES of cells of one column that count as missing before anything reads them.

    Args:
        file: name of the file.
        field: the column.
        reason: a key of ``policies.reading.rejects.REMEDIES``.
        row_number: of each cell, ``(cells,)``.
        told: said of each cell in place of its value.
    """
    remedy = _KEPT + REMEDIES[reason]
    rows = pd.DataFrame({"file": file, "row_number": row_number, "field": field, "reason": reason})
    return join_notices([rows.assign(value=list(told), remedy=remedy)])


def build_encoding_notices(file: str, encoding: str, first_line: int) -> pd.DataFrame:
    """The NOTICE of a file that is not all UTF-8: names in it may be spelt wrongly."""
    remedy = (
        f"Bytes that are no UTF-8 are read as {encoding}; compare some names with accents, and "
        "export the book as UTF-8"
    )
    return _of_file(file, "text", "not_utf8", f"from line {first_line} on", remedy)


def build_date_notices(file: str, fields: Iterable[str], order: DateOrder | None) -> pd.DataFrame:
    """NOTICES of date columns read in another order than ISO 8601 has."""
    words = None if order is None else order.value.replace("_", " ")
    remedy = f"Read with the {words}, as other dates of the file prove; YYYY-MM-DD needs no proof"
    return join_notices(
        []
        if order is None
        else [_of_file(file, field, order.value, None, remedy) for field in fields]
    )


def concat_notices(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One checked NOTICES table, in the order given; a fault of a cell counts once."""
    table = join_notices(parts).drop_duplicates(["file", "row_number", "field", "reason"])
    checked: pd.DataFrame = check_table(table, NOTICES)
    return checked


def join_notices(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One table of the columns of NOTICES, in the order given; a check costs more than most."""
    names = list(NOTICES.columns)
    filled = [part for part in parts if len(part)] or [pd.DataFrame(columns=names, dtype="str")]
    return pd.concat(filled, ignore_index=True).astype({"row_number": np.int64, "value": "str"})


def join_flawed_fields(count: int, flaws: Sequence[Fault]) -> "pd.Series[str]":
    """The fields of each row that could not be read, joined by ``;``; missing where none."""
    fields = list(dict.fromkeys(str(flaw.value.name) for flaw in flaws if flaw.is_bad.any()))
    flawed = np.zeros((count, len(fields)), dtype=bool)
    for flaw in flaws:
        if flaw.is_bad.any():
            flawed[:, fields.index(str(flaw.value.name))] |= flaw.is_bad
    cells = pd.Series(None, index=range(count), dtype="str")
    for row in np.flatnonzero(flawed.any(axis=1)):
        cells[row] = join_codes(np.array(fields)[flawed[row]])
    return cells


def _of_file(file: str, field: str, reason: str, value: str | None, remedy: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "file": [file], "row_number": [HEADER_ROW], "field": [field], "reason": [reason],
            "value": [value], "remedy": [remedy],
        }
    )  # fmt: skip
