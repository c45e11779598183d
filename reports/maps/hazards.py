"""The hazard layers of the map: one a hazard, each with its own colours and scale."""

from typing import Any

import geopandas as gpd

from core.events import CatEvent
from core.hazards.kinds import HAZARD_OF_PERIL
from core.hazards.words import tell_strength
from reports.maps.rings import trace_rings
from reports.palette import choose_ramp, kind_of_area
from reports.words import spell_code


def build_hazards(hazard_areas: gpd.GeoDataFrame, event: CatEvent) -> list[dict[str, Any]]:
    """A layer a hazard, in the order of HAZARD_AREAS; the event's primary one is on at first.

    Each has its name, the unit of its scale, whether it is on, and its areas, weakest first: label,
    bound on the scale, colour and rings.

    Args:
        hazard_areas: HAZARD_AREAS.
        event: its primary peril says which layer is on; the first where none is of it.
    """
    groups = [(str(name), areas) for name, areas in hazard_areas.groupby("hazard", sort=False)]
    primary = HAZARD_OF_PERIL.get(event.primary_peril)
    kinds = [kind_of_area(hazard) for hazard, _ in groups]
    first = kinds.index(primary) if primary in kinds else 0
    return [
        _build_layer(hazard, areas.sort_values("value")) | {"on": place == first}
        for place, (hazard, areas) in enumerate(groups)
    ]


def _build_layer(hazard: str, areas: gpd.GeoDataFrame) -> dict[str, Any]:
    name = spell_code(hazard)
    bounds = [_tell_bound(row.value, row.unit) for row in areas.itertuples()]
    shapes = zip(bounds, choose_ramp(hazard, len(areas)), trace_rings(areas.geometry), strict=True)
    return {
        "name": name[:1].upper() + name[1:],
        "unit": bounds[0][2],
        "areas": [
            {
                "label": f"{name} {words}",
                "bound": bound,
                "colour": colour,
                "rings": rings,
            }
            for (words, bound, _), colour, rings in shapes
        ],
    }


def _tell_bound(value: float, unit: str) -> tuple[str, str, str]:
    """What stands on the map, on the scale, and the scale's unit, which people in claims use."""
    if not unit and not value:
        return "area", "anywhere inside", ""
    said = tell_strength(value, unit)
    bound, _, us_unit = said.partition(" (")[0].partition(" ")
    return f"at least {said}", bound, us_unit
