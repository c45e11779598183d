"""Parts of the summary's page: what is wrong with the inputs, and how much was judged."""

from collections.abc import Iterable

from reports.summary.judged import SizeClass
from reports.summary.marks import PERCENT, escape, make_table, spell_percent
from reports.summary.numbers import Summary
from reports.summary.problems import tell_notice, tell_remedy

MIN_JUDGED_FRAC = 0.95
"""Share that should be judged of what lies under imagery, in each class of size."""


def tell_misspelt(summary: Summary) -> list[str]:
    """What was not read, at the top: whole columns of the book, or drafts, are missing by it."""
    told = [
        f"- {escape(tell_notice(notice))}." for notice in summary.data_notices if notice.is_grave
    ]
    return ["## Not read", "\n".join(told)] if told else []


def tell_problems(summary: Summary) -> str:
    """Rows and scenes that were not used, by reason, with the remedy."""
    problems = (*summary.data_problems, *summary.scenes_set_aside)
    if not problems:
        return "None: every row and every scene of the inputs was used."
    rows = [
        [
            escape(problem.file),
            escape(problem.reason),
            escape(problem.remedy or "see run.json"),
            f"{problem.rows:,}",
        ]
        for problem in problems
    ]
    return make_table(["File", "Reason", "Remedy", "Rows or scenes not used"], rows, texts=3)


def tell_notices(summary: Summary) -> list[str]:
    """What is odd though its rows stay."""
    if not summary.data_notices:
        return []
    rows = [
        [
            escape(notice.file),
            escape(notice.field),
            escape(notice.reason),
            escape(tell_remedy(notice)),
            f"{notice.rows:,}",
        ]
        for notice in summary.data_notices
    ]
    return [
        "Odd values and columns, whose rows stay:",
        make_table(["File", "Field", "Reason", "What to do", "Rows"], rows, texts=4),
    ]


def tell_judged(summary: Summary) -> list[str]:
    """The share judged by size of the building, and whether large ones fall behind."""
    classes = [each for each in summary.judged_by_size if each.imaged]
    if not classes:
        return []
    rows = [
        [
            _spell_size(each),
            f"{each.imaged:,}",
            f"{each.judged:,}",
            spell_percent(each.judged_frac),
            _spell_values(each),
        ]
        for each in classes
    ]
    head = ["Ground area", "Under imagery", "Judged", "Share", "Share of insured value"]
    low = [each for each in classes if (each.lowest_frac or 0.0) < MIN_JUDGED_FRAC]
    return [make_table(head, rows), *([_tell_low(low)] if low else [])]


def _tell_low(classes: Iterable[SizeClass]) -> str:
    told = "; ".join(
        f"{_spell_size(each)}: {each.judged:,} of {each.imaged:,} homes "
        f"({spell_percent(each.judged_frac)}), {_spell_values(each)} of their value"
        for each in classes
    )
    return (
        f"**Less than {MIN_JUDGED_FRAC * PERCENT:.0f} % judged of what lies under imagery: "
        f"{told}.** The status of each such home says what was in the way."
    )


def _spell_size(each: SizeClass) -> str:
    if each.up_to_m2 is None:
        return f"over {each.over_m2:,.0f} m2"
    if not each.over_m2:
        return f"to {each.up_to_m2:,.0f} m2"
    return f"{each.over_m2:,.0f} to {each.up_to_m2:,.0f} m2"


def _spell_values(each: SizeClass) -> str:
    """As in ``USD 93.1 %``; nothing is added up across currencies."""
    shares = each.judged_value_frac.items()
    return ", ".join(f"{escape(currency)} {spell_percent(share)}" for currency, share in shares)
