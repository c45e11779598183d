"""What all commands share: the terminal, exit codes, and options of one meaning."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

console = Console()
errors = Console(stderr=True)

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_INCOMPLETE = 3
DEFAULT_OUT = Path("out")

Out = Annotated[Path, typer.Option("--out", help="Folder of runs, ledger and cache.")]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="Settings file; see `firstnotice settings`.")
]


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant; without an offset it is UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an instant like 2018-10-14T12:00:00Z") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


AsOf = Annotated[
    datetime | None,
    typer.Option(
        parser=parse_instant,
        metavar="UTC",
        help="Instant of the run, as in 2018-10-14T12:00:00Z; nothing captured later is used.  "
        "[now]",
    ),
]


def say(line: str) -> None:
    """One plain line, in a terminal above the bars and in a log alike."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def warn(line: str) -> None:
    """One line that must not be missed, in colour where there is any."""
    console.print(line, markup=False, highlight=False, soft_wrap=True, style="bold yellow")
