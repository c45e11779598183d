"""Two hazards of one event: the list, the map, the drafts and the findings say the same of each."""

import json
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml
from rasterio.transform import from_bounds

from core.damage import DamageGrade
from core.hazards.words import tell_hazard

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
DEEP_M = 1.28
CELLS = 8
MARGIN_DEG = 0.01


@pytest.fixture
def flooded(event_copy):
    """The storm over the town, and water 1.28 m deep over the west of it."""
    folder = event_copy.parent
    homes = gpd.read_parquet(folder / "footprints.parquet")
    west, south, _, north = homes.total_bounds
    middle = float(np.median(homes.bounds["minx"]))
    edges = (west - MARGIN_DEG, south - MARGIN_DEG, middle, north + MARGIN_DEG)
    depth = np.full((CELLS, CELLS), DEEP_M, "float32")
    with rasterio.open(
        folder / "weather" / "surge.tif", "w", driver="GTiff", height=CELLS, width=CELLS, count=1,
        dtype="float32", crs="EPSG:4326",
        transform=from_bounds(*edges, CELLS, CELLS),
    ) as file:  # fmt: skip
        file.write(depth, 1)
        file.units = ("m",)
    written = yaml.safe_load(event_copy.read_text(encoding="utf-8"))
    surge = {"kind": "surge", "grid": {"file": "weather/surge.tif", "threshold": 0.3}}
    written["hazards"] = [written.pop("hazard"), surge]
    event_copy.write_text(yaml.safe_dump(written), encoding="utf-8")
    return event_copy


def test_list_map_drafts_and_findings_say_the_same_weather(flooded, town_grades, assess, tmp_path):
    says = dict.fromkeys(town_grades, DamageGrade.DESTROYED)
    result = assess(flooded, tmp_path / "out", says=says)
    findings = gpd.read_parquet(result.folder / "findings.parquet").set_index("location_number")
    reached = findings["hazard_reason"].str.contains("surge")
    assert 0 < reached.sum() < len(findings)
    assert set(findings.loc[reached, "wind_or_water"]) == {"both"}
    assert set(findings.loc[~reached, "wind_or_water"]) == {"wind"}
    words = findings["hazards_in_words"]
    assert words[reached].str.contains(r"surge depth 4\.2 ft \(1\.3 m\) by surge\.tif").all()
    assert not words[~reached].str.contains("surge").any()
    assert words.str.contains(
        r"wind \d+ mph sustained \(\d+ m/s\) by track:\w+, strongest 2018-10-1\d \d\d:\d\dZ"
    ).all()

    listed = pd.read_csv(result.folder / "daily_list.csv", dtype="str").set_index("loc_no")
    assert listed["hazards"].to_dict() == words.to_dict()
    assert listed["wind_or_water"].to_dict() == findings["wind_or_water"].to_dict()
    assert listed["loss_date"].to_dict() == (
        findings["loss_date"].dt.strftime("%Y-%m-%d").to_dict()
    )

    page = (result.folder / "map.html").read_text(encoding="utf-8")
    data = json.loads(DATA.search(page).group(1))
    shown = data["rows"]["hazards"]
    on_map = dict(
        zip(data["rows"]["location"], (shown["words"][c] for c in shown["codes"]), strict=True)
    )
    assert on_map == words.to_dict()
    layers = {layer["name"]: layer["on"] for layer in data["hazards"]}
    assert layers.pop("Sustained wind")
    assert "Surge" in layers
    assert not any(layers.values())

    _assert_drafts_agree(result.folder, findings)
    layer = gpd.read_file(result.folder / "event.gpkg", layer="findings")
    assert layer.set_index("location_number")["hazards_in_words"].to_dict() == words.to_dict()


def _assert_drafts_agree(folder, findings):
    rows = pd.read_parquet(folder / "work" / "hazard_rows.parquet")
    said = rows.assign(words=[tell_hazard(row) for row in rows.to_dict("records")])
    by_home = said.groupby("location_number")["words"].agg(set)
    drafts = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((folder.parent / "drafts").glob("inc-*.json"))
    ]
    drafted = findings["decision"] == "open_draft"
    assert 0 < len(drafts) == drafted.sum()
    assert set(findings.loc[drafted, "wind_or_water"]) == {"wind"}
    for draft in drafts:
        number = draft["fixedPropertyIncident"]["data"]["attributes"]["locationNumber"]
        hazard = draft["evidence"]["hazard"]
        assert draft["evidence"]["lossDate"] == f"{findings.loc[number, 'loss_date']:%Y-%m-%d}"
        assert hazard["windOrWater"] == findings.loc[number, "wind_or_water"]
        assert ";".join(hazard["reached"]) == findings.loc[number, "hazard_reason"]
        assert {each["inWords"] for each in hazard["hazards"]} <= by_home[number]
        assert all(each["product"] and each["peakAt"] for each in hazard["hazards"])
