"""Which files for analysts and the field a run writes."""

from dataclasses import dataclass
from enum import StrEnum


class AnalystFile(StrEnum):
    """A file that a run may write beside its list and map."""

    PMTILES = "event.pmtiles"
    """Homes and outlines as vector tiles in one file, for a map in the web or in QGIS."""
    KML = "field.kml"
    """Homes with a step, for phones in the field; ids only."""
    PDF = "event.pdf"
    """The event on two pages."""
    QML = "findings.qml"
    """The style with which QGIS opens ``findings.parquet``."""


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Which files for analysts and the field a run writes."""

    write: tuple[AnalystFile, ...] = tuple(AnalystFile)
    """event.pmtiles, field.kml, event.pdf, findings.qml; findings.parquet and event.gpkg always"""

    field_homes: int = 5_000
    """homes in field.kml, the first of the list; a phone opens as many"""

    max_zoom: int = 14
    """finest zoom of event.pmtiles, at which all homes are in it; a map draws it larger beyond"""

    tiled_homes: int = 200_000
    """homes in event.pmtiles, the first of the list; a minute of work"""

    homes_per_tile: int = 4_000
    """homes of one tile at coarser zooms, the first of the list"""

    def __post_init__(self) -> None:
        if not 8 <= self.max_zoom <= 16:  # noqa: PLR2004  a state to a street
            raise ValueError(f"files.max_zoom is {self.max_zoom}, not 8 to 16")
        if min(self.field_homes, self.tiled_homes, self.homes_per_tile) < 1:
            raise ValueError("files.field_homes, tiled_homes and homes_per_tile are at least 1")
