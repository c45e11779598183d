"""Commands that take lists out for a role, and let names go that are no longer needed."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.claims.options import By, Role
from flows.cli.terminal import DEFAULT_OUT, EXIT_FAILED, Out, SettingsFile, say, warn

app = typer.Typer(
    no_args_is_help=True, help="Names and contacts: who takes them where, and how long they stay."
)
Purpose = Annotated[str, typer.Option(help="What for, in a sentence; kept in the log.")]


@app.command("list")
def list_command(
    event: Annotated[str, typer.Argument(help="Id of the event.")],
    to: Annotated[Path, typer.Argument(help="CSV file to write.")],
    *,
    by: By,
    role: Role,
    purpose: Purpose,
    out: Out = DEFAULT_OUT,
    settings: SettingsFile = None,
) -> None:
    """Write an event's newest list as a role may see it; what it may not see is left empty."""
    from claims.incidents.moving import Decider
    from flows.casework.exporting import export_list
    from flows.wiring.settings import Settings

    who = Decider(by, role, purpose)
    rows = export_list(out, event, to, who, Settings.read(settings))
    say(f"{to}: {rows} rows, as a {who.role} may see them")


@app.command("log")
def log_command(out: Out = DEFAULT_OUT, settings: SettingsFile = None) -> None:
    """Say who took names and contacts where, when and why; exit code 1 if it was changed."""
    from flows.casework.exporting import find_anchors
    from flows.wiring.settings import Settings
    from flows.wiring.storage.exports import find_cut, read_exports

    is_changed = False
    for each in read_exports(out):
        is_changed |= not each["follows"]
        mark = "" if each["follows"] else "  [the line before it was changed or is gone]"
        who = f"{each['actor']} ({each['role']})"
        say(f"{each['at_utc']}  {who}: {each['what']}, {each['rows']} rows, {each['file']}{mark}")
        say(f"  {each['purpose']}")
    cut = find_cut(out, find_anchors(Settings.read(settings), out))
    if cut is not None:
        warn(f"NOT whole: {cut}")
    if is_changed or cut is not None:
        raise typer.Exit(EXIT_FAILED)


@app.command("expire")
def expire_command(
    *,
    by: By,
    role: Role,
    purpose: Purpose,
    out: Out = DEFAULT_OUT,
    settings: SettingsFile = None,
) -> None:
    """Remove names and contacts from runs older than the settings' retention; the newest stay."""
    from claims.incidents.moving import Decider
    from flows.casework.exporting import expire
    from flows.wiring.settings import Settings

    removed = expire(out, Decider(by, role, purpose), Settings.read(settings))
    for file in removed:
        say(file)
    say(f"{len(removed)} files removed")
