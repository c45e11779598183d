"""Hazards as GeoTIFF: units as stated and never guessed, any CRS, what holds no value."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.transform import from_origin

from core.errors import WeatherError
from weather.sources.grids.rasters import open_raster, read_rasters

DEGREES = from_origin(-94, 30, 0.5, 0.5)
UTM = "EPSG:32615"


@pytest.fixture
def tiff(tmp_path):
    def write(values, name="x.tif", crs="EPSG:4326", transform=DEGREES, **more):
        path = tmp_path / name
        values = np.atleast_3d(np.asarray(values, "float32").T).T
        count, height, width = values.shape
        profile = {"driver": "GTiff", "dtype": more.pop("dtype", "float32"), "count": count,
                   "height": height, "width": width, "crs": crs, "transform": transform,
                   "nodata": more.pop("nodata", None)}  # fmt: skip
        with rasterio.open(path, "w", **profile) as target:
            target.write(values.astype(profile["dtype"]))
            for key, value in more.items():
                if key == "tags":
                    target.update_tags(1, **value)
                else:
                    setattr(target, key, value)
        return path

    return write


@pytest.mark.real_data
def test_a_wind_field_without_a_unit_as_published(weather_data):
    path = weather_data / "wind_raster" / "LakeCharlesWindField.tif"
    found = read_rasters(path)
    assert len(found.table) == 75 * 136 - 52
    assert set(found.table["unit"]) == {"not stated"}
    assert "no unit is stated" in found.notices[1]
    # from the bytes: nodata -9999; the first cell 101.29465, the last 102.68496, at most 141.33959
    assert found.table["value"].iloc[[0, -1]].tolist() == pytest.approx([101.29465, 102.68496])
    assert found.table["value"].max() == pytest.approx(141.33959)
    first = found.table.geometry.iloc[0]
    assert (first.x, first.y) == pytest.approx((-93.8 + 0.00706065 / 2, 30.5 - 0.00706065 / 2))
    said = open_raster(path, unit="mph")[0].sample([first.x], [first.y])
    assert said.value == pytest.approx([101.29465 * 0.44704])


@pytest.mark.parametrize(
    ("name", "stated", "unit", "factor"),
    [
        ("x.tif", {"units": ("mph",)}, "m/s", 0.44704),
        ("x.tif", {"units": ("kt",)}, "m/s", 1852 / 3600),
        ("x.tif", {"units": ("km/h",)}, "m/s", 1 / 3.6),
        ("x.tif", {"units": ("m s-1",)}, "m/s", 1),
        ("x.tif", {"tags": {"units": "inches"}}, "mm", 25.4),
        ("x.tif", {"tags": {"GRIB_UNIT": "[kg/(m^2)]"}}, "mm", 1),
        ("x.tif", {"units": ("ft",)}, "m", 0.3048),
        ("x.tif", {"units": ("m",)}, "m", 1),
        ("x.tif", {"descriptions": ("Peak gust [mph]",)}, "m/s", 0.44704),
        ("x.tif", {"descriptions": ("Depth (feet)",)}, "m", 0.3048),
        ("gust_mph.tif", {}, "m/s", 0.44704),
        ("StormRainIn.tif", {}, "mm", 25.4),
        ("ike-surge-depth-ft.tif", {}, "m", 0.3048),
        ("gust_mph_michael_2018.tif", {}, "m/s", 0.44704),
        ("wind_ms.tif", {}, "m/s", 1),
        ("x.tif", {"descriptions": ("mph",)}, "m/s", 0.44704),
        ("x.tif", {"descriptions": ("Wind speed in knots",)}, "m/s", 1852 / 3600),
        # the band knows better than its file's name
        ("gust_mph.tif", {"units": ("kt",)}, "m/s", 1852 / 3600),
        # no unit, an unknown one, and words that only look like one
        ("x.tif", {}, "not stated", 1),
        ("x.tif", {"units": ("furlong",)}, "furlong", 1),
        ("storm_in.tif", {}, "not stated", 1),
        ("wind_in_miami.tif", {}, "not stated", 1),
        ("rain_in_miami.tif", {}, "not stated", 1),
        ("surge_ft_myers.tif", {}, "not stated", 1),
        ("gust_ft.tif", {}, "not stated", 1),
        ("m.tif", {}, "not stated", 1),
    ],
)
def test_the_unit_is_what_the_file_states(tiff, name, stated, unit, factor):
    found = read_rasters(tiff([[2, 4]], name, **stated))
    assert set(found.table["unit"]) == {unit}
    assert found.table["value"].tolist() == pytest.approx([2 * factor, 4 * factor])
    assert any("unit" in notice for notice in found.notices) == (unit in {"not stated", "furlong"})


@pytest.mark.parametrize("nodata", [-9999, 0, np.nan, 3.4e38])
def test_what_holds_no_value_is_no_record(tiff, nodata):
    path = tiff([[nodata, 7]], nodata=nodata)
    assert read_rasters(path).table["value"].tolist() == [7]
    value, is_covered = open_raster(path)[0].sample([-93.75, -93.25, -92], [29.75] * 3)
    np.testing.assert_array_equal(value, [np.nan, 7, np.nan])
    assert is_covered.tolist() == [False, True, False]


@pytest.mark.parametrize("fill", [-9999, -3.4e38, 1e20, 9.96921e36, np.inf])
def test_a_fill_that_is_not_declared_is_no_depth(tiff, fill):
    found = read_rasters(tiff([[fill, 7]], "depth_ft.tif"))
    assert found.table["value"].tolist() == pytest.approx([7 * 0.3048])
    assert "1 of 2 cells hold no value" in found.notices[0]


def test_a_fill_that_is_no_speed(tiff):
    assert read_rasters(tiff([[-9999, -7, 9999]], units=("m/s",))).table["value"].tolist() == [-7]


def test_a_depth_in_inches_may_be_more_than_a_hundred_millimetres(tiff):
    found = read_rasters(tiff([[90]], "depth.tif", units=("in",)))
    assert found.table["value"].tolist() == pytest.approx([2286])


def test_whole_numbers_with_scale_and_offset(tiff):
    path = tiff([[10, 20]], dtype="int16", scales=(0.5,), offsets=(1,), units=("m",))
    assert read_rasters(path).table["value"].tolist() == [6, 11]


def test_a_grid_in_metres_is_sampled_where_it_lies(tiff):
    values = np.arange(12).reshape(3, 4)
    path = tiff(values, "depth_m.tif", UTM, from_origin(500_000, 3_300_000, 100, 100))
    table = read_rasters(path).table
    x, y = Transformer.from_crs(UTM, 4326, always_xy=True).transform(500_050, 3_299_950)
    assert (table.geometry.iloc[0].x, table.geometry.iloc[0].y) == pytest.approx((x, y), abs=1e-9)
    grid = open_raster(path)[0]
    said = grid.sample(table.geometry.x, table.geometry.y)
    np.testing.assert_array_equal(said.value, table["value"])
    assert len(table) == 12
    assert np.isnan(grid.sample([x - 0.01, np.nan], [y, y]).value).all()


def test_rows_from_south_to_north_and_longitudes_past_180(tiff):
    path = tiff([[1, 2], [3, 4]], "a.tif", transform=Affine(1, 0, 266, 0, 1, 29))
    table = read_rasters(path).table
    assert table.geometry.x.tolist() == pytest.approx([-93.5, -92.5, -93.5, -92.5])
    assert table.geometry.y.tolist() == pytest.approx([29.5, 29.5, 30.5, 30.5])
    said = open_raster(path)[0].sample([-92.6, 267.4], [30.9, 29.2])
    assert said.value.tolist() == [4, 2]


def test_bands_are_grids_of_their_own(tiff):
    path = tiff([[[1, 2]], [[3, 4]]], descriptions=("Gust [kt]", "Rain [in]"))
    table = read_rasters(path).table
    assert table["band"].tolist() == [1, 1, 2, 2]
    assert table["unit"].tolist() == ["m/s"] * 2 + ["mm"] * 2
    assert table["element"].tolist() == ["Gust [kt]"] * 2 + ["Rain [in]"] * 2


def test_a_stated_time_is_kept(tiff):
    path = tiff([[1]], tags={"valid_time": "2018-10-10T17:30:00Z"})
    at = read_rasters(path).table["valid_at_utc"].iloc[0]
    assert at.isoformat() == "2018-10-10T17:30:00+00:00"


def test_many_places_on_a_large_grid_are_read_in_blocks(tmp_path):
    path = tmp_path / "large.tif"
    rows, columns = 5000, 4300
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "height": rows, "width": columns,
               "crs": "EPSG:4326", "transform": from_origin(-100, 50, 0.001, 0.001),
               "tiled": True, "compress": "deflate"}  # fmt: skip
    values = (np.arange(rows)[:, None] * 7 + np.arange(columns) * 3) % 65_521
    with rasterio.open(path, "w", **profile) as target:
        target.write(values.astype("uint16"), 1)
    random = np.random.default_rng(3)
    row, column = random.integers(0, rows, 20_000), random.integers(0, columns, 20_000)
    said = open_raster(path)[0].sample(-100 + (column + 0.3) / 1000, 50 - (row + 0.6) / 1000)
    np.testing.assert_array_equal(said.value, values[row, column])


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"crs": None}, "it states no CRS"),
        ({"transform": Affine.identity()}, "it states no CRS or no place"),
        ({"transform": from_origin(-94, 3000, 1, 1)}, "nowhere on Earth"),
        ({"crs": UTM, "transform": from_origin(1e30, 3e6, 1, 1)}, "nowhere on Earth"),
        ({"crs": 'LOCAL_CS["Site",UNIT["metre",1],AXIS["E",EAST],AXIS["N",NORTH]]'}, "no place"),
    ],
)
def test_a_grid_that_lies_nowhere_is_refused(tiff, more, reason):
    with pytest.raises(WeatherError, match=reason):
        read_rasters(tiff([[1]], **more))


def test_any_bytes_give_a_table_or_our_own_error(tiff, tmp_path):
    whole = tiff(np.arange(12).reshape(3, 4), "gust_mph.tif").read_bytes()
    random = np.random.default_rng(4)
    odd = tmp_path / "odd.tif"
    contents = [whole[:length] for length in range(0, len(whole), 11)]
    for _ in range(200):
        changed = bytearray(whole)
        for place in random.integers(0, len(changed), 3):
            changed[place] = random.integers(256)
        contents.append(bytes(changed))
    for content in contents:
        odd.write_bytes(content)
        try:
            read_rasters(odd)
        except WeatherError as error:
            assert "odd.tif" in str(error)  # noqa: PT017  both ends are right


def test_another_kind_of_raster_is_not_opened(tmp_path):
    path = tmp_path / "x.tif"
    path.write_text('<VRTDataset rasterXSize="1" rasterYSize="1"/>')
    with pytest.raises(WeatherError, match="a GeoTIFF of a hazard"):
        read_rasters(path)
