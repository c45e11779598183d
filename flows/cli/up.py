"""The command that runs everything each day: ``firstnotice up``."""

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.process.interrupting import EXIT_INTERRUPTED
from flows.cli.terminal import DEFAULT_OUT, Out, SettingsFile, say

app = typer.Typer()
_PORT = {"min": 1, "max": 65535}


@app.command()
def up(
    *,
    events: Annotated[
        Path, typer.Option(help="Folder of event folders; made if it is not there.")
    ] = Path("events"),
    out: Out = DEFAULT_OUT,
    settings: SettingsFile = None,
    watch: Annotated[
        Path | None, typer.Option(help="watch.yaml.  [the one here, if there is one]")
    ] = None,
    port: Annotated[int, typer.Option(**_PORT, help="Prefect's; the next that is free.")] = 4200,
    web_port: Annotated[int, typer.Option(**_PORT, help="The web app's, likewise.")] = 8600,
) -> None:
    """Run everything: Prefect's server, the deployments, the watch and the web app; Ctrl-C stops.

    Where PREFECT_API_URL names a server, that one is used and none is started.
    """
    from flows.up.supervisor import Up, run_up
    from flows.wiring.sections.watch import read_watch_file
    from flows.wiring.settings import Settings
    from flows.wiring.storage.folders import check_out

    Settings.read(settings)  # what is wrong with them is told now, not by each run
    here = Path("watch.yaml")
    watched = watch or (here if here.is_file() else None)
    if watched is not None:
        read_watch_file(watched)
    check_out(out)
    events.mkdir(parents=True, exist_ok=True)
    named = os.environ.get("PREFECT_API_URL") or None
    ended_by = run_up(Up(events, out, settings, watched, port, web_port, named), say)
    if ended_by == signal.SIGINT:
        raise typer.Exit(EXIT_INTERRUPTED)
