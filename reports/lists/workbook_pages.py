"""The workbook's first and last page: Summary and Dictionary."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.damage import TIER_LABELS, Tier
from reports.lists.columns import CHANGE_LABELS, LIST_COLUMNS
from reports.lists.files import defuse_text
from reports.lists.workbook_formats import Formats
from reports.summary.expecting import ExpectedCount, round_to_known
from reports.summary.files import say_untested
from reports.summary.numbers import Summary
from reports.summary.problems import tell_notice
from reports.summary.staffing import tell_plan
from reports.words import COVERAGE_LABELS, DECISION_LABELS, STATUS_WORDS

_TIER_WORDS = {str(tier): f"{tier}: {label}" for tier, label in TIER_LABELS.items()}


class _Page:
    """A sheet filled from top to bottom, as constant memory asks."""

    def __init__(self, sheet: Any, formats: Formats) -> None:
        self.sheet = sheet
        self.formats = formats
        self.row = 0

    def put(self, *cells: tuple[Any, Any]) -> None:
        """One row of (value, format) cells."""
        for column, (value, cell_format) in enumerate(cells):
            if isinstance(value, str):
                self.sheet.write_string(self.row, column, defuse_text(value), cell_format)
            elif value is not None:
                self.sheet.write_number(self.row, column, value, cell_format)
        self.row += 1

    def heading(self, words: str, *others: str) -> None:
        """A heading under an empty row, with the headings of further columns."""
        self.row += 1
        self.put(*((word, self.formats.heading) for word in (words, *others)))

    def facts(self, *rows: tuple[str, Any]) -> None:
        """Rows of words and a text or whole number."""
        for words, value in rows:
            self.put((words, self.formats.label), (value, self._format_of(value)))

    def counts(
        self, counts: Mapping[str, int], words: Mapping[Any, str], label: Mapping[str, Any]
    ) -> None:
        """A row for each code, its words coloured where ``label`` has a format for it."""
        for code, count in counts.items():
            self.put(
                (words[code], label.get(code, self.formats.label)), (count, self.formats.count)
            )

    def _format_of(self, value: Any) -> Any:
        return self.formats.label if isinstance(value, str) else self.formats.count


@dataclass(frozen=True, slots=True)
class SummaryPage:
    """What the Summary sheet says.

    Attributes:
        summary: the event in numbers.
        changes: rows of the list by change.
        cut: sheets that do not hold all their rows, with the number they should hold.
        limit: rows that they do hold.
    """

    summary: Summary
    changes: Mapping[str, int]
    cut: Mapping[str, int]
    limit: int


def write_summary_page(sheet: Any, formats: Formats, content: SummaryPage) -> None:
    """Fill the Summary sheet, which is an empty XlsxWriter worksheet."""
    summary = content.summary
    sheet.set_column(0, 0, 58)
    sheet.set_column(1, 6, 16)
    sheet.hide_gridlines(2)
    sheet.fit_to_pages(1, 0)
    page = _Page(sheet, formats)
    page.put((summary.event_name, formats.title))
    page.put((summary.note, formats.note))
    for name, rows in content.cut.items():
        part = f"the first {content.limit:,} of {rows:,} rows"
        page.put((f"Sheet {name} holds {part}; the files beside it all", formats.note))
    _put_event(page, summary)
    page.heading("Since the previous list", "Locations")
    page.counts({c: content.changes.get(c, 0) for c in CHANGE_LABELS}, CHANGE_LABELS, {})
    _put_expected(page, summary)
    page.heading("The day's plan")
    for words in tell_plan(summary.plan):
        page.put((words, page.formats.note))
    page.heading("Tier", "Locations")
    page.counts(summary.by_tier, _TIER_WORDS, formats.by_tier)
    page.heading("Decision", "Locations")
    page.counts(summary.by_decision, DECISION_LABELS, formats.by_decision)
    page.heading("Status", "Locations")
    page.counts(summary.by_status, STATUS_WORDS, {})
    page.heading("Cover, on paper", "Locations")
    page.counts(summary.by_coverage, COVERAGE_LABELS, {})
    _put_values(page, summary)
    _put_places(page, summary)
    page.heading("Data problems (rows and scenes not used)", "Number")
    page.facts(
        *(
            (f"{p.file}: {p.reason}", p.rows)
            for p in (*summary.data_problems, *summary.scenes_set_aside)
        )
    )
    page.heading("Odd in the book, though its rows stay", "Rows")
    page.facts(*((tell_notice(notice), notice.rows) for notice in summary.data_notices))


def _put_event(page: _Page, summary: Summary) -> None:
    formats = page.formats
    page.heading("Event", "")
    page.facts(
        ("Event", summary.event_id),
        ("Catastrophe code", summary.cat_code or "none yet"),
        ("Perils (OED)", ", ".join(summary.perils)),
        ("As of, UTC", summary.as_of_utc.strftime("%Y-%m-%d %H:%M")),
        ("Run", summary.run_id),
        ("List version", summary.list_version),
        ("Insured locations in the path", summary.locations),
    )
    for words, count, share in (
        ("... under imagery from after the event", summary.imaged, summary.imaged_frac),
        ("... assessed", summary.assessed, summary.assessed_frac),
    ):
        page.put((words, formats.label), (count, formats.count), (share, formats.share))
    not_imaged = summary.locations - summary.imaged
    page.facts(("... not imaged yet, ranked by hazard alone on sheet Not seen", not_imaged))


def _put_expected(page: _Page, summary: Summary) -> None:
    interval = f"{summary.interval_frac:.0%} interval"
    page.heading("Homes to expect", "Expected", f"{interval}, low", "high")
    rows: tuple[tuple[str, ExpectedCount], ...] = (
        ("Damaged (minor or worse)", summary.damaged),
        ("... of these not assessed, from hazard alone", summary.damaged_not_assessed),
        ("Severe (major or destroyed)", summary.severe),
        ("... of these not assessed, from hazard alone", summary.severe_not_assessed),
    )
    count_format = page.formats.count
    for words, count in rows:
        values = map(round_to_known, (count.expected, count.low, count.high))
        page.put((words, page.formats.label), *((value, count_format) for value in values))
    if untested := say_untested(summary).strip():
        page.put((untested, page.formats.note))


def _put_values(page: _Page, summary: Summary) -> None:
    page.heading("Building value by tier", *map(str, Tier))
    money = page.formats.by_kind["money"]
    for currency, tiers in summary.insured_value.items():
        values = ((tiers[str(tier)], money) for tier in Tier)
        page.put((currency, page.formats.label), *values)
    page.heading("Indicative ground-up loss, assessed homes (not a reserve)", "Amount")
    for currency, loss in summary.indicative_loss.items():
        page.put((currency, page.formats.label), (loss, money))
    page.facts(("Locations whose value the book does not state", summary.unknown_values))


def _put_places(page: _Page, summary: Summary) -> None:
    if summary.hazard_bands:
        page.heading("Where the hazard is", "Locations")
        page.facts(*((band.words, band.locations) for band in summary.hazard_bands))
    if summary.top_postal_codes:
        page.heading("Worst postal codes", "Locations", "Damaged", "Severe", "Not assessed")
    for code in summary.top_postal_codes:
        counts = (code.locations, code.expected_damaged, code.expected_severe, code.not_assessed)
        count_format = page.formats.count
        page.put(
            (code.postal_code, page.formats.label), *((value, count_format) for value in counts)
        )


def write_dictionary(sheet: Any, formats: Formats) -> None:
    """Fill the Dictionary sheet: every column and every code in words."""
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    sheet.set_column(2, 2, 12)
    sheet.set_column(3, 3, 22)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    page = _Page(sheet, formats)
    page.put(*((word, formats.header) for word in ("Column or code", "Meaning", "Unit", "In CSV")))
    for column in LIST_COLUMNS:
        told = (column.heading, column.meaning, column.unit, column.name)
        page.put(*((word, formats.label) for word in told))
    for title, words, colours in (
        ("tier", TIER_LABELS, formats.by_tier),
        ("change_flag", CHANGE_LABELS, {}),
        ("decision", DECISION_LABELS, formats.by_decision),
        ("status", STATUS_WORDS, {}),
        ("coverage_result", COVERAGE_LABELS, {}),
    ):
        page.heading(title, "")
        for code, meaning in words.items():
            page.put((str(code), colours.get(code, formats.label)), (meaning, formats.label))
