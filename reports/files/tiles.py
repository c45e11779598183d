"""Homes and outlines as vector tiles in one PMTiles file; ids only, no names."""

import gzip
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer as UntypedWriter

from reports.context import ReportContext
from reports.files.options import FileOptions
from reports.words import INDICATIVE_NOTE

MIN_ZOOM = 4
"""A state fits one tile."""
EXTENT = 4096
"""Steps along a tile's edge (Mapbox vector tile specification's own default)."""
_MAX_LATITUDE = 85.0511287798066
"""Edge of web Mercator's square."""
_HOME_FIELDS = {
    "rank": "Number", "tier": "String", "decision": "String", "status": "String",
    "change_flag": "String", "p_damage": "Number", "p_severe": "Number",
    "coverage_result": "String", "policy_number": "String", "location_number": "String",
    "incident_id": "String", "building_id": "String",
}  # fmt: skip
_OUTLINE_FIELDS = {"building_id": "String", "tier": "String", "decision": "String"}
_E7 = 10_000_000
_Writer: Any = UntypedWriter


def write_pmtiles(
    path: Path,
    marked: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    context: ReportContext,
    options: FileOptions,
) -> None:
    """Write layers ``findings`` at all zooms and ``buildings`` at the finest.

    At coarser zooms a tile holds the first homes of the list; at the finest it holds all.

    Args:
        path: where to write.
        marked: FINDINGS as ``mark_findings`` gives them, EPSG:4326; none gives no file.
        buildings: FOOTPRINTS as ``grade_buildings`` gives them; those with a finding are drawn.
        context: which event, when, by which run.
        options: zooms and how many homes a tile holds.
    """
    homes = marked.sort_values("rank").head(options.tiled_homes)
    outlined = buildings[buildings["finding_count"] > 0]
    with path.open("wb") as file:
        writer = _Writer(file)
        for zoom in range(MIN_ZOOM, options.max_zoom + 1):
            is_finest = zoom == options.max_zoom
            most = len(homes) if is_finest else options.homes_per_tile
            layers = {"findings": _cut_points(homes, zoom, most)}
            if is_finest:
                layers["buildings"] = _cut_outlines(outlined, zoom)
            for (x, y), tile in sorted(_join(layers).items(), key=lambda each: _order(zoom, each)):
                writer.write_tile(zxy_to_tileid(zoom, x, y), gzip.compress(_encode(tile), mtime=0))
        writer.finalize(_describe_header(homes), _describe(context, options))


Tiles = dict[tuple[int, int], list[dict[str, Any]]]


def _order(zoom: int, tile: tuple[tuple[int, int], Any]) -> int:
    placed: int = zxy_to_tileid(zoom, *tile[0])
    return placed


def _cut_points(homes: gpd.GeoDataFrame, zoom: int, most: int) -> Tiles:
    at = _project(homes.geometry.x.to_numpy(), homes.geometry.y.to_numpy(), zoom)
    tile = np.floor(at).astype(np.int64)
    keys = pd.Series(list(map(tuple, tile.tolist())), index=range(len(homes)), dtype=object)
    kept = keys.groupby(keys, sort=False).cumcount().to_numpy() < most
    inside = np.minimum(((at - tile) * EXTENT).astype(np.int64), EXTENT - 1)
    tiles: Tiles = {}
    said = list(_properties(homes[kept], _HOME_FIELDS))
    for key, (x, y), properties in zip(keys[kept], inside[kept].tolist(), said, strict=True):
        feature = {"geometry": shapely.Point(x, y), "properties": properties}
        tiles.setdefault(key, []).append(feature)
    return tiles


def _cut_outlines(buildings: gpd.GeoDataFrame, zoom: int) -> Tiles:
    """Outlines in each tile that they touch: one on an edge is drawn whole by both."""
    tiles: Tiles = {}
    scaled = shapely.transform(
        buildings.geometry.to_numpy(), lambda lonlat: _project(lonlat[:, 0], lonlat[:, 1], zoom)
    )
    said = _properties(buildings, _OUTLINE_FIELDS)
    for shape, properties in zip(scaled, said, strict=True):
        west, north, east, south = np.floor(shape.bounds).astype(int)
        for x in range(west, east + 1):
            for y in range(north, south + 1):
                placed = shapely.transform(
                    shape, lambda at, x=x, y=y: np.rint((at - (x, y)) * EXTENT)
                )
                if placed.is_valid and placed.area > 0:
                    feature = {"geometry": placed, "properties": properties}
                    tiles.setdefault((x, y), []).append(feature)
    return tiles


def _join(layers: Mapping[str, Tiles]) -> dict[tuple[int, int], dict[str, list[dict[str, Any]]]]:
    joined: dict[tuple[int, int], dict[str, list[dict[str, Any]]]] = {}
    for name, tiles in layers.items():
        for key, features in tiles.items():
            joined.setdefault(key, {})[name] = features
    return joined


def _encode(layers: Mapping[str, list[dict[str, Any]]]) -> bytes:
    told = [{"name": name, "features": features} for name, features in layers.items()]
    encoded: bytes = mapbox_vector_tile.encode(
        told, default_options={"extents": EXTENT, "y_coord_down": True}
    )
    return encoded


def _project(lon: NDArray[np.float64], lat: NDArray[np.float64], zoom: int) -> NDArray[np.float64]:
    """Web Mercator in tiles of a zoom from the north-west corner, ``(places, 2)``."""
    lat = np.radians(np.clip(lat, -_MAX_LATITUDE, _MAX_LATITUDE))
    x = (lon + 180) / 360
    y = (1 - np.arcsinh(np.tan(lat)) / np.pi) / 2
    whole = 2**zoom
    return np.clip(np.column_stack([x, y]) * whole, 0, np.nextafter(whole, 0))


def _properties(table: pd.DataFrame, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    columns = pd.DataFrame(table)[list(names)].astype(object)
    plain = columns.where(columns.notna(), None)
    for row in plain.to_dict("records"):
        yield {str(name): value for name, value in row.items() if value is not None}


def _describe_header(homes: gpd.GeoDataFrame) -> dict[str, Any]:
    west, south, east, north = homes.total_bounds
    return {
        "tile_type": TileType.MVT, "tile_compression": Compression.GZIP,
        "min_lon_e7": int(west * _E7), "min_lat_e7": int(south * _E7),
        "max_lon_e7": int(east * _E7), "max_lat_e7": int(north * _E7),
        "center_zoom": 11, "center_lon_e7": int((west + east) / 2 * _E7),
        "center_lat_e7": int((south + north) / 2 * _E7),
    }  # fmt: skip


def _describe(context: ReportContext, options: FileOptions) -> dict[str, Any]:
    zooms = {"minzoom": MIN_ZOOM, "maxzoom": options.max_zoom}
    return {
        "name": f"{context.event.name}, list {context.list_version}",
        "description": INDICATIVE_NOTE,
        "event_id": context.event.event_id,
        "run_id": context.run_id,
        "as_of_utc": context.as_of_utc.isoformat(),
        "generator": f"firstnotice {version('firstnotice')}",
        "vector_layers": [
            {"id": "findings", "fields": dict(_HOME_FIELDS), **zooms},
            {"id": "buildings", "fields": dict(_OUTLINE_FIELDS), "minzoom": options.max_zoom,
             "maxzoom": options.max_zoom},
        ],
    }  # fmt: skip
