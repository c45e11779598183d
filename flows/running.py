"""Runs the main flow from the command line, with the ephemeral server and progress bars."""

from datetime import UTC, datetime
from pathlib import Path

from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings
from rich.console import Console

from flows.assess_event import assess_event
from flows.closing import RunResult
from flows.ephemeral_server import start_server
from flows.progress import drawn_progress
from flows.wiring import open_run


def run_event(
    event_file: Path,
    out: Path,
    as_of_utc: datetime | None,
    settings_file: Path | None,
    console: Console,
) -> RunResult:
    """Assess an event; results of tasks are kept under ``out/cache``, with what they refer to.

    Raises:
        FirstNoticeError: an input is wrong, or the run is incomplete.
    """
    as_of_utc = as_of_utc or datetime.now(UTC)
    open_run(event_file, out, as_of_utc, settings_file)  # wrong inputs are told before any server
    out.mkdir(parents=True, exist_ok=True)
    storage = {PREFECT_LOCAL_STORAGE_PATH: out.resolve() / "cache" / "results"}
    start_server()
    with temporary_settings(storage), drawn_progress(console):
        return assess_event(event_file, out, as_of_utc, settings_file)
