"""What is wrong with the inputs, counted by reason, with what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.summary.effects import count_drafts_fallen, tell_effect

MISSPELT = "misspelt_column"
"""Reason of NOTICES of a column by an unknown name that looks like a known one."""


@dataclass(frozen=True, slots=True)
class DataProblem:
    """Rows of an input that could not be used, by reason.

    Attributes:
        file: name of the input file; ``imagery`` for scenes.
        reason: code.
        rows: rows, or scenes, that have it.
        remedy: what to do about it; None for scenes, each of which has its own.
    """

    file: str
    reason: str
    rows: int
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class DataNotice:
    """Something odd in a file of the book whose rows stay.

    Attributes:
        file: name of the input file.
        field: the column that should have been read.
        reason: code.
        rows: rows that have it; a notice of the header is one row.
        remedy: what to do about it.
        effect: what the homes in the path lack by it, in words, if that can be said.
        drafts_fallen: homes in the path that would be drafted if the field were known and held.
    """

    file: str
    field: str
    reason: str
    rows: int
    remedy: str
    effect: str | None = None
    drafts_fallen: int = 0

    @property
    def is_grave(self) -> bool:
        """Whether a whole column is missing by it, or drafts are."""
        return self.reason == MISSPELT or self.drafts_fallen > 0


def count_rejects(rejects: pd.DataFrame) -> tuple[DataProblem, ...]:
    """REJECTS by file and reason; a row with several reasons counts under each."""
    rows = _count(rejects, ["file", "reason"])
    return tuple(DataProblem(*row) for row in rows)


def count_rows(table: pd.DataFrame) -> int:
    """Distinct rows of REJECTS: one with several reasons counts once."""
    return len(table[["file", "row_number"]].drop_duplicates())


def count_notices(notices: pd.DataFrame, findings: pd.DataFrame) -> tuple[DataNotice, ...]:
    """NOTICES by file, field and reason, misspelt columns first, then the most frequent.

    Args:
        notices: NOTICES of the book.
        findings: FINDINGS, for what they lack.
    """
    is_column = notices["reason"] == MISSPELT
    parts = (notices[is_column], notices[~is_column])
    counted = [row for part in parts for row in _count(part, ["file", "field", "reason"])]
    return tuple(
        DataNotice(
            file, field, reason, rows, remedy,
            tell_effect(field=field, reason=reason, findings=findings),
            count_drafts_fallen(field=field, reason=reason, findings=findings),
        )
        for file, field, reason, rows, remedy in counted
    )  # fmt: skip


def count_scenes(rejected: pd.DataFrame) -> tuple[DataProblem, ...]:
    """Scenes by the head of the reason: what follows the colon is one scene's."""
    # an empty table's column has no text to split, so the head is extracted
    heads = rejected["reason"].astype("str").str.extract(r"^([^:]*)", expand=False)
    counts = heads.value_counts().sort_index()
    return tuple(DataProblem("imagery", str(code), int(n)) for code, n in counts.items())


def tell_notice(notice: DataNotice) -> str:
    """One notice in a sentence or two, without the stop at the end."""
    said = tell_remedy(notice)
    if notice.reason == MISSPELT:
        return f"{notice.file}: {said}"
    rows = "1 row" if notice.rows == 1 else f"{notice.rows:,} rows"
    return f"{notice.file}: {notice.field} of {rows}, {notice.reason}. {said}"


def tell_remedy(notice: DataNotice) -> str:
    """What to do about a notice and what it costs, in sentences, without the stop at the end."""
    parts = [notice.remedy, notice.effect]
    if notice.drafts_fallen:
        count = f"{notice.drafts_fallen:,}"
        parts.append(
            f"Drafts that fall away for want of it: {count}; a person has to settle the cover"
        )
    return ". ".join(part for part in parts if part)


def tell_problem(problem: DataProblem) -> str:
    """One kind of rejects in a sentence or two, without the stop at the end."""
    rows = "1 row" if problem.rows == 1 else f"{problem.rows:,} rows"
    remedy = f". {problem.remedy}" if problem.remedy else ""
    return f"{problem.file}: {rows} not used, {problem.reason}{remedy}"


def _count(table: pd.DataFrame, by: list[str]) -> list[Sequence[Any]]:
    """``by``, rows and remedy of each group, the most frequent first."""
    groups = table.groupby(by, sort=True)
    counts = groups.agg(rows=("row_number", "nunique"), remedy=("remedy", "first")).reset_index()
    counts = counts.sort_values("rows", ascending=False, kind="stable")
    columns = (counts[name].tolist() for name in [*by, "rows", "remedy"])
    return list(zip(*columns, strict=True))
