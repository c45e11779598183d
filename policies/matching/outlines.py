"""Building outlines and insured points, made fit for geometry in metres."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from core.grid import WGS84, choose_metric_crs
from policies.footprints.repair import POLYGONAL, keep_polygons

_LOG = logging.getLogger(__name__)

_ZONE_WIDTH_DEG = 6
_ZONES = 60
_MIN_LATITUDE_DEG, _MAX_LATITUDE_DEG = -80.0, 84.0
"""UTM ends there; nobody insures homes beyond."""

_METRES_PER_DEGREE = 111_000.0
"""Of latitude, rounded down, so that a margin in degrees is never too small."""

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
    ordered = footprints.sort_values("building_id", kind="stable")
    ids = ordered["building_id"].to_numpy(dtype=object)
    outlines = ordered.geometry.to_numpy().copy()
    coordinates, owner = shapely.get_coordinates(outlines, return_index=True)
    is_finite = ~(shapely.is_missing(outlines) | shapely.is_empty(outlines))
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


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """Points and buildings of one UTM zone, in metres.

    Attributes:
        crs: the zone's CRS.
        points: places of the points in the table they come from, ``(points,)``.
        xy: shapely points, metres, ``(points,)``.
        buildings: places of the buildings near any of the points, ``(buildings,)``.
        outlines: their outlines, metres, ``(buildings,)``.
    """

    crs: str
    points: NDArray[np.intp]
    xy: NDArray[np.object_]
    buildings: NDArray[np.intp]
    outlines: NDArray[np.object_]


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


def split_by_zone(
    points: NDArray[np.object_], keep: NDArray[np.bool_], outlines: Outlines, reach_m: float
) -> Iterator[Zone]:
    """Points to keep, zone by zone, each with all buildings within ``reach_m`` of any of them.

    Args:
        points: shapely points, EPSG:4326, ``(points,)``.
        keep: which of them to place; those must have a metric CRS.
        outlines: buildings.
        reach_m: how far around the points buildings matter, metres.
    """
    places = np.flatnonzero(keep)
    longitude, latitude = find_coordinates(points[places])
    number = np.clip((longitude + 180) // _ZONE_WIDTH_DEG, 0, _ZONES - 1).astype(np.int64)
    zones = pd.Series(places).groupby([number, latitude >= 0]).indices
    bounds = shapely.bounds(outlines.geometry)
    for (zone, is_north), members in zones.items():
        crs = _choose_zone_crs(int(zone), 1.0 if is_north else -1.0)
        here = places[members]
        near = _find_near(bounds, longitude[members], latitude[members], reach_m)
        yield Zone(
            crs,
            here,
            project(points[here], crs),
            near,
            project(outlines.geometry[near], crs),
        )


@cache  # a search of the CRS database takes about a tenth of a second
def _choose_zone_crs(zone: int, latitude_deg: float) -> str:
    """The CRS of a UTM zone, counted from 0 at the antimeridian, on one side of the equator."""
    return choose_metric_crs(zone * _ZONE_WIDTH_DEG - 180 + _ZONE_WIDTH_DEG / 2, latitude_deg)


def _find_near(
    bounds: NDArray[np.float64],
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
    reach_m: float,
) -> NDArray[np.intp]:
    """Places of the buildings whose boxes come within reach of the points' box."""
    pad_y = reach_m / _METRES_PER_DEGREE
    widest = np.cos(np.radians(np.abs(latitude).max()))  # a degree of longitude is shortest here
    pad_x = pad_y / widest
    is_near = (bounds[:, 2] >= longitude.min() - pad_x) & (bounds[:, 0] <= longitude.max() + pad_x)
    is_near &= (bounds[:, 3] >= latitude.min() - pad_y) & (bounds[:, 1] <= latitude.max() + pad_y)
    return np.flatnonzero(is_near)


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
