"""People's grades of buildings: read from a file, bad rows set aside, conflicts resolved.

The rule where a building has several reviews: of each reviewer the newest counts; of these the
grade that most reviewers gave; of grades that tie, the one of the newest review; of two at the
same instant, the graver. ``un-classified`` says that one cannot tell and is no vote.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from core.damage import XBD_SUBTYPES, DamageGrade
from core.errors import InputError
from core.schemas.book import REJECTS
from core.tables import check_table

REVIEW_COLUMNS = ("building_id", "grade", "reviewer", "reviewed_at_utc")
HEADER_ROW = 1
MAX_QUOTED = 80
"""Longest piece of a bad value that is quoted, characters."""

REMEDIES = {
    "wrong_number_of_values": "Give each row as many values as the header has names",
    "line_break_in_value": "Look for a quote that is opened and never closed; rows may be inside",
    "blank_building_id": "Give the id of the building in the footprints file",
    "unknown_building": "Give a building_id that is in the footprints file",
    "unknown_grade": "Use no-damage, minor-damage, major-damage, destroyed or un-classified",
    "blank_reviewer": "Give each row a code of who reviewed; a name is not needed",
    "bad_instant": "Write reviewed_at_utc like 2018-10-15T09:30:00Z, with Z or an offset",
    "cannot_tell": "Nothing to mend: the reviewer could not tell, so there is nothing to learn",
    "superseded_review": "Nothing to mend: the same reviewer looked again later, and that counts",
    "outvoted_review": "Nothing to mend: other reviewers gave another grade, and theirs counts",
    "conflicting_truth": "Give the building one grade; until then it is left out",
}
"""Reason code -> what to do about it."""
_INSTANT = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})"


@dataclass(frozen=True, slots=True, eq=False)
class Reviews:
    """What people said, row by row or resolved to one row a building.

    Attributes:
        table: ``building_id`` text, ``grade`` int64 (0 to 3, in ``read_reviews`` also 4),
            ``reviewer`` text, ``reviewed_at_utc`` UTC, ``row_number`` int64.
        rejects: REJECTS of rows that do not count, the header being row 1.
    """

    table: pd.DataFrame
    rejects: pd.DataFrame


def read_reviews(path: Path) -> Reviews:
    """Read a reviews file: comma-separated UTF-8 with the columns ``REVIEW_COLUMNS``.

    Further columns are ignored. A row that cannot be used becomes a reject; blank lines do not
    count.

    Raises:
        InputError: the file is missing, no text, or lacks a column.
    """
    work = f"reading the reviews {path}"
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = _number_rows(csv.reader(stream))
            header = [name.strip() for name in next(lines, (HEADER_ROW, []))[1]]
            lost = [name for name in REVIEW_COLUMNS if header.count(name) != 1]
            if lost:
                raise InputError(
                    work, f"the header {header} does not name {', '.join(lost)} once each",
                    f"Begin the file with {','.join(REVIEW_COLUMNS)}",
                )  # fmt: skip
            return _sift_lines(list(lines), header, path.name)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(work, f"not a readable CSV ({error})", "Save it as UTF-8 CSV") from error


def _number_rows(rows: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, with their number in the file."""
    return (
        (number, row)
        for number, row in enumerate(rows, start=HEADER_ROW)
        if any(value.strip() for value in row)
    )


def _sift_lines(lines: list[tuple[int, list[str]]], header: list[str], file: str) -> Reviews:
    """Rows of the right width to a table of text, then to checked values."""
    places = [header.index(name) for name in REVIEW_COLUMNS]
    rejects, rows = [], []
    for number, values in lines:
        if len(values) != len(header):
            found = f"{len(values)} values, not {len(header)}"
            rejects.append((number, "wrong_number_of_values", found))
        elif any("\n" in value or "\r" in value for value in values):
            rejects.append((number, "line_break_in_value", max(values, key=len)))
        else:
            rows.append((number, *(values[place].strip() for place in places)))
    table = pd.DataFrame(rows, columns=["row_number", *REVIEW_COLUMNS])
    table = table.astype(dict.fromkeys(REVIEW_COLUMNS, "str") | {"row_number": "int64"})
    checked = _check_values(table, file)
    return Reviews(checked.table, _join([build_rejects(file, rejects), checked.rejects]))


def _check_values(table: pd.DataFrame, file: str) -> Reviews:
    """Text to grades and instants; the first fault of a row is its reject's reason."""
    grade = table["grade"].map(XBD_SUBTYPES)
    is_instant = table["reviewed_at_utc"].str.fullmatch(_INSTANT).to_numpy(bool)
    instant = pd.to_datetime(
        table["reviewed_at_utc"].where(is_instant), utc=True, errors="coerce", format="ISO8601"
    )
    faults = {
        "blank_building_id": ("building_id", table["building_id"] == ""),
        "unknown_grade": ("grade", grade.isna()),
        "blank_reviewer": ("reviewer", table["reviewer"] == ""),
        "bad_instant": ("reviewed_at_utc", instant.isna()),
    }
    is_bad = np.zeros(len(table), bool)
    rejects = []
    for reason, (column, has_fault) in faults.items():
        new = has_fault.to_numpy(bool) & ~is_bad
        rejects += _quote(table[new], reason, column)
        is_bad |= new
    good = table[~is_bad].assign(grade=grade[~is_bad].astype("int64"))
    good["reviewed_at_utc"] = instant[~is_bad].dt.as_unit("us")
    return Reviews(good.reset_index(drop=True), build_rejects(file, rejects))


def known_by(reviews: Reviews, as_of_utc: datetime) -> Reviews:
    """The reviews made by an instant; later ones did not exist yet and are no rejects."""
    table = reviews.table
    kept = table[table["reviewed_at_utc"] <= as_of_utc].reset_index(drop=True)
    return Reviews(kept, reviews.rejects)


def resolve_reviews(reviews: Reviews, known_buildings: Iterable[str], file: str) -> Reviews:
    """One grade a building, by the rule above; who lost is among the rejects.

    Args:
        reviews: as read.
        known_buildings: ids in the footprints; a review of another building is a reject.
        file: name of the file, for rejects.
    """
    table = reviews.table
    parts = []
    is_known = table["building_id"].isin(set(known_buildings))
    parts += _quote(table[~is_known], "unknown_building", "building_id")
    cannot = is_known & (table["grade"] == DamageGrade.UNCLASSIFIED)
    newest_first = table[is_known].sort_values(
        ["building_id", "reviewed_at_utc", "grade", "row_number"],
        ascending=[True, False, False, False],
    )
    is_older = newest_first.duplicated(["building_id", "reviewer"])
    parts += _quote(newest_first[is_older], "superseded_review", "grade")
    voting = newest_first[~is_older]
    parts += _quote(voting[cannot[voting.index]], "cannot_tell", "grade")
    voting = voting[~cannot[voting.index]]
    votes = voting.groupby(["building_id", "grade"])["reviewer"].transform("size")
    best_first = voting.assign(votes=votes).sort_values(
        ["building_id", "votes", "reviewed_at_utc", "grade"], ascending=[True, False, False, False]
    )
    winners = best_first.drop_duplicates("building_id").drop(columns="votes")
    won = voting["building_id"].map(winners.set_index("building_id")["grade"])
    parts += _quote(voting[(voting["grade"] != won).to_numpy(bool)], "outvoted_review", "grade")
    rejects = _join([reviews.rejects, build_rejects(file, parts)])
    return Reviews(winners.reset_index(drop=True), rejects)


def check_truth(truth: pd.DataFrame, file: str) -> Reviews:
    """One grade a building from a truth table with ``building_id`` and ``grade`` (xBD's word).

    Repeated rows that agree count once. A building with two grades is left out, each of its rows
    a reject; so is a row with another word. The table has no reviewer and no instant.
    """
    rows = truth[["building_id", "grade"]].astype({"building_id": "str"})
    rows = rows.assign(row_number=np.arange(1, len(rows) + 1))
    grade = rows["grade"].map(XBD_SUBTYPES)
    is_unknown = grade.isna().to_numpy(bool)
    parts = _quote(rows[is_unknown], "unknown_grade", "grade")
    good = rows[~is_unknown].assign(grade=grade[~is_unknown].astype("int64"))
    several = good.groupby("building_id")["grade"].transform("nunique") > 1
    parts += _quote(good[several], "conflicting_truth", "building_id")
    kept = good[~several & (good["grade"] != DamageGrade.UNCLASSIFIED)]
    kept = kept.drop_duplicates("building_id").reset_index(drop=True)
    return Reviews(kept, build_rejects(file, parts))


def build_rejects(file: str, found: Iterable[tuple[int, str, str]]) -> pd.DataFrame:
    """A REJECTS table of ``(row number, reason, value)``, in the order of rows."""
    rows = [
        (file, number, None, reason, value[:MAX_QUOTED] or None, REMEDIES[reason])
        for number, reason, value in sorted(found)
    ]
    texts = {"field": "str", "value": "str"}
    table = pd.DataFrame(rows, columns=list(REJECTS.columns)).astype(texts)
    checked: pd.DataFrame = check_table(table, REJECTS)
    return checked


def _quote(rows: pd.DataFrame, reason: str, column: str) -> list[tuple[int, str, str]]:
    words = {int(grade): word for word, grade in XBD_SUBTYPES.items()}
    values = [words.get(value, str(value)) for value in rows[column]]
    return [
        (int(number), reason, value)
        for number, value in zip(rows["row_number"], values, strict=True)
    ]


def _join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """One REJECTS table, in the order of rows."""
    joined = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return joined.sort_values("row_number", kind="stable").reset_index(drop=True)
