"""The command line, script ``firstnotice``: one file a command group, put together here."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import CoverageError, FirstNoticeError
from flows.cli import book, modelling, runs, up, web
from flows.cli.claims import (
    clocks,
    delivery,
    exports,
    incidents,
    journeys,
    ledger,
    lists,
    outreach,
    packs,
    planning,
)
from flows.cli.process.environment import prepare_prefect
from flows.cli.process.interrupting import EXIT_INTERRUPTED, end_soon_on_interrupt
from flows.cli.storms import importing, starting, watching, weather
from flows.cli.terminal import EXIT_BAD_INPUT, EXIT_INCOMPLETE, errors

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False,
    help="Finds insured homes that a disaster damaged before their owners call, "
    "and opens draft claims.",
)  # fmt: skip
app.add_typer(starting.app)
app.add_typer(runs.app)
app.add_typer(up.app)
app.add_typer(modelling.app)
app.add_typer(planning.app)


def _tell_version(is_asked: bool) -> None:  # noqa: FBT001  as typer calls it
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"firstnotice {version('firstnotice')}")
        raise typer.Exit


@app.callback()
def _firstnotice(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Options before any command."""


@app.command()
def settings(
    file: Annotated[Path | None, typer.Option(help="Read these first.")] = None,
) -> None:
    """Print all settings as commented YAML."""
    from flows.wiring.settings import Settings
    from flows.wiring.wording.settings_text import write_commented

    typer.echo(write_commented(Settings.read(file)))


app.add_typer(importing.app, name="import")
app.add_typer(book.app, name="book")
app.add_typer(ledger.app, name="ledger")
incidents.app.add_typer(packs.app)
app.add_typer(incidents.app, name="incident")
app.add_typer(lists.app, name="list")
app.add_typer(clocks.app, name="clocks")
app.add_typer(delivery.app, name="claims")
app.add_typer(exports.app, name="export")
app.add_typer(outreach.app, name="outreach")
app.add_typer(journeys.app, name="journey")
app.add_typer(weather.app, name="weather")
app.add_typer(watching.app)
app.add_typer(watching.events_app, name="event")
app.add_typer(web.app, name="web")


def main() -> None:
    """Run the command line; errors raised on purpose are told in a line, without a trace."""
    end_soon_on_interrupt()
    prepare_prefect()
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except CoverageError as error:
        errors.print(f"Incomplete: {error}", style="bold yellow", markup=False, soft_wrap=True)
        sys.exit(EXIT_INCOMPLETE)
    except FirstNoticeError as error:
        errors.print(f"Error: {error}", style="bold red", markup=False, soft_wrap=True)
        sys.exit(EXIT_BAD_INPUT)
