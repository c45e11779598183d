"""Reads areas that someone drew: fire perimeters, areas of interest. GeoJSON, KML, shapefile.

GeoJSON is longitude before latitude in degrees (RFC 7946); files of its older form name another
CRS in a ``crs`` member. What a file means is judged by where it lands: nobody insures homes in
Antarctica, where every place of the United States lies once its axes are swapped.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from core.errors import WeatherError
from core.grid import WGS84
from weather.sources.gis_files import GIS_ERRORS, logged_warnings

_log = logging.getLogger(__name__)
_DEGREES = "OGC:CRS84"
_SOUTHERNMOST_DEG, _NORTHERNMOST_DEG = -60.0, 84.0
"""Beyond lie Antarctica, where homes are not insured, and the ice of the Arctic."""
_HALF_TURN_DEG = 180.0
_ROUNDED_DEG = 1e-6
_AROUND_USE_DEG = 3.0
"""How far outside the area that a CRS is made for its coordinates are believed: UTM zones are used
half a zone past their edges."""
_REMEDY = "Save the area as GeoJSON polygons in EPSG:4326, longitude before latitude"
_BAD_CONTENT = (
    ValueError, KeyError, AttributeError, TypeError, IndexError, RecursionError, ShapelyError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Area:
    """An area as read.

    Attributes:
        geometry: valid polygons, EPSG:4326.
        skipped: features without a polygon, which count for nothing.
    """

    geometry: BaseGeometry
    skipped: int


def read_area(path: Path) -> Area:
    """The polygons of a file as one area.

    Features without geometry, lines and points are skipped with a warning.

    Raises:
        WeatherError: the file cannot be read, holds no polygon, or its polygons do not lie where
            homes are.
    """
    work = f"reading the area of interest {path}"
    shapes, crs = _read_shapes(path, work)
    parts = [list(find_polygons(each)) for each in shapes]
    skipped = sum(not each for each in parts)
    polygons = [polygon for each in parts for polygon in each]
    if skipped:
        _log.warning(
            "%d of %d features of %s hold no polygon and are skipped", skipped, len(parts), path
        )
    whole = shapely.union_all(shapely.make_valid(np.array(polygons, dtype=object)))
    areal = shapely.union_all(list(find_polygons(whole)))
    if areal.is_empty or areal.area == 0:
        raise WeatherError(
            work, f"it holds no polygon ({len(parts)} features, {skipped} without one)", _REMEDY
        )
    return Area(place_area(areal, crs, work), skipped)


def _read_shapes(path: Path, work: str) -> tuple[list[BaseGeometry | None], str | None]:
    """Geometries as they are in the file, and the CRS that it names."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return _read_layers(path, work)
    except OSError as error:
        raise WeatherError(work, f"it cannot be read ({error.strerror})", _REMEDY) from error
    if text.lstrip().startswith("<"):
        return _read_layers(path, work)
    try:
        content = json.loads(text)
        geometries = list(_geometries(content))
        shapes = [None if each is None else shape(each) for each in geometries]
        return [None if s is None else shapely.force_2d(s) for s in shapes], find_named_crs(content)
    except _BAD_CONTENT as error:
        raise WeatherError(work, f"not GeoJSON polygons ({error!r})", _REMEDY) from error


def _read_layers(path: Path, work: str) -> tuple[list[BaseGeometry | None], str | None]:
    """Any other file of polygons that GDAL opens: KML, zipped shapefile, GeoPackage."""
    try:
        with logged_warnings(path.name):
            table = gpd.read_file(path)
    except GIS_ERRORS as error:
        raise WeatherError(work, f"not a file of polygons ({error})", _REMEDY) from error
    if table.crs is None:
        raise WeatherError(work, "it states no CRS", _REMEDY)
    return list(shapely.force_2d(table.geometry.to_numpy())), str(table.crs.to_wkt())


def _geometries(content: Any) -> Iterator[Any]:
    if content["type"] == "FeatureCollection":
        yield from (feature["geometry"] for feature in content["features"])
    elif content["type"] == "Feature":
        yield content["geometry"]
    else:
        yield content


def find_named_crs(content: Any) -> str | None:
    """The ``crs`` member; None where there is none, or where it is null."""
    member = content.get("crs")
    return None if member is None else str(member["properties"]["name"])


def find_polygons(found: BaseGeometry | None) -> Iterator[BaseGeometry]:
    """The polygons with area of a geometry, however deep in collections."""
    if found is None or found.is_empty:
        return
    if found.geom_type == "Polygon":
        if shapely.make_valid(found).area > 0:
            yield found
        return
    for part in getattr(found, "geoms", ()):
        yield from find_polygons(part)


def place_area(area: BaseGeometry, named: str | None, work: str) -> BaseGeometry:
    """The area in EPSG:4326, judged by where it lies.

    Args:
        area: in its file's coordinates.
        named: the CRS that the file names; None means degrees, longitude first.
        work: what is being done, for messages.

    Raises:
        WeatherError: it lies where no homes are, so that its CRS or its axes are wrong.
    """
    try:
        crs = CRS.from_user_input(named or _DEGREES)
    except ProjError as error:
        raise WeatherError(work, f"its crs {named!r} is not known ({error})", _REMEDY) from error
    if crs.is_geographic:
        return _place_degrees(_to_degrees(area, crs, work), named, work)
    moved = _to_degrees(area, crs, work)
    if not _is_habitable(moved) or not _is_in_use(moved, crs):
        raise WeatherError(
            work, f"its coordinates {_spell(area)} do not lie where its crs {crs.name} is used",
            "Check crs and units (metres, not kilometres); or save it in EPSG:4326",
        )  # fmt: skip
    return moved


def _place_degrees(area: BaseGeometry, named: str | None, work: str) -> BaseGeometry:
    """Degrees in the order that lies where homes are.

    A CRS of the EPSG registry has latitude first by its definition, though few files mean it: read
    that way only where longitude first is no place for homes.
    """
    if _is_habitable(area):
        return area
    swapped = shapely.transform(area, lambda xy: xy[:, ::-1])
    if not _is_habitable(swapped):
        raise WeatherError(
            work, f"its coordinates {_spell(area)} are no degrees on the inhabited Earth",
            "Save it in EPSG:4326, or name its CRS in a crs member",
        )  # fmt: skip
    if named is not None and "EPSG" in named.upper():
        _log.warning("%s: read with latitude first, as its crs %s has it", work, named)
        return swapped
    raise WeatherError(
        work, f"its latitudes {_spell(area)} are no place for homes: longitude and latitude are "
        "swapped", "Write longitude before latitude",
    )  # fmt: skip


def _to_degrees(area: BaseGeometry, crs: CRS, work: str) -> BaseGeometry:
    try:
        to_degrees = Transformer.from_crs(crs, WGS84, always_xy=True)
        moved = shapely.transform(
            area, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))
        )
    except ProjError as error:
        raise WeatherError(work, f"its crs leads nowhere ({error})", _REMEDY) from error
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        # beyond what the CRS can say, and of degrees: beyond what degrees can
        moved = area if crs.is_geographic else shapely.Polygon()
    return moved


def _is_habitable(area: BaseGeometry) -> bool:
    if area.is_empty:
        return False
    west, south, east, north = area.bounds
    slack = _HALF_TURN_DEG + _ROUNDED_DEG
    is_there = -slack <= west and east <= slack
    return bool(is_there and north >= _SOUTHERNMOST_DEG and south <= _NORTHERNMOST_DEG and (
        max(abs(south), abs(north)) <= _HALF_TURN_DEG / 2
    ))  # fmt: skip


def _is_in_use(area: BaseGeometry, crs: CRS) -> bool:
    used = crs.area_of_use
    if used is None or used.west > used.east:
        return True
    return bool(shapely.box(*used.bounds).buffer(_AROUND_USE_DEG).intersects(area))


def _spell(area: BaseGeometry) -> str:
    return "({:.6g} {:.6g} to {:.6g} {:.6g})".format(*area.bounds)
