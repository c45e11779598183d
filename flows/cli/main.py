"""The command line, script ``firstnotice``: one file a command group, put together here."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import CoverageError, FirstNoticeError
from flows.cli import importing, ledger, modelling, runs
from flows.cli.environment import prepare_prefect
from flows.cli.terminal import EXIT_BAD_INPUT, EXIT_INCOMPLETE, errors

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False,
    help="Finds insured homes that a disaster damaged before their owners call, "
    "and opens draft claims.",
)  # fmt: skip
app.add_typer(runs.app)
app.add_typer(modelling.app)


@app.command()
def settings(
    file: Annotated[Path | None, typer.Option(help="Read these first.")] = None,
) -> None:
    """Print all settings as commented YAML."""
    from flows.wiring.settings import Settings
    from flows.wiring.settings_text import write_commented

    typer.echo(write_commented(Settings.read(file)))


app.add_typer(importing.app, name="import")
app.add_typer(ledger.app, name="ledger")


def main() -> None:
    """Run the command line; errors raised on purpose are told in a line, without a trace."""
    prepare_prefect()
    try:
        app()
    except CoverageError as error:
        errors.print(f"Incomplete: {error}", style="bold yellow", markup=False, soft_wrap=True)
        sys.exit(EXIT_INCOMPLETE)
    except FirstNoticeError as error:
        errors.print(f"Error: {error}", style="bold red", markup=False, soft_wrap=True)
        sys.exit(EXIT_BAD_INPUT)
