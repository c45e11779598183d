"""The command that plans a day's work. Prints areas and counts, never names."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.claims.options import AsJson
from flows.cli.terminal import DEFAULT_OUT, Out, SettingsFile, say

app = typer.Typer()
MOST_AREAS = 20
"""Areas told in the terminal; --to writes them all."""


@app.command("plan")
def plan_command(
    event: Annotated[str, typer.Argument(help="Id of the event.")],
    *,
    adjusters: Annotated[
        int | None, typer.Option(min=0, help="What if so many were there, shared out as now.")
    ] = None,
    bases: Annotated[
        Path | None, typer.Option(help="What if these were the bases: a CSV like staff.")
    ] = None,
    hours: Annotated[
        float | None, typer.Option(min=0, max=24, help="What if each worked so many hours.")
    ] = None,
    hours_per_home: Annotated[
        float | None, typer.Option(help="What if a visit took so many hours.")
    ] = None,
    resolution: Annotated[
        int | None, typer.Option(help="What if areas were of this size, as H3 counts.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="CSV file to write the areas to.")] = None,
    as_json: AsJson = False,
    out: Out = DEFAULT_OUT,
    settings: SettingsFile = None,
) -> None:
    """Say which areas to staff from where, so that most expected severe loss is reached."""
    from flows.casework.planning import WhatIf, plan_event, write_plan
    from flows.wiring.settings import Settings
    from reports.summary.staffing import tell_plan

    what_if = WhatIf(
        adjusters=adjusters, bases=bases, hours_per_day=hours, hours_per_home=hours_per_home,
        cell_resolution=resolution,
    )  # fmt: skip
    plan = plan_event(out, event, Settings.read(settings), what_if)
    if to is not None:
        write_plan(plan, to)
    if as_json:
        told = asdict(plan.figures) | {"areas": plan.cells.to_dict("records")}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for row in plan.cells.head(MOST_AREAS).to_dict("records"):
        place = f"{row['latitude']:.3f},{row['longitude']:.3f} {row['postal_code'] or ''}"
        say(
            f"{row['base']:16} {row['adjusters']:3} adjusters to {row['cell']}  {place:22}  "
            f"{row['homes_reached']} of {row['homes_waiting']} homes, "
            f"{row['severe_reached']:.1f} severe, {row['loss_frac']:.1%} of the loss"
        )
    if len(plan.cells) > MOST_AREAS:
        say(f"... and {len(plan.cells) - MOST_AREAS} areas more; --to writes them all")
    for words in tell_plan(plan.figures):
        say(f"{words}.")
