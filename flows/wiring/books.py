"""The book of a run: from files, or from a store, frozen as the run found it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from core.errors import EventError, SettingsError
from flows.wiring.context import RunContext
from flows.wiring.sections.policies import PoliciesSection
from flows.wiring.settings import BookSettings, Settings
from policies.reading.exposure import Book, build_book, read_book
from policies.store.base import BookStore, find_snapshot
from policies.store.opening import open_store

BOOKS = "books"
"""Folder of stored books in the folder of all runs, unless settings name another store."""
INPUT = "book"
"""What a run's inputs call the id of the snapshot that it saw."""


@dataclass(frozen=True, slots=True, eq=False)
class RunBook:
    """The book that a run reads.

    Attributes:
        book: the book, for the event's primary peril.
        location_file: name of the location file that it was read from.
    """

    book: Book
    location_file: str


def store_address(store: str | None, settings: Settings, out: Path | None) -> str:
    """Where stored books are: as asked for, else as settings say, else beside the runs.

    Raises:
        SettingsError: nothing says so, or the file of the password cannot be read.
    """
    address = store or settings.book.store or (str(out.resolve() / BOOKS) if out else None)
    if address is None:
        raise SettingsError(
            "looking for stored books", "nothing says where they are",
            "Name the store in policies.store, or in settings as book.store",
        )  # fmt: skip
    return _with_password(address, settings.book) if "://" in address else address


def _with_password(address: str, settings: BookSettings) -> str:
    password = settings.password.get_secret_value() if settings.password else None
    if settings.password_file is not None:
        try:
            password = settings.password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                "opening the store of books", f"book.password_file cannot be read ({error})",
                "Name a file that holds the password alone",
            ) from None  # fmt: skip
    if password is None:
        return address
    try:
        return make_url(address).set(password=password).render_as_string(hide_password=False)
    except (ArgumentError, ValueError):
        return address  # which the store refuses in its own words


def open_stored(
    policies: PoliciesSection, settings: Settings, out: Path | None = None
) -> BookStore:
    """The store that a section of an event file names, or settings, or that beside the runs.

    Raises:
        SettingsError, ExposureError, TransientError: it cannot be opened.
    """
    return open_store(store_address(policies.store, settings, out))


def describe_stored(policies: PoliciesSection, settings: Settings, out: Path) -> dict[str, str]:
    """The snapshot that a stored book's name means now: its id, and digests of its files by role.

    Nothing for a book of files, whose digests are known as those of any other input.

    Raises:
        ExposureError, SettingsError, TransientError: there is no such book, or no store.
    """
    if policies.book is None:
        return {}
    snapshot = find_snapshot(open_stored(policies, settings, out), policies.book).snapshot
    return {INPUT: snapshot.snapshot_id} | {each.role: each.sha256 for each in snapshot.files}


def read_run_book(run: RunContext) -> RunBook:
    """The book of a run; of a stored one the snapshot that the run found when it began.

    Raises:
        ExposureError: it cannot be read, or is no longer what was stored.
    """
    policies, peril = run.source.policies, run.source.event.primary_peril
    if policies.location is not None and policies.account is not None:
        book = read_book(policies.location, policies.account, policies.contacts, peril)
        return RunBook(book, policies.location.name)
    store, snapshot_id = open_stored(policies, run.settings, run.folder.out), _seen(run)
    snapshot = find_snapshot(store, snapshot_id).snapshot
    return RunBook(build_book(store.read(snapshot_id), peril), snapshot.file_of("location"))


def describe_run_book(run: RunContext) -> dict[str, Any] | None:
    """The snapshot that a run saw, for ``run.json``; None for a book of files."""
    policies = run.source.policies
    if policies.book is None:
        return None
    store = open_stored(policies, run.settings, run.folder.out)
    snapshot = find_snapshot(store, _seen(run)).snapshot
    loads = [asdict(each) for each in store.loads() if each.snapshot_id == snapshot.snapshot_id]
    return {
        "name": policies.book, "snapshot_id": snapshot.snapshot_id,
        "files": [asdict(each) for each in snapshot.files], "digests": dict(snapshot.digests),
        "homes": snapshot.homes, "loads": loads,
    }  # fmt: skip


def _seen(run: RunContext) -> str:
    found = dict(run.inputs).get(INPUT)
    if found is None:
        raise EventError(
            f"reading the book of event {run.source.event_id}", "the run did not look it up",
            "Begin the run again",
        )  # fmt: skip
    return found
