"""How often ``imagery.chips.standing`` calls a standing home unbuilt, and bare ground bare.

Run from the repository's root: ``python benchmarks/bare_sites.py EVENT.yaml ...``. In each event
the outlines were drawn on the picture before, so every one stands; the same outlines, moved to
ground at least ``CLEAR_M`` from any, are bare by construction. Only the picture before is read.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from flows.training.chips import list_scenes
from flows.wiring.adapters import choose_cut, choose_pairing
from flows.wiring.event_file import EventFile, read_event_file
from flows.wiring.storage.folders import read_geo_table
from imagery.chips.cut import cut_tile
from imagery.chips.standing import compute_bareness, is_bare
from imagery.chips.tiles import plan_tiles
from imagery.pairing.choose import choose_pairs

CLEAR_M = 8.0
"""From a moved outline to the nearest real one; sheds that nobody outlined remain."""
MOVE_M = (20.0, 100.0)
"""How far outlines are moved: to the same quarter, the same light and gardens."""
TRIES = 6
SEED = 5
MOVED = "*"
"""Ends the id of a moved outline."""


def move_to_bare(outlines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Each outline once, moved at random to where none is; those that find no place are left out.

    Args:
        outlines: building_id and geometry, metric CRS.
    """
    rng = np.random.default_rng(SEED)
    tree, found = shapely.STRtree(outlines.geometry.to_numpy()), []
    for _ in range(TRIES):
        bearing, far = rng.uniform(0, 2 * np.pi, len(outlines)), rng.uniform(*MOVE_M, len(outlines))
        steps = np.column_stack([np.cos(bearing), np.sin(bearing)]) * far[:, None]
        points, owner = shapely.get_coordinates(outlines.geometry, return_index=True)
        moved = shapely.set_coordinates(outlines.geometry.to_numpy().copy(), points + steps[owner])
        near = np.unique(tree.query(moved, predicate="dwithin", distance=CLEAR_M)[0])
        found.append(outlines.assign(geometry=moved).drop(index=outlines.index[near]))
    first = pd.concat(found).drop_duplicates("building_id")
    return first.assign(building_id=first["building_id"] + MOVED)


def measure_event(event: EventFile) -> pd.DataFrame:
    """``bareness``, ``is_bare`` and ``is_moved`` of each outline, real and moved."""
    footprints, scenes = read_geo_table(event.footprints).to_crs(4326), list_scenes(event)
    pairs = choose_pairs(footprints, scenes, event.event.window, choose_pairing(event))
    metric = footprints[["building_id", "geometry"]].to_crs(footprints.estimate_utm_crs())
    outlines = pd.concat([metric, move_to_bare(metric)], ignore_index=True)
    source = outlines["building_id"].str.removesuffix(MOVED)
    twice = pairs.set_index("building_id").loc[source].reset_index(drop=True)
    twice = twice.assign(building_id=outlines["building_id"])
    by_id = {scene.scene_id: scene for scene in scenes}
    return pd.concat(_measure_tiles(outlines, twice, by_id), ignore_index=True)


def _measure_tiles(outlines: gpd.GeoDataFrame, pairs: pd.DataFrame, by_id: dict) -> Iterator:
    options = choose_cut()
    for tile in plan_tiles(outlines, pairs, options.chip):
        pre = by_id[tile.pre_scene_id]
        chips = cut_tile(tile, pre, pre, outlines, options).chips
        yield pd.DataFrame(
            {
                "bareness": compute_bareness(chips),
                "is_bare": is_bare(chips),
                "is_moved": [name.endswith(MOVED) for name in tile.building_ids],
            }
        )


def main() -> None:
    """Print the figures of each event."""
    for path in map(Path, sys.argv[1:]):
        event = read_event_file(path)
        found = measure_event(event)
        for is_moved, some in found.groupby("is_moved"):
            kind = "bare by construction" if is_moved else "standing"
            sys.stdout.write(
                f"{event.event_id}: {len(some)} {kind}, {some['bareness'].notna().mean():.1%} "
                f"measured, {some['is_bare'].mean():.2%} called bare\n"
            )


if __name__ == "__main__":
    main()
