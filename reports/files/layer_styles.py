"""QGIS styles for the GeoPackage's layers, kept in its ``layer_styles`` table.

Table layout: QGIS's own, as its "Save style in database" makes it; QGIS applies the row with
``useAsDefault`` when the layer is opened. The QML holds a renderer and nothing else, so that
every QGIS 3 reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as ET

import pandas as pd

from core.damage import TIER_LABELS
from core.hazards.kinds import HazardKind
from reports.palette import SCENE_LINES, TIER_SWATCHES, choose_ramp

GEOMETRY_COLUMN = "geom"
"""GDAL's name for the geometry of a GeoPackage layer."""

_TYPE_OF = {"marker": "SimpleMarker", "fill": "SimpleFill"}


@dataclass(frozen=True, slots=True)
class Category:
    """One value of the styled column and how it looks.

    Attributes:
        value: of the column.
        label: in the legend.
        fill: ``#rrggbb``, or ``no`` for none.
        line: ``#rrggbb`` of the outline.
    """

    value: str
    label: str
    fill: str
    line: str


_TIERS = tuple(
    Category(str(tier), f"{tier} {TIER_LABELS[tier]}", swatch.fill, swatch.line)
    for tier, swatch in TIER_SWATCHES.items()
)
_HAZARDS = tuple(
    Category(hazard, f"{hazard.replace('_', ' ')} at least", "no", choose_ramp(hazard, 1)[0])
    for hazard in ("sustained_wind", "storm_rain", *HazardKind)
)
_ROLES = tuple(Category(role, f"{role} scene", "no", line) for role, line in SCENE_LINES.items())


def build_layer_styles(as_of_utc: datetime) -> pd.DataFrame:
    """The ``layer_styles`` table, one default style a layer."""
    qml = {
        "findings": build_qml("marker", "tier", _TIERS, size_mm=2.4),
        "buildings": build_qml("fill", "tier", _TIERS),
        "hazard_areas": build_qml("fill", "hazard", _HAZARDS),
        "scenes": build_qml("fill", "role", _ROLES),
    }
    rows = len(qml)
    return pd.DataFrame(
        {
            "f_table_catalog": [""] * rows,
            "f_table_schema": [""] * rows,
            "f_table_name": list(qml),
            "f_geometry_column": [GEOMETRY_COLUMN] * rows,
            "styleName": [f"firstnotice {name}" for name in qml],
            "styleQML": list(qml.values()),
            "styleSLD": [""] * rows,
            "useAsDefault": [True] * rows,
            "description": ["Colours of the daily list and the map"] * rows,
            "owner": ["firstnotice"] * rows,
            "ui": [""] * rows,
            "update_time": pd.Series([as_of_utc] * rows).astype("datetime64[ms, UTC]"),
        }
    )


def write_qml(path: Path) -> None:
    """Write the style of findings by tier beside ``findings.parquet``, where QGIS looks for it."""
    path.write_text(build_qml("marker", "tier", _TIERS, size_mm=2.4), encoding="utf-8")


def build_qml(
    symbol: Literal["marker", "fill"],
    column: str,
    categories: tuple[Category, ...],
    size_mm: float = 0.0,
) -> str:
    """A QML document: one symbol a category of ``column``, or one for all where it is empty.

    Args:
        symbol: ``marker`` for points, ``fill`` for polygons.
        column: whose values choose the category; ``""`` for a single symbol.
        categories: in legend order, the last one drawn on top.
        size_mm: diameter of a marker on the screen or paper.
    """
    root = ET.Element("qgis", {"styleCategories": "Symbology"})
    kind = "categorizedSymbol" if column else "singleSymbol"
    renderer = ET.SubElement(root, "renderer-v2", {"type": kind, "symbollevels": "1"})
    if column:
        renderer.set("attr", column)
        listing = ET.SubElement(renderer, "categories")
        for place, category in enumerate(categories):
            marks = {"value": category.value, "label": category.label, "symbol": str(place)}
            ET.SubElement(listing, "category", marks | {"render": "true", "type": "string"})
    symbols = ET.SubElement(renderer, "symbols")
    for place, category in enumerate(categories):
        node = ET.SubElement(symbols, "symbol", {"name": str(place), "type": symbol, "alpha": "1"})
        layer = ET.SubElement(
            node, "layer", {"class": _TYPE_OF[symbol], "enabled": "1", "pass": str(place)}
        )
        _add_options(layer, _symbol_options(symbol, category, size_mm))
    return ET.tostring(root, encoding="unicode")


def _symbol_options(symbol: str, category: Category, size_mm: float) -> dict[str, str]:
    options = {
        "outline_color": _rgba(category.line),
        "outline_width": "0.3",
        "outline_width_unit": "MM",
        "color": _rgba(category.fill) if category.fill != "no" else "0,0,0,0",
    }
    if symbol == "marker":
        return options | {"name": "circle", "size": f"{size_mm}", "size_unit": "MM"}
    return options | {"style": "solid" if category.fill != "no" else "no"}


def _add_options(layer: ET.Element, options: Mapping[str, str]) -> None:
    """Each option twice: as ``Option`` for QGIS 3.20 and later, as ``prop`` for older."""
    holder = ET.SubElement(layer, "Option", {"type": "Map"})
    for name, value in options.items():
        ET.SubElement(holder, "Option", {"name": name, "value": value, "type": "QString"})
        ET.SubElement(layer, "prop", {"k": name, "v": value})


def _rgba(colour: str) -> str:
    """``#rrggbb`` as QGIS writes it: ``r,g,b,255``."""
    return ",".join(str(channel) for channel in bytes.fromhex(colour[1:])) + ",255"
