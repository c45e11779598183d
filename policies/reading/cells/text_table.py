"""Reads a comma-separated file of the book as text, whatever its encoding, row by row."""

import codecs
import csv
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute
from pyarrow import csv as arrow_csv

from core.errors import ExposureError
from policies.reading.cells.misspelt import suggest_columns
from policies.reading.notices import build_column_notices
from policies.reading.oed import FileColumns
from policies.reading.rejects import build_rejects, concat_rejects

_LOG = logging.getLogger(__name__)

MAX_HEADER_BYTES = 1 << 16
"""Longest first line taken for a header; the 500 fields of OED make about 10 kB."""

_ENCODINGS = ("utf-8", "cp1252", "latin-1")
"""Tried in turn; the last one decodes anything."""

_BLOCK_BYTES = 1 << 20
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


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a first pass over the bytes tells: encoding, columns, line breaks.

    ``suggestions`` are of unknown columns, as ``suggest_columns`` gives them.
    """

    encoding: str
    positions: dict[str, int]
    width: int
    lines: int
    suggestions: dict[str, str]


def read_text_table(path: Path, columns: FileColumns) -> TextTable:
    """Read the wanted columns of a comma-separated file as text ("00123" stays "00123").

    Column names match whatever their case. UTF-8, with or without a byte order mark, is
    expected; anything else is taken for Windows-1252, or else Latin-1, with a warning.

    Raises:
        ExposureError: the file is missing, empty, no comma-separated text, or lacks a required
            column.
    """
    layout = _read_layout(path, columns)
    wanted = {name: layout.positions[name] for name in columns.names if name in layout.positions}
    misfits: list[arrow_csv.InvalidRow] = []
    table = _read_arrow(path, layout, sorted(wanted.values()), misfits)
    row_number = _number_rows(table.num_rows, [row.number for row in misfits])
    rejects = [
        build_rejects(
            path.name,
            [row.number for row in misfits],
            "wrong_number_of_values",
            [f"{row.actual_columns} values, not {row.expected_columns}" for row in misfits],
        )
    ]
    names = [name for name in columns.names if name in wanted or name not in columns.where_present]
    frame = _to_frame(table, wanted, names).assign(row_number=row_number)
    breaks = _count_swallowed(path, layout, table.num_rows, len(misfits))
    swallowed = breaks > 0
    rejects.append(
        build_rejects(
            path.name,
            row_number[swallowed],
            "unclosed_quote",
            [f"{count} line breaks in one value" for count in breaks[swallowed]],
        )
    )
    is_blank = frame[names].isna().all(axis=1).to_numpy()
    kept = frame.loc[~is_blank & ~swallowed].reset_index(drop=True)
    notices = build_column_notices(path.name, layout.suggestions)
    return TextTable(kept, concat_rejects(rejects), notices)


def _read_layout(path: Path, columns: FileColumns) -> _Layout:
    work = f"reading {path.name}"
    try:
        with path.open("rb") as stream:
            head = stream.read(MAX_HEADER_BYTES)
            _refuse_other_formats(work, head)
            header = head.split(b"\n", 1)[0].split(b"\r", 1)[0]
            lines = _count_lines(work, stream)
            encoding = _choose_encoding(stream)
    except OSError as error:
        raise ExposureError(
            work, f"{path} cannot be read ({error.strerror})", "Check the path and its permissions"
        ) from error
    if encoding != "utf-8":
        _LOG.warning("%s is not UTF-8; it is read as %s", path.name, encoding)
    names = next(csv.reader([header.decode(encoding).removeprefix("\ufeff")]), [])
    suggestions = suggest_columns(names, columns.names)
    positions = _place_columns(path, names, columns, suggestions)
    return _Layout(encoding, positions, len(names), lines, suggestions)


def _refuse_other_formats(work: str, head: bytes) -> None:
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text:
        raise ExposureError(work, "the file is empty", "Export the book again, with its header row")
    if b"\x00" in head:
        raise _binary_error(work)
    if text.startswith(b"<"):
        raise ExposureError(
            work,
            "the file is a web page or XML, not a table",
            "Download the book itself; a log-in page may have been saved in its place",
        )
    if not any(mark in head for mark in (b"\n", b"\r")) and len(head) == MAX_HEADER_BYTES:
        raise ExposureError(
            work,
            f"the first line is longer than {MAX_HEADER_BYTES} bytes, so it is no header",
            "Export the book as comma-separated text with OED column names in row 1",
        )


def _choose_encoding(stream: BinaryIO) -> str:
    """The first of ``_ENCODINGS`` that can decode the whole stream, read in blocks."""
    for encoding in _ENCODINGS:
        stream.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while block := stream.read(_BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    return _ENCODINGS[-1]


def _count_lines(work: str, stream: BinaryIO) -> int:
    """Line breaks in the stream, of whichever kind it uses."""
    stream.seek(0)
    feeds = returns = 0
    while block := stream.read(_BLOCK_BYTES):
        if b"\x00" in block:
            raise _binary_error(work)
        feeds += block.count(b"\n")
        returns += block.count(b"\r")
    return feeds or returns


def _binary_error(work: str) -> ExposureError:
    return ExposureError(
        work, "the file holds binary data", "Export the book as comma-separated UTF-8 text"
    )


def _place_columns(
    path: Path, names: list[str], columns: FileColumns, suggestions: dict[str, str]
) -> dict[str, int]:
    """Position of each wanted column present."""
    work = f"reading {path.name}"
    cleaned = [name.strip().casefold() for name in names]
    wanted = {name.casefold(): name for name in columns.names}
    positions: dict[str, int] = {}
    for position, name in enumerate(cleaned):
        if name not in wanted:
            continue
        if wanted[name] in positions:
            raise ExposureError(
                work, f"the header names {wanted[name]} twice", "Keep one column of that name"
            )
        positions[wanted[name]] = position
    missing = [name for name in columns.required if name not in positions]
    if missing:
        # the first row of a file without a header names people, so no other cell is quoted
        alike = [f"{given} as {known}" for given, known in suggestions.items() if known in missing]
        raise ExposureError(
            work,
            f"the header lacks {', '.join(missing)}; of its {len(names)} names "
            f"{len(positions)} are known ({', '.join(positions) or 'none'})",
            f"Perhaps rename {', '.join(alike)}"
            if alike
            else "Give OED column names in row 1 and separate values by commas",
        )
    _LOG.info("%s: %d columns ignored", path.name, len(names) - len(positions))
    return positions


def _read_arrow(
    path: Path, layout: _Layout, positions: list[int], misfits: list[arrow_csv.InvalidRow]
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
                encoding=layout.encoding,
                column_names=names,
                skip_rows=1,
            ),
            parse_options=arrow_csv.ParseOptions(
                newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip
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
            f"reading {path.name}",
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


def _count_swallowed(path: Path, layout: _Layout, count: int, skipped: int) -> NDArray[np.int64]:
    """Line breaks in values that swallowed whole rows by a stray quote, ``(count,)``.

    A value that holds a line break and as many commas as a row has is a row inside a value.
    """
    breaks = np.zeros(count, dtype=np.int64)
    if layout.lines <= count + skipped + 1:  # no value holds a line break
        return breaks
    everything = _read_arrow(path, layout, list(range(layout.width)), [])
    for column in everything.columns:
        in_value = compute.count_substring_regex(column, "[\r\n]+").to_numpy()
        commas = compute.count_substring(column, ",").to_numpy()
        breaks = np.maximum(breaks, np.where(commas >= layout.width - 1, in_value, 0))
    return breaks
