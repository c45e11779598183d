"""Areas that people draw: odd features are skipped, odd axes and CRSs judged by where they land."""

import json
import logging
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from core.errors import WeatherError
from weather.sources.areas import read_area

CASES = Path(__file__).parents[1] / "cases"
TOWN = shapely.box(-85.61, 30.24, -85.59, 30.26)
RING = [[x, y] for x, y in TOWN.exterior.coords]
POLYGON = {"type": "Polygon", "coordinates": [RING]}


@pytest.fixture
def write(tmp_path):
    def writer(content, name="a.geojson"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return writer


def collection(*geometries, **more):
    features = [{"type": "Feature", "properties": {}, "geometry": each} for each in geometries]
    return {"type": "FeatureCollection", "features": features} | more


@pytest.mark.parametrize(
    ("name", "skipped"),
    [("null", 1), ("line", 1), ("gc", 0), ("fgc", 0), ("z", 0), ("ax", 0)],
)
def test_the_polygons_are_the_area_whatever_stands_beside_them(name, skipped, caplog):
    with caplog.at_level(logging.WARNING):
        area = read_area(CASES / f"{name}.geojson")
    assert area.geometry.equals(TOWN)
    assert not area.geometry.has_z
    assert area.skipped == skipped
    assert ("1 of 2 features" in caplog.text) == bool(skipped)


def test_a_crs_member_is_followed():
    area = read_area(CASES / "merc.geojson").geometry
    mercator = shapely.box(-9529000, 3536000, -9528000, 3537000)
    truth = gpd.GeoSeries([mercator], crs=3857).to_crs(4326).iloc[0]
    assert area.equals_exact(truth, 1e-9) or area.symmetric_difference(truth).area < 1e-12


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("swap", "swapped. Write longitude before latitude"),
        ("empty", "holds no polygon"),
        ("km", "do not lie where its crs NAD83 / UTM zone 11N is used. Check crs and units"),
    ],
)
def test_an_area_that_cannot_be_where_homes_are_is_told(name, words):
    with pytest.raises(WeatherError) as caught:
        read_area(CASES / f"{name}.geojson")
    assert words in str(caught.value)


CRS84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
EPSG4326 = {"type": "name", "properties": {"name": "EPSG:4326"}}
SOUND = {
    "a geometry": POLYGON,
    "a feature": {"type": "Feature", "properties": None, "geometry": POLYGON},
    "nested": {"type": "GeometryCollection", "geometries": [
        {"type": "GeometryCollection", "geometries": [POLYGON]},
    ]},
    "several": {"type": "MultiPolygon", "coordinates": [[RING], [RING]]},
    "crs of degrees": collection(POLYGON, crs=CRS84),
    "crs of degrees, longitude first": collection(POLYGON, crs=EPSG4326),
    "crs null": collection(POLYGON, crs=None),
    "points and nothing": collection(POLYGON, {"type": "Point", "coordinates": [0, 0]}, None),
    "an empty polygon": collection(POLYGON, {"type": "Polygon", "coordinates": []}),
}  # fmt: skip


@pytest.mark.parametrize("content", SOUND.values(), ids=SOUND)
def test_layouts_of_geojson(write, content):
    assert read_area(write(content)).geometry.equals(TOWN)


def test_a_crossed_ring_is_repaired(write):
    crossed = [RING[0], RING[2], RING[1], RING[3], RING[0]]
    area = read_area(write({"type": "Polygon", "coordinates": [crossed]})).geometry
    assert area.is_valid
    assert area.area == pytest.approx(TOWN.area / 2)


def test_kml_with_heights_is_read(write):
    ring = " ".join(f"{x},{y},12" for x, y in RING)
    kml = (
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
        f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing>"
        "</outerBoundaryIs></Polygon></Placemark></Document></kml>"
    )
    assert read_area(write(kml, "a.kml")).geometry.equals(TOWN)


def test_a_geopackage_in_metres_is_read(tmp_path):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame(geometry=[TOWN], crs=4326).to_crs(32616).to_file(path)
    assert read_area(path).geometry.symmetric_difference(TOWN).area < 1e-9


WRONG = {
    "metres without a crs": collection({"type": "Polygon", "coordinates": [
        [[-9529000, 3536000], [-9528000, 3536000], [-9528000, 3537000], [-9529000, 3536000]]]}),
    "swapped by a continent": collection({"type": "Polygon", "coordinates": [
        [[y, x - 20] for x, y in RING]]}),
    "unknown crs": collection(POLYGON, crs={"type": "name", "properties": {"name": "EPSG:1"}}),
    "linked crs": collection(POLYGON, crs={"type": "link", "properties": {"href": "x"}}),
    "engineering": collection(POLYGON, crs={"type": "name", "properties": {"name": (
        'LOCAL_CS["Site",UNIT["metre",1],AXIS["E",EAST],AXIS["N",NORTH]]')}}),
    "lines alone": collection({"type": "LineString", "coordinates": RING}),
    "no json": "polygon",
    "a list": "[]",
    "esri": {"rings": [RING]},
    "no features": {"type": "FeatureCollection"},
    "html": "<html></html>",
}  # fmt: skip


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_what_is_no_area_is_told_and_never_a_trace(write, content):
    with pytest.raises(WeatherError, match="reading the area of interest"):
        read_area(write(content))


def test_a_missing_file_and_bytes_are_told(tmp_path):
    (tmp_path / "a").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none", tmp_path, tmp_path / "a"):
        with pytest.raises(WeatherError, match="reading the area of interest"):
            read_area(path)
