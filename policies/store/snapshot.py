"""What names a frozen state of the book: its files, its rows, and how often it was loaded."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from core.provenance import content_key, sha256_of_file
from core.schemas.book import HOME_KEY
from policies.reading.rejects import count_homes_lost
from policies.reading.rows import BookRows

TABLES = tuple(field.name for field in fields(BookRows))
"""Tables of a snapshot; ``people`` holds names and contacts and is kept apart."""
PEOPLE = "people"
ID_LENGTH = 12
"""Hex digits of a snapshot's id: 48 bits, no clash among the loads of a carrier's life."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a snapshot was read from.

    Attributes:
        role: ``location``, ``account`` or ``contacts``.
        name: of the file, without its folder.
        sha256: digest of its bytes.
        size_bytes: how many these are.
    """

    role: str
    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen state of the book.

    Attributes:
        snapshot_id: of what it holds: the same files read the same way give the same id.
        files: what it was read from.
        digests: SHA-256 of each of ``TABLES``, the same wherever they are stored.
        kinds: of each table, name and type of each column.
        rows: how many each table has.
        homes: insured homes.
        homes_lost: rows of the location file whose home is in no table.
        rejected: rejects by reason.
    """

    snapshot_id: str
    files: tuple[SourceFile, ...]
    digests: Mapping[str, str]
    kinds: Mapping[str, Mapping[str, str]]
    rows: Mapping[str, int]
    homes: int
    homes_lost: int
    rejected: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """As JSON knows it; ``from_json`` gives it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Snapshot":
        """What ``to_json`` gave."""
        files = tuple(SourceFile(**each) for each in given["files"])
        return cls(**{**given, "files": files})

    def file_of(self, role: str) -> str:
        """Name of the file of a role; empty where the book has none."""
        return next((each.name for each in self.files if each.role == role), "")


@dataclass(frozen=True, slots=True)
class Load:
    """One time that somebody loaded a book under a name; the last one says what the name means.

    Attributes:
        name: of the book, as people call it.
        snapshot_id: what was loaded.
        loaded_at_utc: when, ISO 8601.
        loaded_by: staff id of who did.
    """

    name: str
    snapshot_id: str
    loaded_at_utc: str
    loaded_by: str


@dataclass(frozen=True, slots=True)
class Access:
    """One time that somebody looked at names and contacts.

    Attributes:
        actor: staff id.
        purpose: in their words.
        snapshot_id: of which book.
        policy_number: of which policy.
        at_utc: when, ISO 8601.
    """

    actor: str
    purpose: str
    snapshot_id: str
    policy_number: str
    at_utc: str


@dataclass(frozen=True, slots=True)
class Removal:
    """One time that somebody removed a snapshot past its retention.

    Attributes:
        snapshot_id: what was removed.
        homes: how many it held.
        actor: staff id.
        purpose: in their words.
        at_utc: when, ISO 8601.
    """

    snapshot_id: str
    homes: int
    actor: str
    purpose: str
    at_utc: str


def describe_files(files: Mapping[str, Path | None]) -> tuple[SourceFile, ...]:
    """Digests of the files of a book, by role."""
    return tuple(
        SourceFile(role, path.name, sha256_of_file(path), path.stat().st_size)
        for role, path in files.items()
        if path is not None
    )


def freeze(rows: BookRows, files: tuple[SourceFile, ...]) -> Snapshot:
    """The snapshot of rows that were read from files."""
    tables = {name: getattr(rows, name) for name in TABLES}
    digests = {name: digest_of(table) for name, table in tables.items()}
    location = next(each.name for each in files if each.role == "location")
    return Snapshot(
        content_key([asdict(each) for each in files], digests)[:ID_LENGTH],
        files,
        digests,
        {name: _kinds_of(table) for name, table in tables.items()},
        {name: len(table) for name, table in tables.items()},
        len(rows.homes[HOME_KEY].drop_duplicates()),
        count_homes_lost(rows.rejects, location),
        {str(reason): int(n) for reason, n in rows.rejects["reason"].value_counts().items()},
    )


def digest_of(table: pd.DataFrame) -> str:
    """SHA-256 of a table's columns and rows in their order, as CSV has them."""
    sink = _Digest()
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    with pa.PythonFile(sink, mode="w") as stream:
        arrow_csv.write_csv(arrow, stream)
    return sink.sha256.hexdigest()


class _Digest:
    """What is written here leaves its digest alone."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()
        self.closed = False

    def write(self, data: bytes) -> int:
        """Take bytes in."""
        self.sha256.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Take no more."""
        self.closed = True


def _kinds_of(table: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(dtype) for name, dtype in table.dtypes.items()}
