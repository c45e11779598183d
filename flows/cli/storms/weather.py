"""Commands that look at hazard evidence by itself."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.terminal import EXIT_INCOMPLETE, console

app = typer.Typer(no_args_is_help=True, help="Look at hazard evidence by itself.")


@app.command("read")
def read_command(
    kind: Annotated[str, typer.Argument(help="Kind of product, as `weather kinds` lists them.")],
    file: Annotated[Path, typer.Argument(help="The product as published.")],
    out: Annotated[Path, typer.Option("--out", help="GeoParquet file to write.")],
) -> None:
    """Turn a hazard product into a table of its records."""
    from flows.importing.hazard_records import write_hazard_records

    result = write_hazard_records(kind, file, out)
    console.print(f"{result.path}: {result.records} records, {result.left_out} left out")
    if result.rejects is not None:
        console.print(f"  They are listed in {result.rejects}", style="yellow", soft_wrap=True)
    for notice in result.notices:
        console.print(f"  {notice}", style="yellow", soft_wrap=True)


@app.command("kinds")
def kinds_command() -> None:
    """List the kinds of products that can be read."""
    from weather.sources.kinds import KINDS

    for kind in KINDS.values():
        console.print(f"{kind.name:22} {kind.meaning}", soft_wrap=True)


@app.command("fetch")
def fetch_command(
    event_file: Annotated[Path, typer.Argument(help="The event's event.yaml.")],
    settings: Annotated[Path | None, typer.Option(help="Settings; see `settings`.")] = None,
) -> None:
    """Ask the live services that an event names, and keep what they say in its weather folder."""
    from flows.stages.pull_weather import describe_pulls, pull_weather
    from flows.wiring.feeds import open_evidence

    pulls = pull_weather(event_file, settings)
    if not pulls:
        console.print(f"{event_file} names no live service under `weather`", soft_wrap=True)
        return
    for line in describe_pulls(pulls):
        console.print(line, soft_wrap=True, markup=False)
    console.print(f"kept in {open_evidence(event_file).folder}", soft_wrap=True)
    if any(pull.problem for pull in pulls):
        raise typer.Exit(EXIT_INCOMPLETE)
