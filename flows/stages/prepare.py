"""On a quiet day: all insured buildings before any storm, cut and looked at ahead."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.chips import ChipBatch
from core.errors import SceneError
from core.events import OccurrenceWindow
from core.scenes import Scene
from flows.stages.inspecting import inspect_scenes
from flows.stages.locate import match_insured
from flows.stages.tiles.memory import give_back_memory
from flows.stages.tiles.read_ahead import read_ahead
from flows.stages.tiles.work import TileWork
from flows.wiring.adapters import (
    choose_cut,
    choose_pairing,
    open_catalog,
    open_reader,
    state_reader,
)
from flows.wiring.context import RunContext
from flows.wiring.storage.blue_sky_store import FOLDER, KeptCell, key_of_outline
from flows.wiring.storage.folders import write_table
from imagery.chips.cut import choose_grid, prepare_date
from imagery.chips.kept_date import KeptDate, keep_date
from imagery.chips.places import ChipPlaces, pick_footprints, place_chips
from imagery.chips.tiles import Tile, batch_tiles, plan_tiles, split_by_metric_crs
from imagery.pairing.choose import choose_pairs

_log = logging.getLogger(__name__)
EXPECTED_POST_GSD_M = 0.5
"""Pictures after a disaster are mostly of 0.3 to 0.6 m; what is kept is cut for such."""


@dataclass(frozen=True, slots=True)
class PrepareBatch:
    """A task's work, by reference.

    Attributes:
        crs: metric CRS of the tiles.
        tiles: what to prepare; their scenes before and after are the same.
        scenes: the scenes that they name.
        buildings: file of the insured buildings.
    """

    crs: str
    tiles: tuple[Tile, ...]
    scenes: tuple[Scene, ...]
    buildings: Path

    @property
    def count(self) -> int:
        """How many buildings it prepares."""
        return sum(len(tile.building_ids) for tile in self.tiles)


@dataclass(frozen=True, slots=True)
class Prepared:
    """How many buildings were prepared, were known already, or could not be read."""

    prepared: int
    known: int
    unreadable: int

    def __add__(self, other: "Prepared") -> "Prepared":
        return Prepared(
            self.prepared + other.prepared,
            self.known + other.known,
            self.unreadable + other.unreadable,
        )


NOTHING = Prepared(0, 0, 0)


def plan_preparation(run: RunContext) -> list[PrepareBatch]:
    """All buildings of the book with the best scene before the run's instant, in batches."""
    buildings = match_insured(run)
    path = run.folder.cache / FOLDER / "plans" / f"{run.folder.run_id}.parquet"
    write_table(buildings, path)
    if not len(buildings):
        return []
    area = shapely.box(*buildings.total_bounds)
    now = OccurrenceWindow(run.as_of_utc, run.as_of_utc + timedelta(seconds=1))
    listed = open_catalog(run).search(area, run.as_of_utc).scenes
    scenes = inspect_scenes(listed, now, open_reader(run), state_reader(run)).usable
    pairs = choose_pairs(buildings, scenes, now, choose_pairing(run.source, run.settings.imagery))
    has_before = pairs["pre_scene_id"].notna()
    pairs = pairs[has_before].assign(
        pair_status="paired", post_scene_id=pairs.loc[has_before, "pre_scene_id"]
    )
    return list(_batches(run, buildings, pairs, scenes, path))


def _batches(
    run: RunContext, buildings: gpd.GeoDataFrame, pairs: pd.DataFrame,
    scenes: tuple[Scene, ...], path: Path,
) -> Iterator[PrepareBatch]:  # fmt: skip
    by_id = {scene.scene_id: scene for scene in scenes}
    shown = buildings[buildings["building_id"].isin(pairs["building_id"])]
    for crs, some in split_by_metric_crs(shown[["building_id", "geometry"]]):
        tiles = plan_tiles(some, pairs, choose_cut().chip)
        for chosen in batch_tiles(tiles, run.settings.run.buildings_per_batch):
            named = sorted({tile.pre_scene_id for tile in chosen})
            yield PrepareBatch(crs, chosen, tuple(by_id[name] for name in named), path)


def prepare_batch(run: RunContext, batch: PrepareBatch) -> Prepared:
    """Cut and look at the buildings of a batch before, and keep what was not kept yet.

    Raises:
        TransientError: a server failed in a way that may pass.
    """
    preparer = Preparer.open(run, batch.tiles, batch.scenes, batch.crs, batch.buildings)
    done = preparer.prepare(batch.tiles)
    give_back_memory()
    return done


@dataclass(frozen=True, slots=True, eq=False)
class Preparer(TileWork):
    """Prepares tiles before any storm."""

    def prepare(self, tiles: tuple[Tile, ...]) -> Prepared:
        """Prepare tiles that are not known; a damaged scene costs its own tile alone."""
        from detectors.network.kept import look_before  # noqa: PLC0415  torch: seconds

        unknown = [tile for tile in tiles if not self._is_known(tile)]
        total = Prepared(0, sum(len(tile.building_ids) for tile in set(tiles) - set(unknown)), 0)
        for tile, cutting in read_ahead(self._cut, unknown):
            count = len(tile.building_ids)
            try:
                places, date = cutting.result()
            except SceneError as error:
                _log.warning("tile of scene %s is not kept: %s", tile.pre_scene_id, error.problem)
                total += Prepared(0, 0, count)
                continue
            sight = look_before(self.detector, _chips_of(places, date))
            cell = KeptCell(self._outlines(tile), date, sight)
            self.store.write(cell, self.path_kept(tile))
            total += Prepared(count, 0, 0)
        return total

    def _cut(self, tile: Tile) -> tuple[ChipPlaces, KeptDate]:
        pre = self.scenes[tile.pre_scene_id]
        after = replace(pre, gsd_m=EXPECTED_POST_GSD_M)
        grid = choose_grid(tile, pre, after, str(self.footprints.crs), self.options.align)
        wanted = pick_footprints(tile.building_ids, self.footprints)
        places = place_chips(wanted, grid, self.options.chip)
        date = prepare_date(self.read(pre, grid), grid.transform.a, pre.gsd_m, self.options)
        return places, keep_date(places, date, self.options)

    def _is_known(self, tile: Tile) -> bool:
        cell = self.find_kept(tile)
        return cell is not None and dict(cell.outlines) == self._outlines(tile)

    def _outlines(self, tile: Tile) -> dict[str, str]:
        wanted = pick_footprints(tile.building_ids, self.footprints)
        keys = map(key_of_outline, wanted.geometry.to_wkb())
        return dict(zip(tile.building_ids, keys, strict=True))


def _chips_of(places: ChipPlaces, date: KeptDate) -> ChipBatch:
    """Chips whose both dates are the one before; only that one is looked at."""
    images, valid = date.images[:, None], date.valid[:, None]
    return ChipBatch(
        places.building_ids, np.repeat(images, 2, axis=1), np.repeat(valid, 2, axis=1),
        places.footprint, places.chip_pixel_m,
    )  # fmt: skip
