"""Commands about insureds who are to be asked. Prints ids and counts, never names or addresses."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.claims.clocks import Now
from flows.cli.claims.exports import Purpose
from flows.cli.claims.options import AsJson, By, Role, Store
from flows.cli.terminal import DEFAULT_OUT, Out, SettingsFile, say

app = typer.Typer(
    no_args_is_help=True,
    help="Who is to be asked about damage, by which way and when; sends nothing itself.",
)
SHOWN = (
    "incident_id", "policy_number", "location_number", "standing", "channel", "language",
    "time_zone", "not_before_utc", "not_after_utc", "joined_to",
)  # fmt: skip
Event = Annotated[str, typer.Argument(help="Id of the event.")]


@app.command("list")
def list_command(
    event: Event,
    *,
    as_of: Now = None,
    as_json: AsJson = False,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """List the queue: where each home stands, by which way, and from when on."""
    from flows.casework.deciding import open_record
    from flows.casework.outreach import find_queue

    queue = find_queue(open_record(out, store, settings), event, as_of or datetime.now(UTC))
    shown = queue[list(SHOWN)]
    rows = shown.astype(object).where(shown.notna(), None).to_dict("records")
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    for row in rows:
        home = f"{row['policy_number']}/{row['location_number']}"
        begin, end = row["not_before_utc"], row["not_after_utc"]
        when = f"  from {begin:%Y-%m-%d %H:%M}Z" if begin else ""
        until = f" to {end:%H:%M}Z" if end else ""
        with_ = f"  with {row['joined_to']}" if row["joined_to"] else ""
        way = row["channel"] or "-"
        say(f"{row['incident_id']}  {home}  {row['standing']:18} {way:6}{when}{until}{with_}")
    for standing, homes in queue["standing"].value_counts().items():
        say(f"{homes} {standing}")


@app.command("export")
def export_command(
    event: Event,
    to: Annotated[Path, typer.Argument(help="File to write; as .csv and as .json.")],
    *,
    by: By,
    role: Role,
    purpose: Purpose,
    again: Annotated[
        str | None, typer.Option(help="Id of an earlier export whose file was lost.")
    ] = None,
    as_of: Now = None,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Write who may be asked for the carrier's messenger; nobody comes twice an event."""
    from claims.incidents.moving import Decider
    from flows.casework.deciding import open_record
    from flows.casework.outreach import export_queue

    record, who = open_record(out, store, settings), Decider(by, role, purpose)
    done = export_queue(record, event, to, who, as_of or datetime.now(UTC), again=again)
    if not done.messages:
        say("nobody is to be written to now; no file was written")
    else:
        say(
            f"{done.export_id}: {done.messages} messages about {done.incidents} homes in "
            f"{to.with_suffix('.csv')} and {to.with_suffix('.json').name}"
        )
    for standing, homes in done.held.items():
        say(f"held back: {homes} {standing}")
