"""CSV text as rows with their lines: one broken row costs itself and not the file.

A row with a cell too many, a quote that is never closed, a last row that the file's end cuts: each
is told with its line, and what follows is read on.
"""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

_MOST_RESTARTS = 50
"""Rows with a quote that is never closed; with more the text is no CSV."""


@dataclass(slots=True)
class CsvRows:
    """Rows of a CSV text.

    Attributes:
        header: names of the columns that are kept.
        rows: a cell a column, empty where a row has none.
        lines: the line that each row begins in, the first is 1.
        problems: line and reason of rows that are none.
    """

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)


def parse_csv(text: str, wanted: Collection[str] | None = None) -> CsvRows:
    """The rows of CSV text with a header; rows without any text are passed over.

    Args:
        text: with any line ends.
        wanted: the columns to keep of those that are there; None = all.

    Raises:
        ValueError: it has no header, or quotes that are never closed all over.
    """
    physical = io.StringIO(text.replace("\0", ""), newline=None).readlines()
    is_ended = not physical or physical[-1].endswith("\n")
    found = _read_rows(physical)
    header = next((_check_header(row) for _, row in found if row), None)
    if header is None:
        raise ValueError("it is empty")
    kept = [k for k, name in enumerate(header) if wanted is None or name in wanted]
    table = CsvRows([header[k] for k in kept])
    cells_before = len(header)
    for line, row in found:
        if isinstance(row, str):
            table.problems[line] = row
            continue
        if not any(row):
            continue
        is_last = not is_ended and line == len(physical)
        problem = _judge(row, len(header), cells_before if is_last else 0)
        cells_before = len(row)
        if problem is not None:
            table.problems[line] = problem
            continue
        padded = row + [""] * (len(header) - len(row))
        table.rows.append([padded[k] for k in kept])
        table.lines.append(line)
    return table


def _judge(row: Sequence[str], width: int, at_least: int) -> str | None:
    if any(row[width:]):
        return f"it has {len(row)} cells where the header has {width}"
    if len(row) < at_least:
        return f"the file ends in the middle of it, after {len(row)} cells"
    return None


def _check_header(row: list[str] | str) -> list[str]:
    """Names without blanks; one that comes again gets a number."""
    if isinstance(row, str):
        raise ValueError(row)  # noqa: TRY004  what is wrong with the text
    names: list[str] = []
    for cell in row:
        name, again = cell.strip(), 0
        while name in names:
            again += 1
            name = f"{cell.strip()}.{again}"
        names.append(name)
    return names


def _read_rows(physical: Sequence[str]) -> Iterator[tuple[int, list[str] | str]]:
    """Line and cells of each row, or what is wrong with it."""
    start = 0
    for _ in range(_MOST_RESTARTS):
        reader = csv.reader(islice(physical, start, None), skipinitialspace=True, strict=True)
        while True:
            first = start + reader.line_num
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield first + 1, f"its quotes do not match ({error})"
                if start + reader.line_num > first + 1:  # it swallowed lines that may be rows
                    start = first + 1
                    break
                continue
            yield first + 1, row
    raise ValueError("its quotes do not match, row after row")
