"""Commands about the clocks of the law. Prints ids, never names or contacts."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.clocks.milestones import Milestone
from flows.cli.claims.options import AsJson, By, Incident, Reason, Role, Store
from flows.cli.terminal import DEFAULT_OUT, Out, SettingsFile, parse_instant, say

if TYPE_CHECKING:
    from claims.clocks.deadlines import Deadline
    from claims.clocks.due import Due
    from flows.casework.clocks_due import DueSoon

app = typer.Typer(
    no_args_is_help=True,
    help="Deadlines that notice of a claim starts by US state; a working table, not advice.",
)

HOUR = timedelta(hours=1)
Now = Annotated[
    datetime | None,
    typer.Option("--as-of", parser=parse_instant, metavar="UTC", help="Look from here.  [now]"),
]


@app.command("due")
def due_command(
    *,
    within_h: Annotated[float, typer.Option(min=0, help="Hours to look ahead.")] = 72.0,
    event: Annotated[str | None, typer.Option(help="Of this event only.")] = None,
    as_of: Now = None,
    as_json: AsJson = False,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """List deadlines that are past or come soon, the most pressing first."""
    from flows.casework.clocks_due import find_due
    from flows.casework.deciding import open_record

    record, now = open_record(out, store, settings), as_of or datetime.now(UTC)
    found = find_due(record, event, now, timedelta(hours=within_h))
    if as_json:
        told = {
            "as_of_utc": now.isoformat(),
            "within_h": within_h,
            "due": [_describe_due(each, found) for each in found.due],
            "without_clock": found.abstained,
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for each in found.due:
        say(_tell(each, found))
    say(f"{len(found.due)} deadlines are past or come within {within_h:g} hours")
    for reason, incidents in found.abstained.items():
        say(f"{incidents} incidents without: {reason}")


@app.command("show")
def show_command(
    incident: Incident,
    *,
    as_of: Now = None,
    as_json: AsJson = False,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Show all clocks of an incident: running, met, or waiting for something to be noted."""
    from claims.clocks.due import spell_reason
    from flows.casework.clocks_due import find_clocks
    from flows.casework.deciding import open_record

    record, now = open_record(out, store, settings), as_of or datetime.now(UTC)
    clocks = find_clocks(record, incident, now)
    why = None if clocks.abstained is None else spell_reason(clocks.abstained)
    if as_json:
        told = {
            "incident_id": incident,
            "abstained": clocks.abstained,
            "why": why,
            "clocks": [_describe(deadline) for deadline in clocks.deadlines],
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    if why is not None:
        say(f"{incident}: {why}")
    for deadline in clocks.deadlines:
        by = "" if deadline.due_on is None else f" by {deadline.due_on}"
        say(f"{deadline.status:8} {deadline.name}{by}: {deadline.basis}; {deadline.source}")


@app.command("note")
def note_command(
    *,
    incident: Incident,
    what: Annotated[Milestone, typer.Option(help="What happened.")],
    at: Annotated[
        datetime,
        typer.Option(parser=parse_instant, metavar="UTC", help="When it did, with its offset."),
    ],
    by: By,
    role: Role,
    reason: Reason,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Note that something happened that starts or ends a clock, as notice of the insured does."""
    from claims.incidents.moving import Decider
    from flows.casework.clocks_due import note_milestone
    from flows.casework.deciding import open_record

    record, who = open_record(out, store, settings), Decider(by, role, reason)
    (entry,) = note_milestone(record, incident, what, at, who)
    say(f"{entry.incident_id}: {what} of {at:%Y-%m-%d %H:%M}Z noted, by {entry.actor}")


def _tell(each: "Due", found: "DueSoon") -> str:
    hours = each.left / HOUR
    when = f"{hours:.0f} h left" if hours >= 0 else f"{-hours:.0f} h PAST"
    home, deadline = found.homes[each.incident_id], each.deadline
    counsel = "; needs counsel" if deadline.needs_counsel else ""
    return (
        f"{deadline.due_on}  {when:>10}  {each.incident_id}  {found.events[each.incident_id]}  "
        f"{home}  {deadline.name}: {deadline.basis}; {deadline.source}{counsel}"
    )


def _describe_due(each: "Due", found: "DueSoon") -> dict[str, Any]:
    return {
        "incident_id": each.incident_id,
        "event_id": found.events[each.incident_id],
        "home": found.homes[each.incident_id],
        "hours_left": round(each.left / HOUR, 1),
    } | _describe(each.deadline)


def _describe(deadline: "Deadline") -> dict[str, Any]:
    due_at = deadline.due_at_utc
    return {
        "name": deadline.name,
        "status": str(deadline.status),
        "due_on": None if deadline.due_on is None else deadline.due_on.isoformat(),
        "due_at_utc": None if due_at is None else due_at.isoformat(),
        "basis": deadline.basis,
        "source": deadline.source,
        "needs_counsel": deadline.needs_counsel,
    }
