"""Products that are tables of text: their cells, and what the cells say.

Cells stay text until a reader asks, so that one odd value costs its own row and not the file.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import WeatherError
from weather.sources.csv_text import parse_csv
from weather.sources.records import Reject, read_bytes


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

        Rows whose number is no number, or is not to be believed, are rejected, and have none.

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
        return values.mask(~np.isfinite(values) | is_odd).to_numpy()

    def without(self, is_none: "pd.Series[bool]") -> "Cells":
        """The cells without some rows that are no records at all, as a row of units."""
        return Cells(self.rows[~is_none], self._problems)

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


def read_cells(
    path: Path, what: str, needed: Sequence[str], wanted: Collection[str] | None = None
) -> Cells:
    """Cells of a CSV file with a header.

    Args:
        path: the file; UTF-8, other bytes are taken for Latin-1.
        what: it should be, for messages, as in ``a CSV of high-water marks``.
        needed: columns without which it is none.
        wanted: the columns to keep, of a wide file; None = all.

    Raises:
        WeatherError: it cannot be opened, is no table, or lacks a column.
    """
    return parse_cells(decode(read_bytes(path, what)), path.name, what, needed, wanted)


def decode(content: bytes) -> str:
    """Text of a product; any byte decodes, so that junk is reported by line."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def parse_cells(
    text: str, name: str, what: str, needed: Sequence[str], wanted: Collection[str] | None = None
) -> Cells:
    """Cells of CSV text; see ``read_cells``. ``name`` is the file's."""
    try:
        found = parse_csv(text, wanted)
    except ValueError as error:
        raise WeatherError(
            f"reading {name}", f"it is no table ({error})", f"Give {what} as published"
        ) from error
    absent = [column for column in needed if column not in found.header]
    if absent:
        raise WeatherError(
            f"reading {name}",
            f"it has no column {', '.join(absent)}; it has {', '.join(found.header)}",
            f"Give {what} as published",
        )
    rows = pd.DataFrame(found.rows, columns=found.header, index=pd.Index(found.lines, dtype=int))
    trimmed = rows.astype("str").apply(lambda column: column.str.strip().replace("", None))
    return Cells(trimmed, found.problems)


def _quote(value: object) -> str:
    return "is missing and" if pd.isna(value) else repr(value)
