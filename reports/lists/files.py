"""The daily list as a CSV file.

The file is UTF-8 without a byte order mark: it is the door for programs, and a mark would hide
inside the first header's name. People open ``daily_list.xlsx``, whose ids are text cells.
"""

import csv
import re
from pathlib import Path

import pandas as pd

from reports.lists.columns import TEXT_COLUMNS

_TRIGGERS = r"[=+\-@\t\r\n]"
"""A cell that starts so is run as a formula by spreadsheets (OWASP, CSV injection)."""
_UNSAFE = rf"'*{_TRIGGERS}"


def defuse_formulas(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Texts that a spreadsheet would run, with an apostrophe in front.

    A text that already starts with apostrophes and then such a character gets one more, so that
    no two texts become the same.
    """
    return texts.where(~texts.str.match(_UNSAFE, na=False), "'" + texts)


def defuse_text(text: str) -> str:
    """One text, as ``defuse_formulas`` does many."""
    return f"'{text}" if re.match(_UNSAFE, text) else text


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
