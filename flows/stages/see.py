"""From insured buildings to grades: which scenes show them, and what the pixels say."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.damage import PROBABILITIES, Status
from core.errors import SceneError
from core.provenance import content_key
from core.scenes import Scene
from core.tables import GRADES, PICTURES, SCENES, check_table
from flows.stages.inspecting import inspect_scenes
from flows.stages.memory import give_back_memory
from flows.stages.read_ahead import read_ahead
from flows.stages.read_work import TileReader
from flows.stages.tile_grades import grade_chips, make_ungraded
from flows.wiring.adapters import (
    choose_cut,
    choose_pairing,
    detector_key,
    open_catalog,
    open_reader,
)
from flows.wiring.context import RunContext
from flows.wiring.storage import file_state, join_tables, read_geo_table, read_table, write_table
from imagery.chips.tiles import Tile, batch_tiles, plan_tiles, split_by_metric_crs
from imagery.pairing.choose import choose_pairs, role_of

_log = logging.getLogger(__name__)
CHIPS_AT_ONCE = 128
"""Chips that are held at once by each who grades, some 40 MB: a dense tile has hundreds."""
_COLUMNS = (tuple(GRADES.columns), tuple(PICTURES.columns))
"""Part of each key: results that an older run cached lack what was added since."""


@dataclass(frozen=True, slots=True)
class TileBatch:
    """A task's work, by reference: building ids, ground and scenes, no pixels.

    Attributes:
        key: content key of everything that decides the result.
        crs: metric CRS of the tiles' bounds.
        tiles: what to read.
        scenes: the scenes that the tiles name.
    """

    key: str
    crs: str
    tiles: tuple[Tile, ...]
    scenes: tuple[Scene, ...]

    @property
    def buildings(self) -> int:
        """How many buildings it grades."""
        return sum(len(tile.building_ids) for tile in self.tiles)


@dataclass(frozen=True, slots=True)
class GradedBatch:
    """A task's result, by reference."""

    grades: Path
    pictures: Path

    @property
    def is_there(self) -> bool:
        """Whether the files still lie where it says; anybody may clear a cache."""
        return self.grades.exists() and self.pictures.exists()


def plan_imagery(run: RunContext) -> list[TileBatch]:
    """Choose a scene pair for each insured building and cut the work into batches of tiles.

    A scene whose bytes are damaged is set aside before pairing, so that another scene of the
    same ground can stand in. Writes pairs, scenes and rejected_scenes to the work folder.
    """
    buildings = read_geo_table(run.folder.work("buildings"))
    source = run.source
    window = source.event.window
    area = shapely.box(*buildings.total_bounds) if len(buildings) else shapely.Polygon()
    search = open_catalog(run).search(area, run.as_of_utc)
    seen = inspect_scenes(search.scenes, window, open_reader(run))
    usable = seen.usable
    write_table(seen.notes_table(), run.folder.work("scene_notes"))
    pairs = choose_pairs(buildings, usable, window, choose_pairing(source))
    write_table(pairs, run.folder.work("pairs"))
    rejected = pd.DataFrame([asdict(each) for each in (*search.rejected, *seen.rejected)])
    write_table(
        rejected.reindex(columns=["scene_id", "reason"]), run.folder.work("rejected_scenes")
    )
    scenes = gpd.GeoDataFrame(
        {
            "scene_id": [scene.scene_id for scene in usable],
            "role": [str(role_of(scene, window)) for scene in usable],
            "captured_at_utc": pd.to_datetime([s.captured_at_utc for s in usable], utc=True),
            "gsd_m": [float(scene.gsd_m) for scene in usable],
            "provider": [scene.provider for scene in usable],
            "licence": [scene.licence for scene in usable],
        },
        geometry=[scene.extent for scene in usable],
        crs=4326,
    )
    write_table(check_table(scenes, SCENES), run.folder.work("scenes"))
    return _batches(run, buildings, pairs, usable)


def _batches(
    run: RunContext, buildings: gpd.GeoDataFrame, pairs: pd.DataFrame, scenes: tuple[Scene, ...]
) -> list[TileBatch]:
    by_id = {scene.scene_id: scene for scene in scenes}
    paired = pairs.loc[pairs["pair_status"] == "paired", "building_id"]
    shown = buildings.loc[buildings["building_id"].isin(paired), ["building_id", "geometry"]]
    model = detector_key(run.settings)
    batches = []
    for crs, some in split_by_metric_crs(shown):
        tiles = plan_tiles(some, pairs, choose_cut().chip)
        outlines = dict(zip(some["building_id"], some.geometry.to_wkb(hex=True), strict=True))
        for chosen in batch_tiles(tiles, run.settings.run.buildings_per_batch):
            ids = sorted({n for tile in chosen for n in (tile.pre_scene_id, tile.post_scene_id)})
            used = tuple(by_id[name] for name in ids)
            key = _key_of_batch(chosen, outlines, used, model)
            batches.append(TileBatch(key, crs, chosen, used))
    return batches


def _key_of_batch(
    tiles: tuple[Tile, ...], outlines: Mapping[str, str], scenes: tuple[Scene, ...], model: str
) -> str:
    """Names all that decides a batch's grades."""
    drawn = [[outlines[name] for name in tile.building_ids] for tile in tiles]
    pixels = [(scene.scene_id, scene.sha256, *file_state(scene.href)) for scene in scenes]
    return content_key(
        [asdict(t) for t in tiles], drawn, pixels, asdict(choose_cut()), model, _COLUMNS
    )


def grade_batch(run: RunContext, batch: TileBatch) -> GradedBatch:
    """Read, cut and grade the buildings of a batch; results lie in the cache by content.

    A scene that turns out damaged costs its tile's buildings their grade, with the reason, and
    nothing else.

    Raises:
        TransientError: a server failed in a way that may pass.
    """
    buildings = run.folder.work("buildings")
    reader = TileReader.open(run, batch.tiles, batch.scenes, batch.crs, buildings)
    grades, pictures = [], []
    for tile, reading in read_ahead(reader.read_parts, batch.tiles):
        try:
            parts = reading.result()
        except SceneError as error:
            _log.warning("tile of scene %s is not graded: %s", tile.post_scene_id, error.problem)
            reason = f"unreadable:{error.work}"
            grades.append(make_ungraded(tile.building_ids, Status.NO_IMAGERY, reason))
            continue
        for part in parts:
            for cut in part.registered.cut_parts(CHIPS_AT_ONCE):
                rows, drawn = grade_chips(cut, part.detector, reader.options)
                grades.append(rows)
                pictures.append(drawn)
    graded = find_graded(run, batch)
    shown = check_table(pd.concat(pictures), PICTURES) if pictures else _no_pictures()
    write_table(shown, graded.pictures)
    write_table(pd.concat(grades), graded.grades)
    give_back_memory()
    return graded


def find_graded(run: RunContext, batch: TileBatch) -> GradedBatch:
    """Where the results of a batch lie in the cache, once they are there; grades come last."""
    folder = run.folder.cache / "grades"
    return GradedBatch(folder / f"{batch.key}.parquet", folder / f"{batch.key}-pictures.parquet")


def _no_pictures() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in PICTURES.columns})


def gather_grades(run: RunContext, graded: list[GradedBatch]) -> None:
    """All buildings' grades in one table, GRADES, and their pictures; written to the work folder.

    Pictures go over one batch at a time: those of a large event do not fit into memory.

    Raises:
        InputError: a building was lost or came twice on the way.
    """
    pairs = read_table(run.folder.work("pairs"))
    columns = [name for name in GRADES.columns if name not in pairs.columns]
    parts = [read_table(batch.grades) for batch in graded]
    seen = pd.concat(parts) if parts else pd.DataFrame(columns=["building_id", *columns])
    merged = pairs.merge(seen, on="building_id", how="left", validate="one_to_one")
    unpaired = merged["pair_status"] != "paired"
    merged["status"] = merged["status"].astype(object).mask(unpaired, merged["pair_status"])
    merged["status_reason"] = (
        merged["status_reason"].astype(object).mask(unpaired, merged["pair_reason"])
    )
    for name in ("registration_shift_m", "usable_frac", *PROBABILITIES, "novelty_frac"):
        merged[name] = merged[name].astype(np.float64)
    write_table(check_table(merged[list(GRADES.columns)], GRADES), run.folder.work("grades"))
    join_tables([batch.pictures for batch in graded], _no_pictures(), run.folder.work("pictures"))
