"""Every paired building lies in exactly one tile that shows its chip whole."""

from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery.chips.tiles import CELL_M, ChipOptions, Tile, batch_tiles, chip_squares, plan_tiles

UTM = "EPSG:32616"
OPTIONS = ChipOptions()
PLACE = st.tuples(
    st.integers(-3000, 3000), st.integers(-3000, 3000), st.integers(1, 90), st.integers(1, 90)
)


def _buildings(boxes) -> gpd.GeoDataFrame:
    shapes = [shapely.box(x, y, x + width, y + height) for x, y, width, height in boxes]
    names = [f"b{n:03d}" for n in range(len(shapes))]
    return gpd.GeoDataFrame(
        {"building_id": names}, index=range(len(shapes)), geometry=gpd.GeoSeries(shapes, crs=UTM)
    )


def _pairs(names, statuses, posts) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "building_id": list(names), "pair_status": list(statuses),
            "pre_scene_id": "pre", "post_scene_id": list(posts),
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("width", "height", "side_m"),
    [(20, 12, 50.0), (12, 20, 50.0), (3, 3, 20.0), (8, 1, 20.0), (300, 10, 400.0)],
)
def test_a_chip_is_a_centred_square_scaled_to_the_building(width, height, side_m):
    square = chip_squares(_buildings([(100, 200, width, height)]), OPTIONS).iloc[0]
    assert square["side_m"] == pytest.approx(side_m)
    assert square["center_x"] == pytest.approx(100 + width / 2)
    assert square["center_y"] == pytest.approx(200 + height / 2)


@given(st.lists(st.tuples(PLACE, st.booleans(), st.sampled_from(["p1", "p2"])), max_size=20))
@settings(max_examples=25, deadline=None)
def test_every_paired_building_is_in_exactly_one_tile_that_shows_its_chip(rows):
    buildings = _buildings([box for box, _, _ in rows])
    statuses = ["paired" if is_paired else "no_imagery" for _, is_paired, _ in rows]
    pairs = _pairs(buildings["building_id"], statuses, [post for _, _, post in rows])
    tiles = plan_tiles(buildings, pairs, OPTIONS)
    planned = Counter(name for tile in tiles for name in tile.building_ids)
    assert planned == Counter(pairs.loc[pairs["pair_status"] == "paired", "building_id"])
    squares = chip_squares(buildings, OPTIONS).set_index("building_id")
    post_of = pairs.set_index("building_id")["post_scene_id"]
    for tile in tiles:
        assert list(tile.building_ids) == sorted(tile.building_ids)
        for name in tile.building_ids:
            assert tile.post_scene_id == post_of[name]
            center_x, center_y, side_m = squares.loc[name]
            assert tile.bounds.west <= center_x - side_m / 2 + 1e-6
            assert tile.bounds.east >= center_x + side_m / 2 - 1e-6
            assert tile.bounds.south <= center_y - side_m / 2 + 1e-6
            assert tile.bounds.north >= center_y + side_m / 2 - 1e-6
        assert tile.bounds.east - tile.bounds.west <= CELL_M + OPTIONS.max_side_m


@given(st.lists(PLACE, min_size=1, max_size=12), st.randoms())
@settings(max_examples=12, deadline=None)
def test_the_plan_does_not_depend_on_the_order_of_rows(boxes, random):
    buildings = _buildings(boxes)
    pairs = _pairs(buildings["building_id"], ["paired"] * len(boxes), ["p1"] * len(boxes))
    order = list(range(len(boxes)))
    random.shuffle(order)
    shuffled = buildings.iloc[order].reset_index(drop=True)
    assert plan_tiles(shuffled, pairs, OPTIONS) == plan_tiles(buildings, pairs, OPTIONS)
    assert plan_tiles(buildings, pairs.iloc[order], OPTIONS) == plan_tiles(
        buildings, pairs, OPTIONS
    )


def test_no_buildings_need_no_tiles():
    buildings = _buildings([])
    assert plan_tiles(buildings, _pairs([], [], []), OPTIONS) == []
    lone = _buildings([(0, 0, 10, 10)])
    assert plan_tiles(lone, _pairs(["b000"], ["stale_imagery"], ["p"]), OPTIONS) == []


@given(st.lists(st.integers(1, 9), max_size=20), st.integers(1, 12))
@settings(max_examples=60)
def test_batches_keep_every_tile_in_order_and_stop_as_soon_as_they_are_full(sizes, wanted):
    tiles = [
        Tile("pre", "post", (0, 0), None, tuple(f"{n}-{k}" for k in range(size)))
        for n, size in enumerate(sizes)
    ]
    batches = list(batch_tiles(tiles, wanted))
    assert [tile for batch in batches for tile in batch] == tiles
    counts = [[len(tile.building_ids) for tile in batch] for batch in batches]
    assert all(sum(count) >= wanted for count in counts[:-1])
    assert all(sum(count[:-1]) < wanted for count in counts)
    assert all(counts)


def test_a_hundred_thousand_buildings_are_planned_in_seconds():
    count = 100_000
    generator = np.random.default_rng(1)
    corners = generator.uniform(0, 50_000, (2, count))
    shapes = shapely.box(corners[0], corners[1], corners[0] + 12, corners[1] + 9)
    names = [f"b{n}" for n in range(count)]
    buildings = gpd.GeoDataFrame({"building_id": names}, geometry=gpd.GeoSeries(shapes, crs=UTM))
    tiles = plan_tiles(buildings, _pairs(names, ["paired"] * count, ["p"] * count), OPTIONS)
    assert sum(len(tile.building_ids) for tile in tiles) == count
