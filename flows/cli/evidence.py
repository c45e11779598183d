"""Commands that look at hazard evidence by itself."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.terminal import console

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
