"""Fire perimeters: wrappings, names of several agencies, dates in milliseconds, slivers, UTM."""

import json
from zipfile import ZipFile

import geopandas as gpd
import pytest
import shapely

from core.errors import WeatherError
from core.units import ACRE_M2
from weather.sources.fires.perimeters import read_fire_perimeters

TOWN = shapely.box(-121.6, 39.7, -121.5, 39.8)


@pytest.fixture
def fires(tmp_path):
    def read(content, name="fire.geojson"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return read_fire_perimeters(path)

    return read


def feature(area=TOWN, **properties):
    geometry = area if isinstance(area, dict | None) else shapely.geometry.mapping(area)
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features, **more):
    return {"type": "FeatureCollection", "features": list(features)} | more


@pytest.mark.real_data
def test_the_camp_fire_as_published(weather_data):
    found = read_fire_perimeters(
        weather_data / "fire_perimeters" / "camp_fire_2018_perimeter.geojson"
    )
    assert (len(found.table), found.rejects) == (1, ())
    camp = found.table.iloc[0]
    # from the bytes: CAMP, GIS_ACRES 153335.6, ALARM_DATE 1541635200000, CONT_DATE "1543190400000"
    assert (camp["name"], camp["state"]) == ("CAMP", "CA")
    assert camp["area_m2"] == pytest.approx(153_335.6 * 4046.8564224)
    assert camp["started_at_utc"].isoformat() == "2018-11-08T00:00:00+00:00"
    assert camp["contained_at_utc"].isoformat() == "2018-11-26T00:00:00+00:00"
    # five parts, the least of a quarter of a hectare; what is drawn is what is stated
    assert len(camp.geometry.geoms) == 5
    assert camp["drawn_area_m2"] == pytest.approx(camp["area_m2"], rel=1e-4)


@pytest.mark.real_data
def test_the_wrapped_palisades_fire_as_published(weather_data):
    found = read_fire_perimeters(weather_data / "fire_perimeters" / "2025-CALFD-000738.js")
    assert (len(found.table), found.rejects) == (1, ())
    fire = found.table.iloc[0]
    # from the bytes: window.__fd({"uid":"2025-CALFD-000738","name":"Palisades",..."ga":23448.0
    assert (fire["fire_id"], fire["name"]) == ("2025-CALFD-000738", "Palisades")
    assert fire["area_m2"] == pytest.approx(23_448 * 4046.8564224)
    assert fire["mapped_at_utc"].isoformat() == "2025-01-08T00:00:00+00:00"
    # sixteen parts as drawn are no valid polygon; mended they are, and still that fire
    assert fire.geometry.is_valid
    assert fire["drawn_area_m2"] == pytest.approx(fire["area_m2"], rel=0.02)


@pytest.mark.parametrize(
    "properties",
    [
        {"poly_IncidentName": "BEAR", "poly_GISAcres": 100, "attr_PercentContained": 40,
         "poly_DateCurrent": 1541635200000},
        {"IncidentName": "BEAR", "GISAcres": "100", "PercentContained": "40.0",
         "DateCurrent": "2018-11-08T00:00:00Z"},
        {"poly_Incid": "BEAR", "poly_GISAc": 100.0, "attr_Perce": 40, "poly_DateC": "2018-11-08"},
        {"poly_IncidentName": "BEAR", "attr_IncidentName": None, "poly_GISAcres": None,
         "attr_IncidentSize": "1e2", "attr_PercentContained": 40, "MapDate": "20181108"},
    ],
)  # fmt: skip
def test_agencies_name_things_differently(fires, properties):
    row = fires(collection(feature(**properties))).table.iloc[0]
    assert row["name"] == "BEAR"
    assert row["area_m2"] == pytest.approx(100 * ACRE_M2)
    assert row["containment_frac"] == pytest.approx(0.4)
    assert row["mapped_at_utc"].isoformat() == "2018-11-08T00:00:00+00:00"


def test_slivers_and_crossed_rings_are_mended(fires):
    sliver = [[-121.6, 39.7], [-121.5, 39.7], [-121.6, 39.7], [-121.6, 39.7]]
    crossed = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
    drawn = {"type": "MultiPolygon", "coordinates": [
        [[list(xy) for xy in TOWN.exterior.coords]], [sliver],
        [[[x / 100 - 121.4, y / 100 + 39.7] for x, y in crossed]],
    ]}  # fmt: skip
    row = fires(collection(feature(drawn))).table.iloc[0]
    assert row.geometry.is_valid
    assert row.geometry.area == pytest.approx(TOWN.area + 0.5e-4)
    assert row["drawn_area_m2"] > 0


def test_utm_is_followed_where_it_is_named(fires):
    moved = gpd.GeoSeries([TOWN], crs=4326).to_crs(32610).iloc[0]
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32610"}}
    area = fires(collection(feature(moved), crs=named)).table.geometry.iloc[0]
    assert area.symmetric_difference(TOWN).area < 1e-9
    with pytest.raises(WeatherError, match="no degrees on the inhabited Earth"):
        fires(collection(feature(moved)))


@pytest.mark.parametrize("crs", [32610, 3310, 4326])
def test_a_zipped_shapefile(tmp_path, crs):
    table = gpd.GeoDataFrame(
        {"poly_Incid": ["BEAR"], "poly_GISAc": [100.0], "attr_FireD": [""]},
        geometry=[TOWN], crs=4326,
    )  # fmt: skip
    table.to_crs(crs).to_file(tmp_path / "perimeters.shp")
    path = tmp_path / "perimeters.zip"
    with ZipFile(path, "w") as bundle:
        for part in tmp_path.glob("perimeters.[!z]*"):
            bundle.write(part, part.name)
    row = read_fire_perimeters(path).table.iloc[0]
    assert row["name"] == "BEAR"
    assert row.geometry.symmetric_difference(TOWN).area < 1e-9


def test_polygons_beside_points_and_lines(tmp_path):
    path = tmp_path / "fire.gpkg"
    for name, drawn in {"heat": TOWN.centroid, "lines": TOWN.boundary, "area": TOWN}.items():
        gpd.GeoDataFrame({"name": [name]}, geometry=[drawn], crs=32610 if name == "heat" else 4326
                         ).to_file(path, layer=name)  # fmt: skip
    assert read_fire_perimeters(path).table["name"].tolist() == ["area"]


def test_a_shapefile_without_its_crs_is_refused(tmp_path):
    gpd.GeoSeries([TOWN], crs=4326).to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(WeatherError, match="it states no CRS"):
        read_fire_perimeters(tmp_path / "a.shp")


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (feature(None), "it holds no polygon"),
        (feature(shapely.Point(-121, 39)), "it holds no polygon"),
        (feature(GIS_ACRES=-3), "its area in acres -3 is outside 0 to 1e+08"),
        (feature(PercentContained=140), "its containment in percent 140 is outside 0 to 100"),
        (feature(ALARM_DATE="soon"), "its time 'soon' is no instant"),
        (feature({"type": "Blob"}), "blob"),
        (feature(name="half \ud800"), "is no text that UTF-8 can hold"),
        (feature(shapely.transform(TOWN, lambda xy: xy * 10)), "no degrees"),
    ],
)
def test_an_odd_feature_is_rejected_alone(fires, odd, reason):
    found = fires(collection(odd, feature(FIRE_NAME="BEAR")))
    assert found.table["name"].tolist() == ["BEAR"]
    assert found.rejects[0].place == "feature 1"
    assert reason in found.rejects[0].reason


WRAPPED = 'window.__fd({"uid": "1", "polygons": [{"d": "2025-01-08", "g": null}]});'


@pytest.mark.parametrize(
    "content",
    ["", "\0", "{", "[]", "{}", "fd(", "fd({})", "<html/>", WRAPPED, collection(), "PK\x03\x04junk",
     {"type": "FeatureCollection"}, {"polygons": 3}, {"polygons": [1]}, {"rings": [[[0, 1]]]}],
)  # fmt: skip
def test_what_holds_no_perimeter_is_refused(fires, content):
    with pytest.raises(WeatherError, match="reading fire"):
        fires(content)
