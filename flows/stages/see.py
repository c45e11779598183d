"""From insured buildings to grades: which scenes show them, and what the pixels say."""

import logging
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.damage import PROBABILITIES
from core.errors import SceneError
from core.provenance import content_key
from core.scenes import Scene
from core.tables import GRADES, PICTURES, SCENES, check_table
from detectors.facts import FACTS
from flows.stages.inspecting import inspect_scenes
from flows.stages.looks import GradedTiles, find_tried, keep_best, pairs_path, read_looks, tiles_of
from flows.stages.tiles.cache import LAYOUT, TileCache, join_pictures
from flows.stages.tiles.grades import SHIFTS, grade_chips, make_unreadable
from flows.stages.tiles.memory import give_back_memory
from flows.stages.tiles.read_ahead import read_ahead
from flows.stages.tiles.read_work import ReadPart, TileReader
from flows.wiring.adapters import (
    choose_cut,
    choose_pairing,
    choose_pictured_from,
    detector_key,
    open_catalog,
    open_reader,
    state_reader,
    tell_kind,
)
from flows.wiring.context import RunContext
from flows.wiring.storage.folders import read_geo_table, write_table
from flows.wiring.storage.scene_key import key_of_scene
from flows.wiring.wording.redaction import hide_secrets
from imagery.chips.cut import CutOptions
from imagery.chips.tiles import Tile, batch_tiles, plan_tiles, split_by_metric_crs
from imagery.pairing.choose import choose_pairs, role_of
from imagery.pairing.retry import choose_other_pairs

_log = logging.getLogger(__name__)
CHIPS_AT_ONCE = 128
"""Chips that are held at once by each who grades, some 40 MB: a dense tile has hundreds."""


@dataclass(frozen=True, slots=True)
class TileBatch:
    """A task's work, by reference: building ids, ground and scenes, no pixels.

    Attributes:
        crs: metric CRS of the tiles' bounds.
        tiles: what to read.
        keys: content key of each tile: names all that decides its result.
        scenes: the scenes that the tiles name.
    """

    crs: str
    tiles: tuple[Tile, ...]
    keys: tuple[str, ...]
    scenes: tuple[Scene, ...]

    @property
    def buildings(self) -> int:
        """How many buildings it grades."""
        return sum(len(tile.building_ids) for tile in self.tiles)


def find_scenes(run: RunContext) -> tuple[Scene, ...]:
    """The scenes of the buildings' ground that can be used.

    A scene whose bytes are damaged is set aside before pairing, so that another scene of the
    same ground can stand in. Writes scenes, rejected_scenes and scene_notes to the work folder.
    """
    buildings = read_geo_table(run.folder.work("buildings"))
    window = run.source.event.window
    area = shapely.box(*buildings.total_bounds) if len(buildings) else shapely.Polygon()
    search = open_catalog(run).search(area, run.as_of_utc)
    seen = inspect_scenes(search.scenes, window, open_reader(run), state_reader(run))
    usable = seen.usable
    write_table(seen.notes_table(), run.folder.work("scene_notes"))
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
            "off_nadir_deg": [float(scene.off_nadir_deg) for scene in usable],
            "sun_elevation_deg": [float(scene.sun_elevation_deg) for scene in usable],
            "cloud_frac": [float(scene.cloud_frac) for scene in usable],
            "asset_uri": [_name_asset(scene.href) for scene in usable],
            "asset_sha256": [scene.sha256 for scene in usable],
        },
        geometry=[scene.extent for scene in usable],
        crs=4326,
    )
    write_table(check_table(scenes, SCENES), run.folder.work("scenes"))
    return usable


def _name_asset(href: str) -> str:
    """An address without its secrets; of a file of this machine its name alone."""
    is_address = "://" in href or href.startswith("/vsi")
    return str(hide_secrets(href)) if is_address else Path(href).name


def plan_imagery(run: RunContext, scenes: tuple[Scene, ...]) -> list[TileBatch]:
    """Choose a pair for each insured building and cut the work into batches of tiles.

    Writes pairs to the work folder.
    """
    buildings = read_geo_table(run.folder.work("buildings"))
    pairs = choose_pairs(
        buildings, scenes, run.source.event.window, choose_pairing(run.source, run.settings.imagery)
    )
    write_table(pairs, pairs_path(run, 0))
    return _note_known(run, 0, _batches(run, buildings, pairs, scenes))


def plan_another_look(
    run: RunContext, scenes: tuple[Scene, ...], *looks: list[GradedTiles]
) -> list[TileBatch]:
    """The next best pairs of buildings that came back unseen, in batches; none where none is left.

    Writes their pairs to the work folder.

    Args:
        run: the run.
        scenes: what ``find_scenes`` found.
        looks: what each look gave so far.
    """
    tried = find_tried(read_looks(run, looks))
    if not len(tried):
        return []
    buildings = read_geo_table(run.folder.work("buildings"))
    buildings = buildings[buildings["building_id"].isin(tried["building_id"])]
    window, options = run.source.event.window, choose_pairing(run.source, run.settings.imagery)
    pairs = choose_other_pairs(buildings, scenes, window, options, tried)
    write_table(pairs, pairs_path(run, len(looks)))
    return _note_known(run, len(looks), _batches(run, buildings, pairs, scenes))


def _batches(
    run: RunContext, buildings: gpd.GeoDataFrame, pairs: pd.DataFrame, scenes: tuple[Scene, ...]
) -> list[TileBatch]:
    by_id = {scene.scene_id: scene for scene in scenes}
    paired = pairs.loc[pairs["pair_status"] == "paired", "building_id"]
    shown = buildings.loc[buildings["building_id"].isin(paired), ["building_id", "geometry"]]
    keys = _TileKeys({name: key_of_scene(scene) for name, scene in by_id.items()}, run)
    batches = []
    for crs, some in split_by_metric_crs(shown):
        tiles = plan_tiles(some, pairs, choose_cut().chip)
        outlines = dict(zip(some["building_id"], some.geometry.to_wkb(hex=True), strict=True))
        for chosen in batch_tiles(tiles, run.settings.run.buildings_per_batch):
            ids = sorted({n for tile in chosen for n in (tile.pre_scene_id, tile.post_scene_id)})
            named = tuple(keys.name(tile, crs, outlines) for tile in chosen)
            batches.append(TileBatch(crs, chosen, named, tuple(by_id[name] for name in ids)))
    return batches


def _note_known(run: RunContext, look: int, batches: list[TileBatch]) -> list[TileBatch]:
    """The batches as they are; how much of them lies in the cache is kept for ``run.json``."""
    tiles = [
        (len(tile.building_ids), path.exists())
        for batch in batches
        for tile, path in zip(batch.tiles, find_graded(run, batch), strict=True)
    ]
    counted = {
        "tiles_known": sum(known for _, known in tiles),
        "tiles_to_grade": sum(not known for _, known in tiles),
        "homes_known": sum(homes for homes, known in tiles if known),
        "homes_to_grade": sum(homes for homes, known in tiles if not known),
    }
    write_table(pd.DataFrame([counted]), run.folder.work(f"reuse_{look}"))
    return batches


class _TileKeys:
    """Names all that decides a tile's grades: pixels, ground, outlines, and how they are judged."""

    def __init__(self, scenes: Mapping[str, str], run: RunContext) -> None:
        self._scenes = scenes
        self._judged = content_key(
            asdict(choose_cut()), detector_key(run.settings), tell_kind(run.source),
            choose_pictured_from(run.settings, tell_kind(run.source)),
            LAYOUT.names, FACTS,
        )  # fmt: skip

    def name(self, tile: Tile, crs: str, outlines: Mapping[str, str]) -> str:
        """The content key of a tile."""
        drawn = [outlines[name] for name in tile.building_ids]
        pair = [self._scenes[name] for name in (tile.pre_scene_id, tile.post_scene_id)]
        return content_key(asdict(tile), crs, drawn, pair, self._judged)


def grade_batch(run: RunContext, batch: TileBatch) -> GradedTiles:
    """Read, cut and grade the buildings of a batch; gives where each tile's rows lie by content.

    Tiles that lie in the cache are not graded again. A scene that turns out damaged costs its
    tile's buildings their grade, with the reason, and nothing else.

    Raises:
        TransientError: a server failed in a way that may pass.
    """
    paths = find_graded(run, batch)
    missing = {t: path for t, path in zip(batch.tiles, paths, strict=True) if not path.exists()}
    if missing:
        buildings = run.folder.work("buildings")
        pictured_from = choose_pictured_from(run.settings, tell_kind(run.source))
        reader = TileReader.open(run, missing, batch.scenes, batch.crs, buildings)
        for tile, reading in read_ahead(reader.read_parts, missing):
            rows = _grade_tile(tile, reading, reader.options, pictured_from)
            open_tile_cache(run).write(*rows, missing[tile])
        give_back_memory()
    return paths


def _grade_tile(
    tile: Tile, reading: Future[list[ReadPart]], options: CutOptions, pictured_from: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of GRADES without pairing, and PICTURES, of a tile that is being read."""
    try:
        parts = reading.result()
    except SceneError as error:
        _log.warning("tile of scene %s is not graded: %s", tile.post_scene_id, error.problem)
        return make_unreadable(tile, error), _no_pictures()
    graded = [
        grade_chips(cut, part.detector, options, pictured_from)
        for part in parts
        for cut in part.registered.cut_parts(CHIPS_AT_ONCE)
    ]
    rows, drawn = (pd.concat(each) for each in zip(*graded, strict=True))
    return rows, drawn


def find_graded(run: RunContext, batch: TileBatch) -> GradedTiles:
    """Where the rows of a batch's tiles lie in the cache, once they are there."""
    return tuple(map(open_tile_cache(run).path, batch.keys))


def open_tile_cache(run: RunContext) -> TileCache:
    """Grades by content, of all runs of all events."""
    return TileCache(run.folder.cache / "grades")


def _no_pictures() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in PICTURES.columns})


def gather_grades(run: RunContext, *looks: list[GradedTiles]) -> None:
    """All buildings' grades in one table, GRADES, and their pictures; written to the work folder.

    Args:
        run: the run.
        looks: what each look gave; of a building that several looked at, the best is kept.

    Raises:
        InputError: a building was lost or came twice on the way.
    """
    merged = keep_best(read_looks(run, looks))
    unpaired = merged["pair_status"] != "paired"
    merged["status"] = merged["status"].astype(object).mask(unpaired, merged["pair_status"])
    merged["status_reason"] = (
        merged["status_reason"].astype(object).mask(unpaired, merged["pair_reason"])
    )
    for name in (*SHIFTS, "usable_frac", *PROBABILITIES, "novelty_frac"):
        merged[name] = merged[name].astype(np.float64)
    write_table(check_table(merged[list(GRADES.columns)], GRADES), run.folder.work("grades"))
    kept = merged.groupby("look")["building_id"].agg(list)
    join_pictures(
        [(tiles_of(graded), kept.get(look, [])) for look, graded in enumerate(looks)],
        run.folder.work("pictures"),
    )
