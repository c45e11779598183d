"""Commands that assess events: run, prepare, demo."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.cli.terminal import DEFAULT_OUT, AsOf, Out, SettingsFile, console, say, warn

if TYPE_CHECKING:
    from flows.closing import RunResult

app = typer.Typer()
DEMO_PACKS = 3
MOST_LINES = 12
"""Kinds of rejects and odd values told in the terminal; summary.md tells all."""


@app.command()
def run(
    event_file: Annotated[Path, typer.Argument(help="event.yaml of the event.")],
    out: Out = DEFAULT_OUT,
    as_of: AsOf = None,
    settings: SettingsFile = None,
) -> None:
    """Assess one event: findings, draft claims, daily list, map."""
    from flows.cli.process.ephemeral_server import server_ahead

    with server_ahead():
        from flows.cli.process.running import run_event

        with _shown_if_incomplete():
            _show(run_event(event_file, out, as_of, settings, console))


@app.command()
def prepare(
    event_file: Annotated[
        Path, typer.Argument(help="event.yaml with the book, the footprints and the imagery.")
    ],
    out: Out = DEFAULT_OUT,
    as_of: AsOf = None,
    settings: SettingsFile = None,
) -> None:
    """Look at every insured building before any storm; a run then reads only images after it."""
    from flows.cli.process.ephemeral_server import server_ahead

    with server_ahead():
        from flows.cli.process.running import run_preparation

        done = run_preparation(event_file, out, as_of, settings, console)
    console.print(
        f"{done.prepared} buildings prepared, {done.known} known already, "
        f"{done.unreadable} not readable."
    )


@app.command()
def demo(
    out: Out = Path("demo"),
    homes: Annotated[int, typer.Option(min=20, max=2000, help="Homes in the town.")] = 300,
) -> None:
    """Render a town, store its book, strike it, assess it, deliver the drafts; offline."""
    from flows.cli.process.ephemeral_server import server_ahead

    with server_ahead():
        from flows.cli.process.demo_book import store_demo_book
        from flows.cli.process.demo_delivery import deliver_to_simulator, write_demo_settings
        from flows.cli.process.running import run_event
        from flows.importing.town import render_event
        from flows.wiring.storage.folders import check_out

        check_out(out)
        with console.status("rendering a town before and after a hurricane"):
            event_file, as_of_utc = render_event(out / "events", homes)
        settings = write_demo_settings(out)
        stored = store_demo_book(event_file, out, settings)
        with _shown_if_incomplete():
            _show(run_event(stored, out, as_of_utc, settings, console))
        seen = deliver_to_simulator(out, settings)
        _show_packs(out)
    say(
        f"Delivered to a simulated claims system that failed on {seen.failed} of {seen.requests} "
        f"requests: it has {seen.drafts} drafts. {seen.pictures} pictures came with them."
    )


@contextmanager
def _shown_if_incomplete() -> Iterator[None]:
    """What a run published is shown also where it ended over a gap."""
    from flows.closing import IncompleteRunError

    try:
        yield
    except IncompleteRunError as error:
        _show(error.result)
        raise


def _show(result: "RunResult") -> None:
    _show_counts(result.by_status, result.by_tier, result.by_decision)
    say(
        f"{result.locations} insured locations in the path, {result.outside_path} of the book "
        f"outside it, {result.homes_rejected} rejected; {result.new_incidents} new incidents, "
        f"{result.new_drafts} new drafts."
    )
    for note in result.notes:
        say(f"Note: {note}.")
    _show_problems(result)
    _show_files(result.folder)


def _show_problems(result: "RunResult") -> None:
    """What was not read at a cost, in colour; then rejects and odd values, by reason."""
    from reports.summary.problems import tell_notice, tell_problem

    for notice in result.notices:
        if notice.is_grave:
            warn(f"Not read: {tell_notice(notice)}.")
    lines = [
        *(f"Rejected: {tell_problem(problem)}." for problem in result.problems),
        *(f"Odd: {tell_notice(each)}." for each in result.notices if not each.is_grave),
    ]
    for line in lines[:MOST_LINES]:
        say(line)
    if len(lines) > MOST_LINES:
        say(f"... and {len(lines) - MOST_LINES} more kinds; see summary.md.")


def _show_counts(*groups: dict[str, int]) -> None:
    table = Table("status", "homes", "tier", "homes ", "decision", "homes  ")
    columns = [[(name, count) for name, count in group.items() if count] for group in groups]
    for row in range(max(len(column) for column in columns)):
        cells = [column[row] if row < len(column) else ("", "") for column in columns]
        table.add_row(*(str(part) for cell in cells for part in cell))
    console.print(table)


def _show_packs(out: Path) -> None:
    """Evidence packs of a few drafts, as a claims handler would open them."""
    from flows.casework.packing import make_packs_of_drafts
    from flows.importing.town import EVENT_ID

    for folder in make_packs_of_drafts(out, EVENT_ID, DEMO_PACKS):
        console.print("Evidence pack:         ", folder / "evidence.pdf", soft_wrap=True)


def _show_files(folder: Path) -> None:
    console.print("Open in a browser:     ", folder / "map.html", soft_wrap=True)
    console.print("Open in a spreadsheet: ", folder / "daily_list.xlsx", soft_wrap=True)
