"""A day's plan: which areas are staffed from where, and which homes are reached. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from h3.api import basic_str as h3
from numpy.typing import NDArray

from claims.staffing.bases import Base
from claims.staffing.demand import Demand, compute_travel, count_visits, gather_demand
from claims.staffing.options import CapacityOptions
from claims.staffing.solve import Assignment, assign, count_done
from core.errors import InputError
from core.schemas.staffing import STAFFED_CELLS
from core.staffing import PlanFigures
from core.tables import check_table

NEEDED = ("latitude", "longitude", "loss", "p_severe", "postal_code")
_DIGITS = 2
"""Hours and chances summed, as people read them."""


@dataclass(frozen=True, slots=True, eq=False)
class DayPlan:
    """A day's plan.

    Attributes:
        cells: STAFFED_CELLS.
        reached_from: by home, on the index of the homes given: the base that reaches it, or
            missing.
        figures: in numbers.
    """

    cells: pd.DataFrame
    reached_from: "pd.Series[str]"
    figures: PlanFigures


def plan_day(homes: pd.DataFrame, bases: Sequence[Base], options: CapacityOptions) -> DayPlan:
    """Send adjusters where most expected severe loss is reached in the day's hours.

    Args:
        homes: that wait: ``latitude, longitude`` in degrees, ``loss`` at stake in any one unit, at
            least 0, ``p_severe`` and ``postal_code``.
        bases: where adjusters set out from, at least one.
        options: what a visit costs.

    Raises:
        InputError: the homes lack a column or a place, or nobody is there to send.
    """
    _check(homes, bases)
    demand = gather_demand(homes, options.cell_resolution)
    travel = compute_travel(demand, bases, options)
    visits = count_visits(travel, bases, options)
    adjusters = np.array([base.adjusters for base in bases], dtype=np.int64)
    found = assign(demand, visits, adjusters, options)
    served = _serve(demand, visits, found.adjusters)
    work_h = served * options.hours_per_home
    reached = _name_reached(demand, served, bases, homes.index)
    is_reached = reached.notna()
    figures = PlanFigures(
        bases=len(bases),
        adjusters=int(adjusters.sum()),
        sent=int(found.adjusters.sum()),
        areas=int((found.adjusters.sum(axis=0) > 0).sum()),
        hours=float(sum(base.adjusters * base.hours_per_day for base in bases)),
        hours_away=float((travel * found.adjusters).sum()),
        hours_at_homes=float(work_h.sum()),
        homes=len(homes),
        homes_reached=int(is_reached.sum()),
        severe=float(homes["p_severe"].sum()),
        severe_reached=float(homes.loc[is_reached, "p_severe"].sum()),
        loss_frac=_share(found.reached, float(homes["loss"].sum())),
        gap_frac=found.gap_frac,
    )
    parts = _Parts(homes, demand, found, served, travel * found.adjusters, work_h)
    return DayPlan(_tabulate(parts, bases), reached, figures)


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What the table of cells is made of; arrays are by base and cell."""

    homes: pd.DataFrame
    demand: Demand
    found: Assignment
    served: NDArray[np.int64]
    away_h: NDArray[np.float64]
    work_h: NDArray[np.floating]


def _check(homes: pd.DataFrame, bases: Sequence[Base]) -> None:
    work = "planning the day"
    missing = [name for name in NEEDED if name not in homes]
    if missing:
        raise InputError(work, f"the homes have no {missing[0]}", "Give findings and their book")
    if not bases:
        raise InputError(
            work, "nobody said how many adjusters there are",
            "Set capacity.adjusters, name a file of bases as staff in event.yaml, or give "
            "--adjusters",
        )  # fmt: skip
    if homes[["latitude", "longitude", "loss"]].isna().any(axis=None):
        raise InputError(work, "a home has no place or nothing at stake", "Leave it out")


def _serve(demand: Demand, visits: NDArray[np.int64], sent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Homes that the adjusters of each base visit in each cell, the first bases first."""
    able = (visits * sent).cumsum(axis=0)
    done = np.minimum(able, count_done(demand, visits, sent))
    served: NDArray[np.int64] = np.diff(done, axis=0, prepend=0)
    return served


def _name_reached(
    demand: Demand, served: NDArray[np.int64], bases: Sequence[Base], index: pd.Index
) -> "pd.Series[str]":
    """The base that reaches each home; of each cell the homes with most at stake."""
    names = np.full(len(index), None, dtype=object)
    for cell in np.nonzero(served.sum(axis=0))[0]:
        start = demand.starts[cell]
        for base, count in enumerate(served[:, cell]):
            names[demand.homes[start : start + count]] = bases[base].name
            start += count
    return pd.Series(names, index=index, dtype="str")


def _tabulate(parts: _Parts, bases: Sequence[Base]) -> pd.DataFrame:
    """A row for each base and cell that it staffs, most at stake first."""
    demand, sent = parts.demand, parts.found.adjusters
    order = parts.homes.iloc[demand.homes].assign(cell=demand.cell_of_home)
    severe = order.groupby("cell")["p_severe"].sum()
    postal = order.groupby("cell")["postal_code"].agg(_commonest)
    whole = demand.losses.sum()
    rows = []
    for base, cell in zip(*np.nonzero(sent), strict=True):
        before, count = parts.served[:base, cell].sum(), parts.served[base, cell]
        begin = demand.starts[cell] + before
        lat, lon = h3.cell_to_latlng(demand.cells[cell])
        rows.append({
            "base": bases[base].name, "cell": demand.cells[cell],
            "adjusters": int(sent[base, cell]), "homes_waiting": int(demand.sizes[cell]),
            "homes_reached": int(count),
            "severe_waiting": round(float(severe[cell]), _DIGITS),
            "severe_reached": round(
                float(order["p_severe"].iloc[begin : begin + count].sum()), _DIGITS),
            "loss_frac": float(demand.losses[begin : begin + count].sum() / whole),
            "hours_away": round(float(parts.away_h[base, cell]), _DIGITS),
            "hours_at_homes": round(float(parts.work_h[base, cell]), _DIGITS),
            "postal_code": postal[cell], "latitude": lat, "longitude": lon,
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=list(STAFFED_CELLS.columns))
    table = table.sort_values(["loss_frac", "base", "cell"], ascending=[False, True, True])
    checked: pd.DataFrame = check_table(table, STAFFED_CELLS)
    return checked


def _commonest(codes: "pd.Series[str]") -> str | None:
    known = codes.dropna()
    return None if known.empty else str(known.mode().iloc[0])


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
