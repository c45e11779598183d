"""Homes that come back unseen are looked at again, on the next best pair, and on no other."""

import json
import shutil
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
import rasterio

from core.damage import GRADED, GradeProbabilities
from flows.stages.locate import locate
from flows.stages.looks import find_tried, keep_best
from flows.stages.see import (
    find_scenes,
    gather_grades,
    grade_batch,
    plan_another_look,
    plan_imagery,
)
from flows.stages.tiles import work as tile_work
from flows.wiring.opening import open_run

AS_OF = datetime(2018, 10, 16, 12, tzinfo=UTC)


@pytest.fixture
def imagery(event_copy):
    """The event's folder of images; each scene after comes a second time, two days later."""
    folder = event_copy.parent / "imagery"
    catalog = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    for link in [each for each in catalog["links"] if "-post-" in each["href"]]:
        path = folder / link["href"]
        item = json.loads(path.read_text(encoding="utf-8"))
        asset = next(iter(item["assets"].values()))
        image = path.parent / asset["href"]
        later = image.with_name(f"later-{image.name}")
        shutil.copyfile(image, later)
        asset["href"] = str(later.resolve())
        item["id"] = f"later-{item['id']}"
        item["properties"]["datetime"] = "2018-10-15T16:00:00Z"
        listed = path.with_name(f"later-{path.name}")
        listed.write_text(json.dumps(item), encoding="utf-8")
        catalog["links"].append(link | {"href": str(listed.relative_to(folder))})
    (folder / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
    return folder


class _Undamaged:
    def grade(self, chips):
        values = np.zeros((len(chips), len(GRADED)), np.float32)
        values[:, 0] = 1
        return GradeProbabilities(values)


@pytest.fixture
def run(imagery, event_copy, tmp_path, monkeypatch):
    monkeypatch.setattr(tile_work, "open_detector", lambda _: _Undamaged())
    settings = tmp_path / "s.yaml"
    settings.write_text("run: {pictures: all}\n", encoding="utf-8")
    run = open_run(event_copy, tmp_path / "out", AS_OF, settings)
    locate(run)
    return run


def _blacken(path, columns=slice(None)):
    with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as image:
        pixels = image.read()
        pixels[:, :, columns] = 0
        image.write(pixels)


def _look(run, times):
    """Grades after so many looks, and how many homes each look had."""
    scenes = find_scenes(run)
    batches, looks, counts = plan_imagery(run, scenes), [], []
    for _ in range(times):
        counts.append(sum(batch.buildings for batch in batches))
        looks.append([grade_batch(run, batch) for batch in batches])
        batches = plan_another_look(run, scenes, *looks)
        if not batches:
            break
    gather_grades(run, *looks)
    return pd.read_parquet(run.folder.work("grades")).set_index("building_id"), counts


def test_a_collar_hides_no_home_that_another_scene_shows(run, imagery):
    for path in imagery.glob("small-town-post-*.tif"):
        _blacken(path, slice(0, 160))
    once, _ = _look(run, 1)
    assert 3 < (once["status"] == "no_imagery").sum() < len(once)
    twice, counts = _look(run, 2)
    assert (twice["status"] == "graded").all()
    assert counts[1] == (once["status"] == "no_imagery").sum()
    was_seen = once["status"] == "graded"
    assert (once.loc[was_seen, "post_scene_id"] == twice.loc[was_seen, "post_scene_id"]).all()
    assert twice.loc[~was_seen, "post_scene_id"].str.startswith("later-").all()
    pictures = pd.read_parquet(run.folder.work("pictures"))
    assert sorted(pictures["building_id"]) == sorted(twice.index)


def test_a_scene_that_breaks_while_it_is_read_is_replaced(run, imagery):
    scenes = find_scenes(run)
    batches = plan_imagery(run, scenes)
    broken = imagery / "small-town-post-r0c0.tif"
    broken.write_bytes(broken.read_bytes()[:20_000])
    looks = [[grade_batch(run, batch) for batch in batches]]
    batches = plan_another_look(run, scenes, *looks)
    looks.append([grade_batch(run, batch) for batch in batches])
    gather_grades(run, *looks)
    grades = pd.read_parquet(run.folder.work("grades"))
    assert (grades["status"] == "graded").all()
    assert (grades["post_scene_id"] == "later-small-town-post-r0c0").any()


def test_what_no_scene_shows_stays_with_its_reason_and_its_first_pair(run, imagery):
    for path in [*imagery.glob("*post-*.tif")]:
        _blacken(path)
    grades, counts = _look(run, 2)
    assert set(grades["status_reason"]) == {"no_pixels_on_building"}
    assert not grades["post_scene_id"].str.startswith("later-").any()
    assert counts == [len(grades), len(grades)]


def test_a_clear_event_is_looked_at_once(run):
    _, counts = _look(run, 2)
    assert len(counts) == 1


ROWS = pd.DataFrame(
    [
        ("a", 0, "obscured", 0.4, "post"), ("a", 1, "no_imagery", 0.0, "pre"),
        ("b", 0, "no_imagery", 0.0, "post"), ("b", 1, "obscured", 0.1, "pre"),
        ("c", 0, "obscured", 0.1, "post"), ("c", 1, "obscured", 0.3, "post"),
        ("d", 0, "misaligned", 1.0, "either"), ("d", 1, "graded", 0.9, ""),
        ("e", 0, "no_imagery", 0.0, ""),
    ],
    columns=["building_id", "look", "status", "usable_frac", "blame"],
).assign(pair_status="paired", pre_scene_id="before", post_scene_id="after")  # fmt: skip


def test_the_look_that_saw_most_is_kept():
    kept = keep_best(ROWS).set_index("building_id")["look"].to_dict()
    assert kept == {"a": 0, "b": 1, "c": 1, "d": 1, "e": 0}


def test_only_what_another_scene_may_show_is_tried_again():
    assert sorted(set(find_tried(ROWS)["building_id"])) == ["a", "b", "c"]
