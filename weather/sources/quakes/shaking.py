"""How the ground shook, on a grid: measures in SI units, rows from north to south."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from core.grid import WGS84
from core.units import GRAVITY_MPS2
from weather.sources.grids.grid import ArrayCells, HazardGrid
from weather.sources.records import Reject

_ACCELERATIONS = {
    "%g": GRAVITY_MPS2 / 100, "pctg": GRAVITY_MPS2 / 100, "g": GRAVITY_MPS2, "m/s2": 1.0,
    "m/s^2": 1.0, "cm/s2": 0.01, "cm/s^2": 0.01, "gal": 0.01,
}  # fmt: skip
_VELOCITIES = {"cm/s": 0.01, "cms": 0.01, "m/s": 1.0}
_INTENSITIES = {"intensity": 1.0, "mmi": 1.0, "": 1.0}
_STRONGEST_MPS2, _FASTEST_MPS, _MOST_MMI = 100.0, 20.0, 12.0
"""Twice and more what was ever recorded: some 4 g and 4 m/s; the scale ends at XII."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a layer gives.

    Attributes:
        column: of the table.
        unit: of the column.
        factors: over the units that files use.
        greatest: value that is believed.
    """

    column: str
    unit: str
    factors: Mapping[str, float]
    greatest: float


MEASURES = {
    "MMI": Measure("mmi", "MMI", _INTENSITIES, _MOST_MMI),
    "PGA": Measure("pga_mps2", "m/s2", _ACCELERATIONS, _STRONGEST_MPS2),
    "PGV": Measure("pgv_mps", "m/s", _VELOCITIES, _FASTEST_MPS),
} | {
    f"PSA{tenths}": Measure(f"psa{tenths}_mps2", "m/s2", _ACCELERATIONS, _STRONGEST_MPS2)
    for tenths in ("03", "06", "10", "30")
}
"""By the name that grid.xml gives; accelerations of buildings by their period in tenths of a
second."""


@dataclass(frozen=True, slots=True, eq=False)
class Shaking:
    """A map as read.

    Attributes:
        transform: from column and row (corners at whole numbers) to degrees.
        measured: by column of the table, ``(rows, columns)`` each, NaN where there is none.
        event: columns of the table that are the same at every node.
        rejects: nodes that were left out.
    """

    transform: Affine
    measured: dict[str, NDArray[np.float64]]
    event: dict[str, object] = field(default_factory=dict)
    rejects: tuple[Reject, ...] = ()

    def to_grids(self) -> dict[str, HazardGrid]:
        """Each measure as a grid to sample, by column of the table."""
        at = self.event.get("at_utc")
        units = {measure.column: measure.unit for measure in MEASURES.values()}
        return {
            column: HazardGrid(
                ArrayCells(values), values.shape, self.transform, WGS84, column, units[column],
                at if isinstance(at, datetime) else None, believable=(0.0, np.inf),
            )
            for column, values in self.measured.items()
        }  # fmt: skip
