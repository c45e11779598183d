"""Reads daily storm reports of the Storm Prediction Center: hail, tornadoes, wind.

A file is a day from 12 to 12 UTC and names the day alone, in its own name: times before 1200 belong
to the next date. Hail counts in hundredths of an inch, wind in miles an hour, ``UNK`` is a report
without a measure. The combined file holds the three tables below each other, each with its header.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.errors import WeatherError
from core.schemas.evidence.reports import SPC
from core.units import INCH_M, MPH_MPS
from weather.sources.cells import Cells, decode
from weather.sources.records import Kind, Records, Reject, read_bytes, tabulate

_WHAT = "a CSV of daily reports from the Storm Prediction Center"
_HAZARDS = {"Size": "hail", "F_Scale": "tornado", "Speed": "wind"}
"""Second column of a table -> what it lists."""
_COLUMNS = ("Location", "County", "State", "Lat", "Lon", "Comments")
_DAY = re.compile(r"^(?:20)?(\d{6})_rpts", re.IGNORECASE)
_OFFICE = re.compile(r"\(([A-Z]{3})\)\s*$")
_NOON_HHMM = 1200
_UNKNOWN = ("UNK", "EFU", "EF?", "-", "-9")
_HAIL_HUNDREDTHS = (10, 1000)
"""Stones of 8 inches are the record of the United States; pea-sized ones are not listed."""
_WIND_MPH = (10, 350)
_WEST_DEG, _NORTH_DEG = (-180, -60), (10, 75)
"""The States; a longitude that lost its sign lies elsewhere."""
_HUNDREDTH_INCH_MM = INCH_M * 1000 / 100


def read_spc(path: Path, day: date | None = None) -> Records:
    """The reports of a file.

    Args:
        path: ``yymmdd_rpts*.csv``, of one hazard or combined.
        day: on which the file begins at 12 UTC; by default as its name says.

    Raises:
        WeatherError: the file is no such table, or nobody says which day it is.
    """
    lines = decode(read_bytes(path, _WHAT)).splitlines()
    cells, torn = _split_tables(lines, path.name)
    if day is None:
        day = _day_of_name(path.name)
    at_utc = _instants(cells, day)
    longitude = cells.numbers("Lon", _WEST_DEG)
    latitude = cells.numbers("Lat", _NORTH_DEG)
    for column in ("Lat", "Lon"):
        cells.reject(cells.rows[column].isna(), "needed", column)
    remarks = cells.texts("Comments")
    table = pd.DataFrame(
        {
            "line": cells.rows.index.to_numpy(),
            "hazard": cells.rows["hazard"],
            "at_utc": at_utc,
            "hail_mm": cells.numbers("Size", _HAIL_HUNDREDTHS, missing=_UNKNOWN)
            * _HUNDREDTH_INCH_MM,
            "wind_mps": cells.numbers("Speed", _WIND_MPH, missing=_UNKNOWN) * MPH_MPS,
            "ef_scale": _ratings(cells),
            "place": cells.texts("Location"),
            "county": cells.texts("County"),
            "state": cells.texts("State"),
            "office": remarks.astype("str").str.extract(_OFFICE, expand=False),
            "remarks": remarks,
            "geometry": shapely.points(longitude, latitude),
        },
        index=cells.rows.index,
    )
    rejects = sorted((*torn, *cells.rejects()), key=lambda each: int(each.place.split()[1]))
    return Records(tabulate(cells.keep(table), SPC), tuple(rejects))


def _split_tables(lines: list[str], name: str) -> tuple[Cells, list[Reject]]:
    """Cells of every table of the file, by line; rows that are cut short apart."""
    rows: dict[int, dict[str, str]] = {}
    torn: list[Reject] = []
    columns: tuple[str, ...] = ()
    for number, cells in _cells_of(lines):
        if cells[0] == "Time":
            columns = _read_header(cells, name)
        elif not columns:
            raise _no_table(name, f"line {number} comes before any header")
        elif len(cells) < len(columns):
            torn.append(Reject(f"line {number}", f"it has {len(cells)} of {len(columns)} cells"))
        else:
            rows[number] = dict(zip(columns, cells, strict=True)) | {"hazard": _HAZARDS[columns[1]]}
    if not columns:
        raise _no_table(name, "it has no header")
    every = ["Time", *_HAZARDS, *_COLUMNS, "hazard"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=every, dtype=object)
    return Cells(table.apply(lambda column: column.replace("", None))), torn


def _cells_of(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line that is not empty; commas of a comment stay in it."""
    for number, line in enumerate(lines, start=1):
        if line.strip(", \t\0"):
            cells = line.replace("\0", "").split(",", maxsplit=len(_COLUMNS) + 1)
            yield number, [cell.strip().strip('"').strip() for cell in cells]


def _read_header(cells: list[str], name: str) -> tuple[str, ...]:
    if len(cells) < 2 or cells[1] not in _HAZARDS or tuple(cells[2:]) != _COLUMNS:  # noqa: PLR2004
        raise _no_table(name, f"its header is {','.join(cells)[:100]!r}")
    return tuple(cells)


def _no_table(name: str, problem: str) -> WeatherError:
    return WeatherError(f"reading {name}", problem, f"Give {_WHAT} as published")


def _day_of_name(name: str) -> date:
    found = _DAY.match(name)
    try:
        return datetime.strptime(found[1] if found else "", "%y%m%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise WeatherError(
            f"reading {name}", "its rows state times without a date and its name names no day",
            "Keep the published name, which begins with the day: yymmdd_rpts",
        ) from error  # fmt: skip


def _instants(cells: Cells, day: date) -> "pd.Series[pd.Timestamp]":
    """When each report was, in UTC."""
    given = cells.rows["Time"].astype("str")
    cells.reject(cells.rows["Time"].isna(), "needed", "Time")
    is_time = given.str.fullmatch(r"(?:[01]?\d|2[0-3])?[0-5]?\d").fillna(value=False).astype(bool)
    cells.reject(~is_time, "is no time of a day as HHMM", "Time")
    hhmm = pd.to_numeric(given.where(is_time), errors="coerce")
    midnight = pd.Timestamp(day, tz="UTC")
    hours, minutes = hhmm // 100, hhmm % 100
    days = (hhmm < _NOON_HHMM).astype(int)
    passed = pd.to_timedelta(days * 24 * 60 + hours * 60 + minutes, unit="min")
    return midnight + passed


def _ratings(cells: Cells) -> NDArray[np.float64]:
    """EF number of tornadoes, ``(rows,)``, NaN where none was rated."""
    given = cells.texts("F_Scale")
    spelt = given.astype("str").str.upper().str.extract(r"^E?F?([0-5])$", expand=False)
    is_odd = given.notna() & spelt.isna() & ~given.isin(_UNKNOWN)
    cells.reject(is_odd, "is no rating of a tornado", "F_Scale")
    return pd.to_numeric(spelt, errors="coerce").to_numpy(dtype=np.float64)


KIND = Kind(
    "spc", "Daily reports of hail, tornadoes and wind (Storm Prediction Center, CSV)",
    SPC, read_spc,
)  # fmt: skip
