"""Chances of damage by how strong a hazard is, where a field of it is at hand. Pure.

Each curve is a lognormal in the field's own unit: the median is where half of the homes are hurt.
They are *approximated from* the sources named beside them, and meant as weak evidence beside
pictures; each rises with the hazard, and the worse state is never likelier than the milder one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from core.hazards.kinds import HazardKind
from weather.hazards.prior import Prior

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """Chance of at least a state, lognormal in the hazard's value.

    Attributes:
        median: value at which the chance is one half.
        beta: standard deviation of its logarithm, the field's own error included.
    """

    median: float
    beta: float

    def chance(self, value: Array) -> Array:
        """Of each value; 0 where there is none."""
        given = np.where(value > 0, value, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            chances: Array = ndtr(np.log(given / self.median) / self.beta)
        return np.nan_to_num(chances)


@dataclass(frozen=True, slots=True)
class HazardCurves:
    """The curves of a hazard.

    Attributes:
        damage: minor or worse.
        severe: major or destroyed.
        unit: of the values.
    """

    damage: Curve
    severe: Curve
    unit: str


DEPTH = HazardCurves(Curve(0.30, 0.9), Curve(1.1, 0.8), "m")
"""Depth of water above the ground. Generic depth-damage curve of one-storey houses without
basement, U.S. Army Corps of Engineers, Economic Guidance Memorandum 01-03: 13% of the value at the
floor, 23% at one foot above it, 40% at three, taken with a floor one foot above the ground; minor
from a tenth of the value on, severe from 40%. Wide, as depths are known to half a metre. It tells
of what a claim would be: on Fort Myers Beach (Ian 2022) 86% severe where the county classed 71% as
major or worse, and 30% had structural damage (docs/fusion.md)."""

HAIL = HazardCurves(Curve(50.0, 0.35), Curve(110.0, 0.35), "mm")
"""Largest hail (MESH). Asphalt shingles begin to be hurt by stones of 25 to 38 mm (Marshall,
Herzog, Morrison and Smith 2002, 21st Conference on Severe Local Storms); MESH is above what is
reported by some tenths, so half of the roofs stand at 50 mm. Severe means holes: few stones make
them."""

QUAKE = HazardCurves(Curve(8.3, 0.13), Curve(9.6, 0.12), "mmi")
"""Shaking on the Modified Mercalli scale, from its words: at VIII slight damage in well built
houses and considerable in ordinary ones, at X most frame structures destroyed (Wood and Neumann
1931, Bulletin of the Seismological Society of America 21)."""

CURVES = {
    HazardKind.SURGE: DEPTH,
    HazardKind.RIVER_FLOOD: DEPTH,
    HazardKind.HAIL: HAIL,
    HazardKind.QUAKE: QUAKE,
}
"""Hazards whose field gives a chance by itself; wind has curves of buildings, rain one chance."""

HIGHEST = 0.98
"""Of any chance: survivors are found everywhere."""


def compute_prior(kind: HazardKind, value: Array) -> Prior:
    """Chances of damage where a hazard is so strong.

    Args:
        kind: one of ``CURVES``.
        value: ``(homes,)`` in its unit; NaN and 0 = nothing.
    """
    curves = CURVES[kind]
    damage = np.minimum(curves.damage.chance(value), HIGHEST)
    return Prior(damage, np.minimum(curves.severe.chance(value), damage))
