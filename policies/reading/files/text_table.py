"""Reads a file of the book as text, row by row: CSV of any encoding, packed or not, or Parquet."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute
from pyarrow import csv as arrow_csv

from core.errors import ExposureError
from policies.reading.cells.misspelt import suggest_columns
from policies.reading.files.encodings import UTF_8, decoded, is_utf_16
from policies.reading.files.layout import (
    COMMA,
    Layout,
    place_columns,
    read_layout,
    refuse_unreadable,
)
from policies.reading.files.packed import unpacked
from policies.reading.files.parquet import (
    PARQUET_MAGIC,
    read_parquet_names,
    read_parquet_text,
)
from policies.reading.files.strange import StrangeCell, find_strange_cells
from policies.reading.notices import (
    build_cell_notices,
    build_column_notices,
    build_encoding_notices,
    join_notices,
)
from policies.reading.oed import FileColumns
from policies.reading.rejects import build_rejects, concat_rejects

_LOG = logging.getLogger(__name__)

_PARSER_BLOCK_BYTES = 1 << 24
"""One row has to fit in a parser block; a longer one means a quote left open."""

FIRST_DATA_ROW = 2
"""The header is row 1."""


@dataclass(frozen=True, slots=True, eq=False)
class TextTable:
    """A file's rows, every value as text.

    Attributes:
        rows: ``row_number`` (int64, the header being row 1) and the wanted columns as text,
            trimmed; a blank or absent value is missing. Columns wanted only where present may be
            absent.
        rejects: REJECTS of rows that do not fit the header.
        notices: NOTICES of columns whose names look misspelt.
    """

    rows: pd.DataFrame
    rejects: pd.DataFrame
    notices: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Wanted columns as text, by their place in the file, and what does not fit the header."""

    table: pa.Table
    row_number: NDArray[np.int64]
    misfits: pd.DataFrame
    breaks: NDArray[np.int64]


def read_text_table(path: Path, columns: FileColumns) -> TextTable:
    """Read the wanted columns of a file as text ("00123" stays "00123").

    The file is text separated by commas (or semicolons, tabs, bars), packed with gzip or not, or
    Parquet, whatever it is called. Column names match whatever their case. UTF-8, with or without a
    byte order mark, or UTF-16 with one is expected; what is none is taken for Windows-1252, or else
    Latin-1, with a notice.

    Raises:
        ExposureError: the file is missing, empty, no table, lacks a required column, or unpacks to
            more than any book.
    """
    with unpacked(path) as plain:
        with plain.open("rb") as stream:
            is_parquet = stream.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
        if is_parquet:
            return _read_parquet(plain, path.name, columns)
        if not is_utf_16(plain):
            refuse_unreadable(plain, path.name)
        with decoded(plain) as text:
            refuse_unreadable(text.path, path.name)
            table = _read_csv(text.path, path.name, columns)
            if text.encoding == UTF_8:
                return table
            _LOG.warning("%s is not UTF-8; it is read as %s", path.name, text.encoding)
            told = build_encoding_notices(path.name, text.encoding, text.first_line)
            return replace(table, notices=join_notices([told, table.notices]))


def _read_parquet(path: Path, file: str, columns: FileColumns) -> TextTable:
    names = read_parquet_names(path, file)
    suggestions = suggest_columns(names, columns.names)
    positions = place_columns(file, names, columns, suggestions)
    table = read_parquet_text(path, file, sorted(positions.values()))
    cells = _Cells(
        table, _number_rows(table.num_rows, []), concat_rejects([]), np.zeros(table.num_rows, int)
    )
    return _build_table(cells, Layout(file, COMMA, positions, len(names), 0, suggestions), columns)


def _read_csv(path: Path, file: str, columns: FileColumns) -> TextTable:
    layout = read_layout(path, file, columns)
    misfits: list[arrow_csv.InvalidRow] = []
    table = _read_arrow(path, layout, sorted(layout.positions.values()), misfits)
    rejects = build_rejects(
        file,
        [row.number for row in misfits],
        "wrong_number_of_values",
        [f"{row.actual_columns} values, not {row.expected_columns}" for row in misfits],
    )
    row_number = _number_rows(table.num_rows, [row.number for row in misfits])
    breaks = _count_swallowed(path, layout, table.num_rows, len(misfits))
    return _build_table(_Cells(table, row_number, rejects, breaks), layout, columns)


def _build_table(cells: _Cells, layout: Layout, columns: FileColumns) -> TextTable:
    """Good rows of the wanted columns; the others as rejects, odd cells as notices."""
    file, wanted = layout.file, layout.positions
    names = [name for name in columns.names if name in wanted or name not in columns.where_present]
    frame = _to_frame(cells.table, wanted, names)
    rejects = [cells.misfits]
    swallowed = cells.breaks > 0
    rejects.append(
        build_rejects(
            file,
            cells.row_number[swallowed],
            "unclosed_quote",
            [f"{count} line breaks in one value" for count in cells.breaks[swallowed]],
        )
    )
    is_header = _find_headers(frame, columns.required) & ~swallowed
    rejects.append(
        build_rejects(
            file, cells.row_number[is_header], "repeated_header", [None] * int(is_header.sum())
        )
    )
    left_out = frame.isna().all(axis=1).to_numpy() | swallowed | is_header
    frame = frame.assign(row_number=cells.row_number).loc[~left_out].reset_index(drop=True)
    frame, strange = _sift_strange(frame, names, columns)
    told = [build_column_notices(file, layout.suggestions)]
    for each, numbers in strange:
        if each.field in columns.required:
            fields = [each.field] * len(numbers)
            rejects.append(build_rejects(file, numbers, each.reason, each.told, fields))
        else:
            told.append(build_cell_notices(file, each.field, each.reason, numbers, each.told))
    return TextTable(frame, concat_rejects(rejects), join_notices(told))


def _find_headers(frame: pd.DataFrame, required: tuple[str, ...]) -> NDArray[np.bool_]:
    """Rows that repeat the header, as files that were put one after the other have."""
    is_header = np.ones(len(frame), dtype=bool)
    for name in required:
        if is_header.any():
            is_header &= frame[name].str.casefold().eq(name.casefold()).to_numpy(dtype=bool)
    return is_header


def _sift_strange(
    frame: pd.DataFrame, names: list[str], columns: FileColumns
) -> tuple[pd.DataFrame, list[tuple[StrangeCell, NDArray[np.int64]]]]:
    """Rows without strange cells in required columns; in others such a cell counts as missing.

    Gives the strange cells too, with the numbers of their rows.
    """
    found = find_strange_cells(frame[names], columns.keys)
    row_number = frame["row_number"].to_numpy()
    is_lost = np.zeros(len(frame), dtype=bool)
    for each in found:
        if each.field in columns.required:
            is_lost |= each.is_bad
        else:
            frame[each.field] = frame[each.field].mask(each.is_bad)
    kept = frame.loc[~is_lost].reset_index(drop=True) if is_lost.any() else frame
    return kept, [(each, row_number[each.is_bad]) for each in found]


def _read_arrow(
    path: Path, layout: Layout, positions: list[int], misfits: list[arrow_csv.InvalidRow]
) -> pa.Table:
    """Columns at ``positions`` as text; rows of another width go to ``misfits``."""

    def skip(row: arrow_csv.InvalidRow) -> str:
        misfits.append(row)
        return "skip"

    if layout.lines == 0:  # a header and nothing after it, which the parser refuses
        return pa.table({str(place): pa.array([], pa.string()) for place in positions})
    names = [str(place) for place in range(layout.width)]
    try:
        return arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                use_threads=False,  # a misfit's row number is only known to a single thread
                block_size=_PARSER_BLOCK_BYTES,
                column_names=names,
                skip_rows=1,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=layout.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[str(place) for place in positions],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        # the parser's own message quotes the row, which may name people
        raise ExposureError(
            f"reading {layout.file}",
            f"a row is longer than {_PARSER_BLOCK_BYTES} bytes",
            "Look for a quote that is opened and never closed",
        ) from None


def _number_rows(count: int, skipped: list[int]) -> NDArray[np.int64]:
    """Row numbers of ``count`` rows read, when the ``skipped`` ones were left out."""
    numbers = np.arange(FIRST_DATA_ROW, FIRST_DATA_ROW + count + len(skipped), dtype=np.int64)
    return np.delete(numbers, np.asarray(skipped, dtype=np.int64) - FIRST_DATA_ROW)


def _to_frame(table: pa.Table, wanted: dict[str, int], names: list[str]) -> pd.DataFrame:
    """The wanted columns, trimmed; blank and absent values missing."""
    columns: dict[str, pd.Series[str]] = {}
    for name in names:
        if name not in wanted or not table.num_rows:  # pandas cannot join text of no chunks
            columns[name] = pd.Series(pd.NA, index=range(table.num_rows), dtype="str")
            continue
        trimmed = compute.utf8_trim_whitespace(table[str(wanted[name])])
        blank = compute.equal(trimmed, "")
        filled = compute.if_else(blank, pa.scalar(None, pa.string()), trimmed)
        columns[name] = pd.Series(filled.to_pandas(), dtype="str")
    return pd.DataFrame(columns)


def _count_swallowed(path: Path, layout: Layout, count: int, skipped: int) -> NDArray[np.int64]:
    """Line breaks in values that swallowed whole rows by a stray quote, ``(count,)``.

    A value that holds a line break and as many delimiters as a row has is a row inside a value.
    """
    breaks = np.zeros(count, dtype=np.int64)
    if layout.lines <= count + skipped + 1:  # no value holds a line break
        return breaks
    everything = _read_arrow(path, layout, list(range(layout.width)), [])
    for column in everything.columns:
        in_value = compute.count_substring_regex(column, "[\r\n]+").to_numpy()
        between = compute.count_substring(column, layout.delimiter).to_numpy()
        breaks = np.maximum(breaks, np.where(between >= layout.width - 1, in_value, 0))
    return breaks
