"""Commands by which people decide about incidents. Prints ids, never names or contacts."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.claims.options import AsJson, By, Incident, Reason, Role, Store
from flows.cli.terminal import DEFAULT_OUT, Out, SettingsFile, say

if TYPE_CHECKING:
    from claims.incidents.moving import Decider
    from claims.ledger.entry import Entry
    from flows.casework.deciding import Record

app = typer.Typer(
    no_args_is_help=True, help="Look at incidents and decide about them; runs obey from then on."
)


_SAID = (
    "role", "reason", "claim_number", "notice_received_at_utc", "into", "post_scene_id",
    "authority", "approved_by", "known_by",
)  # fmt: skip
"""What of an entry is shown."""


class Ground(StrEnum):
    """Why an incident is withdrawn."""

    NO_DAMAGE = "no-damage"
    BELOW_DEDUCTIBLE = "below-deductible"


@app.command("list")
def list_command(
    *,
    event: Annotated[str | None, typer.Option(help="Of this event only.")] = None,
    state: Annotated[str | None, typer.Option(help="In this state only.")] = None,
    as_json: AsJson = False,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """List incidents: where each stands, and who decided so."""
    from flows.casework.deciding import list_incidents

    table = list_incidents(_open(out, store, settings), event, state)
    if as_json:
        typer.echo(table.to_json(orient="records", date_format="iso", indent=2))
        return
    for row in table.to_dict("records"):
        by = row["decided_by"]
        told = "" if by != by else f"  by {by} on {row['decided_at_utc']:%Y-%m-%d}"  # noqa: PLR0124
        home = f"{row['policy_number']}/{row['location_number']}"
        say(f"{row['incident_id']}  {row['state']:20} {row['tier']}  {home}{told}")
    say(f"{len(table)} incidents")


@app.command("show")
def show_command(
    incident: Incident,
    *,
    as_json: AsJson = False,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Show the history of an incident, and what may be done about it."""
    from claims.incidents.states import CLOSED_STATES, legal_targets, name_legal
    from flows.casework.deciding import find_history

    history = find_history(_open(out, store, settings), incident)
    last = history[-1]
    legal = [str(state) for state in legal_targets(last.to_state)]
    is_closed = last.to_state in CLOSED_STATES
    if as_json:
        told = {
            "incident_id": incident,
            "event_id": last.event_id,
            "policy_number": last.key.policy_number,
            "location_number": last.key.location_number,
            "state": str(last.to_state),
            "from_here": [] if is_closed else legal,
            "reopens_to": legal if is_closed else [],
            "history": [_describe(entry) for entry in history],
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    home = f"policy {last.key.policy_number}, location {last.key.location_number}"
    say(f"{incident}: {last.to_state}; event {last.event_id}, {home}")
    for entry in history:
        said = json.loads(entry.payload)
        why = f" ({said['role']}): {said['reason']}" if "reason" in said else ""
        day = entry.recorded_at_utc[:19]
        say(f"  {entry.step:3} {day}Z  {entry.entry_kind} -> {entry.to_state}, {entry.actor}{why}")
    say(f"From here: {name_legal(last.to_state)}")


@app.command("approve")
def approve_command(
    *,
    incident: Incident,
    by: By,
    role: Role,
    reason: Reason,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Say that a draft is right. It stays so whatever later runs see; nothing is submitted."""
    from claims.incidents.states import IncidentState

    _move(_open(out, store, settings), incident, IncidentState.CLAIM_DRAFT, _who(by, role, reason))


@app.command("submitted")
def submitted_command(
    *,
    incident: Incident,
    by: By,
    role: Role,
    reason: Reason,
    claim: Annotated[str, typer.Option(help="Number that the claims system gave the claim.")],
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Record that a person submitted the draft in the claims system; submits nothing itself."""
    from claims.incidents.moving import check_claim_number
    from claims.incidents.states import IncidentState

    record, who = _open(out, store, settings), _who(by, role, reason)
    number = check_claim_number(claim)
    _move(record, incident, IncidentState.CLAIM_OPEN, who, claim_number=number)


@app.command("withdraw")
def withdraw_command(
    *,
    incident: Incident,
    by: By,
    role: Role,
    reason: Reason,
    ground: Annotated[Ground, typer.Option(help="What was found.")] = Ground.NO_DAMAGE,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Close an incident of which no claim is to come; no later run drafts it again."""
    from claims.incidents.states import IncidentState

    target = {
        Ground.NO_DAMAGE: IncidentState.WITHDRAWN_NO_DAMAGE,
        Ground.BELOW_DEDUCTIBLE: IncidentState.BELOW_DEDUCTIBLE,
    }[ground]
    _move(_open(out, store, settings), incident, target, _who(by, role, reason))


@app.command("ask")
def ask_command(
    *,
    incident: Incident,
    by: By,
    role: Role,
    reason: Reason,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Put an incident into the queue to ask the insured; no draft goes out until it is decided."""
    from claims.incidents.states import IncidentState

    _move(_open(out, store, settings), incident, IncidentState.OUTREACH, _who(by, role, reason))


@app.command("merge")
def merge_command(
    *,
    incident: Incident,
    into: Annotated[
        str | None, typer.Argument(help="Incident of the same loss that goes on.")
    ] = None,
    claim: Annotated[str | None, typer.Option(help="Or the claim that the insured filed.")] = None,
    by: By,
    role: Role,
    reason: Reason,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Close an incident as the same loss as another of its event, or as a claim that is there."""
    from flows.casework.deciding import merge_incidents, merge_into_claim

    if (into is None) == (claim is None):
        raise typer.BadParameter("name either another incident, or a claim with --claim")
    record, who = _open(out, store, settings), _who(by, role, reason)
    if into is not None:
        _tell(merge_incidents(record, incident, into, who))
    elif claim is not None:
        _tell(merge_into_claim(record, incident, claim, who))


@app.command("reopen")
def reopen_command(
    *,
    incident: Incident,
    by: By,
    role: Role,
    reason: Reason,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Open a closed incident again: it is a person's to look at on every list from then on."""
    from flows.casework.deciding import reopen_incident

    record = _open(out, store, settings)
    _tell(reopen_incident(record, incident, _who(by, role, reason)))


@app.command("renumber")
def renumber_command(
    *,
    incident: Incident,
    by: By,
    role: Role,
    reason: Reason,
    portfolio: Annotated[str | None, typer.Option(help="Its PortNumber in today's book.")] = None,
    account: Annotated[str | None, typer.Option(help="Its AccNumber.")] = None,
    policy: Annotated[str | None, typer.Option(help="Its PolNumber.")] = None,
    location: Annotated[str | None, typer.Option(help="Its LocNumber.")] = None,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Say that a home under other numbers is the incident's own; its draft stays the same one.

    Without numbers: those of the home that the newest run found for it.
    """
    from core.schemas.book import LOCATION_KEY
    from flows.casework.deciding import renumber_incident

    given = zip(LOCATION_KEY, (portfolio, account, policy, location), strict=True)
    numbers = {name: number for name, number in given if number is not None}
    record = _open(out, store, settings)
    last = renumber_incident(record, incident, numbers, _who(by, role, reason))[-1]
    home = f"policy {last.key.policy_number}, location {last.key.location_number}"
    say(f"{last.incident_id}: {last.to_state}, now {home}, by {last.actor}")


@app.command("confirm")
def confirm_command(
    *,
    incident: Incident,
    by: By,
    role: Role,
    reason: Reason,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Stay with what a person decided, having looked at what later runs saw."""
    from flows.casework.deciding import confirm_incident

    record = _open(out, store, settings)
    _tell(confirm_incident(record, incident, _who(by, role, reason)))


def _open(out: Path, store: str | None, settings: Path | None) -> "Record":
    from flows.casework.deciding import open_record

    return open_record(out, store, settings)


def _who(by: str, role: str, reason: str) -> "Decider":
    from claims.incidents.moving import Decider

    return Decider(by, role, reason)


def _move(record: "Record", incident: str, target: Any, who: "Decider", **notes: str) -> None:
    from flows.casework.deciding import move_incident

    _tell(move_incident(record, incident, target, who, **notes))


def _tell(entries: "tuple[Entry, ...]") -> None:
    last = entries[-1]
    say(f"{last.incident_id}: {entries[0].from_state} -> {last.to_state}, by {last.actor}")


def _describe(entry: "Entry") -> dict[str, Any]:
    said = json.loads(entry.payload)
    named = {name: said[name] for name in _SAID if name in said}
    return {
        "step": entry.step,
        "recorded_at_utc": entry.recorded_at_utc,
        "entry_kind": str(entry.entry_kind),
        "from_state": None if entry.from_state is None else str(entry.from_state),
        "to_state": str(entry.to_state),
        "actor": entry.actor,
    } | named
