"""Features of a file of perimeters, whatever its wrapping."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import ShapelyError

from core.errors import WeatherError
from weather.sources.areas import find_named_crs
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
    """A layer that GDAL opens, with its CRS."""
    try:
        table = gpd.read_file(path)
        geometries = list(table.geometry)
    except (DataSourceError, DataLayerError, *_BAD_CONTENT) as error:
        raise WeatherError(work, f"it holds no features ({str(error)[:200]})", _REMEDY) from error
    if table.crs is None:
        raise WeatherError(work, "it states no CRS (a shapefile without its .prj)", _REMEDY)
    properties = table.drop(columns=table.geometry.name).to_dict("records")
    return Layer(tuple(zip(properties, geometries, strict=True)), str(table.crs.to_wkt()), work)
