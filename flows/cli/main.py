"""The command line, script ``firstnotice``."""

import sys
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.errors import CoverageError, FirstNoticeError
from flows.cli.environment import prepare_prefect

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False,
    help="Finds insured homes that a disaster damaged before their owners call, "
    "and opens draft claims.",
)  # fmt: skip
import_app = typer.Typer(no_args_is_help=True, help="Turn a data set into event folders.")
ledger_app = typer.Typer(no_args_is_help=True, help="The record of incidents.")
app.add_typer(import_app, name="import")
app.add_typer(ledger_app, name="ledger")

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


def _parse_instant(text: str) -> datetime:
    """An ISO 8601 instant; without an offset it is UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an instant like 2018-10-14T12:00:00Z") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


AsOf = Annotated[
    datetime | None,
    typer.Option(
        parser=_parse_instant,
        metavar="UTC",
        help="Instant of the run, as in 2018-10-14T12:00:00Z; nothing captured later is used.  "
        "[now]",
    ),
]


@app.command()
def run(
    event_file: Annotated[Path, typer.Argument(help="event.yaml of the event.")],
    out: Out = DEFAULT_OUT,
    as_of: AsOf = None,
    settings: SettingsFile = None,
) -> None:
    """Assess one event: findings, draft claims, daily list, map."""
    from flows.cli.running import run_event

    result = run_event(event_file, out, as_of, settings, console)
    _show_counts(result.by_status, result.by_tier, result.by_decision)
    console.print(
        f"{result.locations} insured locations in the path, {result.new_incidents} new incidents, "
        f"{result.new_drafts} new drafts."
    )
    _show_files(result.folder)


@app.command()
def prepare(
    event_file: Annotated[
        Path, typer.Argument(help="event.yaml with the book, the footprints and the imagery.")
    ],
    out: Out = DEFAULT_OUT,
    as_of: AsOf = None,
    settings: SettingsFile = None,
) -> None:
    """Look at every insured building before any storm; a run then reads only images after it."""
    from flows.cli.running import run_preparation

    done = run_preparation(event_file, out, as_of, settings, console)
    console.print(
        f"{done.prepared} buildings prepared, {done.known} known already, "
        f"{done.unreadable} not readable."
    )


@app.command()
def demo(
    out: Out = Path("demo"),
    homes: Annotated[int, typer.Option(min=20, max=2000, help="Homes in the town.")] = 300,
) -> None:
    """Render a town, strike it with a hurricane, and assess it; offline."""
    from flows.cli.running import run_event
    from flows.importing.town import render_event

    with console.status("rendering a town before and after a hurricane"):
        event_file, as_of_utc = render_event(out / "events", homes)
    result = run_event(event_file, out, as_of_utc, None, console)
    _show_counts(result.by_status, result.by_tier, result.by_decision)
    _show_files(result.folder)


@import_app.command("xbd")
def import_xbd_command(
    source: Annotated[Path, typer.Argument(help="Folder with images/ and labels/.")],
    out: Annotated[Path, typer.Option("--out", help="Where event folders go.")],
    disaster: Annotated[str | None, typer.Option(help="One disaster.  [all]")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the made-up book.")] = 20181010,
    hurdat2: Annotated[
        Path | None, typer.Option(help="Best tracks; a storm's track is then the hazard.")
    ] = None,
) -> None:
    """Turn each disaster of an xBD folder into an event folder."""
    from flows.importing.xbd import import_xbd
    from flows.progress import drawn_progress

    with drawn_progress(console):
        results = import_xbd(source, out, disaster, seed, hurdat2)
    for result in results:
        console.print(
            f"{result.folder}: {result.buildings} buildings, {result.scenes} scenes, "
            f"{len(result.problems)} left out"
        )
        for problem in result.problems:
            console.print(f"  {problem}", style="yellow", soft_wrap=True)


@ledger_app.command("verify")
def verify_ledger(
    out: Out = DEFAULT_OUT,
    store: Annotated[str | None, typer.Option(help="SQLAlchemy URL of the ledger.")] = None,
    settings: SettingsFile = None,
) -> None:
    """Check that no row of the ledger was edited, removed or inserted.

    The ends of its chains that the runs under --out noted in their run.json are checked too.
    """
    from claims.ledger.store import Ledger
    from flows.wiring.adapters import ledger_url
    from flows.wiring.published_heads import read_published_heads
    from flows.wiring.settings import Settings

    ledger = Ledger.open_existing(store or ledger_url(Settings.read(settings), out))
    check = ledger.verify(read_published_heads(out))
    if check.ok:
        console.print(f"The ledger holds: {check.rows} rows, each chained to the one before.")
        return
    errors.print(f"The ledger does NOT hold ({check.rows} rows):", style="bold red")
    for problem in check.problems:
        errors.print(f"  {problem}")
    raise typer.Exit(EXIT_FAILED)


@app.command()
def backtest(
    event_file: Annotated[Path, typer.Argument(help="event.yaml, with truth.parquet beside it.")],
    out: Out = DEFAULT_OUT,
    settings: SettingsFile = None,
) -> None:
    """Hold the newest run of an event against its truth, on scenes the model never saw."""
    from flows.evaluation.backtest_event import backtest_event

    console.print_json(data=backtest_event(event_file, out, settings))


@app.command()
def recalibrate(
    event_file: Annotated[Path, typer.Argument(help="event.yaml, with truth.parquet beside it.")],
    out: Out = DEFAULT_OUT,
    settings: SettingsFile = None,
) -> None:
    """Tell what reviewing some homes of an event would have been worth for all the others."""
    from flows.evaluation.recalibrate_event import recalibrate_event

    console.print("Report: ", recalibrate_event(event_file, out, settings) / "recalibration.md",
                  soft_wrap=True)  # fmt: skip


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="Training config; see configs/train.yaml.")],
    out: Annotated[Path, typer.Option("--out", help="Where weights and checkpoints go.")],
) -> None:
    """Train a detector from event folders with people's grades; resumes where it was stopped."""
    from flows.progress import drawn_progress
    from flows.training.train_detector import train_detector

    with drawn_progress(console):
        weights = train_detector(config, out, _say)
    console.print(f"Weights and card: [bold]{weights}[/bold]")


@app.command()
def evaluate(
    config: Annotated[Path, typer.Argument(help="Evaluation config; see configs/evaluate.yaml.")],
    out: Annotated[Path, typer.Option("--out", help="Where scores, plots and the report go.")],
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|shipped",
            help="Train nothing: score these weights on the scenes that their card holds out.",
        ),
    ] = None,
) -> None:
    """Measure a detector on homes it was not trained on; resumes where it was stopped."""
    from flows.evaluation.evaluate_detector import evaluate_detector
    from flows.progress import drawn_progress
    from reports.evaluation.files import brief_rows

    with drawn_progress(console):
        evaluation = evaluate_detector(config, out, weights)
    head, *rows = brief_rows(evaluation)
    for group, members in groupby(rows, key=itemgetter(0)):
        table = Table(*head[1:], title=group, title_justify="left")
        for row in members:
            table.add_row(*row[1:])
        console.print(table)
    console.print("Report: ", out / "evaluation.md", soft_wrap=True)


@app.command()
def robustness(
    config: Annotated[Path, typer.Argument(help="Training config; see configs/train.yaml.")],
    out: Annotated[Path, typer.Option("--out", help="Where the report goes.")],
    weights: Annotated[
        str, typer.Option(metavar="FILE|shipped", help="Which weights to stress.")
    ] = "shipped",
    most_homes: Annotated[
        int, typer.Option(min=1, help="Homes of each event, drawn at random.")
    ] = 600,
) -> None:
    """Measure how a detector holds when pictures get worse, on scenes it never saw."""
    from flows.evaluation.measure_robustness import REPORT, measure_robustness
    from flows.progress import drawn_progress

    with drawn_progress(console):
        measure_robustness(config, weights, out, most_homes)
    console.print("Report: ", out / REPORT, soft_wrap=True)


@app.command()
def settings(
    file: Annotated[Path | None, typer.Option(help="Read these first.")] = None,
) -> None:
    """Print all settings as commented YAML."""
    from flows.wiring.settings import Settings, write_commented

    typer.echo(write_commented(Settings.read(file)))


def _say(line: str) -> None:
    """One plain line, in a terminal above the bars and in a log alike."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _show_counts(*groups: dict[str, int]) -> None:
    table = Table("status", "homes", "tier", "homes ", "decision", "homes  ")
    columns = [[(name, count) for name, count in group.items() if count] for group in groups]
    for row in range(max(len(column) for column in columns)):
        cells = [column[row] if row < len(column) else ("", "") for column in columns]
        table.add_row(*(str(part) for cell in cells for part in cell))
    console.print(table)


def _show_files(folder: Path) -> None:
    console.print("Open in a browser:     ", folder / "map.html", soft_wrap=True)
    console.print("Open in a spreadsheet: ", folder / "daily_list.xlsx", soft_wrap=True)


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
