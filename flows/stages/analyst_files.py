"""Files for analysts and the field beside the list and the map."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from flows.wiring.context import RunContext
from flows.wiring.storage.folders import atomic_path
from reports.context import ReportContext
from reports.files.geopackage import EventLayers, grade_buildings, mark_findings
from reports.files.kml import write_kml
from reports.files.layer_styles import write_qml
from reports.files.options import AnalystFile
from reports.files.tiles import write_pmtiles
from reports.maps.page import MapContent
from reports.sheet.pages import SheetContent
from reports.sheet.picture import draw_event
from reports.sheet.render import write_event_pdf


@dataclass(frozen=True, slots=True, eq=False)
class AnalystContent:
    """What the files are made of.

    Attributes:
        layers: as the GeoPackage's.
        shown: as the map's.
        changes: rows of the list by change.
        model: name of the model.
    """

    layers: EventLayers
    shown: MapContent
    changes: Mapping[str, int]
    model: str


def write_analyst_files(run: RunContext, content: AnalystContent) -> None:
    """Write the files that the settings name; a file of an earlier try that they do not is gone."""
    options = run.settings.files
    marked = mark_findings(content.layers.findings, content.layers.listed)
    context = content.shown.context
    writers: dict[AnalystFile, Callable[[Path], None]] = {
        AnalystFile.KML: lambda path: write_kml(path, marked, context, options.field_homes),
        AnalystFile.PDF: lambda path: write_event_pdf(path, _compose(content)),
        AnalystFile.QML: write_qml,
    }
    if len(marked):  # tiles of nothing have no place
        writers[AnalystFile.PMTILES] = lambda path: _write_tiles(
            run, content, marked, context, path
        )
    for name in AnalystFile:
        file = run.folder.file(name)
        if name not in options.write or name not in writers:
            file.unlink(missing_ok=True)
            continue
        with atomic_path(file) as path:
            writers[name](path)


def _write_tiles(
    run: RunContext,
    content: AnalystContent,
    marked: gpd.GeoDataFrame,
    context: ReportContext,
    path: Path,
) -> None:
    buildings = grade_buildings(content.layers.footprints, content.layers.findings)
    write_pmtiles(path, marked, buildings, context, run.settings.files)


def _compose(content: AnalystContent) -> SheetContent:
    shown = content.shown
    picture, bar = draw_event(shown.findings, shown.hazard_areas, shown.backdrops)
    pairs = shown.scenes[["provider", "licence"]].drop_duplicates().sort_values("provider")
    credited = "; ".join(f"{row.provider}, {row.licence}" for row in pairs.itertuples())
    return SheetContent(
        shown.summary, content.changes, picture, bar, content.model, credited or "none"
    )
