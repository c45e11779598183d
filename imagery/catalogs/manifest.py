"""The manifest of a plain folder of images: what files cannot say of themselves."""

import csv
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import translate
from pathlib import Path

from core.errors import SceneError

MANIFEST = "manifest.csv"
REQUIRED = ("pattern", "captured_at_utc")
NUMBERS = {
    "gsd_m": (0.0, 1000.0),
    "off_nadir_deg": (0.0, 90.0),
    "sun_elevation_deg": (-90.0, 90.0),
    "cloud_frac": (0.0, 1.0),
}
"""Optional columns of numbers with their limits."""
COLUMNS = (*REQUIRED, "provider", "licence", *NUMBERS)
UNKNOWN = "unknown"
MAX_BYTES = 64 << 20
"""A row a file of the largest delivery, 500,000 files, is some 40 MB."""
_DELIMITERS = ",;\t"
_WILDCARDS = frozenset("*?[")
_DATE_ONLY = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_EXAMPLE = "2011-05-24T16:45:00Z"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one row says of the files that it names; numbers are NaN where it does not say."""

    pattern: str
    captured_at_utc: datetime
    provider: str
    licence: str
    gsd_m: float
    off_nadir_deg: float
    sun_elevation_deg: float
    cloud_frac: float


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that says something that cannot be; its files are not used either."""

    pattern: str
    problem: str


Row = Delivery | BadRow


class Manifest:
    """Rows in their order; of those that name a file the first one counts.

    Attributes:
        rows: by row number, as a spreadsheet shows it.
    """

    def __init__(self, rows: Mapping[int, Row]) -> None:
        self.rows = rows
        self._exact: dict[str, int] = {}
        self._patterns: list[tuple[int, re.Pattern[str]]] = []
        for number, row in rows.items():
            if _WILDCARDS.isdisjoint(row.pattern):
                self._exact.setdefault(row.pattern, number)
            else:
                self._patterns.append((number, re.compile(translate(row.pattern))))

    def find(self, name: str) -> int | None:
        """Number of the row that says what a file is.

        Args:
            name: the file's path in the folder, with ``/``.
        """
        fitting = (number for number, pattern in self._patterns if pattern.match(name))
        found = [n for n in (self._exact.get(name), next(fitting, None)) if n is not None]
        return min(found, default=None)

    def unused(self, used: Iterable[int]) -> list[int]:
        """Numbers of rows that say what no file is."""
        return sorted(set(self.rows) - set(used))


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        SceneError: it is missing or no table, or its columns are not the known ones.
    """
    work = f"reading the manifest {path}"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SceneError(work, f"it has {path.stat().st_size} bytes", "Keep a row a delivery")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise SceneError(
            work, f"it cannot be read ({error.strerror})",
            f"Put one beside the files, with the columns {', '.join(COLUMNS)}; "
            "one row with the pattern * speaks for all files",
        ) from error  # fmt: skip
    except UnicodeDecodeError as error:
        raise SceneError(work, "it is not UTF-8", "Save it as CSV UTF-8") from error
    header = lines[0] if lines else ""
    table = csv.reader(lines, delimiter=max(_DELIMITERS, key=header.count))
    names = [name.strip().casefold() for name in next(table, [])]
    _check_columns(names, work)
    rows: dict[int, Row] = {}
    try:
        for cells in table:
            if any(cell.strip() for cell in cells):
                row = dict(zip(names, map(str.strip, cells), strict=False))
                rows[table.line_num] = _parse(row)
    except csv.Error as error:
        raise SceneError(
            work, f"row {table.line_num} is no row of a table ({error})", "Save it as CSV again"
        ) from error
    return Manifest(rows)


def _check_columns(names: list[str], work: str) -> None:
    missing = [name for name in REQUIRED if name not in names]
    extra = [name for name in names if name not in COLUMNS]
    if missing or extra or len(set(names)) < len(names):
        raise SceneError(
            work, f"its columns are {', '.join(names) or 'none'}",
            f"Give {' and '.join(REQUIRED)}, and of {', '.join(COLUMNS[len(REQUIRED) :])} "
            "those that are known",
        )  # fmt: skip


def _parse(cells: Mapping[str, str]) -> Row:
    pattern = cells.get("pattern", "").replace("\\", "/").removeprefix("./")
    if not pattern:
        return BadRow(pattern, "pattern is empty; name a file, or * for all")
    try:
        return Delivery(
            pattern,
            _instant(cells.get("captured_at_utc", "")),
            cells.get("provider") or UNKNOWN,
            cells.get("licence") or UNKNOWN,
            *(_number(name, cells.get(name, ""), limits) for name, limits in NUMBERS.items()),
        )
    except ValueError as error:
        return BadRow(pattern, str(error))


def _instant(text: str) -> datetime:
    """In UTC. A day without a time is refused: before or after the event may hang on the hour."""
    problem = f"captured_at_utc is {text!r}; write day and time, as in {_EXAMPLE}"
    if not text or _DATE_ONLY.fullmatch(text):
        raise ValueError(problem)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(problem) from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _number(name: str, text: str, limits: tuple[float, float]) -> float:
    if not text:
        return math.nan
    lowest, highest = limits
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not lowest <= value <= highest or (name == "gsd_m" and value == 0):
        raise ValueError(f"{name} is {text!r}; write a number from {lowest:g} to {highest:g}")
    return value
