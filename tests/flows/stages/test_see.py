"""Scenes that are damaged cost their own homes the grade, with the reason, and nobody else's."""

from dataclasses import replace
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from core.damage import GRADED, GradeProbabilities
from core.errors import InputError, TransientError
from core.scenes import Scene
from core.tables import GRADES, check_table
from flows.stages import see
from flows.stages.locate import locate
from flows.stages.see import (
    find_scenes,
    gather_grades,
    grade_batch,
    open_tile_cache,
    plan_imagery,
)
from flows.stages.tiles import read_work
from flows.stages.tiles import work as tile_work
from flows.wiring.opening import open_run
from flows.wiring.storage.scene_key import key_of_scene
from imagery.chips.cut import RegisteredTile

AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)


class _Undamaged:
    def __init__(self):
        self.chips = 0

    def grade(self, chips):
        self.chips += len(chips)
        values = np.zeros((len(chips), len(GRADED)), np.float32)
        values[:, 0] = 1
        return GradeProbabilities(values)


@pytest.fixture
def detector(monkeypatch):
    detector = _Undamaged()
    monkeypatch.setattr(tile_work, "open_detector", lambda _: detector)
    return detector


@pytest.fixture
def run(event_copy, tmp_path):
    settings = tmp_path / "s.yaml"
    settings.write_text("run: {buildings_per_batch: 4, pictures: all}\n", encoding="utf-8")
    run = open_run(event_copy, tmp_path / "out", AS_OF, settings)
    locate(run)
    return run


def _truncate(run, scene_id, keep=0.5):
    path = run.event_file.parent / "imagery" / f"{scene_id}.tif"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])


def _grades(run, batches):
    gather_grades(run, [grade_batch(run, batch) for batch in batches])
    return check_table(pd.read_parquet(run.folder.work("grades")), GRADES).set_index("building_id")


def test_each_insured_building_is_in_one_batch_and_graded_once(run, detector):
    batches = plan_imagery(run, find_scenes(run))
    assert len(batches) > 1
    planned = [name for batch in batches for tile in batch.tiles for name in tile.building_ids]
    insured = gpd.read_parquet(run.folder.work("buildings"))["building_id"]
    assert sorted(planned) == sorted(insured)
    keys = [key for batch in batches for key in batch.keys]
    assert len(set(keys)) == len(keys)
    grades = _grades(run, batches)
    assert (grades["status"] == "graded").all()
    assert detector.chips == len(insured)
    pictures = pd.read_parquet(run.folder.work("pictures"))
    assert sorted(pictures["building_id"]) == sorted(insured)
    assert pictures["post_jpeg"].map(lambda jpeg: jpeg[:2] == b"\xff\xd8").all()


@pytest.mark.parametrize("role", ["pre_scene_id", "post_scene_id"])
def test_a_scene_cut_short_after_planning_costs_only_its_own_homes(run, detector, role):
    batches = plan_imagery(run, find_scenes(run))
    pairs = pd.read_parquet(run.folder.work("pairs")).set_index("building_id")
    lost = pairs[role].value_counts().index[0]
    _truncate(run, lost)
    grades = _grades(run, batches)
    is_lost = (pairs[role] == lost).reindex(grades.index)
    assert 0 < is_lost.sum() < len(grades)
    assert (grades.loc[is_lost, "status"] == "no_imagery").all()
    assert grades.loc[is_lost, "status_reason"].str.contains(f"unreadable:.*{lost}").all()
    assert grades.loc[is_lost, ["p_no_damage", "usable_frac"]].isna().all(axis=None)
    assert (grades.loc[~is_lost, "status"] == "graded").all()
    assert detector.chips == (~is_lost).sum()


def test_a_scene_cut_short_before_planning_is_set_aside_and_another_stands_in(run, detector):
    _truncate(run, "small-town-post-r0c0")
    grades = _grades(run, plan_imagery(run, find_scenes(run)))
    rejected = pd.read_parquet(run.folder.work("rejected_scenes")).set_index("scene_id")["reason"]
    assert rejected["small-town-post-r0c0"].startswith("unusable: the file is damaged")
    assert not (grades["post_scene_id"] == "small-town-post-r0c0").any()
    assert grades["status"].isin(["graded", "no_imagery"]).all()
    assert (grades["status"] == "no_imagery").any()
    assert grades.loc[grades["status"] == "no_imagery", "status_reason"].str.len().min() > 0


def _keys(run):
    return {
        tile: key
        for batch in plan_imagery(run, find_scenes(run))
        for tile, key in zip(batch.tiles, batch.keys, strict=True)
    }


def test_a_plan_changes_its_keys_with_the_pixels_and_the_model(run, detector):
    first = _keys(run)
    assert _keys(run) == first
    path = run.event_file.parent / "imagery" / "small-town-post-r0c0.tif"
    path.write_bytes(path.read_bytes() + b"\0")
    changed = _keys(run)
    moved = {tile.post_scene_id for tile, key in first.items() if changed[tile] != key}
    assert moved == {"small-town-post-r0c0"}
    run.settings_file.write_text(
        "run: {buildings_per_batch: 4}\ndetector: {flips: 2}\n", encoding="utf-8"
    )
    assert not set(changed.values()) & set(_keys(run).values())


def _plan_large(run, other):
    """Keys by building of 20,000 homes under one pair, those of ``other`` under another scene."""
    side_m, homes = 30.0, 20_000
    columns, rows = np.meshgrid(np.arange(200), np.arange(homes // 200))
    west, south = 600_000 + side_m * columns.ravel(), 3_340_000 + side_m * rows.ravel()
    ids = [f"home-{number:05d}" for number in range(homes)]
    buildings = gpd.GeoDataFrame(
        {"building_id": ids}, geometry=shapely.box(west, south, west + 12, south + 9), crs=32616
    ).to_crs(4326)
    post = pd.Series("post", index=ids).mask(pd.Series(ids, index=ids).isin(other), "newer")
    pairs = pd.DataFrame(
        {"building_id": ids, "pair_status": "paired", "pre_scene_id": "pre",
         "post_scene_id": post.to_numpy()}
    )  # fmt: skip
    scenes = tuple(
        Scene(name, f"/{name}.tif", AS_OF, shapely.box(-86, 30, -85, 31), 0.5, 0, 0, 0, "", "")
        for name in ("pre", "post", "newer")
    )
    batches = see._batches(run, buildings, pairs, scenes)
    return {
        name: key
        for batch in batches
        for tile, key in zip(batch.tiles, batch.keys, strict=True)
        for name in tile.building_ids
    }


def test_one_new_picture_of_49_homes_changes_only_the_tiles_that_it_shows(run, detector):
    before = _plan_large(run, other=())
    one_cell = [name for name in before if before[name] == before["home-10100"]]
    assert len(one_cell) < 400
    after = _plan_large(run, other=one_cell[:49])
    changed = {name for name in before if before[name] != after[name]}
    assert set(one_cell[:49]) <= changed <= set(one_cell)


def test_keys_do_not_depend_on_how_tiles_are_batched(run, detector):
    first = _keys(run)
    run.settings_file.write_text(
        "run: {buildings_per_batch: 100, pictures: all}\n", encoding="utf-8"
    )
    assert _keys(run) == first


@pytest.mark.parametrize(
    "change",
    [
        {"href": "/elsewhere/a.tif"}, {"gsd_m": 0.31}, {"extent": shapely.box(0, 0, 1, 1)},
        {"sha256": "0" * 64}, {"file_state": '"another-etag" 1024'}, {"scene_id": "b"},
    ],
)  # fmt: skip
def test_all_of_a_scene_that_decides_its_pixels_is_in_the_key(change):
    nan = float("nan")
    scene = Scene(
        "a", "/a.tif", AS_OF, shapely.box(0, 0, 2, 2), 0.5, nan, nan, nan, "maker", "CC0-1.0",
        None, file_state='"etag" 1024',
    )  # fmt: skip
    assert key_of_scene(replace(scene, **change)) != key_of_scene(scene)
    assert key_of_scene(replace(scene)) == key_of_scene(scene)


def test_only_tiles_that_changed_are_graded_again(run, detector):
    batches = plan_imagery(run, find_scenes(run))
    first = _grades(run, batches)
    path = run.event_file.parent / "imagery" / "small-town-post-r0c0.tif"
    path.write_bytes(path.read_bytes() + b"\0")
    lost = open_tile_cache(run).path(batches[-1].keys[-1])
    lost.unlink()
    concerned = {
        name
        for batch in batches
        for tile in batch.tiles
        for name in tile.building_ids
        if tile.post_scene_id == "small-town-post-r0c0" or tile == batches[-1].tiles[-1]
    }
    detector.chips = 0
    again = _grades(run, plan_imagery(run, find_scenes(run)))
    assert 0 < detector.chips == len(concerned) < len(first)
    pd.testing.assert_frame_equal(again, first)


def test_a_server_that_fails_for_now_is_no_reason_to_give_up_a_home(run, detector, monkeypatch):
    def busy(*_, **__):
        raise TransientError("reading scene", "HTTP response code: 503", "It is tried again")

    batches = plan_imagery(run, find_scenes(run))
    monkeypatch.setattr(read_work, "read_tile", busy)
    with pytest.raises(TransientError, match="503"):
        grade_batch(run, batches[0])
    assert not list(run.folder.cache.glob("grades/*"))


def test_nobody_in_the_path_is_fine(run, detector):
    buildings = gpd.read_parquet(run.folder.work("buildings"))
    buildings.iloc[:0].to_parquet(run.folder.work("buildings"))
    assert plan_imagery(run, find_scenes(run)) == []
    gather_grades(run, [])
    assert len(check_table(pd.read_parquet(run.folder.work("grades")), GRADES)) == 0
    assert len(pd.read_parquet(run.folder.work("pictures"))) == 0


def test_a_home_is_graded_with_what_its_pictures_show(run, detector):
    grades = _grades(run, plan_imagery(run, find_scenes(run)))
    assert grades["evidence"].str.len().min() > 10
    pictures = pd.read_parquet(run.folder.work("pictures"))
    assert pictures["saliency_jpeg"].isna().all()  # nobody is graded damaged here


class _Explained(_Undamaged):
    """Calls the first chip of each batch destroyed, and says where it sees that."""

    def grade(self, chips):
        values = np.asarray(super().grade(chips).values)
        values[0] = [0, 0, 0, 1]
        heat = np.full(chips.footprint.shape, np.nan, np.float32)
        heat[0] = 1
        return GradeProbabilities(values, None, heat)


def test_only_homes_graded_damaged_show_what_was_looked_at(run, monkeypatch):
    monkeypatch.setattr(tile_work, "open_detector", lambda _: _Explained())
    grades = _grades(run, plan_imagery(run, find_scenes(run)))
    damaged = grades.index[grades["p_destroyed"] == 1]
    assert len(damaged) > 0
    pictures = pd.read_parquet(run.folder.work("pictures")).set_index("building_id")
    assert pictures["saliency_jpeg"].notna().equals(pictures.index.to_series().isin(damaged))
    assert not grades.loc[damaged, "evidence"].eq("no clear change seen").any()


def test_only_homes_that_a_person_may_look_at_have_pictures(run, monkeypatch):
    monkeypatch.setattr(tile_work, "open_detector", lambda _: _Explained())
    run.settings_file.write_text("run: {buildings_per_batch: 4}\n", encoding="utf-8")
    grades = _grades(run, plan_imagery(run, find_scenes(run)))
    pictures = pd.read_parquet(run.folder.work("pictures"))
    plain = (grades["p_no_damage"] == 1) & ~grades["evidence"].str.contains("look twice")
    assert 0 < plain.sum() < len(grades)
    assert sorted(pictures["building_id"]) == sorted(grades.index[~plain])


def test_a_batch_without_pictures_is_gathered_too(run, detector):
    run.settings_file.write_text("{}\n", encoding="utf-8")
    grades = _grades(run, plan_imagery(run, find_scenes(run)))
    pictures = pd.read_parquet(run.folder.work("pictures"))
    assert list(pictures) == ["building_id", "pre_jpeg", "post_jpeg", "saliency_jpeg"]
    assert len(pictures) == grades["evidence"].str.contains("look twice").sum() < len(grades)


def test_what_was_looked_at_lies_with_its_own_home_where_others_have_no_grade(run, monkeypatch):
    def hide_first(tile, *part):
        chips = cut(tile, *part)
        chips.chips.footprint[0] = False
        return chips

    cut = RegisteredTile.cut
    monkeypatch.setattr(RegisteredTile, "cut", hide_first)
    monkeypatch.setattr(tile_work, "open_detector", lambda _: _Explained())
    grades = _grades(run, plan_imagery(run, find_scenes(run)))
    damaged = grades.index[grades["p_destroyed"] == 1]
    assert (grades["status"] == "no_imagery").any()
    pictures = pd.read_parquet(run.folder.work("pictures")).set_index("building_id")
    assert sorted(pictures.index[pictures["saliency_jpeg"].notna()]) == sorted(damaged)


def test_a_bad_chip_costs_only_its_own_home_the_grade(run, detector, monkeypatch):
    def spoil(tile, *part):
        chips = cut(tile, *part)
        chips.chips.footprint[0] = False
        chips.chips.images[-1, 1] = 9
        return chips

    cut = RegisteredTile.cut
    monkeypatch.setattr(RegisteredTile, "cut", spoil)
    grades = _grades(run, plan_imagery(run, find_scenes(run)))
    bad = grades[grades["status"] == "no_imagery"]
    assert set(bad["status_reason"]) == {"outline_without_pixels", "blank_picture"}
    assert bad[["p_no_damage", "evidence"]].isna().all(axis=None)
    assert (grades["status"] == "graded").any()
    assert detector.chips == (grades["status"] == "graded").sum()


def test_a_batch_that_got_lost_is_noticed(run, detector):
    graded = [grade_batch(run, batch) for batch in plan_imagery(run, find_scenes(run))]
    with pytest.raises(InputError, match="status"):
        gather_grades(run, graded[1:])
    with pytest.raises(pd.errors.MergeError):
        gather_grades(run, [*graded, graded[0]])
