"""Which homes of a rendered town the event damages, and where else it leaves its mark."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from core.damage import DamageGrade
from core.events import Peril
from imagery.town.homes import Homes
from imagery.town.noise import Raster, draw_noise, smooth_step
from imagery.town.options import TownOptions
from imagery.town.plan import TownPlan

CELL_M = 4.0
"""Cell of the coarse maps of force and fire."""
PAD_CELLS = 8
"""Cells around the town, so that trees beyond the edge have a force too."""

_DAMAGE_STREAM = 61


@dataclass(frozen=True, slots=True, eq=False)
class CoarseMap:
    """A smooth field on ``CELL_M`` cells, ``PAD_CELLS`` around the town."""

    field: Raster

    def sample(self, x: Raster, y: Raster) -> Raster:
        """Bilinear value at points in town metres; the edge value beyond."""
        rows, columns = self.field.shape
        row = np.clip(y / CELL_M + PAD_CELLS - 0.5, 0, rows - 1.001)
        column = np.clip(x / CELL_M + PAD_CELLS - 0.5, 0, columns - 1.001)
        top, left = row.astype(np.intp), column.astype(np.intp)
        down, right = row - top, column - left
        upper = self.field[top, left] * (1 - right) + self.field[top, left + 1] * right
        lower = self.field[top + 1, left] * (1 - right) + self.field[top + 1, left + 1] * right
        return (upper * (1 - down) + lower * down).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Havoc:
    """What the event did.

    Attributes:
        grades: ``(n,)`` of ``DamageGrade``, one a home.
        force: how hard it hit, 0 to 1.
        burnt: how far the ground burnt, 0 to 1; all 0 unless it was a fire.
    """

    grades: NDArray[np.intp]
    force: CoarseMap
    burnt: CoarseMap


def wreak_havoc(options: TownOptions, plan: TownPlan) -> Havoc:
    """Grades in exactly the counts asked for, the worst where a smooth field is highest.

    Fire destroys whole neighbourhoods and spares the next; wind is more of a lottery.
    """
    rng = np.random.default_rng((options.seed, _DAMAGE_STREAM))
    height_m, width_m = (side * options.gsd_m for side in plan.town_px)
    shape = (int(height_m / CELL_M) + 2 * PAD_CELLS, int(width_m / CELL_M) + 2 * PAD_CELLS)
    swath = CoarseMap(draw_noise(rng, shape, 64, 8))
    is_fire = options.peril is Peril.WILDFIRE
    luck = 0.2 if is_fire else 0.8
    homes = plan.homes
    score = swath.sample(homes.at_m[:, 0], homes.at_m[:, 1]) + luck * rng.standard_normal(
        len(homes)
    )
    counts = options.damage_mix.compute_counts(len(homes))
    ladder = np.concatenate([np.full(counts[grade], grade) for grade in sorted(counts)])
    grades = np.empty(len(homes), dtype=np.intp)
    grades[np.argsort(score, kind="stable")] = ladder
    severity = grades / float(DamageGrade.DESTROYED)
    force = _spread(shape, homes, severity, 32)
    burnt = np.zeros(shape, dtype=np.float32)
    if is_fire:
        ragged = 0.1 * draw_noise(rng, shape, 8)
        burnt = smooth_step(_spread(shape, homes, severity, 12).field + ragged, 0.45, 0.75)
    return Havoc(grades, CoarseMap(np.clip(1.4 * force.field, 0, 1)), CoarseMap(burnt))


def _spread(shape: tuple[int, int], homes: Homes, severity: Raster, reach_m: float) -> CoarseMap:
    """Mean severity of the homes around each cell, falling to 0 far from any damaged home."""
    row, column = ((homes.at_m[:, axis] / CELL_M).astype(np.intp) + PAD_CELLS for axis in (1, 0))
    total, count = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    np.add.at(total, (row, column), severity.astype(np.float32))
    np.add.at(count, (row, column), 1)
    sigma = reach_m / CELL_M
    total, count = gaussian_filter(total, sigma), gaussian_filter(count, sigma)
    # a tenth of a lone home's own peak keeps far ground at 0
    lone = 0.1 / (2 * np.pi * sigma**2)
    return CoarseMap(total / (count + lone))
