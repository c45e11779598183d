"""Homes of a rendered town: where each stands and what roof it has. Pure geometry."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from imagery.town.noise import Raster
from imagery.town.style import METAL_ROOF, ROOF_COLOURS, TownStyle

STREET_HALF_M = 3.7
"""Half the width of a residential street, kerb to kerb 24 ft (common US local street)."""
MAIN_HALF_M = 6.0
"""Half the width of a main road of three lanes."""


@dataclass(frozen=True, slots=True)
class Warp:
    """Bends straight streets: ``u = x + a sin(2 pi y / l + f)``, and v likewise from x.

    Attributes:
        amplitude_m: of the bend in u and in v.
        wavelength_m: along y for u, along x for v.
        phase_rad: of either.
    """

    amplitude_m: tuple[float, float]
    wavelength_m: tuple[float, float]
    phase_rad: tuple[float, float]

    def to_street(self, x: Raster, y: Raster) -> tuple[Raster, Raster]:
        """Street coordinates of town metres."""
        return x + self._bend(0, y), y + self._bend(1, x)

    def to_town(self, u: Raster, v: Raster) -> tuple[Raster, Raster]:
        """Town metres of street coordinates.

        A fixed point: each round shrinks the error by the product of the two slopes, under 0.05.
        """
        x, y = u, v
        for _ in range(12):
            x, y = u - self._bend(0, y), v - self._bend(1, x)
        return x, y

    def angle_along_street(self, x: Raster) -> Raster:
        """Direction of a street of constant v, from the x axis, clockwise as seen, radians."""
        rate = 2 * np.pi / self.wavelength_m[1]
        slope = self.amplitude_m[1] * rate * np.cos(rate * x + self.phase_rad[1])
        return np.arctan(-slope)

    def _bend(self, axis: int, at: Raster) -> Raster:
        rate = 2 * np.pi / self.wavelength_m[axis]
        return self.amplitude_m[axis] * np.sin(rate * at + self.phase_rad[axis])


@dataclass(frozen=True, slots=True, eq=False)
class Homes:
    """Homes and their lots, one a row; local axes p along the street, q a quarter turn on.

    Attributes:
        at_m: ``(n, 2)`` centre of the main wing, town metres.
        angle_rad: ``(n,)`` of p from the x axis, clockwise as seen.
        front: ``(n,)`` +1 if the street lies towards +q, else -1.
        half_m: ``(n, 2)`` half sizes of the main wing.
        wing_at_m: ``(n, 2)`` local centre of the side wing.
        wing_half_m: ``(n, 2)`` its half sizes; zeros for none.
        to_street_m: ``(n,)`` from the centre to the kerb.
        lot_at_m: ``(n, 2)`` local centre of the lot.
        lot_half_m: ``(n, 2)`` its half sizes.
        is_hip: ``(n,)`` hip roof; else gable.
        pitch: ``(n,)`` rise over run.
        eave_m: ``(n,)`` height of the eaves.
        colour: ``(n, 3)`` roof colour.
        is_metal: ``(n,)`` metal roof.
    """

    at_m: Raster
    angle_rad: Raster
    front: Raster
    half_m: Raster
    wing_at_m: Raster
    wing_half_m: Raster
    to_street_m: Raster
    lot_at_m: Raster
    lot_half_m: Raster
    is_hip: NDArray[np.bool_]
    pitch: Raster
    eave_m: Raster
    colour: Raster
    is_metal: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.at_m)

    def select(self, keep: NDArray[np.bool_]) -> Self:
        """The homes that a mask picks."""
        return type(self)(*(getattr(self, part.name)[keep] for part in fields(self)))

    def to_town(self, local_m: Raster) -> Raster:
        """Town metres ``(n, 2)`` of one local point a home, ``(n, 2)``."""
        cosine, sine = np.cos(self.angle_rad), np.sin(self.angle_rad)
        p, q = local_m[:, 0], local_m[:, 1]
        return self.at_m + np.column_stack([p * cosine - q * sine, p * sine + q * cosine])

    def compute_radius_m(self) -> Raster:
        """``(n,)`` radius about the centre that holds the whole roof."""
        wing = np.hypot(*(np.abs(self.wing_at_m) + self.wing_half_m).T)
        return np.maximum(np.hypot(*self.half_m.T), wing)


def build_homes(rng: np.random.Generator, lots: Raster, warp: Warp, style: TownStyle) -> Homes:
    """A home on each lot, facing its street."""
    count = len(lots)
    _, u, v, half_w, half_d, front = lots.T
    is_mobile = rng.random(count) < style.mobile_frac
    half = np.column_stack([rng.uniform(6.2, 8.6, count), rng.uniform(4.6, 6.2, count)])
    half[is_mobile] = np.column_stack([rng.uniform(2.2, 4, count), rng.uniform(6.5, 8, count)])[
        is_mobile
    ]
    wing_at, wing_half = _draw_wings(rng, half, front, has_wing=~is_mobile)
    # the main wing stands a little towards the street of the lot's middle
    offset = np.minimum(rng.uniform(0, 4, count), half_d - 12)
    side = rng.uniform(-1, 1, count) * np.clip(half_w - half[:, 0] - 2.5, 0, 1.5)
    x, y = warp.to_town(u + side, v + front * offset)
    kind = rng.choice(len(ROOF_COLOURS), count, p=style.roof_weights)
    kind[is_mobile & (rng.random(count) < 0.5)] = METAL_ROOF  # noqa: PLR2004  an even chance
    colour = np.array(ROOF_COLOURS)[kind] * rng.uniform(0.88, 1.1, (count, 1))
    return Homes(
        at_m=np.column_stack([x, y]),
        angle_rad=warp.angle_along_street(x) + rng.normal(0, np.deg2rad(2), count),
        front=front,
        half_m=half,
        wing_at_m=wing_at,
        wing_half_m=wing_half,
        to_street_m=half_d - offset + MAIN_HALF_M - STREET_HALF_M,
        lot_at_m=np.column_stack([-side, -front * offset]),
        lot_half_m=np.column_stack([half_w, half_d]),
        is_hip=rng.random(count) < 0.45,  # noqa: PLR2004  by eye, in the same scenes
        pitch=np.where(is_mobile, 0.15, rng.uniform(0.3, 0.6, count)),
        eave_m=rng.uniform(2.6, 3.4, count),
        colour=np.clip(colour + rng.normal(0, 3, (count, 3)), 25, 235),
        is_metal=kind == METAL_ROOF,
    )


def _draw_wings(
    rng: np.random.Generator, half: Raster, front: Raster, has_wing: NDArray[np.bool_]
) -> tuple[Raster, Raster]:
    """Side wings: L (at one end, towards the street), T (near the middle, either way) or none."""
    count = len(half)
    shape = rng.choice(3, count, p=[0.35, 0.4, 0.25])
    wing_half_p = rng.uniform(2.8, 3.8, count)
    reach = rng.uniform(2, 4.5, count)
    towards = np.where((shape == 2) & (rng.random(count) < 0.5), -front, front)  # noqa: PLR2004
    end = rng.choice([-1, 1], count) * (half[:, 0] - wing_half_p)
    at_p = np.where(shape == 1, end, rng.uniform(-0.4, 0.4, count) * half[:, 0])
    # a wing starts at the main ridge, so that the two roofs meet in valleys
    wing_half = np.column_stack([wing_half_p, (half[:, 1] + reach) / 2])
    wing_at = np.column_stack([at_p, towards * wing_half[:, 1]])
    keep = (has_wing & (shape > 0))[:, None]
    return np.where(keep, wing_at, 0), np.where(keep, wing_half, 0)
