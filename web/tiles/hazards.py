"""Hazard areas as GeoJSON lines, one layer a hazard. Pure."""

from typing import Any

import geopandas as gpd
import shapely

from core.hazards.words import tell_strength
from reports.palette import choose_ramp
from reports.words import spell_code

_METRE_DEG = 1e-5


def draw_hazards(areas: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Each hazard's name and its outlines, weakest first, with label and colour.

    Args:
        areas: HAZARD_AREAS.
    """
    return [
        {"name": spell_code(str(hazard)).capitalize(), "lines": _draw(str(hazard), group)}
        for hazard, group in areas.groupby("hazard", sort=False)
    ]


def _draw(hazard: str, areas: gpd.GeoDataFrame) -> dict[str, Any]:
    ordered = areas.sort_values("value")
    colours = choose_ramp(hazard, len(ordered))
    features = [
        {
            "type": "Feature",
            "properties": {"label": _label(row.value, row.unit), "colour": colour},
            "geometry": shapely.geometry.mapping(
                shapely.set_precision(row.geometry.boundary, _METRE_DEG)
            ),
        }
        for row, colour in zip(ordered.itertuples(), colours, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _label(value: float, unit: str) -> str:
    return f"at least {tell_strength(value, unit)}" if unit or value else "area"
