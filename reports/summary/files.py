"""The summary as JSON for programs and as Markdown for people."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.damage import TIER_LABELS, Tier
from reports.summary.details import tell_judged, tell_misspelt, tell_notices, tell_problems
from reports.summary.expecting import ExpectedCount, round_to_known
from reports.summary.marks import PERCENT, escape, make_table, spell_percent
from reports.summary.numbers import Summary
from reports.summary.staffing import tell_plan
from reports.words import COVERAGE_LABELS, DECISION_LABELS, STATUS_WORDS

STRANGE_EVENT_FRAC = 0.05
"""From five times the known share of strange homes the event as a whole is said to be strange."""


def summary_as_json(summary: Summary) -> str:
    """The summary as JSON text in the order of its fields; instants in ISO 8601 with a Z.

    Raises:
        ValueError: a number is NaN or infinite, which JSON cannot say.
    """
    fields = asdict(summary) | {"as_of_utc": format_instant(summary)}
    return json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def format_instant(summary: Summary) -> str:
    """``as_of_utc`` as ``2018-10-12T07:00:00Z``."""
    return summary.as_of_utc.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def write_summary_json(summary: Summary, path: Path) -> None:
    """Write the summary as UTF-8 JSON."""
    path.write_text(summary_as_json(summary), encoding="utf-8")


def write_summary_md(summary: Summary, path: Path) -> None:
    """Write the summary as UTF-8 Markdown."""
    path.write_text(summary_as_markdown(summary), encoding="utf-8")


def summary_as_markdown(summary: Summary) -> str:
    """One page: what was seen, expected, at stake, and what is missing."""
    parts = [
        f"# {escape(summary.event_name)}",
        _head(summary),
        *_gaps(summary),
        *tell_misspelt(summary),
        *_notes(summary),
        f"> {summary.note}",
        "## What to expect",
        _expected(summary),
        "## What was seen",
        _counts("Tier", summary.by_tier, {str(k): f"{k}: {v}" for k, v in TIER_LABELS.items()}),
        _counts("Status", summary.by_status, STATUS_WORDS),
        *_strangeness(summary),
        *tell_judged(summary),
        "## What to do",
        _counts("Decision", summary.by_decision, DECISION_LABELS),
        _counts("Cover, on paper", summary.by_coverage, COVERAGE_LABELS),
        "## The day's plan",
        ". ".join(tell_plan(summary.plan)) + ".",
        "## What is at stake",
        _values(summary),
        *_optional(summary),
        "## Data problems",
        tell_problems(summary),
        *tell_notices(summary),
    ]
    return "\n\n".join(parts) + "\n"


def _head(summary: Summary) -> str:
    code = f", catastrophe code {escape(summary.cat_code)}" if summary.cat_code else ""
    return (
        f"Event `{summary.event_id}` ({', '.join(summary.perils)}){code}. "
        f"As of {format_instant(summary)}, run `{summary.run_id}`, list {summary.list_version}.\n\n"
        f"**{summary.locations:,} insured locations in the path**, "
        f"{summary.imaged:,} under imagery from after the event "
        f"({spell_percent(summary.imaged_frac)}), "
        f"{summary.assessed:,} assessed ({spell_percent(summary.assessed_frac)})."
        f"{_book(summary)}"
    )


def _book(summary: Summary) -> str:
    """The rest of the book, in sentences that follow others."""
    book = summary.book
    if book is None:
        return ""
    return (
        f" Of the book's {book.in_book:,} homes {book.outside_path:,} lie outside the path; "
        f"{book.homes_rejected:,} more were rejected."
    )


def _notes(summary: Summary) -> list[str]:
    return ["\n".join(f"- {escape(note)}." for note in summary.notes)] if summary.notes else []


def _gaps(summary: Summary) -> list[str]:
    if not summary.gaps:
        return []
    told = [f"- `{gap.code}`: {gap.problem}. {gap.remedy}." for gap in summary.gaps]
    return ["## This run is not complete", "\n".join(told)]


def _expected(summary: Summary) -> str:
    rows = [
        ("Damaged (minor or worse)", summary.damaged),
        ("... of these not assessed, from hazard alone", summary.damaged_not_assessed),
        ("Severe (major or destroyed)", summary.severe),
        ("... of these not assessed, from hazard alone", summary.severe_not_assessed),
    ]
    interval = f"{summary.interval_frac * PERCENT:.0f} % interval"
    table = make_table(
        ["Homes", "Expected", interval, "Out of"], [_expected_row(*row) for row in rows]
    )
    return (
        f"{table}\n\nCounts are rounded to what is known. The interval allows for how far whole "
        f"events strayed from their chances.{say_untested(summary)}"
    )


def say_untested(summary: Summary) -> str:
    """A sentence that follows others where water leads; empty where it leads nowhere."""
    if not summary.led_by_water:
        return ""
    return (
        f" Water leads at {summary.led_by_water:,} homes, and floods are untested: on three of the "
        "past the true count was 1.4 to 2.5 times the expected one."
    )


def _expected_row(words: str, count: ExpectedCount) -> list[str]:
    expected, low, high = map(round_to_known, (count.expected, count.low, count.high))
    return [words, f"{expected:,}", f"{low:,} to {high:,}", f"{count.locations:,}"]


def _strangeness(summary: Summary) -> list[str]:
    """How much of what was seen is unlike what the model learnt from."""
    if summary.strange_frac is None:
        return []
    said = (
        f"{summary.strange:,} of {summary.assessed:,} assessed homes "
        f"({spell_percent(summary.strange_frac)}) look unlike those that the model learnt from; "
        "of homes that it knows 1 % do."
    )
    if summary.strange_frac > STRANGE_EVENT_FRAC:
        said += (
            " **This event is unlike its training: take the chances as a ranking, and have homes "
            "reviewed before trusting them.**"
        )
    return [said]


def _counts(title: str, counts: dict[str, int], words: Any) -> str:
    rows = [[words[key], f"{count:,}"] for key, count in counts.items()]
    return make_table([title, "Locations"], rows)


def _values(summary: Summary) -> str:
    rows = [
        [
            escape(currency),
            *(f"{tiers[str(tier)]:,.0f}" for tier in Tier),
            f"{summary.indicative_loss[currency]:,.0f}",
        ]
        for currency, tiers in summary.insured_value.items()
    ]
    table = make_table(["Building value", *map(str, Tier), "Indicative ground-up loss"], rows)
    return (
        f"{table}\n\nThe loss is value times a ratio by tier over assessed homes: indicative, "
        f"not a reserve. {summary.unknown_values:,} locations have no value in the book."
    )


def _optional(summary: Summary) -> list[str]:
    parts = []
    if summary.hazard_bands:
        rows = [[escape(b.words), f"{b.locations:,}"] for b in summary.hazard_bands]
        parts += ["## Hazard", make_table(["Where the hazard is", "Locations"], rows)]
    if summary.top_postal_codes:
        rows = [
            [
                escape(code.postal_code),
                f"{code.locations:,}",
                f"{code.expected_damaged:,.1f}",
                f"{code.expected_severe:,.1f}",
                f"{code.not_assessed:,}",
            ]
            for code in summary.top_postal_codes
        ]
        head = ["Postal code", "Locations", "Expected damaged", "Expected severe", "Not assessed"]
        parts += ["## Worst postal codes", make_table(head, rows)]
    return parts
