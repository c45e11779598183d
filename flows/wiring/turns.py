"""Runs of one event never overlap: one takes its turn after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claims.ledger.database import connect_engine, is_locked, locking
from flows.wiring.adapters import find_ledger, ledger_url
from flows.wiring.event_file import read_event_file
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import check_out, keep_private


@contextmanager
def taking_turns(event_file: Path, out: Path, settings_file: Path | None) -> Iterator[None]:
    """Hold the event's turn; it goes when its holder dies.

    The lock is where the ledger is, so that runs on other machines wait for it too.

    Raises:
        EventError, SettingsError: the event file or the settings are wrong.
        LedgerError: the ledger cannot be opened, or never will be where it is to lie.
        TransientError: another run of the event goes on and does not end.
    """
    event_id, settings = read_event_file(event_file).event_id, Settings.read(settings_file)
    keep_private()
    check_out(out)
    find_ledger(settings, out)
    with locking(connect_engine(ledger_url(settings, out)), _name(event_id)):
        yield


def is_running(event_id: str, out: Path, settings: Settings) -> bool:
    """Whether a run of the event goes on now."""
    if settings.ledger.store is None and not out.is_dir():
        return False
    return is_locked(connect_engine(ledger_url(settings, out)), _name(event_id))


def _name(event_id: str) -> str:
    return f"run-{event_id}"
