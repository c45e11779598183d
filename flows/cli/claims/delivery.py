"""Commands about the claims system: deliver drafts, say where they are, simulate one."""

import json
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.claims.options import AsJson, Store
from flows.cli.terminal import DEFAULT_OUT, EXIT_INCOMPLETE, Out, SettingsFile, say, warn

app = typer.Typer(
    no_args_is_help=True, help="Deliver drafts to the claims system; see docs/delivery.md."
)
_SHARE = {"min": 0.0, "max": 1.0}
_MOST_REFUSED = 20


@app.command("deliver")
def deliver_command(
    *,
    out: Out = DEFAULT_OUT,
    settings: SettingsFile = None,
    retry_refused: Annotated[
        bool, typer.Option("--retry-refused", help="Try again what was refused.")
    ] = False,
) -> None:
    """Deliver what waits in the outbox, and read what the claims system says."""
    from flows.stages.drafts.deliver import deliver
    from flows.wiring.settings import Settings

    done = deliver(out, Settings.read(settings), is_retry=retry_refused)
    told = ", ".join(f"{count} {state}" for state, count in sorted(done.counts.items()))
    say(f"Drafts: {told or 'nothing waits'}.")
    if done.opened:
        say(f"{done.opened} claims submitted on their approvers' word.")
    if done.followed.claims:
        say(
            f"The claims system: {done.followed.claims} claims changed, {done.followed.moved} "
            f"moves of its people noted, {done.followed.found} claims of insureds' own found."
        )
    for code, count in done.pictures_refused.items():
        warn(
            f"{count} drafts arrived without their pictures, which were refused ({code}); see "
            "delivery.document_type"
        )
    for problem in done.problems:
        warn(f"Not read: {problem}")
    if done.is_stopped or done.problems:
        if done.is_stopped:
            warn("The claims system stopped answering; what waits goes out next time.")
        raise typer.Exit(EXIT_INCOMPLETE)


@app.command("status")
def status_command(
    *,
    as_json: AsJson = False,
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Say how many drafts wait, are delivered or were refused, and why."""
    from claims.ledger.letters import LetterState
    from claims.ledger.store import Ledger
    from flows.wiring.adapters import ledger_url
    from flows.wiring.settings import Settings

    outbox = Ledger.open_existing(store or ledger_url(Settings.read(settings), out)).outbox
    counts, refused = outbox.count(), outbox.in_state(LetterState.REFUSED, _MOST_REFUSED)
    if as_json:
        told = {
            "drafts": [{"event_id": e, "state": str(s), "count": n} for e, s, n in counts],
            "refused": [
                {"event_id": e, "incident_id": i, "revision": r, "told": t}
                for e, i, r, t in refused
            ],
        }
        typer.echo(json.dumps(told, indent=2))
        return
    for event_id, state, count in counts:
        say(f"{event_id}  {state:13} {count}")
    for event_id, incident, revision, told_by in refused:
        say(f"refused: {event_id} {incident}, revision {revision}: {told_by or 'no reason'}")
    if not counts:
        say("No draft was queued yet.")


@app.command("simulate")
def simulate_command(
    *,
    store: Annotated[
        Path, typer.Option(help="SQLite file of its claims; it goes on where it was stopped.")
    ] = Path("claims-simulator.sqlite"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="On loopback; 0 = any.")] = 8899,
    client_secret: Annotated[
        str, typer.Option(envvar="SIMULATOR_CLIENT_SECRET", help="Asked of whoever signs in.")
    ] = "",
    error: Annotated[float, typer.Option(**_SHARE, help="Share answered 500.")] = 0.0,
    throttle: Annotated[float, typer.Option(**_SHARE, help="... answered 429.")] = 0.0,
    unauthorised: Annotated[float, typer.Option(**_SHARE, help="... answered 401.")] = 0.0,
    stall: Annotated[float, typer.Option(**_SHARE, help="... done and answered late.")] = 0.0,
    drop: Annotated[float, typer.Option(**_SHARE, help="... done and not answered.")] = 0.0,
    stall_s: Annotated[float, typer.Option(min=0.0, help="How late, seconds.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Of which request goes wrong.")] = 0,
    settings: SettingsFile = None,
) -> None:
    """A claims system on loopback with ClaimCenter's Cloud API, which goes wrong on order."""
    from claims.delivery.simulator.misbehaving import Misbehaviour
    from claims.delivery.simulator.server import Client, open_simulator
    from flows.wiring.settings import Settings
    from flows.wiring.storage.folders import keep_private

    keep_private()
    try:
        ordered = Misbehaviour(
            server_error=error, throttled=throttle, unauthorised=unauthorised, stall=stall,
            dropped_after=drop, stall_s=stall_s, seed=seed,
        )  # fmt: skip
    except ValueError as error_told:
        raise typer.BadParameter(str(error_told)) from None
    field = Settings.read(settings).delivery.reference_field
    client = Client(client_secret=client_secret)
    simulator = open_simulator(store, field, ordered, client, port)
    say(f"A simulated claims system at {simulator.url}, claims in {store}; Ctrl-C ends it.")
    simulator.serve()
