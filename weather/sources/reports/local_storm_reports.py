"""Reads local storm reports as forecast offices send them: text in fixed columns.

An entry takes two lines: time, event, place, coordinates; date, magnitude, county, state, source.
Indented remarks may follow. Times are those of the office, whose zone the heading names. A file may
hold several products.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import shapely

from core.errors import WeatherError
from core.schemas.evidence.reports import LOCAL_STORM_REPORTS
from weather.sources.cells import decode
from weather.sources.records import Kind, Records, Reject, read_bytes, tabulate
from weather.sources.reports.clocks import find_issuing, to_utc
from weather.sources.reports.magnitudes import read_magnitude

_WHAT = "local storm reports of the National Weather Service (LSR text)"
_OFFICE = re.compile(r"^[A-Z]{4}\d{2} ([A-Z]{4}) \d{6}")
_END = "$$"
_CORRECTION = re.compile(r"LOCAL STORM REPORT.*CORRECTED", re.IGNORECASE)
_FIRST = re.compile(r"^\d{4} [AP]M\s")
_PLACE = re.compile(r"(\d{1,2}\.\d+)\s*([NS])\s*(\d{1,3}\.\d+)\s*([EW])\s*$")
_EVENT, _CITY = slice(12, 29), slice(29, 53)
_DATE, _MAGNITUDE, _COUNTY, _STATE = slice(0, 12), slice(12, 29), slice(29, 48), slice(48, 53)
_SOURCE = slice(53, None)
"""Columns of an entry's lines (NWS Instruction 10-517)."""
_INDENT = " " * 8
_COUNT = re.compile(r"(\d+) (FATAL|INJ)", re.IGNORECASE)


_Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Product:
    office: str | None = None
    issued: tuple[datetime, str] | None = None
    is_correction: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    product: _Product
    first: str
    second: str
    remarks: str


def read_local_storm_reports(path: Path) -> Records:
    """The reports of a file; one that is given again or corrected counts once, its last.

    Raises:
        WeatherError: the file holds no report.
    """
    entries = list(_find_entries(decode(read_bytes(path, _WHAT)).splitlines()))
    if not entries:
        raise WeatherError(
            f"reading {path.name}", "it holds no local storm report", f"Give {_WHAT} as sent"
        )
    rows, rejects = _keep_last(entries)
    columns = list(LOCAL_STORM_REPORTS.columns)
    table = pd.DataFrame(rows, columns=columns)
    rejects.sort(key=lambda each: int(each.place.split()[1]))
    return Records(tabulate(table, LOCAL_STORM_REPORTS), tuple(rejects))


def _keep_last(entries: list[_Entry]) -> tuple[list[_Row], list[Reject]]:
    """Rows of the entries, the last of those that tell of the same, and what is left out.

    A correction replaces what was said of the same event at the same place and time, whatever its
    magnitude.
    """
    told: defaultdict[tuple[str, ...], dict[str, _Row]] = defaultdict(dict)
    rejects = []
    for entry in entries:
        try:
            row = _read_entry(entry)
        except ValueError as error:
            rejects.append(Reject(f"line {entry.line}", str(error)))
            continue
        same = told[tuple(str(row[key]) for key in ("event", "at_utc", "geometry", "place"))]
        magnitude = str(row["magnitude"])
        for known in list(same) if entry.product.is_correction else [magnitude]:
            if (older := same.pop(known, None)) is not None:
                again = f"it is given again in line {entry.line}"
                rejects.append(Reject(f"line {older['line']}", again))
        same[magnitude] = row
    rows = [row for same in told.values() for row in same.values()]
    return sorted(rows, key=lambda row: int(str(row["line"]))), rejects


def _find_entries(lines: list[str]) -> Iterator[_Entry]:
    product = _Product()
    for number, line in enumerate(lines, start=1):
        if (office := _OFFICE.match(line)) is not None:
            product = _Product(office[1])
        elif line.strip() == _END:
            product = _Product()
        elif _CORRECTION.search(line):
            product = replace(product, is_correction=True)
        elif (issued := find_issuing(line)) is not None:
            product = replace(product, issued=issued)
        elif _FIRST.match(line):
            second = lines[number] if number < len(lines) else ""
            remarks = " ".join(_remarks(lines[number + 1 :]))
            yield _Entry(number, product, line, second, remarks)


def _remarks(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if line.strip() and not line.startswith(_INDENT):
            return
        if line.strip():
            yield " ".join(line.split())


def _read_entry(entry: _Entry) -> _Row:
    """A row of the table.

    Raises:
        ValueError: saying what of the entry cannot be understood.
    """
    if entry.product.issued is None:
        raise ValueError("no heading above it says when it was issued, and so in which time zone")
    issued, zone = entry.product.issued
    place = _PLACE.search(entry.first)
    if place is None:
        raise ValueError(f"it ends with no coordinates: {entry.first.strip()[-30:]!r}")
    clock, event = " ".join(entry.first[:12].split()), entry.first[_EVENT].strip()
    if not event:
        raise ValueError("it names no event")
    magnitude = entry.second[_MAGNITUDE].strip() or None
    counts = {word.upper(): float(n) for n, word in _COUNT.findall(entry.remarks)}
    return {
        "line": entry.line, "office": entry.product.office, "issued_at_utc": issued,
        "event": event, "at_utc": to_utc(entry.second[_DATE].strip(), _colon(clock), zone),
        "magnitude": magnitude, **read_magnitude(magnitude, event),
        "place": entry.first[_CITY].split("  ")[0].strip() or None,
        "county": entry.second[_COUNTY].strip() or None,
        "state": entry.second[_STATE].strip() or None,
        "source": entry.second[_SOURCE].strip() or None,
        "fatalities": counts.get("FATAL"), "injuries": counts.get("INJ"),
        "remarks": entry.remarks or None, "geometry": _read_place(place),
    }  # fmt: skip


def _colon(clock: str) -> str:
    """``0301 PM`` as ``03:01 PM``."""
    digits, _, half = clock.partition(" ")
    return f"{digits[:-2]}:{digits[-2:]} {half}"


def _read_place(found: re.Match[str]) -> shapely.Point:
    latitude = float(found[1]) * (1 if found[2] == "N" else -1)
    longitude = float(found[3]) * (1 if found[4] == "E" else -1)
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude, longitude) == (0, 0):  # noqa: PLR2004  degrees
        raise ValueError(f"its coordinates {found[0].strip()!r} are no place")
    return shapely.Point(longitude, latitude)


KIND = Kind(
    "local_storm_reports", "Local storm reports of a forecast office (NWS, LSR text)",
    LOCAL_STORM_REPORTS, read_local_storm_reports,
)  # fmt: skip
