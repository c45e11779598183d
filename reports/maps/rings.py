"""Rings of geometries as the map's scripts read them: ``[latitude, longitude]`` pairs."""

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import shapely

AREA_DIGITS = 5
"""A metre: finer than any hazard field."""


def trace_rings(geometries: gpd.GeoSeries) -> Iterable[list[list[list[float]]]]:
    """All rings of each area, holes too."""
    for geometry in geometries:
        lines = shapely.get_rings(shapely.get_parts(geometry))
        yield [trace_ring(ring, AREA_DIGITS) for ring in lines]


def trace_ring(ring: Any, digits: int) -> list[list[float]]:
    """One ring, degrees rounded to ``digits``."""
    pairs: list[list[float]] = shapely.get_coordinates(ring)[:, ::-1].round(digits).tolist()
    return pairs
