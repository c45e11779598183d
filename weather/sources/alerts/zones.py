"""Outlines of the forecast zones and counties that alerts name, and alerts given them."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import WeatherError
from core.schemas.evidence.alerts import NWS_ALERTS
from core.tables import join_codes, split_codes
from weather.sources.gis_files import GIS_ERRORS, logged_warnings
from weather.sources.records import tabulate

FORECAST, FIRE = "forecast", "fire"
"""Kinds of outlines: a fire zone has the code of a forecast zone and another shape. Counties and
marine zones have codes of their own and count as forecast."""
_CODES = ("ugc", "zone_code", "id")
_FIRE_ADDRESS = "/zones/fire/"
_STATE_LETTERS, _COUNTY_DIGITS = 2, 3


def read_zones(path: Path, kind: str = FORECAST) -> gpd.GeoDataFrame:
    """Outlines of zones: the API's GeoJSON or the shapefiles of zones or counties of the NWS.

    Args:
        path: GeoJSON with ``id`` or ``ugc``, or a (zipped) shapefile with ``STATE_ZONE``, or with
            ``STATE`` and ``FIPS``.
        kind: of the file's zones, where they do not say themselves: ``forecast`` or ``fire``.

    Returns:
        Columns ``zone_code`` (as in ORZ001), ``zone_kind``, ``geometry`` (EPSG:4326).

    Raises:
        WeatherError: the file cannot be read, or names no zones.
    """
    work = f"reading zones of {path.name}"
    remedy = "Give the zones or counties of weather.gov/gis as published"
    try:
        with logged_warnings(path.name):
            table = gpd.read_file(path)
        table = table.to_crs(4326) if table.crs is not None else table.set_crs(4326)
    except GIS_ERRORS as error:
        raise WeatherError(work, f"it holds no outlines ({error})", remedy) from error
    columns = {str(column).lower(): table[column] for column in table.columns}
    codes = _find_codes(columns)
    if codes is None:
        raise WeatherError(work, f"no column of {', '.join(columns)} names zones", remedy)
    kinds = columns.get("type", pd.Series(kind, index=table.index)).map(
        lambda said: FIRE if said == FIRE else FORECAST
    )
    return gpd.GeoDataFrame(
        {"zone_code": codes, "zone_kind": kinds}, geometry=table.geometry.to_numpy(), crs=4326
    )


def join_zones(alerts: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Alerts without an outline given those of their zones.

    Args:
        alerts: table of ``NWS_ALERTS``.
        zones: as ``read_zones`` gives them.

    Returns:
        The table; ``unplaced_zones`` names the zones that no outline was found for.
    """
    known = _merge_outlines(zones)
    outlines, unplaced = [], []
    for alert in alerts.itertuples():
        codes = [] if pd.isna(alert.unplaced_zones) else split_codes(alert.unplaced_zones)
        kind = FIRE if _FIRE_ADDRESS in str(alert.affected_zones) else FORECAST
        found = [known[code, kind] for code in codes if (code, kind) in known]
        has_own = alert.geometry is not None and not alert.geometry.is_empty
        parts = [alert.geometry, *found] if has_own else found
        outlines.append(shapely.union_all(parts) if found else alert.geometry)
        unplaced.append(join_codes(code for code in codes if (code, kind) not in known) or None)
    joined = alerts.assign(unplaced_zones=pd.array(unplaced, dtype=object))
    joined["geometry"] = gpd.GeoSeries(outlines, index=alerts.index, crs=4326)
    return tabulate(pd.DataFrame(joined), NWS_ALERTS)


def _merge_outlines(zones: gpd.GeoDataFrame) -> dict[tuple[str, str], BaseGeometry]:
    """One valid outline a zone: islands come as features of their own."""
    usable = zones[zones.geometry.notna() & ~zones.geometry.is_empty]
    return {
        key: shapely.union_all(shapely.make_valid(group.geometry.to_numpy()))
        for key, group in usable.groupby(["zone_code", "zone_kind"])
    }


def _find_codes(columns: dict[str, "pd.Series[str]"]) -> "pd.Series[str] | None":
    for name in _CODES:
        if name in columns:
            return columns[name].astype(str).str.rpartition("/")[2].str.upper()
    if "state_zone" in columns:
        named = columns["state_zone"].astype(str)
        return named.str[:_STATE_LETTERS] + "Z" + named.str[-_COUNTY_DIGITS:]
    if {"state", "fips"} <= set(columns):
        return columns["state"].astype(str) + "C" + columns["fips"].astype(str).str[-3:]
    return None
