"""Products that are tables of text: their cells, and what the cells say.

Cells stay text until a reader asks, so that one odd value costs its own row and not the file.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import WeatherError
from weather.sources.records import Reject, read_bytes

_FIRST_ROW = 2
"""Line of the first row below the header, where no line before it is blank."""


@dataclass(slots=True, eq=False)
class Cells:
    """Rows of a table of text, and what is found wrong with them.

    Attributes:
        rows: text or missing, trimmed; the index is the line of each in the file.
    """

    rows: pd.DataFrame
    _problems: dict[int, str] = field(default_factory=dict)

    def reject(self, is_wrong: "pd.Series[bool]", problem: str, column: str) -> None:
        """Reject rows, quoting their cell of a column; a row's first problem is kept."""
        for line, value in self.rows.loc[is_wrong, column].items():
            self._problems.setdefault(int(str(line)), f"{column} {_quote(value)} {problem}")

    def numbers(
        self, column: str, believable: tuple[float, float], *, missing: Sequence[str] = ()
    ) -> NDArray[np.float64]:
        """Numbers of a column, ``(rows,)``, NaN where there is none.

        Rows whose number is no number, or is not to be believed, are rejected.

        Args:
            column: which; an absent one is missing throughout.
            believable: least and greatest value.
            missing: texts that stand for none.
        """
        if column not in self.rows:
            return np.full(len(self.rows), np.nan)
        given = self.rows[column].where(~self.rows[column].isin(list(missing)))
        values = pd.to_numeric(given, errors="coerce").astype(np.float64)
        self.reject(given.notna() & ~np.isfinite(values), "is no number", column)
        lowest, highest = believable
        is_odd = np.isfinite(values) & ~values.between(lowest, highest)
        self.reject(is_odd, f"is outside {lowest:g} to {highest:g}", column)
        return values.to_numpy()

    def texts(self, column: str) -> "pd.Series[str]":
        """Texts of a column, missing where there is none."""
        absent = pd.Series(None, index=self.rows.index, dtype=object)
        return self.rows.get(column, absent)

    def keep(self, table: pd.DataFrame) -> pd.DataFrame:
        """Those rows of a table made of these rows, in their order, that were not rejected."""
        return table[~table.index.isin(list(self._problems))]

    def rejects(self) -> tuple[Reject, ...]:
        """What was rejected, by line."""
        return tuple(Reject(f"line {n}", why) for n, why in sorted(self._problems.items()))


def read_cells(path: Path, what: str, needed: Sequence[str]) -> Cells:
    """Cells of a CSV file with a header.

    Args:
        path: the file; UTF-8, other bytes are taken for Latin-1.
        what: it should be, for messages, as in ``a CSV of high-water marks``.
        needed: columns without which it is none.

    Raises:
        WeatherError: it cannot be opened, is no table, or lacks a column.
    """
    return parse_cells(decode(read_bytes(path, what)), path.name, what, needed)


def decode(content: bytes) -> str:
    """Text of a product; any byte decodes, so that junk is reported by line."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def parse_cells(text: str, name: str, what: str, needed: Sequence[str]) -> Cells:
    """Cells of CSV text; see ``read_cells``. ``name`` is the file's."""
    try:
        # the parser in C reads NUL as an end and drops what follows
        rows = pd.read_csv(
            io.StringIO(text.replace("\0", "").lstrip("\r\n")), dtype=str, skipinitialspace=True,
            keep_default_na=False, na_values=[""], on_bad_lines="error",
            skip_blank_lines=False,
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise WeatherError(
            f"reading {name}", f"it is no table ({str(error).strip()})", f"Give {what} as published"
        ) from error
    rows.columns = rows.columns.str.strip()
    absent = [column for column in needed if column not in rows]
    if absent:
        raise WeatherError(
            f"reading {name}",
            f"it has no column {', '.join(absent)}; it has {', '.join(map(str, rows.columns))}",
            f"Give {what} as published",
        )
    rows.index = _number_lines(rows, text)
    trimmed = rows.apply(lambda column: column.str.strip().replace("", None))
    return Cells(trimmed.dropna(how="all"))


def _number_lines(rows: pd.DataFrame, text: str) -> pd.Index:
    """The line that each row begins in: cells may hold line breaks, and lines be blank."""
    blank = text[: len(text) - len(text.lstrip("\r\n"))].count("\n")
    lines = np.arange(len(rows)) + _FIRST_ROW + blank
    if '"' in text:
        breaks = rows.apply(lambda column: column.str.count("\n")).sum(axis=1).to_numpy()
        lines[1:] += np.cumsum(breaks)[:-1].astype(lines.dtype)
    return pd.Index(lines)


def _quote(value: object) -> str:
    return "is missing and" if pd.isna(value) else repr(value)
