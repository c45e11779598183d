import sqlite3
from dataclasses import replace
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from core.damage import Tier
from core.grid import WGS84
from reports.files.geopackage import EventLayers, grade_buildings, write_geopackage
from reports.lists.daily_list import build_daily_list
from reports.palette import TIER_SWATCHES

LAYERS = ["hazard_areas", "scenes", "buildings", "findings"]


def layers_of(world):
    listed = build_daily_list(world.findings, world.locations, world.contacts, world.context, None)
    return EventLayers(world.findings, listed, world.footprints, world.hazard_areas, world.scenes)


@pytest.fixture(scope="module")
def path(world, tmp_path_factory):
    path = tmp_path_factory.mktemp("gpkg") / "event.gpkg"
    write_geopackage(path, layers_of(world), world.context.as_of_utc)
    return path


def test_every_layer_reads_back_whole(world, path):
    names = pyogrio.list_layers(path)[:, 0].tolist()
    assert names == [*LAYERS, "layer_styles"]
    expected = {
        "findings": world.findings,
        "buildings": world.footprints,
        "hazard_areas": world.hazard_areas,
        "scenes": world.scenes,
    }
    for name, table in expected.items():
        read = gpd.read_file(path, layer=name)
        assert len(read) == len(table)
        assert read.crs.to_epsg() == 4326
        assert read.geometry.geom_equals(gpd.GeoSeries(table.geometry.to_numpy(), crs=WGS84)).all()
    read = gpd.read_file(path, layer="findings")
    assert read["policy_number"].tolist() == world.findings["policy_number"].tolist()
    assert read["tier"].tolist() == world.findings["tier"].tolist()
    assert read["post_captured_at_utc"].isna().sum() > 0


def test_findings_say_what_an_analyst_filters_by_rounded_to_what_is_known(world, path):
    read = gpd.read_file(path, layer="findings")
    listed = layers_of(world).listed.set_index(["policy_no", "loc_no"])
    row = read.sort_values("rank").iloc[0]
    said = listed.loc[(row["policy_number"], row["location_number"])]
    assert (row["rank"], row["next_action"]) == (said["rank"], said["next_action"])
    assert row["change_flag"] == said["change_flag"] == "new"
    assert list(read.columns[1:8]) == [
        "rank", "severity_rank", "hazard_rank", "change_flag", "change_reason", "previous_tier",
        "next_action",
    ]  # fmt: skip
    truth = world.findings["gust_mps"]
    for column, digits, values in (
        ("gust_mps", 1, truth), ("gust_mph", 0, truth / 0.44704), ("p_severe", 3, None),
    ):  # fmt: skip
        found = read[column].dropna()
        assert (found == found.round(digits)).all()
        if values is not None:
            np.testing.assert_allclose(read[column], values, atol=0.51 * 10**-digits)


def test_who_decided_stays_at_the_claims_desk(world, tmp_path):
    layers = layers_of(world)
    reasons = layers.listed["decision_reasons"].copy()
    reasons.iloc[0] = "person_decided:WITHDRAWN_NO_DAMAGE;by:jane.doe;role:adjuster;on:2018-10-15"
    path = tmp_path / "event.gpkg"
    listed = layers.listed.assign(decision_reasons=reasons)
    write_geopackage(path, replace(layers, listed=listed), world.context.as_of_utc)
    read = gpd.read_file(path, layer="findings")
    said = "Withdrawn, no damage by a person (adjuster) on 2018-10-15: no step now"
    assert (read["next_action"] == said).sum() == 1
    assert b"jane.doe" not in path.read_bytes()


def test_each_layer_opens_with_its_style(path):
    styles = gpd.read_file(path, layer="layer_styles")
    assert set(styles["f_table_name"]) == set(LAYERS)
    assert styles["useAsDefault"].all()
    with sqlite3.connect(path) as base:
        columns = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    base.close()
    assert dict(zip(styles["f_table_name"], styles["f_geometry_column"], strict=True)) == columns


def test_tiers_are_categories_in_the_palette(path):
    styles = gpd.read_file(path, layer="layer_styles").set_index("f_table_name")
    for name in ("findings", "buildings"):
        root = ET.fromstring(styles.loc[name, "styleQML"])  # noqa: S314  written above
        renderer = root.find("renderer-v2")
        assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", "tier")
        symbols = {s.get("name"): s for s in renderer.iter("symbol")}
        for category in renderer.iter("category"):
            red, green, blue = bytes.fromhex(TIER_SWATCHES[Tier(category.get("value"))].fill[1:])
            layer = symbols[category.get("symbol")].find("layer")
            props = {prop.get("k"): prop.get("v") for prop in layer.findall("prop")}
            options = {o.get("name"): o.get("value") for o in layer.find("Option")}
            assert props == options
            assert props["color"] == f"{red},{green},{blue},255"
        assert [c.get("value") for c in renderer.iter("category")] == [str(t) for t in Tier]


def test_a_building_shows_its_worst_finding(world):
    twin = world.findings.iloc[[10, 11]].assign(
        building_id="b00010",
        tier=["T1", "T4"],
        decision=["none", "open_draft"],
        p_severe=[0.1, 0.9],
    )
    graded = grade_buildings(world.footprints, gpd.GeoDataFrame(twin)).set_index("building_id")
    assert graded.loc["b00010", ["tier", "decision", "finding_count"]].tolist() == [
        "T4",
        "open_draft",
        2,
    ]
    others = graded.drop("b00010")
    assert set(others["tier"]) == {"U"}
    assert set(others["finding_count"]) == {0}


def test_an_older_file_is_replaced_and_nothing_is_left_beside(world, empty_world, tmp_path):
    path = tmp_path / "event.gpkg.partial"
    write_geopackage(path, layers_of(world), world.context.as_of_utc)
    write_geopackage(path, layers_of(empty_world), world.context.as_of_utc)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    whole = path.rename(tmp_path / "event.gpkg")
    for name in LAYERS:
        assert len(gpd.read_file(whole, layer=name)) == 0


def test_a_failed_write_leaves_the_older_file(world, tmp_path, monkeypatch):
    path = tmp_path / "event.gpkg"
    write_geopackage(path, layers_of(world), world.context.as_of_utc)
    before = path.read_bytes()

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(pyogrio, "write_dataframe", fail)
    with pytest.raises(OSError, match="disk full"):
        write_geopackage(path, layers_of(world), world.context.as_of_utc)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["event.gpkg"]


def test_no_name_or_contact_is_inside(world, path):
    data = path.read_bytes()
    contacts = world.contacts
    for column in ("insured_name", "email", "street_address"):
        assert not any(value.encode() in data for value in contacts[column])
    assert pd.Series(world.findings["policy_number"]).iloc[5].encode() in data
