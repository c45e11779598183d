"""Runs over inputs of which a part is odd: that part is set aside and told, the rest goes on."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely


@pytest.fixture
def odd_footprints(event_copy):
    """The town's outlines with a crossed one at the edge of the scenes, and rows that are none."""
    path = event_copy.parent / "footprints.parquet"
    table = gpd.read_parquet(path)
    west, south, _, north = table.total_bounds
    edge = shapely.Polygon([
        (west - 0.001, south), (west + 0.001, north), (west + 0.001, south), (west - 0.001, north),
    ])  # fmt: skip
    more = gpd.GeoDataFrame(
        {"building_id": ["crossed", "none", table["building_id"].iloc[0]], "source": "test"},
        geometry=[edge, None, table.geometry.iloc[0]], crs=table.crs,
    )  # fmt: skip
    pd.concat([table, more]).assign(extra=1).to_parquet(path)
    return event_copy


def test_odd_outlines_cost_themselves(assess, odd_footprints, tmp_path, town_grades):
    result = assess(odd_footprints, tmp_path / "out", says=town_grades | {"crossed": 0})
    record = json.loads((result.folder / "run.json").read_text())
    assert record["counts"]["footprints_left_out"] == 2
    told = pd.read_csv(result.folder / "footprint_rejects.csv")
    assert sorted(told["reason"]) == ["duplicate_outline", "no_outline"]
    summary = json.loads((result.folder / "summary.json").read_text())
    assert "footprints.parquet" in {each["file"] for each in summary["data_problems"]}
    assert result.by_status["graded"] > 0


@pytest.fixture
def odd_items(event_copy):
    """The town's catalogue: no gsd anywhere, one outline crossed, one radar item, one interval."""
    items = sorted((event_copy.parent / "imagery").glob("*/*.json"))
    for path in items:
        item = json.loads(path.read_text())
        item["properties"].pop("gsd")
        path.write_text(json.dumps(item))
    crossed, radar, spanning = [path for path in items if "-post-" in path.stem][:3]
    item = json.loads(crossed.read_text())
    ring = item["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    crossed.write_text(json.dumps(item))
    item = json.loads(radar.read_text())
    item["properties"]["sar:instrument_mode"] = "IW"
    radar.write_text(json.dumps(item))
    item = json.loads(spanning.read_text())
    item["properties"] |= {
        "datetime": None, "start_datetime": "2018-10-01T00:00:00Z",
        "end_datetime": "2018-10-13T00:00:00Z",
    }  # fmt: skip
    spanning.write_text(json.dumps(item))
    return event_copy


def test_odd_items_cost_themselves(assess, odd_items, tmp_path, town_grades):
    result = assess(odd_items, tmp_path / "out", says=town_grades)
    record = json.loads((result.folder / "run.json").read_text())
    reasons = {each["reason"].partition(":")[0] for each in record["rejected_scenes"]}
    assert reasons == {"not_visible", "uncertain_time"}
    scenes = gpd.read_parquet(result.folder / "work" / "scenes.parquet")
    assert len(scenes) == 6
    assert scenes["gsd_m"].between(0.4, 0.6).all()
    assert scenes.geometry.is_valid.all()
    assert result.by_status["graded"] > 0
