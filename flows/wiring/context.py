"""One run, by reference: what every stage and task is given."""

import os
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
        """The settings, of file and environment as they are now."""
        path = self.settings_file
        changed_ns = path.stat().st_mtime_ns if path is not None and path.is_file() else 0
        return _read_settings_cached(path, changed_ns, _variables())


@lru_cache(maxsize=8)
def _read_event_cached(path: Path, _changed_ns: int) -> EventFile:
    return read_event_file(path)


@lru_cache(maxsize=8)
def _read_settings_cached(
    path: Path | None, _changed_ns: int, _variables: frozenset[tuple[str, str]]
) -> Settings:
    """Every batch asks, and reading takes as long as a home or two does."""
    return Settings.read(path)


def _variables() -> frozenset[tuple[str, str]]:
    prefix = Settings.model_config["env_prefix"].upper()
    return frozenset(each for each in os.environ.items() if each[0].upper().startswith(prefix))
