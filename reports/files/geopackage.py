"""The event as a GeoPackage that QGIS opens already styled; ids only, no names."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from core.damage import Tier
from reports.files.layer_styles import build_layer_styles
from reports.lists.ranking import rank_findings


@dataclass(frozen=True, slots=True)
class EventLayers:
    """What goes into the GeoPackage.

    Attributes:
        findings: FINDINGS.
        footprints: FOOTPRINTS of the event's buildings.
        hazard_areas: HAZARD_AREAS.
        scenes: SCENES.
    """

    findings: gpd.GeoDataFrame
    footprints: gpd.GeoDataFrame
    hazard_areas: gpd.GeoDataFrame
    scenes: gpd.GeoDataFrame


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
        "findings": layers.findings,
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
