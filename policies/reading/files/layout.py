"""What a first look at a file of the book tells: whether it is a table, and how it is laid out."""

import codecs
import csv
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import ExposureError
from policies.reading.cells.misspelt import suggest_columns
from policies.reading.files.encodings import UTF_8
from policies.reading.oed import FileColumns

_LOG = logging.getLogger(__name__)

MAX_HEADER_BYTES = 1 << 16
"""Longest first line taken for a header; the 500 fields of OED make about 10 kB."""

_BLOCK_BYTES = 1 << 20
_ARCHIVES = b"PK\x03\x04"

COMMA = ","
_DELIMITERS = (COMMA, ";", "\t", "|")
"""OED's own, and what spreadsheets of other countries and databases write."""

_LINE_END = re.compile(r"\r\n|\n|\r")

_HEADER_ABOVE = 20
"""A title and blank lines above the header are looked for in so many lines."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a first pass over the bytes tells.

    Attributes:
        file: the name that people know.
        delimiter: between values.
        positions: of each wanted column that is there.
        width: number of columns.
        lines: line breaks in the file.
        suggestions: of unknown columns, as ``suggest_columns`` gives them.
    """

    file: str
    delimiter: str
    positions: dict[str, int]
    width: int
    lines: int
    suggestions: dict[str, str]


def refuse_unreadable(path: Path, file: str) -> None:
    """Tell what is no table by its first bytes.

    Raises:
        ExposureError: the file is empty, binary, a web page, or has no header.
    """
    with path.open("rb") as stream:
        _refuse_other_formats(f"reading {file}", stream.read(MAX_HEADER_BYTES))


def read_layout(path: Path, file: str, columns: FileColumns) -> Layout:
    """How a file of text in UTF-8 is laid out.

    Raises:
        ExposureError: a required column is missing, or one is there twice.
    """
    with path.open("rb") as stream:
        head = stream.read(MAX_HEADER_BYTES).decode(UTF_8, "replace").removeprefix("\ufeff")
        lines = _count_lines(f"reading {file}", stream)
    header, *below = _LINE_END.split(head, _HEADER_ABOVE + 1)[: _HEADER_ABOVE + 1]
    delimiter = _choose_delimiter(header, columns)
    names = _split(header, delimiter)
    suggestions = suggest_columns(names, columns.names)
    hint = _find_header_below(below, _count_known(names, columns), columns)
    positions = place_columns(file, names, columns, suggestions, hint)
    return Layout(file, delimiter, positions, len(names), lines, suggestions)


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _count_known(names: list[str], columns: FileColumns) -> int:
    wanted = {name.casefold() for name in columns.names}
    return len(wanted & {name.strip().casefold() for name in names})


def _choose_delimiter(header: str, columns: FileColumns) -> str:
    """The one that makes most known names of the header; of equals the comma."""
    return max(_DELIMITERS, key=lambda each: _count_known(_split(header, each), columns))


def _find_header_below(lines: list[str], known: int, columns: FileColumns) -> str | None:
    """What to do where a later line knows more column names than the first."""
    for number, line in enumerate(lines, start=2):
        found = _count_known(_split(line, _choose_delimiter(line, columns)), columns)
        if found > max(known, 1):
            return f"Row {number} looks like the header: remove what stands above it"
    return None


def _refuse_other_formats(work: str, head: bytes) -> None:
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text:
        raise ExposureError(work, "the file is empty", "Export the book again, with its header row")
    if b"\x00" in head or head.startswith(_ARCHIVES):
        raise _binary_error(work, head)
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


def _count_lines(work: str, stream: BinaryIO) -> int:
    """Line breaks in the stream, of whichever kind it uses."""
    stream.seek(0)
    feeds = returns = 0
    while block := stream.read(_BLOCK_BYTES):
        if b"\x00" in block:
            raise _binary_error(work, block)
        feeds += block.count(b"\n")
        returns += block.count(b"\r")
    return feeds or returns


def _binary_error(work: str, head: bytes) -> ExposureError:
    kind = " (a ZIP archive or an Excel workbook)" if head.startswith(_ARCHIVES) else ""
    return ExposureError(
        work,
        f"the file holds binary data{kind}",
        "Export the book as comma-separated UTF-8 text, packed with gzip if need be, or as Parquet",
    )


def place_columns(
    file: str, names: list[str], columns: FileColumns, suggestions: dict[str, str],
    hint: str | None = None,
) -> dict[str, int]:  # fmt: skip
    """Position of each wanted column present.

    Args:
        file: the name that people know.
        names: the header's.
        columns: wanted.
        suggestions: of unknown columns, as ``suggest_columns`` gives them.
        hint: what to do if a required one is missing, where that is known.

    Raises:
        ExposureError: a required column is missing, or one is there twice.
    """
    work = f"reading {file}"
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
            hint
            or (
                f"Perhaps rename {', '.join(alike)}"
                if alike
                else "Give OED column names in row 1 and separate values by commas"
            ),
        )
    _LOG.info("%s: %d columns ignored", file, len(names) - len(positions))
    return positions
