"""Commands that tell insureds' timelines. Prints ids, never names or contacts."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from flows.cli.claims.clocks import HOUR, Now
from flows.cli.claims.options import AsJson, Store
from flows.cli.terminal import DEFAULT_OUT, Out, SettingsFile, say

app = typer.Typer(
    no_args_is_help=True, help="From the event to the contact: what happened to a home, who waits."
)


@app.command("show")
def show_command(
    policy: Annotated[str, typer.Argument(help="Policy number, as the list has it.")],
    *,
    event: Annotated[str | None, typer.Option(help="In this event only.")] = None,
    as_of: Now = None,
    as_json: AsJson = False,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Tell the timeline of each home of a policy: findings, steps, contacts, deadlines."""
    from claims.journey.timeline import measure_contact
    from flows.casework.deciding import open_record
    from flows.casework.journeys import find_journeys

    record, now = open_record(out, store, settings), as_of or datetime.now(UTC)
    journeys = find_journeys(record, policy, event, now)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in journeys], indent=2, default=str))
        return
    for journey in journeys:
        home = f"policy {journey.policy_number}, location {journey.location_number}"
        say(f"{journey.event_id}: {home}, incident {journey.incident_id or 'none'}")
        for touch in journey.touches:
            by = f", {touch.by}" if touch.by else ""
            say(f"  {touch.at_utc:%Y-%m-%d %H:%M}Z  {touch.kind:8} {touch.words}{by}")
        took = measure_contact(journey.touches)
        told = "nobody has been in touch" if took is None else f"{took / HOUR:.0f} h to contact"
        say(f"  {told}")


@app.command("waiting")
def waiting_command(
    *,
    hours: Annotated[float, typer.Option(min=0, help="Longer than so many hours.")] = 48.0,
    event: Annotated[str | None, typer.Option(help="In this event only.")] = None,
    as_of: Now = None,
    as_json: AsJson = False,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """List whom nobody has been in touch with since a step was due, the longest first."""
    from flows.casework.deciding import open_record
    from flows.casework.journeys import find_all_waiting

    record, now = open_record(out, store, settings), as_of or datetime.now(UTC)
    waits = find_all_waiting(record, event, now, timedelta(hours=hours))
    if as_json:
        rows = [asdict(each) | {"waited": round(each.waited / HOUR, 1)} for each in waits]
        told = {"as_of_utc": now, "hours": hours, "waiting": rows}
        typer.echo(json.dumps(told, indent=2, default=str))
        return
    for each in waits:
        say(
            f"{each.waited / HOUR:6.0f} h  {each.incident_id}  {each.event_id}  {each.home}  "
            f"{each.state}"
        )
    say(f"{len(waits)} insureds have waited more than {hours:g} hours")
