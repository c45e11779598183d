"""An event's hazards, opened from their files as they were known at an instant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import EventError
from core.events import Peril
from core.hazards.kinds import PERIL_OF_HAZARD
from core.scenes import SceneRole
from core.units import KNOT_MPS
from flows.wiring.event_file import EventFile
from flows.wiring.scene_listing import WORLD, open_sources
from flows.wiring.sections.hazard import GridSection, HazardSection, TrackSection
from flows.wiring.settings import Settings
from imagery.pairing.choose import role_of
from weather.fields.storm import keep_known
from weather.hazards.field import FieldHazard
from weather.hazards.hazard import SCENE_EXTENTS, AreaHazard, Hazard
from weather.hazards.hurricane import HurricaneHazard
from weather.hazards.union import UnionHazard
from weather.sources.areas import read_area
from weather.sources.grids.open_grid import open_grid
from weather.sources.storms.tracks import read_track

GIVEN_AREA = "area_of_interest"


def open_hazard(
    source: EventFile,
    as_of_utc: datetime,
    settings: Settings,
    version: Callable[[Path], Path] = Path,
) -> Hazard:
    """The event's hazards as known at an instant, as one.

    Args:
        source: the event.
        as_of_utc: the instant.
        settings: of the installation.
        version: gives the version of a file that was in use then, see ``flows.wiring.feeds``.

    Raises:
        EventError, WeatherError, SceneError: a source cannot be read.
    """
    opening = _Opening(source, as_of_utc, settings, version)
    parts = tuple(opening.open(section) for section in source.hazards)
    return parts[0] if len(parts) == 1 else UnionHazard(parts)


@dataclass(frozen=True, slots=True)
class _Opening:
    """What every hazard of an event is opened with; see ``open_hazard``."""

    source: EventFile
    as_of_utc: datetime
    settings: Settings
    version: Callable[[Path], Path]

    def open(self, section: HazardSection) -> Hazard:
        if section.track is not None:
            return self._open_track(section.track)
        if section.grid is not None:
            return self._open_field(section, section.grid)
        window = self.source.event.window
        area, basis = self._find_area(section)
        return AreaHazard(area, self._peril(section), window.start_utc, window.end_utc, basis)

    def _open_track(self, given: TrackSection) -> HurricaneHazard:
        track = read_track(self.version(given.path), given.storm_id)
        return HurricaneHazard(
            keep_known(track, self.as_of_utc), given.threshold_kt * KNOT_MPS,
            rain_threshold_mm=given.rain_threshold_mm,
        )  # fmt: skip

    def _open_field(self, section: HazardSection, given: GridSection) -> FieldHazard:
        assert section.kind is not None  # noqa: S101  the section saw to it
        bands = open_grid(self.version(given.file), given.unit)
        if given.band > len(bands):
            raise EventError(
                f"opening the {section.kind} of event {self.source.event_id}",
                f"{given.file.name} has {len(bands)} bands, not {given.band}", "Correct band",
            )  # fmt: skip
        window = self.source.event.window
        return FieldHazard(
            section.kind, bands[given.band - 1], given.threshold, given.file.name,
            window.start_utc, window.end_utc,
        )  # fmt: skip

    def _peril(self, section: HazardSection) -> Peril:
        primary = self.source.event.primary_peril
        return primary if section.kind is None else PERIL_OF_HAZARD[section.kind]

    def _find_area(self, section: HazardSection) -> tuple[BaseGeometry, str]:
        if section.box is not None:
            return shapely.box(*section.box), GIVEN_AREA
        if section.area is not None:
            return read_area(self.version(section.area)).geometry, GIVEN_AREA
        return self._scene_extents(), SCENE_EXTENTS

    def _scene_extents(self) -> BaseGeometry:
        """Ground of all scenes after the event, or before it while there is none after.

        Scenes that the run's purpose does not allow count too: where they lie is no use of their
        pixels, and a home that only they show stays in the path, as ``no_imagery``.
        """
        window = self.source.event.window
        listed = open_sources(self.source, self.settings.imagery, self.as_of_utc)
        scenes = listed.search(WORLD, self.as_of_utc).scenes
        after = [scene.extent for scene in scenes if role_of(scene, window) is not SceneRole.PRE]
        return shapely.union_all(after or [scene.extent for scene in scenes])
