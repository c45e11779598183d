"""The book in a folder: GeoParquet, a folder a snapshot, which appears whole or not at all.

::

    STORE/snapshots/<id>/manifest.json  homes.parquet  policies.parquet  ...
    STORE/people/<id>/contacts.parquet  names and contacts, apart from the rest
    STORE/loads.jsonl                   who loaded what, a line a time
    STORE/accesses.jsonl                who looked at names and contacts, and why
    STORE/removals.jsonl                who removed what, and why

Folders are their owner's alone (0700), and so are the files (0600).
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import ExposureError, TransientError
from core.grid import WGS84, Bounds
from core.schemas.book import HOME_KEY
from policies.reading.rows import BookRows
from policies.store.base import (
    accounts_of,
    check_rows,
    choose_accounts,
    keep_accounts,
    keep_matching,
)
from policies.store.lines import FILE_MODE, append_line, locked, read_lines
from policies.store.snapshot import PEOPLE, TABLES, Access, Load, Removal, Snapshot

_FOLDER_MODE = 0o700
_MANIFEST, _LOADS, _ACCESSES = "manifest.json", "loads.jsonl", "accesses.jsonl"
_REMOVALS = "removals.jsonl"
_FILES = {PEOPLE: "contacts.parquet"}
"""What tables are called that are not called as in ``TABLES``."""
_PARTIAL = ".partial"


class EmbeddedStore:
    """A ``BookStore`` in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        """Open a store; its folder is made with the first snapshot."""
        self._folder = folder

    def add(self, snapshot: Snapshot, rows: BookRows, load: Load) -> bool:
        """Keep a snapshot; see ``BookStore``."""
        with _telling(self._folder):
            for folder in (self._folder, self._folder / "snapshots", self._folder / PEOPLE):
                folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            with locked(self._folder):
                self._sweep()
                is_new = not self._is_whole(snapshot.snapshot_id)
                if is_new:
                    self._write(snapshot, rows)
                append_line(self._folder / _LOADS, asdict(load))
        return is_new

    def _write(self, snapshot: Snapshot, rows: BookRows) -> None:
        final, people = self._place(snapshot.snapshot_id), self._people(snapshot.snapshot_id)
        partial, apart = (path.with_name(f"{path.name}{_PARTIAL}") for path in (final, people))
        try:
            for folder in (partial, apart):
                folder.mkdir(mode=_FOLDER_MODE)
            for name in TABLES:
                folder = apart if name == PEOPLE else partial
                _write_table(getattr(rows, name), folder / _FILES.get(name, f"{name}.parquet"))
            manifest = partial / _MANIFEST
            manifest.write_text(json.dumps(snapshot.to_json(), indent=1), encoding="utf-8")
            manifest.chmod(FILE_MODE)
            for folder in (final, people):  # damaged, or it would not be written
                if folder.exists():
                    shutil.rmtree(folder)
            # people first: a snapshot that is there has all of its tables
            apart.replace(people)
            partial.replace(final)
        finally:
            for folder in (partial, apart):
                shutil.rmtree(folder, ignore_errors=True)

    def _is_whole(self, snapshot_id: str) -> bool:
        """Whether it is there as it was stored; what is damaged is mended by loading it again."""
        try:
            self.read(snapshot_id)
        except ExposureError:
            return False
        return True

    def _sweep(self) -> None:
        """Take away what a load left that was killed, names above all."""
        snapshots = self._folder / "snapshots"
        kept = {path.name for path in snapshots.iterdir() if not path.name.endswith(_PARTIAL)}
        for path in (*snapshots.iterdir(), *(self._folder / PEOPLE).iterdir()):
            if path.is_dir() and path.name not in kept:
                shutil.rmtree(path)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """See ``BookStore``."""
        with _telling(self._folder):
            places = self._folder.glob(f"snapshots/*/{_MANIFEST}")
            found = sorted(each for each in places if not each.parent.name.endswith(_PARTIAL))
            return tuple(
                Snapshot.from_json(json.loads(path.read_text(encoding="utf-8"))) for path in found
            )

    def loads(self) -> tuple[Load, ...]:
        """See ``BookStore``."""
        return tuple(Load(**each) for each in self._read_lines(_LOADS))

    def read(self, snapshot_id: str) -> BookRows:
        """See ``BookStore``."""
        snapshot = self._find(snapshot_id)
        with _telling(self._folder):
            tables = {name: self._read(snapshot, name) for name in TABLES}
        return check_rows(snapshot, BookRows(**tables))

    def read_policy(self, snapshot_id: str, policy_number: str) -> BookRows:
        """See ``BookStore``."""
        snapshot = self._find(snapshot_id)
        with _telling(self._folder):
            wanted = [("PolNumber", "=", policy_number)]
            accounts = choose_accounts(self._read(snapshot, "policies", wanted), policy_number)
            return self._read_accounts(snapshot, accounts)

    def read_within(self, snapshot_id: str, bounds: Bounds) -> BookRows:
        """See ``BookStore``."""
        snapshot = self._find(snapshot_id)
        box = [
            ("longitude", ">=", bounds.west), ("longitude", "<=", bounds.east),
            ("latitude", ">=", bounds.south), ("latitude", "<=", bounds.north),
        ]  # fmt: skip
        with _telling(self._folder):
            homes = self._read(snapshot, "homes", box)
            rows = self._read_accounts(snapshot, accounts_of(homes))
        return BookRows(**{each.name: getattr(rows, each.name) for each in fields(rows)} | {
            "homes": homes
        })  # fmt: skip

    def _read_accounts(self, snapshot: Snapshot, accounts: pd.DataFrame) -> BookRows:
        names = pa.array(accounts["account_number"].tolist(), pa.string())
        tables = {
            "homes": self._read(snapshot, "homes", [("account_number", "in", names)]),
            "policies": self._read(snapshot, "policies", [("AccNumber", "in", names)]),
            "refused": self._read(snapshot, "refused", [("AccNumber", "in", names)]),
        }
        nothing = {name: _empty(snapshot.kinds[name]) for name in TABLES if name not in tables}
        return keep_accounts(BookRows(**tables, **nothing), accounts)

    def read_people(self, snapshot_id: str, homes: pd.DataFrame) -> pd.DataFrame:
        """See ``BookStore``."""
        snapshot = self._find(snapshot_id)
        names = pa.array(homes["account_number"].unique().tolist(), pa.string())
        wanted = [("account_number", "in", names)]
        with _telling(self._folder):
            people = self._read(snapshot, PEOPLE, wanted)
        return keep_matching(people, homes[HOME_KEY])

    def note_access(self, access: Access) -> None:
        """See ``BookStore``."""
        with _telling(self._folder), locked(self._folder):
            append_line(self._folder / _ACCESSES, asdict(access))

    def accesses(self) -> tuple[Access, ...]:
        """See ``BookStore``."""
        return tuple(Access(**each) for each in self._read_lines(_ACCESSES))

    def remove(self, removal: Removal) -> None:
        """See ``BookStore``."""
        self._find(removal.snapshot_id)
        with _telling(self._folder), locked(self._folder):
            append_line(self._folder / _REMOVALS, asdict(removal))
            for folder in (self._people(removal.snapshot_id), self._place(removal.snapshot_id)):
                shutil.rmtree(folder, ignore_errors=not folder.exists())

    def removals(self) -> tuple[Removal, ...]:
        """See ``BookStore``."""
        return tuple(Removal(**each) for each in self._read_lines(_REMOVALS))

    def _place(self, snapshot_id: str) -> Path:
        return self._folder / "snapshots" / snapshot_id

    def _people(self, snapshot_id: str) -> Path:
        return self._folder / PEOPLE / snapshot_id

    def _read_lines(self, name: str) -> list[dict[str, Any]]:
        with _telling(self._folder):
            return read_lines(self._folder / name)

    def _find(self, snapshot_id: str) -> Snapshot:
        found = [each for each in self.snapshots() if each.snapshot_id == snapshot_id]
        if not found:
            raise ExposureError(
                f"reading snapshot {snapshot_id} of the book",
                f"{self._folder} has none of that id",
                "`firstnotice book show` lists them",
            )
        return found[0]

    def _read(
        self, snapshot: Snapshot, name: str, filters: list[tuple[str, str, Any]] | None = None
    ) -> pd.DataFrame:
        place = self._people if name == PEOPLE else self._place
        path = place(snapshot.snapshot_id) / _FILES.get(name, f"{name}.parquet")
        kinds = snapshot.kinds[name]
        table = pq.read_table(path, columns=list(kinds), filters=filters)
        frame: pd.DataFrame = table.to_pandas(ignore_metadata=True).astype(dict(kinds))
        return frame


def _empty(kinds: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def _write_table(table: pd.DataFrame, path: Path) -> None:
    """Write as Parquet, GeoParquet where rows have a place, for the owner alone."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, FILE_MODE))
    if "longitude" in table.columns:
        points = gpd.points_from_xy(table["longitude"], table["latitude"])
        gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(points, crs=WGS84)).to_parquet(
            path, index=False
        )
    else:
        table.to_parquet(path, index=False)


@contextmanager
def _telling(folder: Path) -> Iterator[None]:
    """Tell the machine's errors in the house's words; names and contacts are in none of them."""
    work = f"using the store of books {folder}"
    try:
        yield
    except (pa.ArrowException, ValueError, KeyError, FileNotFoundError) as error:
        raise ExposureError(
            work, f"it is damaged ({type(error).__name__})",
            "Restore the folder from a copy, or load the book's files again",
        ) from None  # fmt: skip
    except OSError as error:
        raise TransientError(
            work, error.strerror or type(error).__name__,
            "Check that the folder is there, may be written and is not full",
        ) from error  # fmt: skip
