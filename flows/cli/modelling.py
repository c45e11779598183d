"""Commands that train and measure the model."""

from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from flows.cli.terminal import DEFAULT_OUT, Out, SettingsFile, console, say

app = typer.Typer()


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
        weights = train_detector(config, out, say)
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
