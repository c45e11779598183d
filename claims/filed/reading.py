"""Claims that the claims system has already, read from a file; bad rows are set aside."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import InputError
from core.schemas.book import LOCATION_KEY, REJECTS
from core.tables import check_table

NEEDED = ("claim_number", "policy_number", "loss_date", "notice_received_at_utc")
OPTIONAL = (
    "portfolio_number",
    "account_number",
    "location_number",
    "claim_state",
    "loss_cause",
    "incident_id",
)
HEADER_ROW = 1
MAX_FILE_BYTES = 1 << 30
"""A carrier's open claims of a season are some megabytes."""
MAX_QUOTED = 80
"""Longest piece of a bad value that is quoted, characters."""
MAX_WORD = 80
"""Characters of a number, as for people's ids."""
OPEN, CLOSED = "open", "closed"

REMEDIES = {
    "wrong_number_of_values": "Give each row as many values as the header has names",
    "blank_claim_number": "Give the number that the claims system gave the claim",
    "blank_policy_number": "Give the policy's number as the book has it",
    "odd_text": "Give one line of plain text, at most 80 characters",
    "bad_loss_date": "Write loss_date as a day like 2018-10-10, at the home",
    "bad_notice": "Write notice_received_at_utc like 2018-10-11T09:30:00Z, with Z or an offset",
    "notice_before_loss": "Look whether loss_date and notice_received_at_utc are swapped",
    "unknown_claim_state": "Write open or closed, or leave the column out",
    "same_claim_twice": "Give each claim one row for each home",
}
"""Reason code -> what to do about it."""
_DAY = r"\d{4}-\d{2}-\d{2}"
_INSTANT = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})"
_Fault = tuple[int, str | None, str, str]
"""Row number, column, reason and value."""
_AHEAD = pd.Timedelta(days=1)
"""A day at the home begins up to so much before the same day in UTC."""


@dataclass(frozen=True, slots=True, eq=False)
class FiledClaims:
    """Claims that the claims system has.

    Attributes:
        table: ``claim_number``, ``LOCATION_KEY`` (missing where the file does not say),
            ``loss_date`` a civil day, ``notice_at_utc`` UTC, ``is_closed``, ``loss_cause`` and
            ``incident_id`` (of a claim that came of our draft) text or missing, ``row_number``.
        rejects: REJECTS of rows that cannot be used, the header being row 1.
    """

    table: pd.DataFrame
    rejects: pd.DataFrame


def read_filed_claims(path: Path) -> FiledClaims:
    """Read a file of claims: comma-separated UTF-8 with the columns ``NEEDED``.

    Of further columns ``OPTIONAL`` are read. A row that cannot be used becomes a reject; blank
    lines do not count.

    Raises:
        InputError: the file is missing, too large, no text, or lacks a column.
    """
    work = f"reading the claims {path}"
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(work, "it is larger than 1 GiB", "Give the open claims alone")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = _number_rows(csv.reader(stream))
            header = [name.strip().casefold() for name in next(lines, (HEADER_ROW, []))[1]]
            rows = list(lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(work, "it is no readable CSV", "Save it as UTF-8 CSV") from error
    lost = [name for name in NEEDED if header.count(name) != 1]
    twice = [name for name in OPTIONAL if header.count(name) > 1]
    if lost or twice:
        raise InputError(
            work, f"its header does not name {', '.join(lost + twice)} once",
            f"Begin the file with {','.join(NEEDED)}",
        )  # fmt: skip
    return _sift(rows, header, path.name)


def known_by(filed: FiledClaims, as_of_utc: datetime) -> FiledClaims:
    """The claims of which notice was given by an instant; later ones did not exist yet."""
    table = filed.table
    kept = table[table["notice_at_utc"] <= as_of_utc].reset_index(drop=True)
    return FiledClaims(kept, filed.rejects)


def _number_rows(rows: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, with their number in the file."""
    return (
        (number, row)
        for number, row in enumerate(rows, start=HEADER_ROW)
        if any(value.strip() for value in row)
    )


def _sift(lines: list[tuple[int, list[str]]], header: list[str], file: str) -> FiledClaims:
    names = [*NEEDED, *(name for name in OPTIONAL if name in header)]
    places = [header.index(name) for name in names]
    rejects: list[_Fault] = [
        (number, None, "wrong_number_of_values", f"{len(values)} values, not {len(header)}")
        for number, values in lines if len(values) != len(header)
    ]  # fmt: skip
    rows = [
        (number, *(values[place].strip() for place in places))
        for number, values in lines if len(values) == len(header)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["row_number", *names])
    table = table.reindex(columns=["row_number", *NEEDED, *OPTIONAL]).astype(
        dict.fromkeys((*NEEDED, *OPTIONAL), "str") | {"row_number": "int64"}
    )
    return _check(table, rejects, file)


def _check(table: pd.DataFrame, rejects: list[_Fault], file: str) -> FiledClaims:
    """Text to days and instants; the first fault of a row is its reject's reason."""
    day = pd.to_datetime(
        table["loss_date"].where(table["loss_date"].str.fullmatch(_DAY)),
        format="%Y-%m-%d", errors="coerce",
    )  # fmt: skip
    is_instant = table["notice_received_at_utc"].str.fullmatch(_INSTANT)
    notice = pd.to_datetime(
        table["notice_received_at_utc"].where(is_instant),
        utc=True, errors="coerce", format="ISO8601",
    )  # fmt: skip
    state = table["claim_state"].str.casefold().replace("", None).fillna(OPEN)
    home = table[["claim_number", *LOCATION_KEY]].fillna("")
    faults = [
        ("blank_claim_number", "claim_number", table["claim_number"].fillna("") == ""),
        ("blank_policy_number", "policy_number", table["policy_number"].fillna("") == ""),
        *(("odd_text", name, _is_odd(table[name])) for name in ("claim_number", *LOCATION_KEY)),
        ("bad_loss_date", "loss_date", day.isna()),
        ("bad_notice", "notice_received_at_utc", notice.isna()),
        (
            "notice_before_loss", "notice_received_at_utc",
            notice.dt.tz_localize(None) < day - _AHEAD,
        ),
        ("unknown_claim_state", "claim_state", ~state.isin([OPEN, CLOSED])),
        ("same_claim_twice", "claim_number", home.duplicated()),
    ]  # fmt: skip
    is_bad = np.zeros(len(table), bool)
    for reason, column, has_fault in faults:
        new = has_fault.to_numpy(bool) & ~is_bad
        found = table.loc[new, ["row_number", column]].fillna("")
        rejects += [(int(number), column, reason, str(value)) for number, value in found.to_numpy()]
        is_bad |= new
    known = table.assign(
        loss_date=day.astype("datetime64[us]"),
        notice_at_utc=notice.dt.as_unit("us"),
        is_closed=state == CLOSED,
    )
    texts = [*LOCATION_KEY, "loss_cause", "incident_id"]
    known[texts] = known[texts].replace("", None)
    columns = [
        "row_number", "claim_number", *LOCATION_KEY, "loss_date", "notice_at_utc", "is_closed",
        "loss_cause", "incident_id",
    ]  # fmt: skip
    good = known.loc[~is_bad, columns].reset_index(drop=True)
    return FiledClaims(good, _build_rejects(file, rejects))


def _is_odd(values: "pd.Series[str]") -> "pd.Series[bool]":
    """Cells that are no short line of plain text."""
    text = values.fillna("")
    is_plain = text.map(str.isprintable).astype(bool)
    return (text.str.len() > MAX_WORD) | ~is_plain


def _build_rejects(file: str, found: Iterable[_Fault]) -> pd.DataFrame:
    rows = [
        (file, number, column, reason, value[:MAX_QUOTED] or None, REMEDIES[reason])
        for number, column, reason, value in sorted(found, key=lambda each: each[0])
    ]
    table = pd.DataFrame(rows, columns=list(REJECTS.columns))
    checked: pd.DataFrame = check_table(table.astype({"field": "str", "value": "str"}), REJECTS)
    return checked
