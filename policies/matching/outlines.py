"""Building outlines and insured points, made fit for geometry in metres."""

import logging
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from core.grid import WGS84
from policies.footprints.repair import POLYGONAL, keep_polygons

_LOG = logging.getLogger(__name__)

_ZONE_WIDTH_DEG = 6
_ZONES = 60
_MIN_LATITUDE_DEG, _MAX_LATITUDE_DEG = -80.0, 84.0
"""UTM ends there; nobody insures homes beyond."""

_IDS_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """Buildings that can be matched.

    Attributes:
        building_id: ids, object ``(buildings,)``, sorted, so that nothing depends on file order.
        geometry: valid polygons or multipolygons, EPSG:4326, object ``(buildings,)``.
        unusable: ids of footprints that hold no area even after repair.
    """

    building_id: NDArray[np.object_]
    geometry: NDArray[np.object_]
    unusable: tuple[str, ...]


def repair_outlines(footprints: gpd.GeoDataFrame) -> Outlines:
    """Valid outlines of a FOOTPRINTS table; what cannot be repaired is listed, and logged by id."""
    named = footprints["building_id"]
    if not named.is_monotonic_increasing:  # most files are sorted, and to find out costs little
        footprints = footprints.sort_values("building_id", kind="stable")
    ids = footprints["building_id"].to_numpy(dtype=object)
    outlines = footprints.geometry.to_numpy().copy()
    is_finite = ~(shapely.is_missing(outlines) | shapely.is_empty(outlines))
    if not np.isfinite(shapely.get_coordinates(outlines)).all():
        coordinates, owner = shapely.get_coordinates(outlines, return_index=True)
        is_finite[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    is_broken = is_finite & ~shapely.is_valid(outlines)
    outlines[is_broken] = [
        keep_polygons(shape) for shape in shapely.make_valid(outlines[is_broken])
    ]
    is_usable = is_finite & np.isin(shapely.get_type_id(outlines), POLYGONAL)
    is_usable &= shapely.area(outlines) > 0
    unusable = tuple(str(name) for name in ids[~is_usable])
    if unusable:
        _LOG.warning(
            "%d footprints hold no area and are left out, as %s",
            len(unusable),
            ", ".join(unusable[:_IDS_SHOWN]),
        )
    return Outlines(ids[is_usable], outlines[is_usable], unusable)


def find_coordinates(
    points: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of points, ``(points,)`` each; NaN where a point is empty or none."""
    longitude, latitude = np.full(len(points), np.nan), np.full(len(points), np.nan)
    is_there = ~(shapely.is_missing(points) | shapely.is_empty(points))  # get_x refuses empty ones
    longitude[is_there] = shapely.get_x(points[is_there])
    latitude[is_there] = shapely.get_y(points[is_there])
    return longitude, latitude


def has_metric_crs(points: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Whether each point (EPSG:4326) has finite coordinates inside some UTM zone, ``(points,)``."""
    longitude, latitude = find_coordinates(points)
    is_between = (latitude >= _MIN_LATITUDE_DEG) & (latitude <= _MAX_LATITUDE_DEG)
    has_zone: NDArray[np.bool_] = is_between & (np.abs(longitude) <= _ZONES * _ZONE_WIDTH_DEG / 2)
    return has_zone


def project(geometry: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    """Geometries of EPSG:4326 in a metric CRS, ``(geometries,)``."""
    return _transform(geometry, WGS84, crs)


def unproject(geometry: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    """Geometries of a metric CRS in EPSG:4326, ``(geometries,)``."""
    return _transform(geometry, crs, WGS84)


def _transform(geometry: NDArray[np.object_], source: str, target: str) -> NDArray[np.object_]:
    transformer = Transformer.from_crs(source, target, always_xy=True)

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    moved: NDArray[np.object_] = shapely.transform(geometry, move)
    return moved
