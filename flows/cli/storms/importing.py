"""Commands that turn data sets into what an event file names."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.terminal import console

app = typer.Typer(no_args_is_help=True, help="Turn data sets into what an event file names.")


@app.command("xbd")
def import_xbd_command(
    source: Annotated[Path, typer.Argument(help="Folder with images/ and labels/.")],
    out: Annotated[Path, typer.Option("--out", help="Where event folders go.")],
    disaster: Annotated[str | None, typer.Option(help="One disaster.  [all]")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the made-up book.")] = 20181010,
    hurdat2: Annotated[
        Path | None,
        typer.Option(help="Best tracks (HURDAT2, ATCF b-deck, IBTrACS): the hazard of a storm."),
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
        for problem in (*result.notes, *result.problems):
            console.print(f"  {problem}", style="yellow", soft_wrap=True)


@app.command("footprints")
def import_footprints_command(
    sources: Annotated[
        list[Path],
        typer.Argument(help="Overture, Microsoft or Google files as they come, or their folders."),
    ],
    out: Annotated[Path, typer.Option("--out", help="GeoParquet file to write.")],
    bbox: Annotated[
        str | None, typer.Option(help="west,south,east,north in degrees.  [everywhere]")
    ] = None,
) -> None:
    """Turn open building outlines into the footprints of an event."""
    from flows.importing.footprints import import_footprints, parse_box

    box = None if bbox is None else parse_box(bbox)
    result = import_footprints(sources, out, box)
    console.print(f"{result.path}: {result.buildings} buildings, {result.left_out} rows left out")
    for reason, count in result.reasons.items():
        console.print(f"  {count} {reason}", style="yellow")
    if result.rejects is not None:
        console.print(f"  They are listed in {result.rejects}", soft_wrap=True)
