"""An online map beneath the homes: off unless asked for, and then the one place that is asked."""

import html
import json
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from reports.maps.base_map import BaseMap
from reports.maps.outlines import shift_outlines
from reports.maps.page import MapContent, write_map
from reports.summary.numbers import EventTables, summarise

TILES = "https://{s}.tiles.example/{z}/{x}/{y}.png"
POLICY = re.compile(r'Security-Policy" content="([^"]*)"')
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def page_of(world, folder, **more):
    tables = EventTables(world.findings, world.rejects, world.hazard_areas)
    content = MapContent(
        world.context, world.findings, world.footprints, world.hazard_areas, world.scenes,
        world.pictures.head(1), summarise(tables, world.context), **more,
    )  # fmt: skip
    write_map(folder / "map.html", content)
    return (folder / "map.html").read_text(encoding="utf-8")


def test_without_a_base_map_no_address_is_in_the_page_and_nothing_may_be_fetched(world, tmp_path):
    page = page_of(world, tmp_path)
    policy = html.unescape(POLICY.search(page)[1])
    assert "img-src data:;" in policy
    assert json.loads(DATA.search(page)[1])["baseMap"] is None
    assert "tiles.example" not in page


def test_a_base_map_is_the_only_place_the_page_may_ask_and_is_credited(world, tmp_path):
    base = BaseMap(TILES, "Example maps <b>CC BY</b>", 18)
    page = page_of(world, tmp_path, base_map=base)
    policy = html.unescape(POLICY.search(page)[1])
    assert "img-src data: https://*.tiles.example;" in policy
    assert "default-src 'none'" in policy
    assert json.loads(DATA.search(page)[1])["baseMap"]["url"] == TILES
    assert "Base map: Example maps &lt;b&gt;CC BY&lt;/b&gt;." in page


@pytest.mark.parametrize(
    "url",
    ["http://tiles.example/{z}/{x}/{y}.png", "https://tiles.example/{z}/{x}.png",
     "https://tiles.example;script-src */{z}/{x}/{y}", "https://u:p@tiles.example/{z}/{x}/{y}",
     "https://tiles.example/{z}/{x}/{y}.png' onload='", "javascript:{z}{x}{y}",
     "https://*/{z}/{x}/{y}.png"],
)  # fmt: skip
def test_an_address_that_is_none_of_tiles_or_would_widen_the_policy_is_refused(url):
    with pytest.raises(ValueError, match="no https address of tiles"):
        BaseMap(url, "me")


def test_address_and_credit_go_together():
    for given in ((TILES, None), (TILES, " "), (None, "me")):
        with pytest.raises(ValueError, match="go together"):
            BaseMap(*given)
    assert BaseMap().origin is None


def test_outlines_lie_where_the_picture_after_shows_the_building():
    square = box(-85.6, 30.2, -85.5999, 30.2001)
    buildings = gpd.GeoDataFrame(
        {"building_id": ["a", "b", "c"]}, geometry=[square] * 3, crs="EPSG:4326"
    )
    findings = pd.DataFrame({
        "building_id": ["a", "a", "b", None], "shift_east_m": [5.0, 5.0, np.nan, 1.0],
        "shift_north_m": [-3.0, -3.0, np.nan, 1.0],
    })  # fmt: skip
    moved = shift_outlines(buildings, findings).to_crs(32616)
    before = buildings.to_crs(32616)
    way = moved.centroid.get_coordinates() - before.centroid.get_coordinates()
    assert way.to_numpy() == pytest.approx(np.array([[5, -3], [0, 0], [0, 0]]), abs=0.1)
    older = findings.drop(columns="shift_north_m")
    assert shift_outlines(buildings, older) is buildings
