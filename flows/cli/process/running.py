"""Runs the main flow from the command line, with the ephemeral server and progress bars."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from prefect.settings import PREFECT_API_URL, temporary_settings
from rich.console import Console

from flows.assess_event import assess_event
from flows.cli.process.ephemeral_server import start_server
from flows.closing import RunResult
from flows.prepare_blue_sky import prepare_blue_sky
from flows.progress import drawn_progress
from flows.stages.prepare import Prepared
from flows.wiring.event_file import read_event_file
from flows.wiring.opening import open_run
from flows.wiring.runners.runner import check_runner
from flows.wiring.sections.runner import RunnerKind, RunnerSettings
from flows.wiring.settings import Settings
from flows.wiring.storage.record import check_record


def run_event(
    event_file: Path,
    out: Path,
    as_of_utc: datetime | None,
    settings_file: Path | None,
    console: Console,
) -> RunResult:
    """Assess an event.

    Raises:
        FirstNoticeError: an input is wrong, or the run is incomplete.
    """
    if as_of_utc is not None or read_event_file(event_file).weather is None:
        # told without waiting for a server; what is pulled first can be judged only then
        instant = as_of_utc or datetime.now(UTC)
        check_runner(check_record(open_run(event_file, out, instant, settings_file)))
    runner = Settings.read(settings_file).runner
    with _served(runner, console), drawn_progress(console):
        return assess_event(event_file, out, as_of_utc, settings_file)


def run_preparation(
    event_file: Path,
    out: Path,
    as_of_utc: datetime | None,
    settings_file: Path | None,
    console: Console,
) -> Prepared:
    """Prepare the book's buildings before any storm.

    Raises:
        FirstNoticeError: an input is wrong.
    """
    as_of_utc = as_of_utc or datetime.now(UTC)
    run = open_run(event_file, out, as_of_utc, settings_file)  # told without waiting for a server
    with _served(run.settings.runner, console), drawn_progress(console):
        return prepare_blue_sky(event_file, out, as_of_utc, settings_file)


@contextmanager
def _served(chosen: RunnerSettings, console: Console) -> Iterator[None]:
    """With the Prefect server that is named, or one of this process.

    Dask's workers are told where that one is, or each would start another.
    """
    is_named = bool(PREFECT_API_URL.value())
    url = start_server()
    if is_named or chosen.kind is not RunnerKind.DASK:
        yield
        return
    console.print(
        f"No Prefect server is named in PREFECT_API_URL: the run has its own at {url}",
        soft_wrap=True,
    )
    with temporary_settings({PREFECT_API_URL: url}):
        yield
