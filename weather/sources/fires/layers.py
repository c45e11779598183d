"""Features of a file of perimeters, whatever its wrapping."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
from pyogrio import list_layers
from shapely.errors import ShapelyError

from core.errors import WeatherError
from weather.sources.areas import find_named_crs
from weather.sources.gis_files import GIS_ERRORS, logged_warnings
from weather.sources.packed import unpack_zip
from weather.sources.records import read_bytes

_WHAT = "fire perimeters: GeoJSON, a zipped shapefile or the wrapped feed"
_REMEDY = "Give fire perimeters as published: GeoJSON, a zipped shapefile or the wrapped feed"
_CALL = re.compile(r"^[\w.$\[\]'\"]{1,80}\((.*)\)\s*;?\s*$", re.DOTALL)
_BINARY = (b"PK\x03\x04", b"SQLite format 3", b"\x00\x00\x27\x0a")
"""How zipped shapefiles, GeoPackages and bare shapefiles begin."""
_BAD_CONTENT = (
    ValueError, KeyError, AttributeError, TypeError, IndexError, RecursionError, ShapelyError,
)  # fmt: skip
Feature = tuple[Any, Any]
"""Properties and geometry as they are in the file."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Features of a file.

    Attributes:
        features: properties and geometry of each.
        crs: that the file names; None means degrees.
        work: what is being done, for messages.
    """

    features: tuple[Feature, ...]
    crs: str | None
    work: str


def read_layer(path: Path) -> Layer:
    """The features of a file.

    Raises:
        WeatherError: it is none of the layouts.
    """
    work = f"reading {path.name}"
    content = read_bytes(path, _WHAT)
    if content.startswith(_BINARY):
        if content.startswith(_BINARY[0]):
            unpack_zip(content, path.name, _WHAT)  # GDAL would unpack whatever there is
        return _read_file(path, work)
    try:
        text = content.decode("utf-8-sig").strip()
        wrapped = _CALL.match(text)
        parsed = json.loads(wrapped[1] if wrapped else text)
        return Layer(tuple(_features(parsed)), find_named_crs(parsed), work)
    except _BAD_CONTENT as error:
        raise WeatherError(work, f"it holds no features ({str(error)[:200]})", _REMEDY) from error


def _features(parsed: Any) -> Iterator[Feature]:
    if "polygons" in parsed:
        fire = {key: parsed.get(key) for key in ("uid", "name", "state")}
        for each in parsed["polygons"]:
            yield fire | {k: v for k, v in each.items() if k != "g"}, each.get("g")
    elif parsed["type"] == "FeatureCollection":
        for each in parsed["features"]:
            yield each.get("properties"), each.get("geometry")
    elif parsed["type"] == "Feature":
        yield parsed.get("properties"), parsed.get("geometry")
    else:
        yield {}, parsed


def _read_file(path: Path, work: str) -> Layer:
    """The layers of polygons of a file that GDAL opens, with their CRS."""
    try:
        with logged_warnings(path.name):
            layers = list_layers(path)
            named = [str(name) for name, kind in layers if kind and "Polygon" in str(kind)]
            tables = [gpd.read_file(path, layer=name) for name in named]
        features = tuple(feature for table in tables for feature in _rows(table))
    except GIS_ERRORS as error:
        raise WeatherError(work, f"it holds no features ({str(error)[:200]})", _REMEDY) from error
    systems = {None if table.crs is None else str(table.crs.to_wkt()) for table in tables}
    if not tables:
        raise WeatherError(work, "it holds no layer of polygons", _REMEDY)
    if None in systems:
        raise WeatherError(work, "it states no CRS (a shapefile without its .prj)", _REMEDY)
    if len(systems) > 1:
        raise WeatherError(work, "its layers are in different CRSs", _REMEDY)
    return Layer(features, systems.pop(), work)


def _rows(table: gpd.GeoDataFrame) -> Iterator[Feature]:
    properties = table.drop(columns=table.geometry.name).to_dict("records")
    yield from zip(properties, table.geometry, strict=True)
