import gzip
from xml.etree import ElementTree as ET

import mapbox_vector_tile
import numpy as np
import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles

from reports.files.geopackage import grade_buildings, mark_findings
from reports.files.kml import NAMESPACE, write_kml
from reports.files.options import FileOptions
from reports.files.tiles import EXTENT, write_pmtiles
from reports.lists.daily_list import build_daily_list

OPTIONS = FileOptions(max_zoom=14, homes_per_tile=40)
KML = {"k": NAMESPACE}


@pytest.fixture(scope="module")
def marked(world):
    listed = build_daily_list(world.findings, world.locations, world.contacts, world.context)
    return mark_findings(world.findings, listed)


@pytest.fixture(scope="module")
def tiles(world, marked, tmp_path_factory):
    """Metadata, and the decoded tiles by zoom, column and row."""
    path = tmp_path_factory.mktemp("tiles") / "event.pmtiles"
    buildings = grade_buildings(world.footprints, world.findings)
    write_pmtiles(path, marked, buildings, world.context, OPTIONS)
    with path.open("rb") as file:
        source = MmapSource(file)
        told = Reader(source).metadata()
        return told, {
            place: mapbox_vector_tile.decode(
                gzip.decompress(data), default_options={"y_coord_down": True})
            for place, data in all_tiles(source)
        }  # fmt: skip


def test_every_home_is_in_the_finest_tiles_where_it_is(marked, tiles):
    _, decoded = tiles
    found = {}
    for (zoom, x, y), layers in decoded.items():
        for feature in layers["findings"]["features"] if zoom == OPTIONS.max_zoom else ():
            px, py = feature["geometry"]["coordinates"]
            at = (x + (px + 0.5) / EXTENT) / 2**zoom, (y + (py + 0.5) / EXTENT) / 2**zoom
            lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * at[1]))))
            found[feature["properties"]["policy_number"]] = (at[0] * 360 - 180, lat)
    assert set(found) == set(marked["policy_number"])
    for policy, point in zip(marked["policy_number"], marked.geometry, strict=True):
        assert found[policy] == pytest.approx((point.x, point.y), abs=1e-5)


def test_coarser_tiles_hold_the_first_of_the_list(marked, tiles):
    _, decoded = tiles
    ranks = [
        feature["properties"]["rank"]
        for (zoom, _, _), layers in decoded.items()
        for feature in (layers["findings"]["features"] if zoom == 4 else ())
    ]
    assert sorted(ranks) == list(range(1, OPTIONS.homes_per_tile + 1))


def test_outlines_of_insured_buildings_are_in_the_finest_zoom_alone(world, tiles):
    _, decoded = tiles
    drawn = {
        feature["properties"]["building_id"]
        for (zoom, _, _), layers in decoded.items()
        for feature in layers.get("buildings", {"features": []})["features"]
        if zoom == OPTIONS.max_zoom
    }
    assert drawn == set(world.findings["building_id"].dropna()) & set(
        world.footprints["building_id"]
    )
    assert not any("buildings" in layers for (zoom, *_), layers in decoded.items() if zoom < 14)


def test_the_file_says_what_it_is_of_and_holds_no_names(tiles, tmp_path):
    told, decoded = tiles
    assert told["run_id"] == "20181012T110000Z-3f9c"
    assert [layer["id"] for layer in told["vector_layers"]] == ["findings", "buildings"]
    assert "Zz" not in str(decoded)


def test_the_field_has_homes_with_a_step_by_decision_and_no_names(world, marked, tmp_path):
    path = tmp_path / "field.kml"
    write_kml(path, marked, world.context, 50)
    root = ET.parse(path).getroot()  # noqa: S314  ours
    homes = root.findall(".//k:Placemark", KML)
    acts = marked[marked["decision"] != "none"]
    assert len(homes) == 50 < len(acts)
    said = root.find("k:Document/k:description", KML).text
    assert f"{len(acts) - 50} more homes" in said
    assert "20181012T110000Z-3f9c" in said
    lon, lat = map(float, homes[0].find(".//k:coordinates", KML).text.split(","))
    first = acts.sort_values("rank").iloc[0]
    assert (lon, lat) == pytest.approx((first.geometry.x, first.geometry.y), abs=1e-6)
    text = path.read_text(encoding="utf-8")
    assert "Zz" not in text
    assert "<img" not in text  # a hostile policy number is text


def test_nothing_to_do_is_an_empty_document(empty_world, tmp_path):
    listed = build_daily_list(
        empty_world.findings, empty_world.locations, empty_world.contacts, empty_world.context
    )
    marked = mark_findings(empty_world.findings, listed)
    write_kml(tmp_path / "field.kml", marked, empty_world.context, 10)
    assert "<Placemark" not in (tmp_path / "field.kml").read_text(encoding="utf-8")
