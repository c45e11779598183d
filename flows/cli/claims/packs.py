"""Commands that write and check evidence packs of incidents; they hold names and contacts."""

from pathlib import Path
from typing import Annotated

import typer

from claims.evidence.sources import Audience
from flows.cli.claims.options import Incident, Store
from flows.cli.terminal import DEFAULT_OUT, EXIT_FAILED, Out, SettingsFile, errors, say

app = typer.Typer()


@app.command("pack")
def pack_command(
    incident: Incident,
    *,
    audience: Annotated[
        Audience, typer.Option("--for", help="For claims people, or what the insured may see.")
    ] = Audience.CLAIMS,
    to: Annotated[
        Path | None, typer.Option(help="Folder of the pack.  [OUT/EVENT/packs/INCIDENT-FOR]")
    ] = None,
    run: Annotated[str | None, typer.Option(help="Run to make it from.  [the newest]")] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="As it stood after so many entries.  [all]")
    ] = None,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Write the evidence of an incident as JSON and a PDF of two pages, with its pictures."""
    from flows.casework.deciding import open_record
    from flows.casework.packing import PackWish, make_pack

    record, wish = open_record(out, store, settings), PackWish(incident, audience, run, steps)
    folder = make_pack(record, wish, to)
    say(f"{incident}: {folder / 'evidence.pdf'}")


@app.command("pack-check")
def pack_check_command(
    folder: Annotated[Path, typer.Argument(help="Folder of a pack.")],
) -> None:
    """Hold a pack to its digests, and make its PDF anew from its JSON and pictures."""
    from flows.casework.packing import check_pack

    problems = check_pack(folder)
    if not problems:
        say(f"{folder}: as it was made")
        return
    for problem in problems:
        errors.print(f"{folder}: {problem}", style="bold red", markup=False, soft_wrap=True)
    raise typer.Exit(EXIT_FAILED)
