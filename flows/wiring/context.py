"""One run, by reference: what every stage and task is given."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from flows.wiring.event_file import EventFile, read_event_file
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import RunFolder


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run, by reference: what every stage and task is given.

    Attributes:
        event_file: the event.
        settings_file: settings, or None for defaults.
        folder: where the run writes.
        as_of_utc: the run's instant; nothing captured later is used.
        inputs: name and digest of each input as the run found it.
    """

    event_file: Path
    settings_file: Path | None
    folder: RunFolder
    as_of_utc: datetime
    inputs: tuple[tuple[str, str], ...] = ()

    @property
    def source(self) -> EventFile:
        """The event file, read and checked."""
        return _read_event_cached(self.event_file, self.event_file.stat().st_mtime_ns)

    @property
    def settings(self) -> Settings:
        """The settings."""
        return Settings.read(self.settings_file)


@lru_cache(maxsize=8)
def _read_event_cached(path: Path, _changed_ns: int) -> EventFile:
    return read_event_file(path)
