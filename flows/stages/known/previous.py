"""What the event's previous run found, for today's list to be compared with."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.errors import FirstNoticeError
from flows.wiring.context import RunContext
from flows.wiring.storage.folders import RUN_FILE, read_geo_table, read_table
from reports.lists.previous import describe_previous

_LOG = logging.getLogger(__name__)
_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, FirstNoticeError)
"""What reading a file raises that was cut, emptied, replaced or taken away."""


@dataclass(frozen=True, slots=True, eq=False)
class Previous:
    """The run that today's is compared with.

    Attributes:
        table: what it found, in the list's terms; None where there is nothing to compare with.
        run_id: which; None where there is none.
        list_version: of today's list.
        notes: what of earlier runs could not be used, in sentences.
    """

    table: pd.DataFrame | None
    run_id: str | None
    list_version: int
    notes: tuple[str, ...]


def find_previous(run: RunContext) -> Previous:
    """The newest earlier run whose findings can be read; a damaged one is said and passed over.

    Only files that machines write are read: a list is opened, sorted and saved by people.
    """
    notes: list[str] = []
    earlier = run.folder.find_previous(run.as_of_utc)
    versions = [_read_version(folder, notes) for folder in earlier]
    version = max([len(earlier), *versions]) + 1
    for folder in earlier:
        try:
            table = _read(folder, run.source.event_id)
        except _DAMAGED as error:
            notes.append(
                f"the findings of run {folder.name} are gone or damaged ({_name(error)}), so "
                "today's list is not compared with them"
            )
            continue
        _log(notes)
        return Previous(table, folder.name, version, tuple(notes))
    _log(notes)
    return Previous(None, None, version, tuple(notes))


def _read(folder: Path, event_id: str) -> pd.DataFrame:
    findings = read_geo_table(folder / "findings.parquet")
    try:
        contacts = read_table(folder / "work" / "contacts.parquet")
    except _DAMAGED:
        contacts = None
    return describe_previous(findings, contacts, event_id)


def _read_version(folder: Path, notes: list[str]) -> int:
    try:
        return int(json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))["list_version"])
    except _DAMAGED as error:
        notes.append(f"the record of run {folder.name} is damaged ({_name(error)})")
        return 0


def _name(error: Exception) -> str:
    """The kind of error: its text may quote what the file holds."""
    return type(error).__name__


def _log(notes: list[str]) -> None:
    for note in notes:
        _LOG.warning("%s", note)
