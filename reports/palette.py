"""Colours of the tiers and decisions, one set for the map, the workbook and the GeoPackage.

Lightness falls from T1 to T4, so the order survives every kind of colour blindness, a grey
printer and a bad projector; ``tests/reports`` measures it under simulated deuteranopia,
protanopia and tritanopia.
"""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.damage import Decision, Tier
from core.hazards.kinds import HazardKind


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour and what can be read on it.

    Attributes:
        fill: ``#rrggbb`` of the area.
        ink: ``#rrggbb`` of text on it, contrast 4.5 or more (WCAG 2.2, level AA).
        line: ``#rrggbb`` of its outline on a light ground.
    """

    fill: str
    ink: str
    line: str


_DARK = "#1b2430"
_LIGHT = "#ffffff"

TIER_SWATCHES = MappingProxyType(
    {
        Tier.T0: Swatch("#c3d1da", _DARK, "#7d909c"),
        Tier.T1: Swatch("#f7dc6f", _DARK, "#a88a12"),
        Tier.T2: Swatch("#f08a24", _DARK, "#9a5208"),
        Tier.T3: Swatch("#c2263f", _LIGHT, "#7c1226"),
        Tier.T4: Swatch("#5b1250", _LIGHT, "#33062c"),
        Tier.U: Swatch("#ffffff", _DARK, "#4f6272"),
    }
)
"""T0 is a cool neutral, T1 to T4 run from light yellow to dark plum, U is hollow: not seen."""

DECISION_SWATCHES = MappingProxyType(
    {
        Decision.OPEN_DRAFT: Swatch("#0b4f8a", _LIGHT, "#083a66"),
        Decision.REVIEW: Swatch("#4a90c9", _DARK, "#0b4f8a"),
        Decision.OUTREACH: Swatch("#bcdcf2", _DARK, "#4a90c9"),
        Decision.NONE: Swatch("#f2f4f6", _DARK, "#c5ccd3"),
    }
)
"""Shades of one blue, so that a decision is never taken for a tier."""

HAZARD_RAMPS = MappingProxyType(
    {
        HazardKind.WIND: ("#5b94c4", "#12304f"),
        HazardKind.RAIN: ("#3aa892", "#0a463d"),
        HazardKind.SURGE: ("#8a80d8", "#2a1f7a"),
        HazardKind.RIVER_FLOOD: ("#3aa6c9", "#0b4257"),
        HazardKind.TORNADO: ("#a58463", "#46301a"),
        HazardKind.HAIL: ("#c77fae", "#6d1d52"),
        HazardKind.FIRE: ("#e07b4c", "#8f260c"),
        HazardKind.QUAKE: ("#96923f", "#4a460f"),
    }
)
"""Lines of each hazard's areas, weakest to strongest: a hue each, darker with strength."""
SCENE_LINES = MappingProxyType({"pre": "#2a7d4f", "during": "#8a6d1a", "post": "#7a3ea1"})
"""Outlines of scenes by their side of the event."""
HEADER = Swatch("#1f2f3f", _LIGHT, "#1f2f3f")
"""Header rows of the workbook and the top bar of the map."""

_KINDS_OF_AREAS = {"sustained_wind": HazardKind.WIND, "storm_rain": HazardKind.RAIN}
"""Hazards of HAZARD_AREAS that are not called as their kind is."""


def kind_of_area(hazard: str) -> HazardKind | None:
    """The kind of a hazard of HAZARD_AREAS; None of a word that is none."""
    if hazard in _KINDS_OF_AREAS:
        return _KINDS_OF_AREAS[hazard]
    return HazardKind(hazard) if hazard in set(HazardKind) else None


def choose_ramp(hazard: str, count: int) -> list[str]:
    """``#rrggbb`` of ``count`` areas of a hazard, weakest first; one area has the middle colour."""
    weak, strong = HAZARD_RAMPS[kind_of_area(hazard) or HazardKind.WIND]
    ends = [np.frombuffer(bytes.fromhex(colour[1:]), np.uint8) for colour in (weak, strong)]
    shares = np.linspace(0, 1, count) if count > 1 else np.full(count, 0.5)
    mixed = np.rint(ends[0] + shares[:, None] * (ends[1].astype(float) - ends[0]))
    return [f"#{row.astype(np.uint8).tobytes().hex()}" for row in mixed]
