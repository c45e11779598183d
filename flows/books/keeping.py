"""Books put into a store, looked at there, and checked before a storm."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from claims.incidents.moving import Decider
from claims.incidents.roles import Role
from core.damage import Status
from core.errors import ExposureError, InputError, SettingsError
from core.schemas.book import HOME_KEY
from flows.books.sources import BookFiles
from flows.casework.exporting import find_anchors
from flows.wiring.adapters import GATE_NAMES
from flows.wiring.settings import Settings
from flows.wiring.storage.exports import Export, log_exports
from flows.wiring.storage.folders import LATEST, RUN_FILE, atomic_path
from policies.checking.report import BookReport, build_report
from policies.matching.geocode import GEOCODE_RULES
from policies.reading.exposure import Book, build_book, read_rows
from policies.store.base import BookStore, find_past, find_snapshot
from policies.store.snapshot import (
    ID_LENGTH,
    Access,
    Load,
    Removal,
    Snapshot,
    describe_files,
    freeze,
)
from reports.books.files import write_report_csv, write_report_xlsx
from reports.summary.gates import BookCounts, Gap, GateLimits, find_gaps

_WORKBOOK, _LIST = ".xlsx", ".csv"
_MAX_NAME = 80
_SNAPSHOT_ID = re.compile(f"[0-9a-f]{{{ID_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load came to.

    Attributes:
        snapshot: the frozen book.
        is_new: False where the store had it already, and only the load was noted.
    """

    snapshot: Snapshot
    is_new: bool


def load_book(store: BookStore, files: BookFiles, name: str, by: str) -> Loaded:
    """Read a book and keep it frozen under a name, whole or not at all.

    Raises:
        InputError: the name is empty, too long, no line of text, or looks like a snapshot's id.
        ExposureError: it cannot be read, changed while it was, or has no home at all.
        TransientError: the store does not answer.
    """
    _check_name(name)
    described = describe_files(files.by_role) if _are_there(files) else ()
    rows = read_rows(files.location, files.account, files.contacts)
    if describe_files(files.by_role) != described:
        raise ExposureError(
            f"loading the book {name}", "its files changed while they were read",
            "Wait until the export is done, and load it again",
        )  # fmt: skip
    snapshot = freeze(rows, described)
    if not snapshot.homes:
        raise ExposureError(
            f"loading the book {name}",
            f"{files.location.name} has no home that can be used; {snapshot.homes_lost} are lost",
            "`firstnotice book check` says why",
        )
    at = datetime.now(UTC).isoformat(timespec="seconds")
    is_new = store.add(snapshot, rows, Load(name, snapshot.snapshot_id, at, by))
    return Loaded(snapshot, is_new)


def _check_name(name: str) -> None:
    is_line = name.isprintable() and name == name.strip() and any(map(str.isalnum, name))
    if is_line and len(name) <= _MAX_NAME and not _SNAPSHOT_ID.fullmatch(name):
        return
    raise InputError(
        "loading a book", f"its name is {name[:_MAX_NAME]!r}",
        f"Name it in one line of at most {_MAX_NAME} characters, as an event.yaml is to call it, "
        f"and not like a snapshot, by {ID_LENGTH} hex digits",
    )  # fmt: skip


def expire_books(store: BookStore, out: Path, who: Decider, settings: Settings) -> list[Snapshot]:
    """Remove snapshots past their retention, and log that where exports of names are logged.

    What a name means now stays, and so does what the newest run of an event under ``out`` saw.

    Raises:
        RoleError: the settings do not give this person this role.
        SettingsError: the settings name no retention.
    """
    settings.users.check(who.by, Role(who.role))
    days = settings.book.retention_days
    if days is None:
        raise SettingsError(
            "removing books past their retention", "book.retention_days is not set",
            "Set it to what the carrier's rules on records say",
        )  # fmt: skip
    now = datetime.now(UTC)
    before = (now - timedelta(days=days)).isoformat(timespec="seconds")
    past = find_past(store, before, _list_seen(out))
    for each in past:
        at = now.isoformat(timespec="seconds")
        store.remove(Removal(each.snapshot_id, each.homes, who.by, who.reason, at))
    what = "book removed past its retention"
    exports = [
        Export(who.by, who.role, who.reason, what, each.snapshot_id, each.homes) for each in past
    ]
    if exports and out.is_dir():
        log_exports(out, exports, find_anchors(settings, out))
    return list(past)


def _list_seen(out: Path) -> set[str]:
    """Snapshots that the newest runs of events saw."""
    newest = {path.parent.resolve() for path in out.glob(f"*/{LATEST}/{RUN_FILE}")}
    records = (json.loads((each / RUN_FILE).read_text(encoding="utf-8")) for each in newest)
    return {each["book"]["snapshot_id"] for each in records if each.get("book")}


def _are_there(files: BookFiles) -> bool:
    return all(path is None or path.is_file() for path in files.by_role.values())


def check_files(files: BookFiles) -> BookReport:
    """The steward's report of files.

    Raises:
        ExposureError: a file cannot be read as a whole.
    """
    book = build_book(read_rows(files.location, files.account, files.contacts), None)
    return build_report(book, files.location.name)


def check_stored(store: BookStore, name: str) -> BookReport:
    """The steward's report of a stored book.

    Raises:
        ExposureError: there is none of that name.
    """
    snapshot = find_snapshot(store, name).snapshot
    book = build_book(store.read(snapshot.snapshot_id), None)
    return build_report(book, snapshot.file_of("location"))


def find_book_gaps(report: BookReport, settings: Settings) -> tuple[Gap, ...]:
    """The gates that would stop a run of this book, wherever the storm goes."""
    limits = GateLimits(**{name: getattr(settings.run, name) for name in GATE_NAMES})
    coarse = sum(n for code, n in report.by_class.items() if GEOCODE_RULES[code].is_too_coarse)
    by_status = dict.fromkeys(map(str, Status), 0)
    by_status |= {Status.GEOCODE_TOO_COARSE: coarse, Status.GRADED: report.homes - coarse}
    return find_gaps(BookCounts(report.homes, report.homes_lost, report.homes), by_status, limits)


def write_report(report: BookReport, title: str, path: Path) -> None:
    """Write the report as a workbook, or what is to be mended as CSV, by the file's ending.

    Raises:
        InputError: the ending is another.
    """
    ending = path.suffix.lower()
    if ending not in {_WORKBOOK, _LIST}:
        raise InputError(
            "writing the report", f"{path.name} is no .xlsx or .csv", "End its name in one of them"
        )
    with atomic_path(path) as partial:
        if ending == _LIST:
            write_report_csv(report.rejects, report.notices, partial)
        else:
            write_report_xlsx(report.tables, title, datetime.now(UTC), partial)


def find_policy(store: BookStore, snapshot: Snapshot, policy_number: str) -> Book:
    """Homes and terms of the accounts that have a policy of that number; no contacts.

    Raises:
        ExposureError: the book has none.
    """
    book = build_book(store.read_policy(snapshot.snapshot_id, policy_number), None)
    if not len(book.locations):
        raise ExposureError(
            f"looking for policy {policy_number!r}",
            f"book {snapshot.snapshot_id} has no home insured by it",
            "Numbers are text: leading zeros and spaces count",
        )
    return book


def find_people(store: BookStore, book: Book, access: Access) -> pd.DataFrame:
    """Names and contacts of homes; who asks, and why, is written down first.

    Raises:
        InputError: no purpose is given.
    """
    if not access.purpose.strip():
        raise InputError(
            "looking at names and contacts", "no purpose is given",
            "Say why with --purpose; it is kept with your id",
        )  # fmt: skip
    store.note_access(access)
    return store.read_people(access.snapshot_id, pd.DataFrame(book.locations[HOME_KEY]))
