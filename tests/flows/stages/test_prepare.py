"""What is prepared on a quiet day grades alike, and the picture before is not read again."""

from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from core.damage import PROBABILITIES
from flows.stages.locate import locate, match_insured
from flows.stages.prepare import NOTHING, plan_preparation, prepare_batch
from flows.stages.see import find_scenes, gather_grades, grade_batch, plan_imagery
from flows.stages.tiles import read_work
from flows.stages.tiles import work as tile_work
from flows.stages.tiles.read_work import TileReader
from flows.wiring.opening import open_run
from flows.wiring.storage.folders import RunFolder, write_table

QUIET_DAY = datetime(2018, 10, 1, tzinfo=UTC)
AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)


@pytest.fixture
def opened(event_copy, tmp_path):
    """Opens a run of the small town at an instant, under a folder."""

    def opener(as_of_utc, out="out"):
        return open_run(event_copy, tmp_path / out, as_of_utc, None)

    return opener


def _prepare(run):
    return sum((prepare_batch(run, batch) for batch in plan_preparation(run)), NOTHING)


def _grades(run):
    locate(run)
    gather_grades(run, [grade_batch(run, batch) for batch in plan_imagery(run, find_scenes(run))])
    return pd.read_parquet(run.folder.work("grades")).set_index("building_id")


@pytest.fixture
def read_scenes(monkeypatch):
    """Ids of the scenes whose pixels were read for tiles."""
    read = []

    def spying(run):
        reader = open_reader(run)

        class Spy:
            def read(self, scene, grid):
                read.append(scene.scene_id)
                return reader.read(scene, grid)

        return Spy()

    open_reader = tile_work.open_reader
    monkeypatch.setattr(tile_work, "open_reader", spying)
    return read


def test_grades_are_the_same_and_only_the_picture_after_is_read(opened, read_scenes):
    quiet, plain = opened(QUIET_DAY, "prepared"), opened(AS_OF, "plain")
    insured = match_insured(quiet)
    done = _prepare(quiet)
    assert (done.prepared, done.known, done.unreadable) == (len(insured), 0, 0)
    expected = _grades(plain)
    assert any("-pre-" in name for name in read_scenes)
    read_scenes.clear()
    graded = _grades(opened(AS_OF, "prepared"))
    assert read_scenes
    assert not any("-pre-" in name for name in read_scenes)
    assert (graded["status"] == "graded").sum() > 20
    apart = (graded[PROBABILITIES] - expected[PROBABILITIES]).abs()
    assert apart.max(axis=None) < 0.02, "bfloat16 batched otherwise, and float16 between"
    for name in ("status", "status_reason", "usable_frac", "pre_scene_id", "evidence"):
        pd.testing.assert_series_equal(graded[name], expected[name])
    np.testing.assert_allclose(
        graded["registration_shift_m"], expected["registration_shift_m"], atol=1e-6
    )


def test_a_second_night_prepares_nothing_anew(opened):
    first = _prepare(opened(QUIET_DAY))
    again = _prepare(opened(QUIET_DAY))
    assert (again.prepared, again.known) == (0, first.prepared)


def _open_reader(run, batch, path):
    return TileReader.open(run, batch.tiles, batch.scenes, batch.crs, path)


def test_a_building_drawn_anew_is_read_in_full_and_the_others_are_not(opened, read_scenes):
    _prepare(opened(QUIET_DAY))
    read_scenes.clear()
    run = opened(AS_OF)
    locate(run)
    path = run.folder.work("buildings")
    buildings = gpd.read_parquet(path)
    buildings.loc[0, "geometry"] = shapely.affinity.scale(buildings.geometry[0], 1.2, 1.2)
    write_table(buildings, path)
    parts = [
        part
        for batch in plan_imagery(run, find_scenes(run))
        for tile in batch.tiles
        for part in TileReader.open(run, batch.tiles, batch.scenes, batch.crs, path).read_parts(
            tile
        )
    ]
    alone = [part for part in parts if buildings["building_id"][0] in part.building_ids]
    assert [part.building_ids for part in alone] == [(buildings["building_id"][0],)]
    assert sum(len(part.building_ids) for part in parts) == len(buildings)
    assert sum("-pre-" in name for name in read_scenes) == 1


@pytest.mark.parametrize("spoil", [lambda _: b"", lambda content: content[: len(content) // 2]])
def test_a_damaged_cell_is_read_in_full_and_prepared_anew(opened, spoil, read_scenes):
    quiet = opened(QUIET_DAY)
    done = _prepare(quiet)
    cells = list(quiet.folder.cache.glob("blue-sky/*/*/*.npz"))
    for cell in cells:
        cell.write_bytes(spoil(cell.read_bytes()))
    read_scenes.clear()
    assert (_grades(opened(AS_OF))["status"] == "graded").any()
    assert any("-pre-" in name for name in read_scenes)
    assert _prepare(quiet).prepared == done.prepared
    assert sorted(quiet.folder.cache.glob("blue-sky/*/*/*.npz")) == sorted(cells)


def test_a_cell_too_coarse_for_the_picture_after_is_not_used(opened, monkeypatch, read_scenes):
    _prepare(opened(QUIET_DAY))
    monkeypatch.setattr(read_work, "COARSER", 0.5)
    read_scenes.clear()
    _grades(opened(AS_OF))
    assert any("-pre-" in name for name in read_scenes)


def test_a_scene_that_cannot_be_read_costs_its_own_buildings_alone(opened):
    quiet = opened(QUIET_DAY)
    batches = plan_preparation(quiet)
    scene = batches[0].scenes[0]
    path = quiet.event_file.parent / "imagery" / f"{scene.scene_id}.tif"
    path.write_bytes(path.read_bytes()[:20_000])
    done = sum((prepare_batch(quiet, batch) for batch in batches), NOTHING)
    assert done.unreadable > 0
    assert done.prepared + done.unreadable == sum(batch.count for batch in batches)


def test_nothing_insured_is_nothing_to_prepare(opened, monkeypatch):
    quiet = opened(QUIET_DAY)
    none = match_insured(quiet).iloc[:0]
    monkeypatch.setattr("flows.stages.prepare.match_insured", lambda _: none)
    assert plan_preparation(quiet) == []
    assert isinstance(quiet.folder, RunFolder)
