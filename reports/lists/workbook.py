"""The daily list as an Excel workbook.

Written row by row in constant memory. Ids are text cells, so leading zeros survive; nothing a
cell holds becomes a formula or a link, and the only links lead to homes on the map beside it; the
same table gives the same bytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import xlsxwriter

from core.damage import CoverageResult, Status
from core.errors import InputError
from reports.lists.columns import (
    ACTION_DECISIONS,
    BY_NAME,
    COLUMN_NAMES,
    ENDED,
    Change,
    Kind,
)
from reports.lists.files import defuse_formulas
from reports.lists.next_action import ADDRESS_STATUSES
from reports.lists.workbook_formats import Formats
from reports.lists.workbook_pages import SummaryPage, write_dictionary, write_summary_page
from reports.summary.numbers import Summary

EXCEL_MAX_ROWS = 1_048_576
"""Rows a sheet can have, the header among them (Excel specifications and limits)."""
EXCEL_MAX_TEXT = 32_767
"""Characters a cell can hold (the same)."""

_LEAD = (
    "rank",
    "tier",
    "change_flag",
    "policy_no",
    "insured_name",
    "address",
    "city",
    "next_action",
    "owner",
    "due_date",
    "contact_channel",
    "contact",
    "p_severe",
    "severe_loss",
    "severity_rank",
    "visit_from",
)
"""What is worked from, in this order; the first four stay in view while the rest scrolls. All other
columns are grouped behind a click on +, and not printed."""
_FROZEN_COLUMNS = 4
_SHOWN_TOO = MappingProxyType({"Changed": ("change_reason",), "Not seen": ("hazard_rank",)})
"""Columns of one sheet that are not grouped there."""
_FIRST_GROUPED = ("change_reason", "hazard_rank")
_WRAPPED = frozenset(
    ("next_action", "address", "insured_name", "evidence", "clock_basis", "change_reason")
)
"""Columns whose text runs over several lines rather than being cut by the width."""
LINE_POINTS = 13.5
"""Height of a line of the workbook's letters, points."""
HEADER_LINES = 2
MOST_LINKS = 20_000
"""Homes of a sheet that link to the map, which draws no more; Excel takes 65,530 in a sheet."""
_PLACED = _LEAD + _FIRST_GROUPED
SHEET_COLUMNS = _PLACED + tuple(name for name in COLUMN_NAMES if name not in _PLACED)
"""The columns of each list sheet, left to right."""
_MAP_FILE = "map.html"
_MAP_KEY = ("portfolio_no", "account_no", "policy_no", "loc_no")
"""Parts of a home's address on the map, see ``reports/maps/assets/map.js``."""
_AS_THE_MAP = "!~*'()"
"""Signs that the map leaves as they are in an address (ECMA-262, encodeURIComponent)."""

_ALL, _PROBLEMS, _NOTICES = "All", "Data problems", "Data notices"
_EXCEL_EPOCH = pd.Timestamp(1899, 12, 30)
"""Day 0 of Excel's 1900 date system, for dates from March 1900 on."""
_BOOK_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_REJECT_WIDTHS = {"file": 22, "row_number": 11, "field": 22, "reason": 28, "value": 32,
                  "remedy": 70}  # fmt: skip
_NOTICE_WIDTHS = {"file": 22, "row_number": 11, "field": 22, "reason": 28, "value": 32,
                  "remedy": 90}  # fmt: skip
_PLAN_WIDTHS = {
    "base": 20, "adjusters": 10, "postal_code": 12, "homes_waiting": 10, "homes_reached": 10,
    "severe_waiting": 10, "severe_reached": 10, "loss_frac": 10, "hours_away": 10,
    "hours_at_homes": 10, "latitude": 11, "longitude": 11, "cell": 18,
}  # fmt: skip
_PLAIN_KINDS = {
    "row_number": Kind.INTEGER,
    "adjusters": Kind.INTEGER, "homes_waiting": Kind.INTEGER, "homes_reached": Kind.INTEGER,
    "severe_waiting": Kind.NUMBER, "severe_reached": Kind.NUMBER, "loss_frac": Kind.PROBABILITY,
    "hours_away": Kind.NUMBER, "hours_at_homes": Kind.NUMBER, "latitude": Kind.DEGREES,
    "longitude": Kind.DEGREES,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class WorkbookOptions:
    """How large the workbook may become."""

    rows_per_sheet: int = 100_000
    """Rows of one list sheet, worst first: about half a minute to write and as much as Excel
    opens at ease. What is cut is said on the Summary sheet and is in the CSV."""

    def __post_init__(self) -> None:
        if not 1 <= self.rows_per_sheet < EXCEL_MAX_ROWS:
            raise InputError(
                "planning the workbook",
                f"rows_per_sheet is {self.rows_per_sheet}",
                f"Choose 1 to {EXCEL_MAX_ROWS - 1}",
            )


@dataclass(frozen=True, slots=True, eq=False)
class InputFaults:
    """What is wrong with the inputs of a run.

    Attributes:
        rejects: REJECTS: rows that could not be used.
        notices: NOTICES: what is odd in the book though its rows stay.
    """

    rejects: pd.DataFrame
    notices: pd.DataFrame


def write_list_xlsx(
    table: pd.DataFrame,
    faults: InputFaults,
    summary: Summary,
    path: Path,
    options: WorkbookOptions | None = None,
    *,
    staffed: pd.DataFrame | None = None,
) -> None:
    """Write the list as a workbook of sheets for reading and working.

    Summary; Plan, where the day is planned; Work queue; New; Changed; Refer; Not seen; Address
    problems; Data problems; Data notices; All; Dictionary. Each prints in landscape, one page wide,
    with the columns that are worked from.

    Args:
        table: the daily list.
        faults: what is wrong with the inputs.
        summary: for the first sheet; its ``as_of_utc`` is the workbook's creation date.
        path: where to write.
        options: limits; None for the defaults.
        staffed: STAFFED_CELLS of the day's plan, where there is one.
    """
    limit = (options or WorkbookOptions()).rows_per_sheet
    sheets = choose_sheets(table)
    cut = {name: len(rows) for name, rows in sheets.items() if len(rows) > limit}
    # misspelt columns first: a notice of row 1 stands for the whole file
    notices = faults.notices.sort_values("row_number", kind="stable")
    pages = {_PROBLEMS: (faults.rejects, _REJECT_WIDTHS), _NOTICES: (notices, _NOTICE_WIDTHS)}
    cut |= {name: len(rows) for name, (rows, _) in pages.items() if len(rows) > limit}
    with xlsxwriter.Workbook(str(path), _BOOK_OPTIONS) as book:
        created = summary.as_of_utc.replace(tzinfo=None)
        book.set_properties({"title": f"Daily list, {summary.event_id}", "created": created})
        formats = Formats.added_to(book)
        changes = table["change_flag"].value_counts().to_dict()
        content = SummaryPage(summary, changes, cut, limit)
        write_summary_page(book.add_worksheet("Summary"), formats, content)
        if staffed is not None:
            _write_plain(book.add_worksheet("Plan"), formats, staffed, _PLAN_WIDTHS)
        for name, rows in sheets.items():
            if name == _ALL:
                for page, (flawed, widths) in pages.items():
                    _write_plain(book.add_worksheet(page), formats, flawed.head(limit), widths)
            shown = (*_LEAD, *_SHOWN_TOO.get(name, ()))
            _write_list_sheet(book.add_worksheet(name), formats, rows.head(limit), shown)
        write_dictionary(book.add_worksheet("Dictionary"), formats)


def choose_sheets(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Which rows of the list each sheet shows, in the list's order.

    Work queue: steps and what lost one. New and Changed: of these what was not on the previous
    list with a step, and what moved or lost its step. Refer: all whose cover needs a person, with a
    step or without. Not seen: no usable imagery of the building, whatever the reason, in the order
    of the hazard alone. Address
    problems: no one building could be told from the address, so imagery will not help;
    ``next_action`` says what will. All: all.
    """
    acts = table["decision"].isin(ACTION_DECISIONS)
    change = table["change_flag"]
    queued = acts | change.isin(ENDED)
    not_seen = table[~table["status"].isin([Status.GRADED, *ADDRESS_STATUSES])]
    return {
        "Work queue": table[queued],
        "New": table[queued & (change == Change.NEW)],
        "Changed": table[queued & ~change.isin([Change.NEW, Change.UNCHANGED])],
        "Refer": table[table["coverage_result"] == CoverageResult.REFER],
        "Not seen": not_seen.sort_values("hazard_rank", kind="stable"),
        "Address problems": table[table["status"].isin(ADDRESS_STATUSES)],
        _ALL: table,
    }


def _write_list_sheet(
    sheet: Any, formats: Formats, rows: pd.DataFrame, shown: Sequence[str]
) -> None:
    for place, name in enumerate(SHEET_COLUMNS):
        grouped = {} if name in shown else {"level": 1, "hidden": True}
        sheet.set_column(place, place, BY_NAME[name].width, None, grouped)
    sheet.set_column(len(SHEET_COLUMNS), len(SHEET_COLUMNS), None, None, {"collapsed": True})
    titles = [BY_NAME[name].heading for name in SHEET_COLUMNS]
    _open_sheet(sheet, formats, titles, len(rows), _FROZEN_COLUMNS)
    columns = [list(_cells(rows[name], BY_NAME[name].kind)) for name in SHEET_COLUMNS]
    looks = [_look(name, formats) for name in SHEET_COLUMNS]
    put = [
        sheet.write_string if BY_NAME[name].kind is Kind.TEXT else sheet.write_number
        for name in SHEET_COLUMNS
    ]
    policy = SHEET_COLUMNS.index("policy_no")
    links = _link_homes(rows.head(MOST_LINKS))
    lines = _count_lines(rows, shown)
    for row, cells in enumerate(zip(*columns, strict=True), start=1):
        if lines[row - 1] > 1:
            sheet.set_row(row, LINE_POINTS * lines[row - 1])
        for place, value in enumerate(cells):
            if value is None:
                continue
            if place == policy and row <= len(links):
                sheet.write_url(
                    row, place, links[row - 1], formats.link, value, "See it on the map"
                )
                continue
            put[place](row, place, value, looks[place](value))


def _count_lines(rows: pd.DataFrame, shown: Sequence[str]) -> list[int]:
    """Lines that each row's longest visible text takes; not every program fits heights itself."""
    lines = pd.Series(1, index=rows.index)
    for name in sorted(_WRAPPED & set(shown)):
        long = np.ceil(rows[name].fillna("").str.len() / BY_NAME[name].width)
        lines = lines.where(lines >= long, long)
    return lines.astype(int).tolist()


def _link_homes(rows: pd.DataFrame) -> list[str]:
    """The address of each home on the map that lies beside the workbook."""
    keys = rows[list(_MAP_KEY)].fillna("").itertuples(index=False)
    return [
        f"external:{_MAP_FILE}#home=" + ",".join(quote(part, safe=_AS_THE_MAP) for part in key)
        for key in keys
    ]


def _open_sheet(
    sheet: Any, formats: Formats, names: Sequence[str], rows: int, frozen_columns: int
) -> None:
    """Header, filter, frozen panes and page of a sheet with ``rows`` rows under the header."""
    sheet.set_row(0, HEADER_LINES * LINE_POINTS)
    for place, name in enumerate(names):
        sheet.write_string(0, place, name, formats.header)
    sheet.freeze_panes(1, frozen_columns)
    sheet.autofilter(0, 0, max(rows, 1), len(names) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{EXCEL_MAX_ROWS}"})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&A&RPage &P of &N")


def _look(name: str, formats: Formats) -> Callable[[Any], Any]:
    """The format of a cell of this column, given its value."""
    plain = formats.wrapped if name in _WRAPPED else formats.by_kind[BY_NAME[name].kind]
    coloured = {
        "tier": formats.by_tier,
        "previous_tier": formats.by_tier,
        "decision": formats.by_decision,
    }.get(name, {})
    return lambda value: coloured.get(value, plain)


def _cells(values: "pd.Series[Any]", kind: Kind) -> Iterator[Any]:
    """Values as XlsxWriter takes them; None where missing."""
    if kind is Kind.TEXT:
        whole = defuse_formulas(values).astype(object)
        yield from (_clip(text) if isinstance(text, str) else None for text in whole)
        return
    if kind is Kind.DATE:
        values = (values - _EXCEL_EPOCH).dt.days
    yield from (None if pd.isna(number) else number for number in values.astype(object))


def _clip(text: str) -> str:
    """The text as Excel can hold it; XlsxWriter would leave a longer one out without a word."""
    return text if len(text) <= EXCEL_MAX_TEXT else text[: EXCEL_MAX_TEXT - 1] + "\u2026"


def _write_plain(
    sheet: Any, formats: Formats, table: pd.DataFrame, widths: Mapping[str, int]
) -> None:
    """REJECTS, NOTICES or STAFFED_CELLS, the columns named in ``widths``."""
    for place, width in enumerate(widths.values()):
        sheet.set_column(place, place, width)
    _open_sheet(sheet, formats, tuple(widths), len(table), 0)
    kinds = [_PLAIN_KINDS.get(name, Kind.TEXT) for name in widths]
    columns = [list(_cells(table[name], kind)) for name, kind in zip(widths, kinds, strict=True)]
    for row, cells in enumerate(zip(*columns, strict=True), start=1):
        for place, (value, kind) in enumerate(zip(cells, kinds, strict=True)):
            if value is not None:
                put = sheet.write_string if kind is Kind.TEXT else sheet.write_number
                put(row, place, value, formats.by_kind[kind])
