"""``firstnotice train``: event folders with truth to verified weights with a card."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.damage import XBD_SUBTYPES, DamageGrade
from core.errors import SettingsError
from core.events import CatEvent, OccurrenceWindow, Peril
from core.grid import choose_metric_crs
from core.provenance import content_key, sha256_of_file
from core.scenes import Scene
from detectors.dataset import LabelledChips, read_chips, write_chips
from detectors.fitting import FitOptions, fit_detector
from detectors.train import EpochReport, TrainOptions
from flows.event_file import EventFile, read_event_file
from flows.progress import progress
from flows.rendering import write_town
from flows.storage import atomic_folder, atomic_path, read_geo_table, read_table
from flows.wiring import choose_cut, choose_pairing
from imagery.catalog import StaticStacCatalog
from imagery.cut import cut_tile
from imagery.pairing import PairingOptions, choose_pairs
from imagery.synthetic import TownOptions, render_town
from imagery.tiles import Tile, plan_tiles

AREA_M = 1500.0
"""Side of a spatial block: three xBD scenes wide, so most neighbours are on one side."""
WORLD = shapely.box(-180, -90, 180, 90)
RENDERED = "rendered"


class TownConfig(BaseModel):
    """A rendered town to train on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    peril: Peril = Peril.TROPICAL_CYCLONE_WIND
    rotation_deg: float = 0.0


class TrainConfig(BaseModel):
    """The training file; paths are relative to where the command runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="of the model")
    licence: str = Field(description="SPDX id of the weights; follows the training data's")
    training_data: tuple[str, ...] = Field(description="for the card")
    events: tuple[Path, ...] = Field((), description="event.yaml files with truth beside them")
    towns: tuple[TownConfig, ...] = Field((), description="rendered towns, never held back")
    start: Path | None = Field(None, description="ImageNet weights of MobileNetV2, .npz")
    device: str = Field("cpu", description="cpu or cuda")
    seed: int = 7
    epochs: int = Field(9, ge=1)
    batch: int = Field(48, ge=2)
    learning_rate: float = Field(5e-4, gt=0)


def read_train_config(path: Path) -> TrainConfig:
    """Read a training file.

    Raises:
        SettingsError: it is missing or a value is wrong.
    """
    try:
        return TrainConfig.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise SettingsError(
            f"reading the training config {path}", str(error), "See configs/train.yaml"
        ) from None


def train_detector(config_file: Path, out: Path) -> Path:
    """Cut chips of all events (once), train, and write weights and card.

    Returns:
        The weights file.

    Raises:
        SettingsError, EventError, WeightsError: an input is wrong.
    """
    config = read_train_config(config_file)
    out.mkdir(parents=True, exist_ok=True)
    parts = [chips_of_event(path, out / "chips") for path in config.events]
    parts += [chips_of_town(town, out) for town in config.towns]
    if not parts:
        raise SettingsError(
            f"training from {config_file}", "it names no events and no towns", "Name some"
        )
    options = FitOptions(
        config.name, config.licence, config.training_data, (RENDERED,), config.start,
        TrainOptions(
            seed=config.seed, epochs=config.epochs, batch=config.batch,
            learning_rate=config.learning_rate,
        ),
        config.device,
    )  # fmt: skip
    made_with: dict[str, Any] = config.model_dump(mode="json", exclude={"start", "events"}) | {
        "events": [read_event_file(path).event_id for path in config.events],
        "start": sha256_of_file(config.start) if config.start else None,
        "versions": {name: version(name) for name in ("firstnotice", "torch", "torchvision")},
    }
    labelled = LabelledChips.concatenate(parts)
    return fit_detector(labelled, options, out, _EpochProgress(), made_with)


class _EpochProgress:
    """Draws a bar an epoch."""

    _PARTS = 100

    def __init__(self) -> None:
        self._epoch = 0
        self._done = 0

    def __call__(self, report: EpochReport) -> None:
        if report.epoch != self._epoch:
            self._epoch, self._done = report.epoch, 0
            progress().begin(f"epoch {report.epoch} of {report.epochs}", self._PARTS)
        done = int(report.done_frac * self._PARTS)
        progress().advance(done - self._done)
        self._done = done


def chips_of_event(event_file: Path, folder: Path) -> LabelledChips:
    """Chips of an event with truth, cut as runs cut them; kept under ``folder`` by content."""
    source = read_event_file(event_file)
    truth = read_table(event_file.parent / "truth.parquet").drop_duplicates("building_id")
    key = content_key(
        sha256_of_file(source.imagery.catalog), sha256_of_file(source.footprints),
        sha256_of_file(event_file.parent / "truth.parquet"), str(choose_cut()),
    )  # fmt: skip
    path = folder / f"{source.event_id}-{key}.npz"
    if path.exists():
        return read_chips(path)
    parts = list(_cut_event(source, truth.set_index("building_id")["grade"]))
    if not parts:
        raise SettingsError(
            f"training on {event_file}", "no building has both images and a grade",
            "Leave the event out",
        )  # fmt: skip
    labelled = LabelledChips.concatenate(parts)
    with atomic_path(path) as partial:
        write_chips(labelled, partial)
    return labelled


def _cut_event(source: EventFile, grades: pd.Series) -> Iterator[LabelledChips]:
    footprints = read_geo_table(source.footprints)
    end = source.closes_at_utc
    scenes = StaticStacCatalog(source.imagery.catalog).search(WORLD, end).scenes
    window = source.event.window
    pairs = choose_pairs(footprints, scenes, window, choose_pairing(source))
    centre = shapely.centroid(shapely.box(*footprints.total_bounds))
    metric = footprints.to_crs(choose_metric_crs(centre.x, centre.y))
    by_id = {scene.scene_id: scene for scene in scenes}
    areas = _areas(source.event_id, by_id, str(metric.crs))
    tiles = plan_tiles(metric, pairs, choose_cut().chip)
    progress().begin(f"cut chips of {source.event_id}", len(tiles))
    for tile in tiles:
        part = _cut_labelled(tile, by_id, metric, grades)
        progress().advance(1)
        if part is not None:
            chips, values = part
            names = (source.event_id, areas[tile.post_scene_id], tile.post_scene_id)
            yield LabelledChips(chips, values, *(np.repeat(name, len(chips)) for name in names))


def _cut_labelled(
    tile: Tile, scenes: dict[str, Scene], metric: gpd.GeoDataFrame, grades: pd.Series
) -> tuple[Any, Any] | None:
    """Usable, classified chips of a tile and their grades, if there are any."""
    options = choose_cut()
    cut = cut_tile(tile, scenes[tile.pre_scene_id], scenes[tile.post_scene_id], metric, options)
    words = grades.reindex(list(tile.building_ids)).fillna("un-classified")
    values = words.map(XBD_SUBTYPES).to_numpy(np.int64)
    keep = cut.usable_frac >= options.quality.min_usable_frac
    keep &= values != DamageGrade.UNCLASSIFIED
    return (cut.chips.select(keep), values[keep]) if keep.any() else None


def _areas(event_id: str, scenes: dict[str, Scene], crs: str) -> dict[str, str]:
    """Spatial block of each scene: where its centre lies."""
    extents = gpd.GeoSeries({name: scene.extent for name, scene in scenes.items()}, crs=4326)
    centres = extents.to_crs(crs).centroid
    return {
        name: f"{event_id}:{int(point.x // AREA_M)}:{int(point.y // AREA_M)}"
        for name, point in centres.items()
    }


def chips_of_town(config: TownConfig, out: Path) -> LabelledChips:
    """Chips of a rendered town without cloud or gaps; one event, one area a town."""
    town_id = f"rendered-{config.seed}"
    town = render_town(
        TownOptions(
            seed=config.seed, peril=config.peril, rotation_deg=config.rotation_deg,
            town_id=town_id, cloud_homes=0, missing_tiles=0,
        )
    )  # fmt: skip
    folder = out / "towns" / town_id
    start = min(scene.captured_at_utc for scene in town.scenes)
    end = max(scene.captured_at_utc for scene in town.scenes)
    middle = OccurrenceWindow(start + (end - start) / 2, end)
    with atomic_folder(folder) as partial:
        write_town(town, CatEvent(town_id, town_id, (config.peril,), middle), partial)
    scenes = StaticStacCatalog(folder / "imagery" / "catalog.json").search(WORLD, end).scenes
    pairs = choose_pairs(town.footprints, scenes, middle, PairingOptions())
    metric = town.footprints.to_crs(choose_metric_crs(*town.footprints.total_bounds[:2]))
    by_id = {scene.scene_id: scene for scene in scenes}
    parts = []
    for tile in plan_tiles(metric, pairs, choose_cut().chip):
        part = _cut_labelled(tile, by_id, metric, town.grades)
        if part is not None:
            names = (RENDERED, town_id, tile.post_scene_id)
            parts.append(LabelledChips(*part, *(np.repeat(name, len(part[0])) for name in names)))
    return LabelledChips.concatenate(parts)
