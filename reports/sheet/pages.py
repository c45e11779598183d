"""What stands on the event's two pages."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reportlab.platypus import Flowable, Image, Paragraph, Spacer, Table

from core.damage import TIER_LABELS, Tier
from core.hazards.words import tell_strength
from core.sheets.letters import TEXT_WIDTH
from reports.lists.columns import CHANGE_LABELS
from reports.palette import TIER_SWATCHES
from reports.sheet.picture import HEIGHT_PX, WIDTH_PX
from reports.sheet.style import BODY, FIGURE, HEADING, LIMIT, SMALL, escape, make_table
from reports.summary.expecting import ExpectedCount, round_to_known
from reports.summary.files import say_untested
from reports.summary.numbers import Summary
from reports.summary.places import HazardBand
from reports.summary.staffing import tell_plan
from reports.words import COVERAGE_LABELS, DECISION_LABELS, STATUS_WORDS, spell_code

_PLACES, _BANDS, _PROBLEMS = 8, 8, 6
"""Rows that leave room on the page."""
_HALF = TEXT_WIDTH / 2 - 6


@dataclass(frozen=True, slots=True)
class SheetContent:
    """What the two pages say.

    Attributes:
        summary: the event in numbers.
        changes: rows of the list by change.
        picture: JPEG of the event.
        bar: what the picture's scale bar is long.
        model: name of the model.
        credits: who made the pictures, and under which licence.
    """

    summary: Summary
    changes: Mapping[str, int]
    picture: bytes
    bar: str
    model: str
    credits: str


def compose_first(content: SheetContent) -> list[Flowable]:
    """Where it is and how bad: figures, the map, tiers beside steps."""
    summary = content.summary
    picture = Image(io.BytesIO(content.picture), TEXT_WIDTH, TEXT_WIDTH * HEIGHT_PX / WIDTH_PX)
    tiers = make_table(
        [["Tier", "Homes"], *([f"{t} {TIER_LABELS[t]}", f"{summary.by_tier[t]:,}"] for t in Tier)],
        [_HALF - 50, 50],
        tints={place: (TIER_SWATCHES[tier].fill, TIER_SWATCHES[tier].ink)
               for place, tier in enumerate(Tier, 1)},
    )  # fmt: skip
    steps = _count("Next step", summary.by_decision, DECISION_LABELS)
    changes = _count("Since the previous list", content.changes, CHANGE_LABELS)
    return [
        _figures(summary),
        Spacer(0, 5),
        picture,
        Paragraph(
            f"Homes by tier over the outlines of the hazard; the bar is {content.bar}. "
            f"Pictures: {escape(content.credits)}.", SMALL,
        ),
        Spacer(0, 5),
        _beside(tiers, [steps, Spacer(0, 5), changes]),
    ]  # fmt: skip


def compose_second(content: SheetContent) -> list[Flowable]:
    """What was seen of it, what is expected, what is planned, and what this cannot tell."""
    summary = content.summary
    flaws = (*summary.data_problems, *summary.scenes_set_aside)[:_PROBLEMS]
    problems = [[f"{flaw.file}: {flaw.reason}", f"{flaw.rows:,}"] for flaw in flaws]
    left = [
        Paragraph("What was seen", HEADING), _count("Status", summary.by_status, STATUS_WORDS),
        Paragraph("Cover, on paper", HEADING),
        _count("Result", summary.by_coverage, COVERAGE_LABELS),
    ]  # fmt: skip
    right: list[Flowable] = [
        Paragraph("What to expect", HEADING), _expected(summary),
        Paragraph(f"{summary.interval_frac:.0%} intervals.{escape(say_untested(summary))}", SMALL),
        *_places(summary),
    ]  # fmt: skip
    if problems:
        left += [Paragraph("Data problems", HEADING),
                 make_table([["Rows and scenes not used", "Number"], *problems],
                            [_HALF - 50, 50])]  # fmt: skip
    return [
        _beside(left, right),
        Paragraph("The day's plan", HEADING),
        *(Paragraph(f"{escape(words)}.", BODY) for words in tell_plan(summary.plan)),
        Paragraph("At stake", HEADING), Paragraph(_money(summary), BODY),
        Paragraph("Limits", HEADING),
        *(Paragraph(f"{escape(words)}", BODY) for words in _limits(summary)),
        Paragraph(escape(summary.note), LIMIT),
        Spacer(0, 4),
        Paragraph(
            f"Run {summary.run_id}, list {summary.list_version}, model {escape(content.model)}. "
            "Homes by name and by step are in daily_list.xlsx; this page holds neither names nor "
            "addresses.", SMALL,
        ),
    ]  # fmt: skip


def _figures(summary: Summary) -> Table:
    share = "-" if summary.assessed_frac is None else f"{summary.assessed_frac:.0%}"
    imaged = "-" if summary.imaged_frac is None else f"{summary.imaged_frac:.0%}"
    told = [
        (f"{summary.locations:,}", "insured homes in the path"),
        (share, f"assessed ({imaged} under imagery after the event)"),
        (_tell(summary.damaged), "damaged expected"), (_tell(summary.severe), "severe expected"),
    ]  # fmt: skip
    cells = [[Paragraph(escape(value), FIGURE), Paragraph(escape(words), SMALL)]
             for value, words in told]  # fmt: skip
    return Table([cells], colWidths=[TEXT_WIDTH / 4] * 4, hAlign="LEFT")


def _tell(count: ExpectedCount) -> str:
    return f"{round_to_known(count.expected):,}"


def _expected(summary: Summary) -> Table:
    rows = [["Homes", "Expected", "Low", "High"]]
    for words, count in (
        ("Damaged", summary.damaged), ("... not assessed", summary.damaged_not_assessed),
        ("Severe", summary.severe), ("... not assessed", summary.severe_not_assessed),
    ):  # fmt: skip
        rounded = map(round_to_known, (count.expected, count.low, count.high))
        rows.append([words, *(f"{value:,}" for value in rounded)])
    return make_table(rows, [_HALF - 145, 55, 45, 45])


def _places(summary: Summary) -> list[Flowable]:
    told: list[Flowable] = []
    if summary.hazard_bands:
        rows = [[_tell_band(band), f"{band.locations:,}"] for band in summary.hazard_bands[:_BANDS]]
        told += [Paragraph("Where the hazard is", HEADING),
                 make_table([["At least", "Homes"], *rows], [_HALF - 50, 50])]  # fmt: skip
    if summary.top_postal_codes:
        rows = [
            [code.postal_code, f"{code.locations:,}", f"{code.expected_severe:,.1f}",
             f"{code.not_assessed:,}"]
            for code in summary.top_postal_codes[:_PLACES]
        ]  # fmt: skip
        head = ["Postal code", "Homes", "Severe", "Not assessed"]
        told += [Paragraph("Worst postal codes", HEADING),
                 make_table([head, *rows], [_HALF - 155, 45, 45, 65])]  # fmt: skip
    return told


def _tell_band(band: HazardBand) -> str:
    name = spell_code(band.hazard)
    if not band.unit and not band.at_least:
        return f"{name}, anywhere in its area"
    return f"{name} {tell_strength(band.at_least, band.unit)}"


def _money(summary: Summary) -> str:
    sums = [
        f"{sum(tiers.values()):,.0f} {escape(currency)} insured, indicative ground-up loss of "
        f"assessed homes {summary.indicative_loss[currency]:,.0f} {escape(currency)}"
        for currency, tiers in summary.insured_value.items()
    ]
    unknown = f"{summary.unknown_values:,} homes have no value in the book"
    return "; ".join([*sums, unknown]) + ". Never a reserve."


def _limits(summary: Summary) -> list[str]:
    unseen = summary.locations - summary.assessed
    not_seen = (
        f"{unseen:,} homes were not assessed: they are known by hazard alone, and not seen is "
        "never not damaged."
    )
    told = [
        not_seen,
        *(f"Not complete: {gap.problem}." for gap in summary.gaps),
        *(f"{note}." for note in summary.notes),
    ]
    if summary.strange_frac:
        told.append(
            f"{summary.strange_frac:.0%} of the assessed look unlike what the model learnt from "
            "(1% do where it is known to hold)."
        )
    return told


def _count(title: str, counts: Mapping[str, int], words: Mapping[Any, str]) -> Table:
    rows = [[words[code], f"{counts.get(code, 0):,}"] for code in words]
    return make_table([[title, "Homes"], *rows], [_HALF - 50, 50])


def _beside(left: Any, right: Any) -> Table:
    edges = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING")
    looks = [("VALIGN", (0, 0), (-1, -1), "TOP"), *((edge, (0, 0), (-1, -1), 0) for edge in edges)]
    return Table([[left, right]], colWidths=[TEXT_WIDTH / 2] * 2, style=looks, hAlign="LEFT")
