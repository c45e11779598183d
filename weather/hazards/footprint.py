"""Where a hazard is: one area in which homes are looked at, and nested contours for maps. Pure."""

from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import contourpy
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from core.errors import InputError, WeatherError
from core.grid import WGS84, Bounds
from core.schemas.hazards import HAZARD_AREAS
from core.tables import check_table
from core.units import NAUTICAL_MILE_M
from weather.fields.rain import compute_rain_at
from weather.fields.rain_options import RainFieldOptions
from weather.fields.storm import Track
from weather.fields.wind import WindFieldOptions, compute_wind_at
from weather.hazards.levels import MAP_RAINS_MM, MAP_WINDS_MPS
from weather.hazards.thresholds import SCREEN_WIND_MPS

_WORLD = Bounds(-180.0, -90.0, 180.0, 90.0)
_FULL_TURN_DEG = 360.0
_MARGIN_DEG = 6.0
"""Gale winds of the largest storms reach some 500 nautical miles (Sandy 2012); a margin of 6
degrees (360 nautical miles) beyond the track holds every 50 kt radius on record, and gales of all
but those; wider storms are followed by ``_margin_deg``."""


@dataclass(frozen=True, slots=True)
class FootprintOptions:
    """How finely a track's footprint is drawn."""

    cell_deg: float = 0.02
    """Grid spacing, degrees (2.2 km in latitude): a tenth of a typical radius of maximum wind."""

    most_cells: int = 250_000
    """The grid is widened to stay at or below this, so that a storm's whole ocean life is drawn in
    seconds: Michael's in cells of 0.12 degrees. A landfall region (``near``) keeps ``cell_deg``."""

    contour_mps: tuple[float, ...] = MAP_WINDS_MPS
    """Sustained winds whose areas are drawn for maps."""

    contour_mm: tuple[float, ...] = MAP_RAINS_MM
    """Rain totals whose areas are drawn for maps."""

    def __post_init__(self) -> None:
        if not (self.cell_deg > 0 and self.most_cells >= 1):
            raise ValueError(
                f"cell_deg and most_cells must be positive, got {self.cell_deg}, {self.most_cells}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class HazardFootprint:
    """Where a hazard is.

    Attributes:
        area: polygon or multipolygon, EPSG:4326, in which every insured location gets a finding;
            empty where the hazard never reached the threshold.
        basis: where the area comes from, as in ``track:AL142018``, ``perimeter``,
            ``area_of_interest``, ``scene_extents``.
        areas: HAZARD_AREAS table, for maps; no rows where the intensity is not known.
    """

    area: BaseGeometry
    basis: str
    areas: gpd.GeoDataFrame


def compute_track_footprint(
    track: Track,
    threshold_mps: float = SCREEN_WIND_MPS,
    options: FootprintOptions | None = None,
    near: Bounds | None = None,
    wind: WindFieldOptions | None = None,
) -> HazardFootprint:
    """The area where the storm's sustained wind reached a threshold, with contours.

    The wind is computed on a longitude-latitude grid and contoured; between grid points the edge
    is interpolated linearly.

    Args:
        track: the storm.
        threshold_mps: sustained wind (1-minute, 10 m, unobstructed) at the area's edge.
        options: of the grid and the contours.
        near: EPSG:4326 bounds outside which nothing is needed, as of the book or of the imagery;
            without, the storm's whole life is drawn.
        wind: of the wind field.

    Raises:
        WeatherError: no point of the track has a wind.
        ValueError: the threshold is not above the lowest wind that the field computes.
    """
    drawn, field = options or FootprintOptions(), wind or WindFieldOptions()
    if not threshold_mps > field.lowest_wind_mps:
        raise ValueError(
            f"the footprint's threshold must be above the field's lowest wind "
            f"({field.lowest_wind_mps} m/s), got {threshold_mps}"
        )
    longitude, latitude = _choose_grid(near or _reach_of(track), drawn)
    columns, rows = np.meshgrid(longitude, latitude)
    speed = compute_wind_at(track, columns.ravel(), rows.ravel(), field).sustained_mps
    contours = _contour(longitude, latitude, speed)
    winds = sorted(value for value in drawn.contour_mps if value > field.lowest_wind_mps)
    shapes = [_draw_at_least(contours, value) for value in winds]
    return HazardFootprint(
        _draw_at_least(contours, threshold_mps),
        f"track:{track.storm_id}",
        _tabulate_areas("sustained_wind", "m/s", winds, shapes),
    )


def compute_rain_footprint(
    track: Track,
    threshold_mm: float,
    options: FootprintOptions | None = None,
    near: Bounds | None = None,
    rain: RainFieldOptions | None = None,
) -> HazardFootprint:
    """The area where the storm's total rain reached a threshold, with contours.

    Args:
        track: the storm.
        threshold_mm: total at the area's edge.
        options: of the grid and the contours.
        near: as of ``compute_track_footprint``.
        rain: of the rain field.

    Raises:
        WeatherError: no point of the track has a wind.
    """
    drawn = options or FootprintOptions()
    longitude, latitude = _choose_grid(near or _reach_of(track), drawn)
    columns, rows = np.meshgrid(longitude, latitude)
    total = compute_rain_at(track, columns.ravel(), rows.ravel(), rain).total_mm
    contours = _contour(longitude, latitude, total)
    totals = sorted(drawn.contour_mm)
    shapes = [_draw_at_least(contours, value) for value in totals]
    return HazardFootprint(
        _draw_at_least(contours, threshold_mm),
        f"track:{track.storm_id}",
        _tabulate_areas("storm_rain", "mm", totals, shapes),
    )


def join_footprints(first: HazardFootprint, second: HazardFootprint) -> HazardFootprint:
    """Where either hazard is, under the first one's basis, with the contours of both.

    Areas of one hazard at one value, as of two perimeters, are one.
    """
    drawn = [each.areas for each in (first, second) if len(each.areas)]
    areas = pd.concat(drawn or [first.areas], ignore_index=True)
    areas = areas.dissolve(["hazard", "value", "unit"], sort=False, as_index=False)
    table: gpd.GeoDataFrame = check_table(
        gpd.GeoDataFrame(areas, geometry="geometry", crs=WGS84), HAZARD_AREAS
    )
    return HazardFootprint(shapely.union(first.area, second.area), first.basis, table)


def compute_area_footprint(geometry: BaseGeometry, basis: str) -> HazardFootprint:
    """An area that someone drew: a fire perimeter, an area of interest, the scenes' extents.

    Args:
        geometry: polygon or multipolygon, EPSG:4326.
        basis: where it comes from, as in ``perimeter``.

    Raises:
        WeatherError: the geometry has no area, or is not in degrees.
    """
    valid = _polygons_of(shapely.make_valid(geometry))
    if valid.is_empty:
        raise WeatherError(
            f"reading the {basis} of the hazard",
            f"it is a {geometry.geom_type} without any area",
            "Give a polygon or multipolygon",
        )
    west, south, east, north = valid.bounds
    if not (west >= _WORLD.west and east <= _WORLD.east and abs(south) <= _WORLD.north) or (
        north > _WORLD.north
    ):
        raise WeatherError(
            f"reading the {basis} of the hazard",
            f"its bounds {valid.bounds} are not degrees of longitude and latitude",
            "Give it in EPSG:4326, longitude first",
        )
    return HazardFootprint(valid, basis, _tabulate_areas("", "", [], []))


def is_in_path(locations: gpd.GeoDataFrame, footprint: HazardFootprint) -> NDArray[np.bool_]:
    """Which locations the hazard's area holds, ``(locations,)``; its boundary counts as inside.

    Args:
        locations: points in EPSG:4326, as of the LOCATIONS table; no rows are fine.
        footprint: of the hazard.

    Raises:
        InputError: the locations state another CRS.
    """
    if locations.crs is None or locations.crs != WGS84:
        raise InputError(
            "finding the locations in the hazard's path",
            f"their CRS is {locations.crs}, the hazard's is {WGS84}",
            f"Hand over the locations in {WGS84}",
        )
    shapely.prepare(footprint.area)
    inside: NDArray[np.bool_] = shapely.intersects(
        footprint.area, np.asarray(locations.geometry.array, dtype=object)
    )
    return inside


def _reach_of(track: Track) -> Bounds:
    """Bounds of everywhere the storm's winds can matter; east may pass 180 degrees."""
    longitude = np.unwrap([point.longitude_deg for point in track.points], period=_FULL_TURN_DEG)
    latitude = np.array([point.latitude_deg for point in track.points])
    margin = _margin_deg(track)
    # degrees of longitude shrink toward the poles
    widest = np.clip(np.abs(latitude).max() + margin, 0.0, 80.0)
    wide = margin / np.cos(np.radians(widest))
    west, east = longitude.min() - wide, longitude.max() + wide
    return Bounds(
        float(west),
        float(max(latitude.min() - margin, _WORLD.south)),
        float(min(east, west + _FULL_TURN_DEG)),
        float(min(latitude.max() + margin, _WORLD.north)),
    )


def _margin_deg(track: Track) -> float:
    minutes_per_degree = 60.0
    extents = [
        extent
        for point in track.points
        for quadrants in point.radii_m.by_wind
        for extent in quadrants
        if extent is not None
    ]
    widest_deg = max(extents, default=0.0) / NAUTICAL_MILE_M / minutes_per_degree
    return max(_MARGIN_DEG, 1 + widest_deg)


def _choose_grid(
    bounds: Bounds, options: FootprintOptions
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes of the grid's points, at least two each way."""
    width, height = bounds.east - bounds.west, bounds.north - bounds.south
    cell = max(options.cell_deg, float(np.sqrt(width * height / options.most_cells)))
    return (
        np.linspace(bounds.west, bounds.east, max(2, int(np.ceil(width / cell)) + 1)),
        np.linspace(bounds.south, bounds.north, max(2, int(np.ceil(height / cell)) + 1)),
    )


def _contour(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64], values: NDArray[np.float64]
) -> contourpy.ContourGenerator:
    """Contours of ``values`` ``(latitudes * longitudes,)``, latitude by latitude."""
    return contourpy.contour_generator(
        longitude,
        latitude,
        values.reshape(len(latitude), len(longitude)),
        fill_type=contourpy.FillType.OuterOffset,
    )


def _draw_at_least(contours: contourpy.ContourGenerator, value: float) -> BaseGeometry:
    """The area with at least ``value``, its longitudes back within -180 to 180."""
    drawn = contours.filled(value, np.inf)
    rings, offsets = cast("tuple[list[NDArray[np.float64]], list[NDArray[np.uint32]]]", drawn)
    polygons = [
        shapely.Polygon(
            points[starts[0] : starts[1]],
            [points[a:b] for a, b in pairwise(starts[1:])],
        )
        for points, starts in zip(rings, offsets, strict=True)
    ]
    whole = shapely.union_all(shapely.make_valid(np.array(polygons, dtype=object)))
    turns = [
        shapely.intersection(
            shapely.transform(whole, lambda xy, by=by: xy + np.array([by, 0.0])),
            shapely.box(*_WORLD.as_tuple()),
        )
        for by in (-_FULL_TURN_DEG, 0.0, _FULL_TURN_DEG)
    ]
    return _polygons_of(shapely.union_all(turns))


def _polygons_of(geometry: BaseGeometry) -> BaseGeometry:
    """The parts of a geometry that have an area."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.union_all([part for part in parts if part.area > 0])


def _tabulate_areas(
    hazard: str, unit: str, values: list[float], shapes: list[BaseGeometry]
) -> gpd.GeoDataFrame:
    kept = [
        (value, shape) for value, shape in zip(values, shapes, strict=True) if not shape.is_empty
    ]
    table = gpd.GeoDataFrame(
        {
            "hazard": [hazard] * len(kept),
            "value": [value for value, _ in kept],
            "unit": [unit] * len(kept),
        },
        geometry=[shape for _, shape in kept],
        crs=WGS84,
    )
    checked: gpd.GeoDataFrame = check_table(table, HAZARD_AREAS)
    return checked
