"""Dates of a file of the book, in the few ways that exports write them.

OED asks for ISO 8601. Spreadsheets and carrier systems write their country's order instead, so the
order of day and month is decided once for all dates of a file, by the dates that can be read in one
way only; what stays open is not guessed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from policies.reading.rejects import Fault

_ZONE = r"(?: ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?))"
_ISO_DATE = rf"\d{{4}}-\d{{2}}-\d{{2}}(?:[Tt ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?{_ZONE}?)?"
"""YYYY-MM-DD; databases add a time of day and its offset, which are left out: cover begins and ends
on civil days."""
_DATE_LENGTH = 10

_TIME = r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AP]M)?)?"
_NUMBERS = re.compile(rf"(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}", re.IGNORECASE)
_YEAR = r"(?P<year>\d{4}|\d{2})"
_MONTH_NAME, _MONTH = r"(?P<month>[A-Z]{3,9})", r"(?P<month>\d{1,2})"
_DAY = r"(?P<day>\d{1,2})"
_UNAMBIGUOUS = tuple(
    re.compile(pattern + _TIME, re.IGNORECASE)
    for pattern in (
        rf"(?P<year>\d{{4}})([/.]){_MONTH}\2{_DAY}",
        r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})",
        rf"{_DAY}[ -]{_MONTH_NAME}[ ,-]+{_YEAR}",
        rf"{_MONTH_NAME}[ -]{_DAY}[ ,-]+{_YEAR}",
    )
)
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")

_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_SERIAL_ZERO = date(1899, 12, 30)
"""Day 0 of a spreadsheet's serial dates, good from March 1900 on."""
_SERIALS = range(20_000, 80_000)
"""Serial numbers taken for dates: 1954 to 2119."""
_CENTURY_PIVOT = 70
"""Two-digit years from 70 on are of the 20th century, as POSIX has it (there 69)."""
_MAX_MONTH = 12


class DateOrder(StrEnum):
    """Whether 10/11/2018 is in October or November."""

    MONTH_FIRST = "month_first"
    DAY_FIRST = "day_first"


@dataclass(frozen=True, slots=True, eq=False)
class Dates:
    """Date columns of a file.

    Attributes:
        columns: civil days, datetime64[us], by column; missing where blank or at fault.
        faults: cells that are no date (``bad_date``), or one of two (``ambiguous_date``).
        order: the order of day and month that the file's dates prove, if any is needed.
    """

    columns: dict[str, "pd.Series[pd.Timestamp]"]
    faults: tuple[Fault, ...]
    order: DateOrder | None


def parse_dates(rows: pd.DataFrame, names: Sequence[str]) -> Dates:
    """Date columns of one file, read together so that one order of day and month holds for all.

    Args:
        rows: text by column name.
        names: the date columns.
    """
    distinct = pd.unique(pd.concat([rows[name] for name in names], ignore_index=True).dropna())
    texts = pd.Series(distinct, dtype="str")
    is_iso = texts.str.fullmatch(_ISO_DATE).to_numpy(dtype=bool)
    order = find_date_order(texts[~is_iso])
    iso = texts.where(is_iso).str.slice(0, _DATE_LENGTH)
    days = pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce").to_numpy(
        "datetime64[us]", copy=True
    )
    days[~is_iso] = [np.datetime64(read_date(text, order), "us") for text in texts[~is_iso]]
    columns, faults = {}, []
    for name in names:
        places = pd.Index(texts).get_indexer(rows[name])
        spread = np.append(days, np.datetime64("NaT", "us"))[places]  # -1, the last, where blank
        columns[name] = pd.Series(spread, index=rows.index, dtype="datetime64[us]")
        is_bad = (columns[name].isna() & rows[name].notna()).to_numpy()
        is_open = is_bad & _is_one_of_two(rows[name])
        faults += [
            Fault("bad_date", is_bad & ~is_open, rows[name]),
            Fault("ambiguous_date", is_open, rows[name]),
        ]
    return Dates(columns, tuple(faults), order)


def find_date_order(texts: Iterable[str]) -> DateOrder | None:
    """The order that the dates of a file prove; None if they prove neither, or both."""
    orders = set()
    for text in texts:
        if match := _NUMBERS.fullmatch(text):
            first, second = int(match[1]), int(match[3])
            if first > _MAX_MONTH >= second:
                orders.add(DateOrder.DAY_FIRST)
            elif second > _MAX_MONTH >= first:
                orders.add(DateOrder.MONTH_FIRST)
    return orders.pop() if len(orders) == 1 else None


def read_date(text: str, order: DateOrder | None) -> date | None:
    """The day that a text names, of the order given; None if it names none, or one of two.

    Read are numbers with slashes, dots or hyphens, years first, digits alone (YYYYMMDD), English
    names of months, and a spreadsheet's serial days.
    """
    if match := _NUMBERS.fullmatch(text):
        return _read_numbers(int(match[1]), int(match[3]), _read_year(match[4]), order)
    if (match := _SERIAL.fullmatch(text)) and int(match[1]) in _SERIALS:
        return _SERIAL_ZERO + timedelta(days=int(match[1]))
    for pattern in _UNAMBIGUOUS:
        if match := pattern.fullmatch(text):
            year, month, day = match["year"], match["month"], match["day"]
            return _make_date(_read_year(year), _read_month(month), int(day))
    return None


def _read_numbers(first: int, second: int, year: int, order: DateOrder | None) -> date | None:
    by_month, by_day = _make_date(year, first, second), _make_date(year, second, first)
    if by_month is None or by_day is None or by_month == by_day:
        return by_month or by_day
    return {DateOrder.MONTH_FIRST: by_month, DateOrder.DAY_FIRST: by_day, None: None}[order]


def _read_year(digits: str) -> int:
    year = int(digits)
    if len(digits) > len("yy"):
        return year
    return year + (1900 if year >= _CENTURY_PIVOT else 2000)


def _read_month(name: str) -> int:
    """The month of a number or an English name; 0, which is no month, if it is none."""
    if name.isdigit():
        return int(name)
    places = (
        place for place, month in enumerate(_MONTH_NAMES, 1) if month.startswith(name.lower())
    )
    return next(places, 0)


def _make_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _is_one_of_two(text: "pd.Series[str]") -> NDArray[np.bool_]:
    """Texts that each order reads as another day."""
    distinct = {
        cell: all(read_date(cell, order) is not None for order in DateOrder)
        and read_date(cell, None) is None
        for cell in text.dropna().unique()
    }
    return text.map(distinct).eq(other=True).to_numpy(dtype=bool)
