"""The day's capacity plan: of a run, and what it would be with others there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from claims.staffing.bases import Base, choose_bases, read_bases, share_out
from claims.staffing.options import CapacityOptions
from claims.staffing.plan import DayPlan, plan_day
from claims.staffing.waiting import find_waiting
from core.errors import InputError
from core.schemas.book import LOCATION_KEY
from flows.wiring.context import RunContext
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import (
    LATEST,
    atomic_path,
    read_geo_table,
    read_table,
    write_table,
)

PLAN_FILE = "plan.csv"
_BASES = "bases"
_OF_BASE = ["name", "adjusters", "hours_per_day", "latitude", "longitude"]


@dataclass(frozen=True, slots=True, eq=False)
class RunPlan:
    """A run's plan, where one was made.

    Attributes:
        plan: the plan; None where nobody is told, or nobody waits.
        visits: location key and ``visit_from`` of the homes that it reaches.
        notes: what people should know of it, in sentences.
    """

    plan: DayPlan | None
    visits: pd.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What is otherwise than the settings and the event say; None = as they say.

    Attributes:
        adjusters: on the day, shared out over the bases as they are now.
        bases: file of other bases.
        hours_per_day: that everybody works.
        hours_per_home: that a visit takes.
        cell_resolution: of H3.
    """

    adjusters: int | None = None
    bases: Path | None = None
    hours_per_day: float | None = None
    hours_per_home: float | None = None
    cell_resolution: int | None = None


def plan_run(run: RunContext, findings: gpd.GeoDataFrame, locations: pd.DataFrame) -> RunPlan:
    """Plan the day of a run and write ``plan.csv``; a wrong file of bases costs the plan alone."""
    options, nobody = run.settings.capacity, pd.DataFrame(columns=[*LOCATION_KEY, "visit_from"])
    try:
        bases = choose_bases(run.source.staff, options)
    except InputError as error:
        return RunPlan(None, nobody, (f"no plan of the day was made: {error}",))
    if not bases:
        for left in (run.folder.file(PLAN_FILE), run.folder.work(_BASES)):
            left.unlink(missing_ok=True)  # of the same run, begun with other settings
        return RunPlan(None, nobody)
    _keep(bases, run.folder.work(_BASES))
    waiting = find_waiting(findings, locations)
    plan = plan_day(waiting, bases, options)
    write_plan(plan, run.folder.file(PLAN_FILE))
    visits = waiting[LOCATION_KEY].assign(visit_from=plan.reached_from)
    return RunPlan(plan, visits[visits["visit_from"].notna()])


def plan_event(out: Path, event_id: str, settings: Settings, what_if: WhatIf) -> DayPlan:
    """The plan of an event's newest run, with what is told otherwise.

    Raises:
        InputError: the event has no run, nobody is told, or a value is out of bounds.
    """
    folder = out / event_id / LATEST
    if not (folder / "findings.parquet").is_file():
        raise InputError(
            f"planning the day of event {event_id}", f"there is no {folder / 'findings.parquet'}",
            "Run the event first, or name its output folder",
        )  # fmt: skip
    options = _change(settings.capacity, what_if)
    findings = read_geo_table(folder / "findings.parquet")
    locations = read_table(folder / "work" / "locations.parquet")
    bases = _choose(folder / "work" / f"{_BASES}.parquet", options, what_if)
    return plan_day(find_waiting(findings, locations), bases, options)


def write_plan(plan: DayPlan, path: Path) -> None:
    """Write the areas that are staffed as CSV; it holds no names."""
    with atomic_path(path) as partial:
        plan.cells.to_csv(partial, index=False, lineterminator="\n", float_format="%.6g")


def _change(options: CapacityOptions, what_if: WhatIf) -> CapacityOptions:
    names = ("adjusters", "hours_per_day", "hours_per_home", "cell_resolution")
    told = {name: value for name in names if (value := getattr(what_if, name)) is not None}
    try:
        return replace(options, **told)
    except ValueError as error:
        raise InputError("planning the day", str(error), "Give a value within bounds") from None


def _choose(kept: Path, options: CapacityOptions, what_if: WhatIf) -> Sequence[Base]:
    """The bases told, else those of the run, else of the settings; with the adjusters told."""
    if what_if.bases is not None:
        bases: Sequence[Base] = read_bases(what_if.bases, options)
    elif kept.is_file():
        bases = _read_kept(kept)
    else:
        bases = choose_bases(None, options)
    if what_if.hours_per_day is not None:
        bases = [replace(base, hours_per_day=what_if.hours_per_day) for base in bases]
    if what_if.adjusters is not None and bases:
        bases = share_out(bases, what_if.adjusters)
    return bases


def _keep(bases: Sequence[Base], path: Path) -> None:
    """Keep the bases of a run, for what its plan would be otherwise."""
    rows = [[getattr(base, name) for name in _OF_BASE] for base in bases]
    table = pd.DataFrame(rows, columns=_OF_BASE)
    write_table(table.astype({"latitude": float, "longitude": float}), path)


def _read_kept(path: Path) -> list[Base]:
    rows = read_table(path).astype(object)
    rows = rows.where(rows.notna(), None)
    return [Base(**{str(name): value for name, value in row.items()})
            for row in rows.to_dict("records")]  # fmt: skip
