"""The steward's report as a workbook, or as a CSV of what is to be mended."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from reports.lists.files import defuse_formulas

MAX_ROWS = 100_000
"""Rows of one sheet, as much as Excel opens at ease; the CSV has all."""
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_WIDTHS = {"remedy": 80, "meaning": 60, "why": 60, "value": 32, "reason": 26, "file": 22}
_WIDTH = 18


def write_report_xlsx(
    tables: Mapping[str, pd.DataFrame], title: str, created: datetime, path: Path
) -> None:
    """Write a sheet a table; ids stay text, and no cell is a formula.

    Args:
        tables: by name of sheet; the longest are cut to ``MAX_ROWS``.
        title: of the workbook.
        created: UTC.
        path: where to write.
    """
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        book.set_properties({"title": title, "created": created.replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        for name, table in tables.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(table.columns):
                sheet.set_column(place, place, _WIDTHS.get(column, _WIDTH))
                sheet.write_string(0, place, str(column), bold)
            if len(table):
                sheet.autofilter(0, 0, min(len(table), MAX_ROWS), len(table.columns) - 1)
            cells = table.head(MAX_ROWS).astype(object)
            for row, values in enumerate(cells.where(cells.notna(), None).to_numpy(), start=1):
                for place, value in enumerate(values):
                    if isinstance(value, str):
                        sheet.write_string(row, place, value)
                    elif value is not None:
                        sheet.write(row, place, value)


def write_report_csv(rejects: pd.DataFrame, notices: pd.DataFrame, path: Path) -> None:
    """Write every row that is to be mended, rejected ones first; formulas are defused."""
    parts = [rejects.assign(what="rejected"), notices.assign(what="kept")]
    told = pd.concat(parts, ignore_index=True)
    told = told[["what", *notices.columns]].assign(value=defuse_formulas(told["value"]))
    told.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
