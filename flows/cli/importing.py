"""Commands that turn data sets into event folders."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.terminal import console

app = typer.Typer(no_args_is_help=True, help="Turn a data set into event folders.")


@app.callback()
def _group() -> None:
    """A group, even while it has one command."""


@app.command("xbd")
def import_xbd_command(
    source: Annotated[Path, typer.Argument(help="Folder with images/ and labels/.")],
    out: Annotated[Path, typer.Option("--out", help="Where event folders go.")],
    disaster: Annotated[str | None, typer.Option(help="One disaster.  [all]")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the made-up book.")] = 20181010,
    hurdat2: Annotated[
        Path | None, typer.Option(help="Best tracks; a storm's track is then the hazard.")
    ] = None,
) -> None:
    """Turn each disaster of an xBD folder into an event folder."""
    from flows.importing.xbd import import_xbd
    from flows.progress import drawn_progress

    with drawn_progress(console):
        results = import_xbd(source, out, disaster, seed, hurdat2)
    for result in results:
        console.print(
            f"{result.folder}: {result.buildings} buildings, {result.scenes} scenes, "
            f"{len(result.problems)} left out"
        )
        for problem in result.problems:
            console.print(f"  {problem}", style="yellow", soft_wrap=True)
