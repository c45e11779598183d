"""Commands about the record of incidents."""

import typer

from flows.cli.claims.options import Store
from flows.cli.terminal import DEFAULT_OUT, EXIT_FAILED, Out, SettingsFile, console, errors

app = typer.Typer(no_args_is_help=True, help="The record of incidents.")


@app.callback()
def _group() -> None:
    """A group, even while it has one command."""


@app.command("verify")
def verify_ledger(
    out: Out = DEFAULT_OUT,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Check that no row of the ledger was edited, removed or inserted.

    The ends of its chains that the runs under --out noted in their run.json are checked too.
    """
    from claims.ledger.store import Ledger
    from flows.wiring.adapters import ledger_url
    from flows.wiring.settings import Settings
    from flows.wiring.storage.published_heads import read_noted_lists, read_published_heads

    ledger = Ledger.open_existing(store or ledger_url(Settings.read(settings), out))
    check = ledger.verify(read_published_heads(out), read_noted_lists(out))
    if check.ok:
        console.print(f"The ledger holds: {check.rows} rows, each chained to the one before.")
        return
    errors.print(f"The ledger does NOT hold ({check.rows} rows):", style="bold red")
    for problem in check.problems:
        errors.print(f"  {problem}")
    raise typer.Exit(EXIT_FAILED)
