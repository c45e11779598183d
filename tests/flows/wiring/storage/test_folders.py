"""Each file of a run appears whole or not at all, and each run finds the one before it."""

from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from flows.wiring.storage.folders import (
    RUN_FILE,
    RunFolder,
    atomic_folder,
    atomic_path,
    read_geo_table,
    read_table,
    write_table,
)


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_it_is_whole(tmp_path):
    target = tmp_path / "deep" / "list.csv"
    with atomic_path(target) as partial:
        partial.write_text("half")
        assert not target.exists()
        assert partial.suffix == ".csv"
        assert partial.parent == target.parent
    assert target.read_text() == "half"
    assert _names(target.parent) == ["list.csv"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "list.csv"
    target.write_text("old")
    with pytest.raises(TypeError), atomic_path(target) as partial:
        partial.write_text("half") and partial.write_bytes("not bytes")
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["list.csv"]


def test_a_failure_before_anything_was_written_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "list.csv"):
        pass
    assert _names(tmp_path) == []


def test_a_folder_is_replaced_whole(tmp_path):
    target = tmp_path / "event"
    for name in ("a", "b"):
        with atomic_folder(target) as partial:
            (partial / name).write_text(name)
    assert _names(target) == ["b"]
    assert _names(tmp_path) == ["event"]


def test_a_folder_that_fails_leaves_the_old_one(tmp_path):
    target = tmp_path / "event"
    with atomic_folder(target) as partial:
        (partial / "a").write_text("a")
    with pytest.raises(FileNotFoundError), atomic_folder(target) as partial:
        (partial / "b").write_text("b") and (partial / "none" / "c").write_text("c")
    assert _names(target) == ["a"]
    assert _names(tmp_path) == ["event"]


def test_tables_come_back_with_and_without_geometry(tmp_path):
    plain = pd.DataFrame({"name": pd.Series(["a", None], dtype="str"), "value": [1.5, None]})
    pd.testing.assert_frame_equal(read_table(write_table(plain, tmp_path / "p.parquet")), plain)
    points = gpd.GeoDataFrame(
        {"name": ["a", "b"]}, geometry=[shapely.Point(1, 2), shapely.Point(3, 4)], crs=4326
    )
    back = read_geo_table(write_table(points, tmp_path / "g.parquet"))
    assert back.crs == points.crs
    assert back.geometry.geom_equals(points.geometry).all()
    some = read_geo_table(tmp_path / "g.parquet", [("name", "in", ["b"])])
    assert some["name"].tolist() == ["b"]
    assert _names(tmp_path) == ["g.parquet", "p.parquet"]


def test_tables_without_a_row_come_back_too(tmp_path):
    empty = gpd.GeoDataFrame({"name": pd.Series([], dtype="str")}, geometry=[], crs=4326)
    back = read_geo_table(write_table(empty, tmp_path / "g.parquet"))
    assert len(back) == 0
    assert back.crs == empty.crs


def _run(out, run_id, *, is_complete=True):
    folder = RunFolder(out, "storm", run_id)
    folder.path.mkdir(parents=True)
    if is_complete:
        folder.file(RUN_FILE).write_text("{}")
    return folder


def test_the_previous_run_is_the_newest_complete_one_before_the_instant(tmp_path):
    for run_id in ("20181012T120000Z-aaaa", "20181013T120000Z-bbbb", "20181015T120000Z-cccc"):
        _run(tmp_path, run_id)
    _run(tmp_path, "20181014T060000Z-dddd", is_complete=False)
    now = _run(tmp_path, "20181014T120000Z-eeee")
    now.point_latest()
    previous = now.find_previous(datetime(2018, 10, 14, 12, tzinfo=UTC))
    earlier = ("20181013T120000Z-bbbb", "20181012T120000Z-aaaa")
    assert previous == tuple(tmp_path / "storm" / name for name in earlier)
    assert now.has_later(datetime(2018, 10, 15, 11, 59, tzinfo=UTC))
    assert not now.has_later(datetime(2018, 10, 15, 12, tzinfo=UTC))


def test_the_first_run_and_a_replay_of_it_have_no_previous_one(tmp_path):
    instant = datetime(2018, 10, 14, 12, tzinfo=UTC)
    first = RunFolder(tmp_path, "storm", "20181014T120000Z-aaaa")
    assert first.find_previous(instant) == ()
    _run(tmp_path, first.run_id).point_latest()
    assert first.find_previous(instant) == ()


def test_other_events_do_not_count(tmp_path):
    other = RunFolder(tmp_path, "fire", "20181001T000000Z-aaaa")
    other.path.mkdir(parents=True)
    other.file(RUN_FILE).write_text("{}")
    mine = RunFolder(tmp_path, "storm", "20181014T120000Z-bbbb")
    assert mine.find_previous(datetime(2018, 10, 14, 12, tzinfo=UTC)) == ()


def test_latest_leads_to_the_last_run_and_survives_a_move_of_the_folder(tmp_path):
    for run_id in ("20181013T120000Z-aaaa", "20181014T120000Z-bbbb"):
        run = _run(tmp_path / "out", run_id)
        run.point_latest()
        run.point_latest()
    (tmp_path / "out").rename(tmp_path / "moved")
    latest = tmp_path / "moved" / "storm" / "latest"
    assert latest.is_symlink()
    assert latest.resolve().name == "20181014T120000Z-bbbb"
    assert len(_names(tmp_path / "moved" / "storm")) == 3
