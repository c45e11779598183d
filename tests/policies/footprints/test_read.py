"""Outlines in the layouts of their publishers: repaired, named, the bad ones counted."""

import gzip
import json
import logging
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import EventError
from core.tables import FOOTPRINTS, check_table
from policies.footprints.read import name_outline, read_footprints
from policies.footprints.repair import compute_areas_m2, repair_shapes

CASES = Path(__file__).parent / "cases"
BUILDINGS = 46
HOUSE = shapely.box(-85.6, 30.25, -85.5999, 30.2501)
BOW_TIE = shapely.Polygon(
    [(-85.6, 30.25), (-85.5999, 30.2501), (-85.5999, 30.25), (-85.6, 30.2501)]
)


def read(*paths, box=None):
    return read_footprints([Path(path) for path in paths], box)


@pytest.mark.parametrize(
    "name",
    [
        "overture.parquet", "ms.geojson", "ms.geojsonl", "google.csv.gz", "plainwkb.parquet",
        "utm.parquet", "zc.parquet", "int.parquet", "src.parquet", "area.parquet",
        "geom.parquet", "extra.parquet", "gc.parquet",
    ],
)  # fmt: skip
def test_every_building_of_a_known_layout_is_read(name):
    found = read(CASES / name)
    check_table(found.table, FOOTPRINTS)
    assert (len(found.table), found.left_out) == (BUILDINGS, 0)
    assert found.table["building_id"].is_unique
    assert found.table.geometry.is_valid.all()
    assert not found.table.geometry.has_z.any()
    assert found.table["area_m2"].between(20, 2000).all()
    west, south, east, north = found.table.total_bounds
    assert -85.61 < west < east < -85.6
    assert 30.25 < south < north < 30.26


@pytest.mark.parametrize(
    ("name", "reason", "row"),
    [
        ("null.parquet", "no_outline", 4), ("empty.parquet", "no_outline", 4),
        ("pt.parquet", "no_area", 4), ("nan.parquet", "not_finite", 3),
    ],
)  # fmt: skip
def test_one_bad_outline_costs_itself_and_is_told(name, reason, row, caplog):
    with caplog.at_level(logging.WARNING):
        found = read(CASES / name)
    assert len(found.table) == BUILDINGS - 1
    assert found.left_out == 1
    told = found.rejects.iloc[0]
    assert (told["reason"], told["row_number"], told["file"]) == (reason, row, name)
    assert told["remedy"]
    assert f"1 footprints are left out: {reason}" in caplog.text


def test_a_repeated_row_counts_once():
    found = read(CASES / "dup.parquet")
    assert len(found.table) == BUILDINGS
    assert found.rejects["reason"].tolist() == ["duplicate_outline"]


def test_no_crs_is_told_with_the_remedy():
    with pytest.raises(EventError, match=r"they state no CRS.*set_crs"):
        read(CASES / "nocrs.parquet")


def _write(path, shapes, crs=4326, **columns):
    table = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
    table.to_parquet(path)
    return path


def test_two_buildings_of_one_id_are_both_kept(tmp_path):
    other = shapely.affinity.translate(HOUSE, 0.001)
    path = _write(tmp_path / "a.parquet", [HOUSE, other, HOUSE], building_id=["a", "a", "a"])
    found = read(path)
    assert len(found.table) == 2
    assert found.table["building_id"].is_unique
    assert sorted(found.rejects["reason"]) == ["duplicate_building_id", "duplicate_outline"]
    assert found.left_out == 1
    assert read(path).table["building_id"].tolist() == found.table["building_id"].tolist()


def test_an_id_that_is_missing_comes_from_the_outline(tmp_path):
    ids = [None, "", "b"]
    shapes = [shapely.affinity.translate(HOUSE, n / 1000) for n in range(3)]
    found = read(_write(tmp_path / "a.parquet", shapes, building_id=ids)).table
    assert found["building_id"].tolist() == [name_outline(shapes[0]), name_outline(shapes[1]), "b"]


@pytest.mark.parametrize(("ids", "named"), [([7, 8], ["7", "8"]), ([7.0, 8.0], ["7", "8"])])
def test_numbers_are_ids_without_a_decimal_point(tmp_path, ids, named):
    shapes = [HOUSE, shapely.affinity.translate(HOUSE, 0.001)]
    found = read(_write(tmp_path / "a.parquet", shapes, building_id=ids)).table
    assert found["building_id"].tolist() == named


def test_an_outline_gives_the_same_id_wherever_its_ring_begins():
    ring = list(HOUSE.exterior.coords)[:-1]
    turned = shapely.Polygon([*ring[2:], *ring[:2]])
    assert name_outline(HOUSE) == name_outline(turned) == name_outline(turned.reverse())
    assert name_outline(HOUSE) != name_outline(shapely.affinity.translate(HOUSE, 0.0001))


def test_a_bow_tie_is_repaired_and_a_sound_outline_stays(tmp_path):
    found = read(_write(tmp_path / "a.parquet", [BOW_TIE, HOUSE], building_id=["a", "b"])).table
    assert found.geometry.is_valid.all()
    assert found.geometry.iloc[0].area == pytest.approx(HOUSE.area / 2, rel=1e-6)
    assert found.geometry.iloc[1].equals_exact(HOUSE, 0)


def test_a_collection_keeps_what_has_area(tmp_path):
    mixed = shapely.GeometryCollection([HOUSE, shapely.Point(-85, 30), shapely.MultiPolygon([
        shapely.affinity.translate(HOUSE, 0.001)
    ])])  # fmt: skip
    found = read(_write(tmp_path / "a.parquet", [mixed], building_id=["a"])).table
    assert found.geometry.iloc[0].area == pytest.approx(2 * HOUSE.area, rel=1e-9)


def test_axes_in_the_wrong_order_are_told(tmp_path):
    swapped = shapely.box(30.25, -95.6, 30.2501, -95.5999)
    found = read(_write(tmp_path / "a.parquet", [swapped], building_id=["a"]))
    assert found.rejects["reason"].tolist() == ["off_the_earth"]
    assert "longitude before latitude" in found.rejects["remedy"].iloc[0]


def test_a_crs_that_leads_nowhere_is_told(tmp_path):
    crs = 'LOCAL_CS["Site",UNIT["metre",1],AXIS["E",EAST],AXIS["N",NORTH]]'
    path = _write(tmp_path / "a.parquet", [HOUSE], crs=crs, building_id=["a"])
    with pytest.raises(EventError, match="does not lead to longitude and latitude"):
        read(path)


def test_dates_in_any_spelling_are_utc_and_odd_ones_missing(tmp_path):
    shapes = [shapely.affinity.translate(HOUSE, n / 1000) for n in range(3)]
    drawn = ["2018-01-01", "2018-01-01T05:00:00-05:00", "soon"]
    found = read(_write(tmp_path / "a.parquet", shapes, outlined_at_utc=drawn)).table
    assert found["outlined_at_utc"].iloc[1] == pd.Timestamp("2018-01-01T10:00", tz="UTC")
    assert found["outlined_at_utc"].isna().tolist() == [False, False, True]


FEATURE = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(HOUSE)}


def _collection(features, **more):
    return json.dumps({"type": "FeatureCollection", **more, "features": features})


TEXTS = {
    "one line": _collection([FEATURE]),
    "pretty": json.dumps({"type": "FeatureCollection", "features": [FEATURE]}, indent=2),
    "one feature": json.dumps(FEATURE),
    "pretty feature": json.dumps(FEATURE, indent=1),
    "lines": f"{json.dumps(FEATURE)}\n\n",
    "sequence": f"\x1e{json.dumps(FEATURE)}\n",
    "a feature a line": f'{{"type":"FeatureCollection","features":[\n{json.dumps(FEATURE)}\n]}}\n',
    "bom": "\ufeff" + _collection([FEATURE]),
    "another crs": _collection(
        [FEATURE | {"geometry": shapely.geometry.mapping(
            gpd.GeoSeries([HOUSE], crs=4326).to_crs(3857).iloc[0])}],
        crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}},
    ),
    "csv": f'latitude,longitude,geometry\n1,1,"{HOUSE.wkt}"\n',
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "gzip"])
def test_files_are_known_by_their_content_not_by_their_name(tmp_path, text, is_packed):
    path = tmp_path / "file.txt"
    path.write_bytes(gzip.compress(text.encode()) if is_packed else text.encode())
    found = read(path)
    assert len(found.table) == 1
    assert found.table.geometry.iloc[0].equals_exact(HOUSE, 1e-8)


def test_a_line_that_is_no_json_costs_itself(tmp_path):
    path = tmp_path / "a.geojsonl"
    path.write_text(f"{json.dumps(FEATURE)}\n{{cut\n")
    found = read(path)
    assert len(found.table) == 1
    assert found.rejects[["row_number", "reason"]].to_numpy().tolist() == [[2, "no_outline"]]


def test_a_collection_longer_than_the_head_is_read_to_its_end(tmp_path):
    path = tmp_path / "a.geojson"
    many = [
        FEATURE | {"geometry": shapely.geometry.mapping(shapely.affinity.translate(HOUSE, n / 9e3))}
        for n in range(900)
    ]
    path.write_text(_collection(many))
    assert path.stat().st_size > 1 << 16
    assert len(read(path).table) == 900
    path.write_text(_collection(many)[:-200])
    with pytest.raises(EventError, match="cut short"):
        read(path)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PAR1", b"a,b\n1,2\n", b"\x1f\x8b\x00", b"[1]"]
)
def test_a_file_of_something_else_is_told_with_what_is_read(tmp_path, content):
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    with pytest.raises(EventError, match="reading the footprints"):
        read(path)
    with pytest.raises(EventError, match="cannot be read"):
        read(tmp_path / "none.parquet")


def test_only_buildings_in_the_box_are_taken(tmp_path):
    shapes = [shapely.affinity.translate(HOUSE, n / 100) for n in range(3)]
    path = _write(tmp_path / "a.parquet", shapes, building_id=["a", "b", "c"])
    found = read(path, box=(-85.595, 30.2, -85.585, 30.3))
    assert (found.table["building_id"].tolist(), found.left_out) == (["b"], 0)


def test_wkb_that_is_damaged_costs_itself(tmp_path):
    cells = [HOUSE.wkb, b"\x01\x03", None]
    table = pa.table({"building_id": ["a", "b", "c"], "geometry": pa.array(cells, pa.binary())})
    pq.write_table(table, tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet")
    assert (len(found.table), found.left_out) == (1, 2)


def test_nothing_to_read_gives_an_empty_table():
    assert len(read().table) == 0


@given(st.floats(-179, 179), st.floats(-78, 78))
@settings(max_examples=50, deadline=None)
def test_areas_are_those_on_the_ground(longitude, latitude):
    side = 0.0001
    house = shapely.box(longitude, latitude, longitude + side, latitude + side)
    metric = gpd.GeoSeries([house], crs=4326).to_crs(
        f"+proj=laea +lon_0={longitude} +lat_0={latitude} +datum=WGS84"
    )
    area = compute_areas_m2(np.array([house], dtype=object))[0]
    assert area == pytest.approx(metric.area.iloc[0], rel=1e-3)


NEARLY_TOUCHING = [
    (0.0, 7.504208737188821e-227), (0.0, 1.0), (-1.0, 0.0), (0.0, 0.0), (-1.0, 0.5), (0.0, 0.5),
    (-1.0, 0.5),
]  # fmt: skip


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=3, max_size=8))
@example(NEARLY_TOUCHING)
@settings(max_examples=200, deadline=None)
def test_whatever_the_ring_an_outline_is_sound_or_has_a_reason(ring):
    outlines, reason = repair_shapes(np.array([shapely.Polygon(ring)], dtype=object), "OGC:CRS84")
    assert (outlines[0] is None) != (reason[0] is None)
    if outlines[0] is not None:
        assert outlines[0].is_valid
        assert outlines[0].area > 0
        assert outlines[0].geom_type in ("Polygon", "MultiPolygon")


@pytest.mark.real_data
def test_microsofts_joplin_is_read_whole(public_data):
    found = read(public_data / "joplin" / "footprints_microsoft.geojson")
    assert (len(found.table), found.left_out) == (2823, 0)
    assert found.table["building_id"].is_unique
