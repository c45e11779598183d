"""Commands that watch for events, and declare, list and close them by hand."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from core.events import Peril
from flows.cli.terminal import EXIT_INCOMPLETE, console, errors, parse_instant

app = typer.Typer()
events_app = typer.Typer(no_args_is_help=True, help="Declare, list and close events by hand.")
INSTANT = {"parser": parse_instant, "metavar": "UTC"}
WatchFileArgument = Annotated[Path, typer.Option("--watch", help="watch.yaml.")]
DEFAULT_WATCH = Path("watch.yaml")
SECONDS_PER_MINUTE = 60.0


@app.command()
def watch(
    watch_file: Annotated[Path, typer.Argument(help="watch.yaml.")] = DEFAULT_WATCH,
    settings: Annotated[Path | None, typer.Option(help="Settings; see `settings`.")] = None,
    every: Annotated[
        float | None, typer.Option(min=0.1, help="Minutes from one poll to the next.  [once]")
    ] = None,
) -> None:
    """Ask the watched services, and declare what reaches the thresholds as events."""
    from flows.cli.process.ephemeral_server import server_ahead
    from flows.wiring.sections.watch import read_watch_file

    read_watch_file(watch_file)  # told without waiting for a server
    with server_ahead():
        from flows.cli.process.ephemeral_server import start_server
        from flows.watch_for_events import watch_for_events

        start_server()
        while True:
            found = watch_for_events(watch_file, settings)
            console.print(f"{len(found)} events declared or changed {' '.join(found)}".rstrip())
            if every is None:
                return
            time.sleep(every * SECONDS_PER_MINUTE)


@events_app.command("declare")
def declare_command(
    event: Annotated[str, typer.Argument(help="Id of the event, as in my-fire-2026.")],
    *,
    watch_file: WatchFileArgument = DEFAULT_WATCH,
    by: Annotated[str, typer.Option(help="Who declares it.")],
    storm: Annotated[str | None, typer.Option(help="Storm, as in AL142018.")] = None,
    alert: Annotated[str | None, typer.Option(help="Id of an alert (urn:...) pulled.")] = None,
    area: Annotated[
        Path | None, typer.Option(help="Perimeter or drawn area: GeoJSON, KML, shapefile.")
    ] = None,
    box: Annotated[str | None, typer.Option(help="west,south,east,north, degrees.")] = None,
    name: Annotated[str | None, typer.Option(help="What people call it.  [its id]")] = None,
    peril: Annotated[
        list[Peril] | None, typer.Option(help="OED codes, the primary one first.")
    ] = None,
    start: Annotated[datetime | None, typer.Option(**INSTANT, help="Losses began.")] = None,
    end: Annotated[datetime | None, typer.Option(**INSTANT, help="Losses ended.  [now]")] = None,
    reason: Annotated[str, typer.Option(help="Why, in words.")] = "declared by hand",
    settings: Annotated[Path | None, typer.Option(help="Settings; see `settings`.")] = None,
) -> None:
    """Declare an event from a storm, an alert, a perimeter or a drawn area, whoever is inside."""
    from flows.watching.by_hand import Told, declare

    told = Told(event, name or event, tuple(peril or ()), storm, alert, area, box, start, end, by,
                reason)  # fmt: skip
    done = declare(told, watch_file, settings)
    console.print(
        f"Wrote {done.event_file}: {done.version.locations} homes of the book inside",
        soft_wrap=True,
    )


@events_app.command("list")
def list_command(
    events: Annotated[Path, typer.Option(help="Folder of event folders.")] = Path("events"),
) -> None:
    """List events with what is known of each; those that cannot be read are said."""
    from flows.watching.by_hand import describe_events

    table, problems = describe_events(events)
    console.print(table)
    for problem in problems:
        errors.print(problem, style="yellow", markup=False, soft_wrap=True)
    if problems:
        raise typer.Exit(EXIT_INCOMPLETE)


@events_app.command("close")
def close_command(
    event: Annotated[str, typer.Argument(help="Id of the event.")],
    *,
    by: Annotated[str, typer.Option(help="Who closes it.")],
    reason: Annotated[str, typer.Option(help="Why, in words.")] = "closed by hand",
    events: Annotated[Path, typer.Option(help="Folder of event folders.")] = Path("events"),
) -> None:
    """Let scheduled runs look at an event no longer; its runs and claims stay."""
    from datetime import UTC

    from flows.watching.event_folders import close_event, find_event

    found = find_event(events, event)
    close_event(found, datetime.now(UTC), by, reason)
    console.print(f"{event} is closed", soft_wrap=True)
