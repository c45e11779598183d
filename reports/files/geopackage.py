"""The event as a GeoPackage that QGIS opens already styled; ids only, no names."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
import pyogrio

from core.damage import Tier
from core.schemas.book import LOCATION_KEY
from core.units import INCH_M, MPH_MPS
from reports.files.layer_styles import build_layer_styles
from reports.lists.changes import LIST_KEY
from reports.lists.next_action import hide_deciders_in_list
from reports.lists.ranking import rank_findings


@dataclass(frozen=True, slots=True)
class EventLayers:
    """What goes into the GeoPackage.

    Attributes:
        findings: FINDINGS.
        listed: the daily list, see ``build_daily_list``.
        footprints: FOOTPRINTS of the event's buildings.
        hazard_areas: HAZARD_AREAS.
        scenes: SCENES.
    """

    findings: gpd.GeoDataFrame
    listed: pd.DataFrame
    footprints: gpd.GeoDataFrame
    hazard_areas: gpd.GeoDataFrame
    scenes: gpd.GeoDataFrame


_LISTED = (
    "rank", "severity_rank", "hazard_rank", "change_flag", "change_reason", "previous_tier",
    "next_action",
)  # fmt: skip
_ROUNDED = MappingProxyType({"mps": 1, "mph": 0, "mm": 0, "in": 1, "m": 1, "tiv": 0, "amount": 0})
"""Digits after the point by a column's unit: a gust is known to a few mph, no better."""
_DIGITS = 3
"""The same of chances and shares."""
_MM_PER_M = 1000
_IN_US_UNITS = MappingProxyType(
    {"gust_mph": ("gust_mps", MPH_MPS), "rain_in": ("rain_mm", INCH_M * _MM_PER_M)}
)
"""Columns beside those in SI units, where these are known."""
_POINTS = "findings"
"""The one layer of points; the others are outlines, stored as multipolygons throughout so that
each stays one layer in QGIS."""


def write_geopackage(path: Path, layers: EventLayers, as_of_utc: datetime) -> None:
    """Write ``findings``, ``buildings``, ``hazard_areas``, ``scenes`` and their QGIS styles.

    The file is built beside ``path`` and moved there when whole, because SQLite would otherwise
    leave half a database where a process was killed, and because GDAL wants the suffix ``.gpkg``.

    Args:
        path: where to write; an older file there is replaced.
        layers: EPSG:4326.
        as_of_utc: stamped on the styles.
    """
    tables = {
        "hazard_areas": layers.hazard_areas,
        "scenes": layers.scenes,
        "buildings": grade_buildings(layers.footprints, layers.findings),
        "findings": mark_findings(layers.findings, layers.listed),
    }
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".gpkg-") as folder:
        draft = Path(folder) / "event.gpkg"
        for name, table in tables.items():
            _write_layer(table, draft, name)
        styles = build_layer_styles(as_of_utc)
        pyogrio.write_dataframe(
            styles, draft, layer="layer_styles", layer_options={"FID": "id"}, append=True
        )
        draft.replace(path)


def mark_findings(findings: gpd.GeoDataFrame, listed: pd.DataFrame) -> gpd.GeoDataFrame:
    """FINDINGS with what an analyst filters by in front: rank, change and next step of the list.

    Numbers are rounded to what is known, and wind and rain stand in US units too.

    Args:
        findings: FINDINGS.
        listed: the daily list; who decided what is told to the claims desk alone.
    """
    told = hide_deciders_in_list(listed)[[*LIST_KEY, *_LISTED]].drop_duplicates(LIST_KEY)
    marked = findings.merge(
        told.rename(columns=dict(zip(LIST_KEY, LOCATION_KEY, strict=True))),
        on=LOCATION_KEY, how="left", validate="one_to_one",
    )  # fmt: skip
    for name, (column, unit) in _IN_US_UNITS.items():
        if column in marked:
            marked[name] = marked[column] / unit
    digits = {name: _ROUNDED.get(name.rsplit("_", 1)[-1], _DIGITS) for name in marked
              if name != marked.geometry.name and marked[name].dtype.kind == "f"}  # fmt: skip
    marked = marked.round(digits)
    others = [name for name in marked if name not in _LISTED]
    return marked[[*others[:1], *_LISTED, *others[1:]]]


def grade_buildings(footprints: gpd.GeoDataFrame, findings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """FOOTPRINTS with the tier, chances, decision and number of their worst finding.

    A building without a finding is not insured here, or not in the path: tier U, 0 findings.
    """
    ranked = pd.DataFrame(rank_findings(findings).drop(columns="geometry"))
    ranked = ranked[ranked["building_id"].notna()]
    worst = ranked.drop_duplicates("building_id")[
        ["building_id", "tier", "p_damage", "p_severe", "decision"]
    ]
    counts = ranked["building_id"].value_counts().rename("finding_count").rename_axis("building_id")
    graded = footprints.merge(worst, on="building_id", how="left", validate="one_to_one").merge(
        counts.reset_index(), on="building_id", how="left"
    )
    graded["tier"] = graded["tier"].fillna(str(Tier.U))
    graded["finding_count"] = graded["finding_count"].fillna(0).astype("int64")
    return graded


def _write_layer(table: gpd.GeoDataFrame, path: Path, name: str) -> None:
    pyogrio.write_dataframe(
        table,
        path,
        layer=name,
        driver="GPKG",
        geometry_type="Point" if name == _POINTS else "MultiPolygon",
        promote_to_multi=name != _POINTS,
        append=path.exists(),
    )
