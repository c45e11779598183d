"""Where a run's event file and settings lie, so that its pictures can be opened again."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.wiring.context import RunContext
from flows.wiring.storage.folders import RunFolder, atomic_path

ORIGIN_FILE = Path("work") / "origin.json"
"""Beside the tables that stages hand on: it names places of this machine."""


def write_origin(run: RunContext) -> None:
    """Note where the run's inputs lie."""
    settings = run.settings_file.resolve() if run.settings_file else None
    said = {
        "event_file": str(run.event_file),
        "settings_file": str(settings) if settings else None,
        "as_of_utc": run.as_of_utc.isoformat(),
    }
    with atomic_path(run.folder.path / ORIGIN_FILE) as path:
        path.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Origin:
    event_file: str
    settings_file: str | None
    as_of_utc: str


def find_origin(run_folder: Path) -> RunContext | None:
    """The context of a finished run; None where it does not say, or its event file is gone."""
    path = run_folder / ORIGIN_FILE
    if not path.is_file():
        return None
    origin = _Origin(**json.loads(path.read_text(encoding="utf-8")))
    event_file = Path(origin.event_file)
    if not event_file.is_file():
        return None
    event_folder = run_folder.parent
    folder = RunFolder(event_folder.parent, event_folder.name, run_folder.name)
    settings_file = Path(origin.settings_file) if origin.settings_file else None
    return RunContext(event_file, settings_file, folder, datetime.fromisoformat(origin.as_of_utc))
