"""Where a run keeps its files. Each file appears whole or not at all."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import pandas as pd

from core.errors import SettingsError

LATEST = "latest"
RUN_FILE = "run.json"
"""Written last: a run folder that holds it is finished, whatever state it ended in."""
REPLAYS = "replays"
DRAFTS = "drafts"
INSTANT_FORMAT = "%Y%m%dT%H%M%SZ"


PRIVATE_UMASK = 0o077
"""Runs hold names and addresses: their files are their owner's alone (0600, folders 0700)."""


def keep_private() -> None:
    """From here on this process makes files and folders for its owner alone, whatever its umask.

    Of the process, since GDAL, SQLite and spreadsheet writers make files too.
    """
    os.umask(PRIVATE_UMASK)


def close_to_others(path: Path) -> None:
    """Take from others what an older version, or a copy, let them read."""
    if path.is_dir() and not path.is_symlink():
        path.chmod(stat.S_IRWXU)
    elif path.is_file():
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that becomes it on success and is removed on failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{uuid4().hex[:8]}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside ``path`` that becomes it on success; an older one is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    partial.mkdir()
    try:
        yield partial
        if path.exists():
            shutil.rmtree(path)
        partial.replace(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_out(out: Path) -> None:
    """Make an output folder, or find out before any work that nothing can be written there.

    Raises:
        SettingsError: it is a file, or this user may not write there.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise SettingsError(
            f"opening the output folder {out}", error.strerror or str(error),
            "Name a folder with --out that this user may write to",
        ) from None  # fmt: skip


def write_table(table: pd.DataFrame, path: Path) -> Path:
    """Write a table as Parquet (GeoParquet where it has geometry) and give its path."""
    with atomic_path(path) as partial:
        table.to_parquet(partial, index=False)
    return path


def read_table(path: Path) -> pd.DataFrame:
    """Read a table without geometry."""
    return pd.read_parquet(path)


def read_geo_table(
    path: Path, filters: list[tuple[str, str, Any]] | None = None
) -> gpd.GeoDataFrame:
    """Read a GeoParquet table, or the rows of it that pyarrow's filters let through."""
    return gpd.read_parquet(path, filters=filters)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """``OUT/<event_id>/<run_id>``: what a run gives, and ``work/`` for what it hands on.

    Attributes:
        out: the output folder of all events.
        event_id: the event.
        run_id: the run; sorts by its instant.
        is_replay: the run looks back past a later one, and is kept apart in ``replays``.
    """

    out: Path
    event_id: str
    run_id: str
    is_replay: bool = False

    @property
    def path(self) -> Path:
        """The run's folder."""
        event = self.out / self.event_id
        return event / REPLAYS / self.run_id if self.is_replay else event / self.run_id

    @property
    def cache(self) -> Path:
        """Grades by content, shared by all runs of all events."""
        return self.out / "cache"

    @property
    def drafts(self) -> Path:
        """Where claim drafts are dropped; one folder an event, so a replay finds its own."""
        return self.out / self.event_id / DRAFTS

    def work(self, name: str) -> Path:
        """A table that one stage hands to the next."""
        return self.path / "work" / f"{name}.parquet"

    def file(self, name: str) -> Path:
        """A file that the run gives to people."""
        return self.path / name

    def point_latest(self) -> None:
        """Make ``OUT/<event_id>/latest`` lead here."""
        link = self.out / self.event_id / LATEST
        partial = link.with_name(f".{uuid4().hex[:8]}.partial")
        partial.symlink_to(self.run_id, target_is_directory=True)
        partial.replace(link)

    def find_previous(self, as_of_utc: datetime) -> tuple[Path, ...]:
        """Folders of the event's finished runs before an instant, the newest first."""
        before = as_of_utc.strftime(INSTANT_FORMAT)
        earlier = [name for name in self._find_finished() if name.split("-")[0] < before]
        return tuple(self.out / self.event_id / name for name in reversed(earlier))

    def has_later(self, as_of_utc: datetime) -> bool:
        """Whether a finished run of the event is of a later instant."""
        instant = as_of_utc.strftime(INSTANT_FORMAT)
        return any(name.split("-")[0] > instant for name in self._find_finished())

    def _find_finished(self) -> list[str]:
        """Ids of the event's finished runs, replays left out, the oldest first."""
        return [path.name for path in reversed(find_runs(self.out / self.event_id))]


def find_runs(event_folder: Path) -> tuple[Path, ...]:
    """Folders of an event's finished runs, replays left out, the newest first."""
    found = event_folder.glob(f"*/{RUN_FILE}")
    finished = (path.parent for path in found if not path.parent.is_symlink())
    return tuple(sorted(finished, key=lambda path: path.name, reverse=True))
