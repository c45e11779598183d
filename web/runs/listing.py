"""Events and their runs, found in the folder of runs. Names from outside only choose among them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUN_FILE = "run.json"
"""A folder with it is a finished run."""
FINDINGS_FILE = "findings.parquet"
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run of an event.

    Attributes:
        event_id: the event.
        run_id: the run.
        folder: its folder.
    """

    event_id: str
    run_id: str
    folder: Path

    @property
    def event_folder(self) -> Path:
        """What the event's runs share."""
        return self.folder.parent


def list_events(out: Path) -> dict[str, Run]:
    """The newest finished run of each event under a folder, by event id."""
    runs = (_read_latest(folder) for folder in sorted(out.iterdir()))
    return {run.event_id: run for run in runs if run is not None}


def find_latest(out: Path, event_id: str) -> Run | None:
    """The newest finished run of an event, by an id from outside; None if there is none."""
    known = {folder.name: folder for folder in out.iterdir()}
    return _read_latest(known[event_id]) if event_id in known else None


def _read_latest(event_folder: Path) -> Run | None:
    """The run that an event's link leads to, if that is a finished one of the same event."""
    folder = (event_folder / LATEST).resolve()
    if folder.parent != event_folder.resolve() or folder.name == LATEST:
        return None
    is_finished = (folder / RUN_FILE).is_file()
    return Run(event_folder.name, folder.name, folder) if is_finished else None


def find_run(out: Path, event_id: str, run_id: str) -> Run | None:
    """A finished run by ids from outside; None if there is none. Replays are not shown."""
    latest = find_latest(out, event_id)
    if latest is None or latest.run_id == run_id:
        return latest
    folders = (path.parent for path in latest.event_folder.glob(f"*/{RUN_FILE}"))
    known = {folder.name: folder for folder in folders if not folder.is_symlink()}
    return Run(event_id, run_id, known[run_id]) if run_id in known else None


def read_record(run: Run) -> dict[str, Any]:
    """What ``run.json`` says."""
    record: dict[str, Any] = json.loads((run.folder / RUN_FILE).read_text(encoding="utf-8"))
    return record


def read_summary(run: Run) -> dict[str, Any]:
    """What ``summary.json`` says; nothing where it is not there."""
    path = run.folder / "summary.json"
    summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return summary
