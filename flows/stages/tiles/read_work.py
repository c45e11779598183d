"""Reading tiles: in full, or only the date after where the date before is kept."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np

from detectors.base import Detector
from flows.stages.tiles.work import TileWork
from flows.wiring.storage.blue_sky_store import KeptCell, key_of_outline
from imagery.chips.cut import (
    RegisteredTile,
    choose_pixel_m,
    prepare_date,
    read_tile,
    register_dates,
)
from imagery.chips.places import pick_footprints, place_chips
from imagery.chips.tiles import Tile

COARSER = 1.25
"""A kept grid may be so much coarser than the one that the pair would be read on; past it the
picture after would lose detail."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadPart:
    """Buildings of a tile that were read alike.

    Attributes:
        registered: what their chips are cut of.
        detector: what grades them.
    """

    registered: RegisteredTile
    detector: Detector

    @property
    def building_ids(self) -> tuple[str, ...]:
        """Which."""
        return self.registered.places.building_ids


@dataclass(frozen=True, slots=True, eq=False)
class TileReader(TileWork):
    """Reads tiles for a run."""

    def read_parts(self, tile: Tile) -> list[ReadPart]:
        """Read a tile, in one part or in two: what is known of before, and the rest.

        Raises:
            SceneError, TransientError: see ``SceneReader.read``.
        """
        parts = list(self._read_known(tile))
        known = {name for part in parts for name in part.building_ids}
        rest = tuple(name for name in tile.building_ids if name not in known)
        if rest:
            part = replace(tile, building_ids=rest)
            pre, post = self.scenes[tile.pre_scene_id], self.scenes[tile.post_scene_id]
            whole = read_tile(part, pre, post, self.footprints, self.options, read=self.read)
            parts.append(ReadPart(whole, self.detector))
        return parts

    def _read_known(self, tile: Tile) -> Iterator[ReadPart]:
        from detectors.network.kept import KeptDetector  # noqa: PLC0415  torch: seconds

        cell = self._find(tile)
        if cell is None:
            return
        known = _known(tile, cell, self.footprints)
        if known:
            part = replace(tile, building_ids=known)
            detector = KeptDetector(self.detector, cell.sight, cell.rows)
            yield ReadPart(self._read_after(part, cell), detector)

    def _read_after(self, tile: Tile, cell: KeptCell) -> RegisteredTile:
        """Read only the date after."""
        post, grid, rows = self.scenes[tile.post_scene_id], cell.date.grid, cell.rows
        kept = cell.date.select(np.array([rows[name] for name in tile.building_ids], np.intp))
        wanted = pick_footprints(tile.building_ids, self.footprints)
        after = prepare_date(self.read(post, grid), grid.transform.a, post.gsd_m, self.options)
        places = place_chips(wanted, grid, self.options.chip)
        return register_dates(places, kept, after, self.options)

    def _find(self, tile: Tile) -> KeptCell | None:
        """The kept cell of a tile, if the picture after would not be read finer."""
        pre, post = self.scenes[tile.pre_scene_id], self.scenes[tile.post_scene_id]
        cell = self.find_kept(tile)
        if cell is None or cell.date.grid.transform.a > COARSER * choose_pixel_m(pre, post):
            return None
        return cell


def _known(tile: Tile, cell: KeptCell, footprints: gpd.GeoDataFrame) -> tuple[str, ...]:
    """The tile's buildings that are kept with the outline that they have now."""
    wanted = footprints[footprints["building_id"].isin(tile.building_ids)]
    keys = {
        name: key_of_outline(wkb)
        for name, wkb in zip(wanted["building_id"], wanted.geometry.to_wkb(), strict=True)
    }
    return tuple(name for name in tile.building_ids if cell.outlines.get(name) == keys[name])
