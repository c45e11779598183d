"""The daily list as a CSV file, and back.

The file is UTF-8 without a byte order mark: it is the door for programs, and a mark would hide
inside the first header's name. People open ``daily_list.xlsx``, whose ids are text cells.
"""

import csv
import re
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import InputError
from reports.lists.columns import BY_NAME, KIND_DTYPES, LIST_COLUMNS, TEXT_COLUMNS, Kind

_TRIGGERS = r"[=+\-@\t\r\n]"
"""A cell that starts so is run as a formula by spreadsheets (OWASP, CSV injection)."""
_FIRST_ROW = 2
"""The header is row 1."""
_UNSAFE = rf"'*{_TRIGGERS}"
_DEFUSED = rf"^'(?='*{_TRIGGERS})"


def defuse_formulas(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Texts that a spreadsheet would run, with an apostrophe in front; ``restore_texts`` undoes it.

    A text that already starts with apostrophes and then such a character gets one more, so that
    no two texts become the same.
    """
    return texts.where(~texts.str.match(_UNSAFE, na=False), "'" + texts)


def defuse_text(text: str) -> str:
    """One text, as ``defuse_formulas`` does many."""
    return f"'{text}" if re.match(_UNSAFE, text) else text


def restore_texts(texts: "pd.Series[str]") -> "pd.Series[str]":
    """What ``defuse_formulas`` was given."""
    return texts.str.replace(_DEFUSED, "", regex=True)


def defuse_table(table: pd.DataFrame) -> pd.DataFrame:
    """The list with every text column defused."""
    return table.assign(**{name: defuse_formulas(table[name]) for name in TEXT_COLUMNS})


def write_list_csv(table: pd.DataFrame, path: Path) -> None:
    """Write the list: every text quoted, formulas defused, days as ISO dates."""
    defuse_table(table).to_csv(
        path,
        index=False,
        encoding="utf-8",
        quoting=csv.QUOTE_NONNUMERIC,
        lineterminator="\n",
        date_format="%Y-%m-%d",
    )


def read_list_csv(path: Path) -> pd.DataFrame:
    """Read a list that ``write_list_csv`` wrote, each column of its kind.

    A column that an older list did not have is all missing. Only an empty cell is missing: a
    person called ``NA`` or ``None`` keeps the name.

    Raises:
        InputError: the file cannot be parsed, or a cell is not of its column's kind.
    """
    try:
        raw = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(
            f"reading the daily list {path.name}",
            f"it is not a CSV file ({error})",
            "Give a daily_list.csv that a run wrote, or none",
        ) from error
    raw = raw.reindex(columns=list(BY_NAME)).astype("str")
    return pd.DataFrame(
        {column.name: _parse(raw[column.name], column.name, path) for column in LIST_COLUMNS}
    )


def _parse(texts: "pd.Series[str]", name: str, path: Path) -> "pd.Series[Any]":
    kind = BY_NAME[name].kind
    if kind is Kind.TEXT:
        return restore_texts(texts)
    parsed: pd.Series[Any] = (
        pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")
        if kind is Kind.DATE
        else pd.to_numeric(texts, errors="coerce")
    )
    wrong = parsed.isna() & texts.notna()
    if kind is Kind.INTEGER:
        wrong |= parsed.notna() & (parsed % 1 != 0)
    if wrong.any():
        # the cell may hold a shifted name, so the message gives its place and not its text
        row = int(wrong.to_numpy().argmax()) + _FIRST_ROW
        raise InputError(
            f"reading the daily list {path.name}",
            f"row {row} of column {name} is not of kind {kind}",
            "Give the file as the run wrote it",
        )
    return parsed.astype(KIND_DTYPES[kind])
