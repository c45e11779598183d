"""Tiles hold every home of theirs, once, whatever the filter."""

import dataclasses

import mapbox_vector_tile
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.damage import Decision, Tier
from web.runs.homes import DECISIONS, TIERS, HomeFilter, Homes
from web.tiles.cutting import EXTENT, MAX_POINTS, cut_tile
from web.tiles.encoding import LAYER, encode_tile
from web.tiles.places import LEVELS, find_range, interleave, split, to_world


def make_homes(count: int, seed: int = 3, spread: float = 0.2) -> Homes:
    rng = np.random.default_rng(seed)
    lon, lat = -85 + rng.normal(0, spread, count), 30 + rng.normal(0, spread, count)
    places = interleave(*to_world(lon, lat, LEVELS))
    order = np.argsort(places, kind="stable")
    tier = rng.integers(0, len(TIERS), count).astype(np.int8)
    decision = rng.integers(0, len(DECISIONS), count).astype(np.int8)
    table = pd.DataFrame({
        "tier": [str(TIERS[k]) for k in tier], "decision": [str(DECISIONS[k]) for k in decision],
        "status": "graded",
    })  # fmt: skip
    seen = rng.random(count) < 0.1
    status = np.zeros(count, np.int8)
    return Homes("e", table, lon, lat, order, places[order], tier, decision, status, seen)


@pytest.fixture(scope="module")
def homes():
    return make_homes(5_000)


def tiles_of(homes: Homes, z: int) -> set[tuple[int, int, int]]:
    x, y = to_world(homes.lon, homes.lat, z)
    return {(z, int(a), int(b)) for a, b in zip(x, y, strict=True)}


@pytest.mark.parametrize("z", [0, 5, 9, 12, 16])
def test_the_tiles_of_a_zoom_hold_each_home_once(homes, z):
    cuts = [cut_tile(homes, *tile) for tile in tiles_of(homes, z)]
    assert sum(int(cut.counts.sum()) for cut in cuts) == len(homes)
    assert all(((cut.x >= 0) & (cut.x < EXTENT)).all() for cut in cuts)
    assert all(len(cut.rows) <= max(MAX_POINTS, 256) for cut in cuts)


def test_a_filter_leaves_what_it_names(homes):
    wanted = HomeFilter(frozenset({"T3", "T4"}), frozenset({"review"}))
    chosen = homes.choose(wanted)
    expected = homes.table["tier"].isin(["T3", "T4"]) & (homes.table["decision"] == "review")
    cuts = [cut_tile(homes, *tile, chosen) for tile in tiles_of(homes, 6)]
    assert sum(int(cut.counts.sum()) for cut in cuts) == expected.sum()
    assert {str(TIERS[k]) for cut in cuts for k in cut.tier} <= {"T3", "T4"}
    assert homes.choose(HomeFilter()) is None


def test_a_cell_shows_its_worst_home(homes):
    cut = cut_tile(homes, 0, 0, 0)
    assert cut.counts.max() > 1
    worst = cut.rows[cut.counts.argmax()]
    assert TIERS[homes.tier[worst]] is Tier.T4
    alone = make_homes(1_000, spread=1e-9)
    everybody = cut_tile(alone, 3, *(int(each[0]) for each in to_world(alone.lon, alone.lat, 3)))
    assert len(everybody.rows) == 1
    row = int(everybody.rows[0])
    same_tier = np.flatnonzero(alone.tier == TIERS.index(Tier.T4))
    assert row == same_tier.min()  # of the worst tier the first of the list


def test_not_seen_is_never_shown_as_not_damaged():
    homes = make_homes(1_000, spread=1e-9)
    unseen, seen = TIERS.index(Tier.U), TIERS.index(Tier.T0)
    tier = np.where(np.arange(1_000) == 700, unseen, seen).astype(np.int8)
    cut = cut_tile(dataclasses.replace(homes, tier=tier), 0, 0, 0)
    assert (cut.rows.tolist(), cut.tier.tolist()) == ([700], [unseen])


def test_a_tile_says_what_is_drawn_where(homes):
    (tile, *_) = sorted(tiles_of(homes, 14))
    cut = cut_tile(homes, *tile)
    decoded = mapbox_vector_tile.decode(
        encode_tile(homes, cut), default_options={"y_coord_down": True}
    )[LAYER]
    assert decoded["extent"] == EXTENT
    for feature, row, x, y in zip(decoded["features"], cut.rows, cut.x, cut.y, strict=True):
        assert feature["id"] == row
        assert feature["geometry"]["coordinates"] == [x, y]
        said = feature["properties"]
        assert said["tier"] == TIERS[homes.tier[row]]
        assert said["step"] in list(Decision)
        assert said["seen"] == homes.is_seen[row]
        # back to degrees, the home is where it was, within a step of the tile
        z, column, _ = tile
        lon = (column + x / EXTENT) / 2**z * 360 - 180
        assert lon == pytest.approx(homes.lon[row], abs=360 / 2**z / EXTENT)


@given(st.integers(0, 2**28 - 1), st.integers(0, 2**28 - 1), st.integers(0, 28))
def test_morton_numbers_split_back_and_lie_in_their_tiles(x, y, z):
    number = interleave(np.array([x], np.uint64), np.array([y], np.uint64))
    column, row = split(number)
    assert (int(column[0]), int(row[0])) == (x, y)
    first, last = find_range(z, x >> (LEVELS - z), y >> (LEVELS - z))
    assert first <= int(number[0]) < last


def test_an_event_without_homes_has_empty_tiles():
    nobody = make_homes(0)
    decoded = mapbox_vector_tile.decode(encode_tile(nobody, cut_tile(nobody, 0, 0, 0)))
    assert not decoded.get(LAYER, {}).get("features")
    assert nobody.bounds() is None
