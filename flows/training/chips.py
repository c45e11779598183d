"""Labelled chips of event folders and of rendered towns, cut as runs cut them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from math import inf
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.chips import ChipBatch
from core.damage import XBD_SUBTYPES, DamageGrade, Status
from core.errors import EventError, SettingsError
from core.events import CatEvent, OccurrenceWindow
from core.grid import choose_metric_crs
from core.hazards.kinds import EventKind
from core.provenance import content_key, sha256_of_file
from core.scenes import Scene
from detectors.training.dataset import (
    CALIBRATION_FOLD,
    TEST_FOLD,
    LabelledChips,
    fold_of_area,
    read_chips,
    write_chips,
)
from flows.importing.town import write_town
from flows.progress import progress
from flows.stages.tiles.grades import decide_status
from flows.training.config import TownConfig
from flows.training.labels import EventLabels, read_event_labels
from flows.wiring.adapters import choose_cut, choose_pairing, tell_kind
from flows.wiring.event_file import EventFile, read_event_file
from flows.wiring.scene_listing import WORLD, digest_imagery, open_sources
from flows.wiring.settings import ImagerySettings
from flows.wiring.storage.folders import atomic_folder, atomic_path, read_geo_table
from imagery.catalogs.static import StaticStacCatalog
from imagery.chips.cut import cut_tile
from imagery.chips.tiles import Tile, plan_tiles
from imagery.pairing.choose import PairingOptions, choose_pairs
from imagery.town.town import TownOptions, render_town

AREA_M = 1500.0
"""Side of a spatial block: three xBD scenes wide, so most neighbours are on one side."""
KEPT = "graded by a run"
"""Which chips are kept; changes whenever the same scenes give others."""
RENDERED = "rendered"
"""Event of the rendered towns that are trained on, of which nothing is held back."""
_HELD = {"calibrate": CALIBRATION_FOLD, "test": TEST_FOLD}


@dataclass(frozen=True, slots=True, eq=False)
class EventSource:
    """An event to learn from.

    Attributes:
        event: its file.
        footprints: FOOTPRINTS of the labelled buildings.
        labels: their grades.
    """

    event: EventFile
    footprints: gpd.GeoDataFrame
    labels: EventLabels


def read_event(event_file: Path) -> EventSource:
    """Read an event with its buildings and people's grades of them.

    Raises:
        EventError, InputError, SettingsError: a file is missing or wrong.
    """
    event = read_event_file(event_file)
    try:
        footprints = read_geo_table(event.footprints)
    except (OSError, ValueError) as error:
        raise EventError(
            f"reading the footprints {event.footprints}", f"not GeoParquet ({error})",
            "docs/event-file.md says what they are",
        ) from error  # fmt: skip
    footprints["building_id"] = footprints["building_id"].astype("str")
    labels = read_event_labels(event_file, event, footprints["building_id"])
    is_labelled = footprints["building_id"].isin(labels.grades.index)
    return EventSource(event, footprints[is_labelled].reset_index(drop=True), labels)


def tell_kinds_of(sources: Sequence[EventSource]) -> dict[str, EventKind]:
    """Kind of each event, by its id."""
    return {source.event.event_id: tell_kind(source.event) for source in sources}


def list_scenes(event: EventFile) -> tuple[Scene, ...]:
    """All scenes of an event."""
    catalog = open_sources(event, ImagerySettings.model_validate({}), event.closes_at_utc)
    return catalog.search(WORLD, event.closes_at_utc).scenes


def digest_scenes(event: EventFile) -> str:
    """Digest of what lists the scenes of an event."""
    return digest_imagery(event, ImagerySettings.model_validate({}), event.closes_at_utc)


def chips_of_source(source: EventSource, folder: Path) -> LabelledChips:
    """Chips of an event's labelled buildings, cut as runs cut them; kept under ``folder``.

    Raises:
        SettingsError: no building has both images and a grade.
    """
    event = source.event
    key = content_key(
        digest_scenes(event), sha256_of_file(event.footprints),
        sha256_of_file(source.labels.path), str(choose_cut()), KEPT,
    )  # fmt: skip
    path = folder / f"{event.event_id}-{key}.npz"
    if path.exists():
        return read_chips(path)
    parts = list(_cut_event(source)) if len(source.footprints) else []
    if not parts:
        raise SettingsError(
            f"training on event {event.event_id}", "no building has both images and a grade",
            f"Leave the event out, or look at the rejects of {source.labels.path.name}",
        )  # fmt: skip
    labelled = LabelledChips.concatenate(parts)
    with atomic_path(path) as partial:
        write_chips(labelled, partial)
    return labelled


def _cut_event(source: EventSource) -> Iterator[LabelledChips]:
    event, footprints = source.event, source.footprints
    scenes = list_scenes(event)
    # labelled chips of any size are worth learning from; catalogues may state that of other bands
    every = ImagerySettings.model_validate({"max_gsd_m": inf})
    pairs = choose_pairs(footprints, scenes, event.event.window, choose_pairing(event, every))
    centre = shapely.centroid(shapely.box(*footprints.to_crs(4326).total_bounds))
    metric = footprints.to_crs(choose_metric_crs(centre.x, centre.y))
    by_id = {scene.scene_id: scene for scene in scenes}
    areas = _areas(event.event_id, by_id, str(metric.crs))
    tiles = plan_tiles(metric, pairs, choose_cut().chip)
    progress().begin(f"cut chips of {event.event_id}", len(tiles))
    for tile in tiles:
        part = _cut_labelled(tile, by_id, metric, source.labels.grades)
        progress().advance(1)
        if part is not None:
            yield _labelled(*part, event.event_id, areas[tile.post_scene_id], tile.post_scene_id)


def _cut_labelled(
    tile: Tile, scenes: dict[str, Scene], metric: gpd.GeoDataFrame, grades: pd.Series
) -> tuple[ChipBatch, NDArray[np.int64]] | None:
    """Classified chips of a tile that a run would grade, and their grades, if there are any."""
    options = choose_cut()
    cut = cut_tile(tile, scenes[tile.pre_scene_id], scenes[tile.post_scene_id], metric, options)
    known = grades.reindex(list(tile.building_ids)).fillna(DamageGrade.UNCLASSIFIED)
    values = known.to_numpy(np.int64)
    status, _ = decide_status(cut, options)
    keep = (status == str(Status.GRADED)) & (values != DamageGrade.UNCLASSIFIED)
    return (cut.chips.select(keep), values[keep]) if keep.any() else None


def _labelled(
    chips: ChipBatch, grades: NDArray[np.int64], event: str, area: str, scene_id: str
) -> LabelledChips:
    names = (np.repeat(name, len(chips)) for name in (event, area, scene_id))
    return LabelledChips(chips, grades, *names)


def _areas(event_id: str, scenes: dict[str, Scene], crs: str) -> dict[str, str]:
    """Spatial block of each scene: where its centre lies."""
    extents = gpd.GeoSeries({name: scene.extent for name, scene in scenes.items()}, crs=4326)
    centres = extents.to_crs(crs).centroid
    return {
        name: f"{event_id}:{int(point.x // AREA_M)}:{int(point.y // AREA_M)}"
        for name, point in centres.items()
    }


def chips_of_town(config: TownConfig, out: Path) -> LabelledChips:
    """Chips of a rendered town without cloud or gaps; kept under ``out/chips`` by content.

    A town to train on belongs to the event ``RENDERED``; one held back is an event and an area of
    its own, so that no home of it is trained on.
    """
    town_id = f"rendered-{config.seed}"
    options = TownOptions(
        seed=config.seed, homes=config.homes, peril=config.peril,
        rotation_deg=config.rotation_deg, town_id=town_id, cloud_homes=0, missing_tiles=0,
    )  # fmt: skip
    key = content_key(str(options), config.part, str(choose_cut()), KEPT)
    path = out / "chips" / f"{town_id}-{key}.npz"
    if path.exists():
        return read_chips(path)
    event, area = RENDERED, town_id
    if config.part in _HELD:
        event, area = town_id, name_held_area(town_id, _HELD[config.part])
    labelled = _cut_town(options, out / "towns" / town_id, event, area)
    with atomic_path(path) as partial:
        write_chips(labelled, partial)
    return labelled


def name_held_area(town_id: str, fold: int) -> str:
    """A name of an area that is dealt to ``fold``; the same at every call."""
    names = (f"{town_id}:{number}" for number in count())
    return next(name for name in names if fold_of_area(name) == fold)


def _cut_town(options: TownOptions, folder: Path, event: str, area: str) -> LabelledChips:
    town = render_town(options)
    start, end = options.pre_captured_at_utc, options.post_captured_at_utc
    middle = OccurrenceWindow(start + (end - start) / 2, end)
    with atomic_folder(folder) as partial:
        made = CatEvent(options.town_id, options.town_id, (options.peril,), middle)
        write_town(town, made, partial)
    scenes = StaticStacCatalog(folder / "imagery" / "catalog.json").search(WORLD, end).scenes
    pairs = choose_pairs(town.footprints, scenes, middle, PairingOptions())
    metric = town.footprints.to_crs(choose_metric_crs(*town.footprints.total_bounds[:2]))
    by_id = {scene.scene_id: scene for scene in scenes}
    grades = town.grades.map(XBD_SUBTYPES).astype("int64")
    tiles = plan_tiles(metric, pairs, choose_cut().chip)
    progress().begin(f"cut chips of {options.town_id}", len(tiles))
    parts = []
    for tile in tiles:
        part = _cut_labelled(tile, by_id, metric, grades)
        progress().advance(1)
        if part is not None:
            parts.append(_labelled(*part, event, area, tile.post_scene_id))
    return LabelledChips.concatenate(parts)
