"""Outlines of buildings as they lie in the picture after the event."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from reports.maps.rings import trace_ring

DEGREE_DIGITS = 6
"""A tenth of a metre: finer than any match."""
_M_PER_DEG = 111_320.0
"""Along a meridian, spherical: to half a percent of a shift of metres."""
_SHIFT = ["shift_east_m", "shift_north_m"]


def shift_outlines(buildings: gpd.GeoDataFrame, findings: pd.DataFrame) -> gpd.GeoDataFrame:
    """Outlines moved by the shift that was measured between the two dates, where one was.

    Outlines fit the picture before; the one after may lie some metres beside it, and it is the one
    under the map.

    Args:
        buildings: FOOTPRINTS, EPSG:4326.
        findings: FINDINGS; several homes of a building share its shift.
    """
    known = [name for name in _SHIFT if name in findings]
    if len(known) < len(_SHIFT) or buildings.empty:
        return buildings
    measured = findings.dropna(subset=["building_id", *_SHIFT]).drop_duplicates("building_id")
    by_building = measured.set_index("building_id")[_SHIFT].astype(float)
    shift = by_building.reindex(buildings["building_id"]).fillna(0.0).to_numpy()
    shapes = buildings.geometry.to_numpy()
    squeeze = np.cos(np.radians(shapely.get_y(shapely.centroid(shapes))))
    degrees = np.column_stack([shift[:, 0] / squeeze, shift[:, 1]]) / _M_PER_DEG
    return buildings.set_geometry(gpd.GeoSeries(_move(shapes, degrees), buildings.index,
                                                crs=buildings.crs))  # fmt: skip


def _move(shapes: NDArray[np.object_], by: NDArray[np.float64]) -> NDArray[np.object_]:
    moved: NDArray[np.object_] = shapes.copy()
    places, owner = shapely.get_coordinates(shapes, return_index=True)
    return shapely.set_coordinates(moved, places + by[owner])


def build_outlines(buildings: gpd.GeoDataFrame) -> list[list[list[list[float]]]]:
    """Each building's outer rings as ``[latitude, longitude]`` pairs; courtyards are not drawn."""
    parts, owners = shapely.get_parts(buildings.geometry.to_numpy(), return_index=True)
    outlines: list[list[list[list[float]]]] = [[] for _ in range(len(buildings))]
    for ring, owner in zip(shapely.get_exterior_ring(parts), owners, strict=True):
        outlines[owner].append(trace_ring(ring, DEGREE_DIGITS))
    return outlines
