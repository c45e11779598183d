"""Commands about each day's list: what it says, what its gates said, and a person's release."""

import json
from typing import Annotated

import typer

from flows.cli.claims.options import AsJson, By, Reason, Store
from flows.cli.terminal import DEFAULT_OUT, EXIT_INCOMPLETE, Out, SettingsFile, say, warn

app = typer.Typer(no_args_is_help=True, help="Each day's list: its head, its gates, its release.")
Event = Annotated[str, typer.Argument(help="Id of the event.")]
Role = Annotated[str, typer.Option(help="In which role: supervisor.")]


@app.command("show")
def show_command(
    event: Event,
    *,
    as_json: AsJson = False,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Show the newest list: whether it is published, its counts and its first homes, by ids."""
    from flows.casework.deciding import open_record
    from flows.casework.releasing import read_head, read_newest

    record = open_record(out, store, settings)
    newest, noted = read_newest(record, event)
    head = read_head(out / event / newest.run_id)
    counts = noted.get("counts", {})
    if as_json:
        told = {
            "event_id": event, "run_id": newest.run_id, "state": str(newest.kind),
            "actor": newest.actor, "recorded_at_utc": newest.recorded_at_utc, **newest.said,
            "counts": counts, "head": head,
        }  # fmt: skip
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    say(f"{event}, run {newest.run_id}: {newest.kind} by {newest.actor}")
    for name in ("by_decision", "changes"):
        said = ", ".join(f"{count} {word}" for word, count in counts.get(name, {}).items())
        say(f"  {name.removeprefix('by_')}: {said or 'not known here'}")
    for row in head:
        home = f"{row['policy_no']}/{row['loc_no']}"
        say(
            f"  {row['rank']:>4} {row['tier']:3} {row['decision']:11} {row['change_flag']:6} {home}"
        )


@app.command("gates")
def gates_command(
    event: Event,
    *,
    as_json: AsJson = False,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Say what each gate found of the newest list, and who released it, if anybody did.

    Ends with exit code 3 while the list is held back.
    """
    from claims.publishing.acts import RELEASERS, ActKind
    from flows.casework.deciding import open_record
    from flows.casework.releasing import read_newest

    newest, noted = read_newest(open_record(out, store, settings), event)
    gates, is_held = noted.get("gates", []), newest.kind is ActKind.HELD
    if as_json:
        told = {"event_id": event, "run_id": newest.run_id, "state": str(newest.kind),
                "gates": gates, "actor": newest.actor, **newest.said}  # fmt: skip
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for gate in gates:
            line = f"{gate['outcome']:10} {gate['code']}: {gate['told']}"
            (warn if gate["outcome"] == "failed" else say)(line)
        why = (
            f" ({newest.said['role']}): {newest.said['reason']}" if "reason" in newest.said else ""
        )
        say(f"The list of run {newest.run_id} is {newest.kind} by {newest.actor}{why}")
        if is_held:
            who = " or ".join(RELEASERS)
            say(f"A {who} may release it: firstnotice list release {event} --by .. --role {who} ..")
    if is_held:
        raise typer.Exit(EXIT_INCOMPLETE)


@app.command("release")
def release_command(
    event: Event,
    *,
    by: By,
    role: Role,
    reason: Reason,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Publish the newest list though a gate holds it back; its drafts go out."""
    from claims.incidents.moving import Decider
    from flows.casework.deciding import open_record
    from flows.casework.releasing import release_list

    record = open_record(out, store, settings)
    done = release_list(record, event, Decider(by, role, reason))
    say(f"The list of run {done.act.run_id} is released by {done.act.actor}.")
    say(f"{done.delivered} drafts went into the drop folder.")
