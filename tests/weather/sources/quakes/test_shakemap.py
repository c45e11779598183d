"""ShakeMaps, made up by the published layout: units by field, logarithms of rasters, scenarios."""

import zipfile

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from core.errors import WeatherError
from weather.sources.quakes.shakemap import open_shakemap, read_shakemap

G = 9.80665
NODES = """\
-118.0 35.0 6.1 12.5 20.0 25.0
-117.9 35.0 7.4 40.0 55.0 80.0
-118.0 34.9 5.0 6.0 4.0 9.0
-117.9 34.9 4.2 3.0 2.0 4.0
-118.0 34.8 3.9 2.0 1.0 2.0
-117.9 34.8 nan nan nan nan
"""
XML = """\
<?xml version="1.0" encoding="US-ASCII" standalone="yes"?>
<shakemap_grid xmlns="http://earthquake.usgs.gov/eqcenter/shakemap" event_id="made1"
 shakemap_id="made1" shakemap_version="3" map_status="RELEASED" shakemap_event_type="ACTUAL">
<event event_id="made1" magnitude="7.1" depth="8" lat="35.7" lon="-117.6"
 event_timestamp="2019-07-06T03:19:53UTC" event_network="ci" event_description="made up"/>
<grid_specification lon_min="-118.0" lat_min="34.8" lon_max="-117.9" lat_max="35.0"
 nominal_lon_spacing="0.1" nominal_lat_spacing="0.1" nlon="2" nlat="3"/>
<grid_field index="1" name="LON" units="dd"/>
<grid_field index="2" name="LAT" units="dd"/>
<grid_field index="3" name="MMI" units="intensity"/>
<grid_field index="4" name="PGA" units="%g"/>
<grid_field index="5" name="PGV" units="cm/s"/>
<grid_field index="6" name="PSA03" units="%g"/>
<grid_data>
{nodes}</grid_data>
</shakemap_grid>
"""


@pytest.fixture
def quake(tmp_path):
    def write(content, name="grid.xml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def layer(tmp_path):
    def write(values, name, driver="EHdr", west=-118.05):
        path = tmp_path / name
        values = np.asarray(values, "float32")
        profile = {"driver": driver, "dtype": "float32", "count": 1, "height": values.shape[0],
                   "width": values.shape[1], "transform": from_origin(west, 35.05, 0.1, 0.1),
                   "crs": "EPSG:4326", "nodata": 999}  # fmt: skip
        with rasterio.open(path, "w", **profile) as target:
            target.write(values, 1)
        return path

    return write


def test_every_field_is_in_its_unit(quake):
    found = read_shakemap(quake(XML.format(nodes=NODES)))
    assert (len(found.table), found.rejects, found.notices) == (5, (), ())
    second = found.table.iloc[1]
    assert (second.geometry.x, second.geometry.y) == pytest.approx((-117.9, 35))
    assert second["mmi"] == 7.4
    assert second["pga_mps2"] == pytest.approx(0.4 * G)
    assert second["pgv_mps"] == pytest.approx(0.55)
    assert second["psa03_mps2"] == pytest.approx(0.8 * G)
    assert found.table["psa10_mps2"].isna().all()
    assert second["at_utc"].isoformat() == "2019-07-06T03:19:53+00:00"
    assert second[["event_id", "magnitude", "version"]].tolist() == ["made1", 7.1, "3"]


def test_places_are_sampled_at_their_nearest_node(quake):
    grid = open_shakemap(quake(XML.format(nodes=NODES)))["mmi"]
    value, is_covered = grid.sample([-118.04, -117.94, 242.1, -118.06], [35.0, 34.86, 34.9, 35])
    np.testing.assert_array_equal(value, [6.1, 4.2, 4.2, np.nan])
    assert is_covered.tolist() == [True, True, True, False]


def test_rows_in_any_order_lie_where_they_say(quake):
    nodes = "\n".join(reversed(NODES.splitlines())) + "\n"
    turned, plain = (read_shakemap(quake(XML.format(nodes=each))) for each in (nodes, NODES))
    assert turned.table.equals(plain.table)


@pytest.mark.parametrize(
    ("unit", "factor"), [("%g", G / 100), ("pctg", G / 100), ("g", G), ("cm/s2", 0.01)]
)
def test_accelerations_in_other_units(quake, unit, factor):
    text = XML.format(nodes=NODES).replace('name="PGA" units="%g"', f'name="PGA" units="{unit}"')
    values = read_shakemap(quake(text)).table["pga_mps2"]
    assert values.iloc[-1] == pytest.approx(2 * factor)


def test_units_as_version_3_spells_them(quake):
    text = XML.format(nodes=NODES).replace("%g", "pctg").replace("cm/s", "cms")
    assert read_shakemap(quake(text)).table.equals(
        read_shakemap(quake(XML.format(nodes=NODES), "new.xml")).table
    )


def test_a_scenario_is_told_from_an_earthquake(quake):
    found = read_shakemap(quake(XML.format(nodes=NODES).replace("ACTUAL", "SCENARIO")))
    assert set(found.table["event_type"]) == {"SCENARIO"}
    assert "no such earthquake happened" in found.notices[0]


def test_odd_nodes_are_rejected_alone(quake):
    odd = "-118.0 35.0 16.1 1 1 1\n-117.9 35.0 7 x 1 1\n-110.0 34.9 5 1 1 1\n-117.9 34.9 4\n"
    found = read_shakemap(quake(XML.format(nodes=odd + "-118.0 34.8 3.9 2.0 1.0 2.0\n")))
    assert found.table["mmi"].tolist() == [3.9]
    assert [(each.place, each.reason) for each in found.rejects] == [
        ("line 18", "it has 3 of 6 numbers"),
        ("line 15", "MMI '16.1' is outside 0 to 12"),
        ("line 16", "PGA 'x' is no number"),
        ("line 17", "LON '-110.0' is off the grid"),
        ("grid_data", "1 of 6 nodes are there"),
    ]


MMI = [[6.1, 7.4], [5.0, 4.2], [3.9, 999]]


def test_rasters_of_version_4_are_logarithms(layer, tmp_path):
    layer(MMI, "mmi_mean.flt")
    layer(np.full((3, 2), 0.3), "mmi_std.flt")
    layer(np.log([[0.125, 0.4], [0.06, 0.03], [0.02, 0.01]]), "pga_mean.flt")
    layer(np.log([[20, 55], [4, 2], [1, 1]]), "pgv_mean.flt")
    layer(np.log([[0.25, 0.8], [0.09, 0.04], [0.02, 0.01]]), "psa0p3_mean.flt")
    path = tmp_path / "raster.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        for part in [*tmp_path.glob("*.flt"), *tmp_path.glob("*.hdr")]:
            bundle.write(part, f"products/{part.name}")
    table = read_shakemap(path).table
    second = table.iloc[1]
    assert (second.geometry.x, second.geometry.y) == pytest.approx((-117.9, 35))
    assert second["mmi"] == pytest.approx(7.4)
    assert second["pga_mps2"] == pytest.approx(0.4 * G)
    assert second["pgv_mps"] == pytest.approx(0.55)
    assert second["psa03_mps2"] == pytest.approx(0.8 * G)
    assert table["mmi"].isna().sum() == 1


def test_rasters_of_version_3_are_percent(layer):
    table = read_shakemap(layer([[12.5, 40]], "pga.flt")).table
    assert table["pga_mps2"].tolist() == pytest.approx([0.125 * G, 0.4 * G])


def test_a_geotiff_of_one_measure(layer):
    path = layer(MMI, "us7000_mmi_mean.tif", "GTiff")
    assert len(read_shakemap(path).table) == 5
    assert open_shakemap(path)["mmi"].sample([-117.9], [35.0]).value == pytest.approx([7.4])


def test_layers_that_do_not_lie_on_each_other_are_refused(layer, tmp_path):
    layer(MMI, "mmi_mean.tif", "GTiff")
    layer(MMI, "pga_mean.tif", "GTiff", west=-117)
    path = tmp_path / "raster.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        for part in tmp_path.glob("*.tif"):
            bundle.write(part, part.name)
    with pytest.raises(WeatherError, match="do not lie on each other"):
        read_shakemap(path)


ENTITY = '<!DOCTYPE x [<!ENTITY a "1">]><shakemap_grid>&a;</shakemap_grid>'


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("</shakemap_grid>", "", "no whole XML"),
        ("shakemap_grid", "other", "no shakemap_grid"),
        ("grid_specification", "x", "no grid_specification"),
        ('nlon="2"', 'nlon="-2"', "nodes is none"),
        ('nlon="2"', 'nlon="two"', "incomplete"),
        ('nlon="2"', 'nlon="99999999"', "nodes is none"),
        ('index="4"', 'index="3"', "not numbered from 1"),
        ('name="LON"', 'name="X"', "its fields are"),
        ('units="%g"', 'units="furlong"', "not known"),
    ],
)
def test_a_map_that_is_none_is_refused(quake, old, new, reason):
    with pytest.raises(WeatherError, match=reason):
        read_shakemap(quake(XML.format(nodes=NODES).replace(old, new)))


@pytest.mark.parametrize("content", ["", "\0", "<", ENTITY, "a,b\n1,2\n", "PK\x03\x04junk"])
def test_what_is_no_shakemap_is_said_to_be_none(quake, content):
    with pytest.raises(WeatherError, match="a ShakeMap of the USGS"):
        read_shakemap(quake(content))


def test_any_bytes_give_a_table_or_our_own_error(quake):
    whole = XML.format(nodes=NODES).encode()
    random = np.random.default_rng(5)
    contents = [whole[:length] for length in range(0, len(whole), 40)]
    for _ in range(200):
        changed = bytearray(whole)
        for place in random.integers(0, len(changed), 3):
            changed[place] = random.integers(256)
        contents.append(bytes(changed))
    for content in contents:
        path = quake(content, "odd.xml")
        try:
            read_shakemap(path)
        except WeatherError as error:
            assert "odd.xml" in str(error)  # noqa: PT017  both ends are right
