"""Colours of the tiers and decisions, one set for the map, the workbook and the GeoPackage.

Lightness falls from T1 to T4, so the order survives every kind of colour blindness, a grey
printer and a bad projector; ``tests/reports`` measures it under simulated deuteranopia,
protanopia and tritanopia.
"""

from dataclasses import dataclass
from types import MappingProxyType

from core.damage import Decision, Tier


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

HAZARD_LINE = "#2b5c8a"
"""Contours of the hazard, weakest to strongest by width."""
SCENE_LINES = MappingProxyType({"pre": "#2a7d4f", "during": "#8a6d1a", "post": "#7a3ea1"})
"""Outlines of scenes by their side of the event."""
HEADER = Swatch("#1f2f3f", _LIGHT, "#1f2f3f")
"""Header rows of the workbook and the top bar of the map."""
