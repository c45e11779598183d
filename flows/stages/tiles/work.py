"""What reading and cutting the tiles of a batch takes, on the day and on a quiet day alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import geopandas as gpd

from core.scenes import Scene
from flows.wiring.adapters import choose_cut, open_blue_sky, open_detector, open_reader
from flows.wiring.context import RunContext
from flows.wiring.storage.blue_sky_store import BlueSkyStore, KeptCell
from flows.wiring.storage.folders import read_geo_table
from imagery.chips.cut import CutOptions, ReadPixels
from imagery.chips.tiles import Tile

if TYPE_CHECKING:
    from detectors.network.predict import SiameseDetector


@dataclass(frozen=True, slots=True, eq=False)
class TileWork:
    """Opened once for a batch.

    Attributes:
        scenes: by id.
        footprints: building_id and geometry, in the tiles' CRS.
        options: chips, quality, registration.
        read: reads a scene on a grid.
        detector: grades.
        store: what is kept from quiet days.
    """

    scenes: Mapping[str, Scene]
    footprints: gpd.GeoDataFrame
    options: CutOptions
    read: ReadPixels
    detector: "SiameseDetector"
    store: BlueSkyStore

    @classmethod
    def open(
        cls, run: RunContext, tiles: Iterable[Tile], scenes: Iterable[Scene], crs: str,
        buildings: Path,
    ) -> Self:  # fmt: skip
        """Read the buildings of some tiles and open all else.

        Args:
            run: whose settings count.
            tiles: whose buildings are read.
            scenes: that the tiles name.
            crs: metric CRS of the tiles.
            buildings: file of footprints.
        """
        wanted = [name for tile in tiles for name in tile.building_ids]
        footprints = read_geo_table(buildings, filters=[("building_id", "in", wanted)])
        return cls(
            {scene.scene_id: scene for scene in scenes}, footprints.to_crs(crs), choose_cut(),
            open_reader(run).read, open_detector(run),
            open_blue_sky(run.settings, run.folder.cache),
        )  # fmt: skip

    def path_kept(self, tile: Tile) -> Path:
        """Where a tile's date before lies, if it is kept."""
        pre = self.scenes[tile.pre_scene_id]
        return self.store.path(tile, pre, str(self.footprints.crs))

    def find_kept(self, tile: Tile) -> KeptCell | None:
        """What is kept of a tile's date before."""
        return self.store.read(self.path_kept(tile))
