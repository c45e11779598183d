"""What the homes around show: a local rate of damage, shrunk towards the hazard. Pure.

A hurricane's wind, a fire's front and a river's water leave homes beside each other alike, more so
than any field of the hazard can say. Each home's rate is the weighed mean of what pictures say of
the homes around it, its own left out, with the hazard's chance counting as a few homes more: where
nothing around was seen the hazard alone is left.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

EARTH_M = 6_371_008.8
"""Mean radius of the Earth (IUGG)."""
_CHUNK = 100_000
"""Homes looked up at once: their neighbours fill 100 MB."""


@dataclass(frozen=True, slots=True)
class LocalRateOptions:
    """How far and how much the homes around count."""

    reach_m: float = 150.0
    """Neighbours farther away count for nothing."""
    most: int = 64
    """Nearest neighbours that count."""
    hazard_homes: float = 2.0
    """As many homes as the hazard's chance counts for."""

    def __post_init__(self) -> None:
        if not (self.reach_m > 0 and self.most >= 1 and self.hazard_homes > 0):
            raise ValueError(f"a local rate needs positive options, got {self}")


def compute_local_rate(
    places_deg: tuple[NDArray[np.float64], NDArray[np.float64]],
    buildings: NDArray[np.intp],
    image_damage: NDArray[np.float64],
    prior_damage: NDArray[np.float64],
    options: LocalRateOptions,
) -> NDArray[np.float64]:
    """P(minor or worse) of each home by the homes around it and the hazard.

    Args:
        places_deg: longitudes and latitudes ``(homes,)``.
        buildings: ``(homes,)`` number of each home's building; those of one building are one.
        image_damage: ``(homes,)`` P(minor or worse) of the pictures; NaN = not seen.
        prior_damage: ``(homes,)`` the same of the hazard.
        options: reach and weights.

    Returns:
        ``(homes,)``; the prior itself where no home around was seen.
    """
    seen = _pick_one_a_building(buildings, np.flatnonzero(np.isfinite(image_damage)))
    if not len(seen):
        return prior_damage.copy()
    points = _to_sphere(*places_deg)
    tree = cKDTree(points[seen])
    rates = np.empty(len(prior_damage))
    for start in range(0, len(rates), _CHUNK):
        part = slice(start, start + _CHUNK)
        near_m, near = tree.query(
            points[part], k=[*range(1, min(options.most + 1, len(seen)) + 1)],
            distance_upper_bound=options.reach_m,
        )  # fmt: skip
        found = seen[np.where(np.isfinite(near_m), near, 0)]
        counts = np.isfinite(near_m) & (buildings[found] != buildings[part, None])
        said = np.where(counts, image_damage[found], 0.0).sum(axis=1)
        weight = options.hazard_homes
        rates[part] = (said + weight * prior_damage[part]) / (counts.sum(axis=1) + weight)
    return rates


def _pick_one_a_building(buildings: NDArray[np.intp], homes: NDArray[np.intp]) -> NDArray[np.intp]:
    _, first = np.unique(buildings[homes], return_index=True)
    return homes[first]


def _to_sphere(
    longitude_deg: NDArray[np.float64], latitude_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Metres from the Earth's centre, ``(homes, 3)``: distances of some hundred metres hold."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    return EARTH_M * np.column_stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ]
    )
