"""From how strong on the areas of a hazard are drawn for maps. Pure."""

from types import MappingProxyType

from core.hazards.kinds import HazardKind
from core.units import FOOT_M, INCH_M, KNOT_MPS

MAP_WINDS_MPS = tuple(knots * KNOT_MPS for knots in (34, 50, 64, 83, 96, 113, 137))
"""Gale, storm, and the five Saffir-Simpson categories (1-minute wind, NHC)."""

MAP_RAINS_MM = (100.0, 150.0, 250.0, 400.0)
"""4, 6, 10 and 16 inches."""

MAP_DEPTHS_M = tuple(feet * FOOT_M for feet in (1, 3, 6, 9))
"""Above ground: 1, 3, 6 and 9 feet, as the National Hurricane Center's surge maps are drawn."""

MAP_HAIL_MM = tuple(inches * INCH_M * 1000 for inches in (1, 1.5, 2, 3))
"""1 inch is severe, 2 inches is significant (National Weather Service, Storm Prediction Center)."""

_LEVELS = MappingProxyType(
    {
        (HazardKind.WIND, "m/s"): MAP_WINDS_MPS,
        (HazardKind.RAIN, "mm"): MAP_RAINS_MM,
        (HazardKind.SURGE, "m"): MAP_DEPTHS_M,
        (HazardKind.RIVER_FLOOD, "m"): MAP_DEPTHS_M,
        (HazardKind.HAIL, "mm"): MAP_HAIL_MM,
    }
)
_APART = 1.2
"""A level less than a fifth above the threshold says nothing beside it."""


def choose_levels(kind: HazardKind, unit: str | None, threshold: float) -> list[float]:
    """The threshold, then what is drawn above it; the threshold alone in units of no known scale.

    Args:
        kind: of the field.
        unit: of its values.
        threshold: from which homes are looked at, in that unit.
    """
    above = _LEVELS.get((kind, unit or ""), ())
    return [threshold, *(level for level in above if level >= threshold * _APART)]
