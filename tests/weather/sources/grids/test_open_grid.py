"""A field is opened by its content, whatever it is called."""

import gzip

import numpy as np
import pytest
import rasterio
from affine import Affine

from core.errors import WeatherError
from weather.sources.grids.open_grid import open_grid

SHAKING = b"""<?xml version="1.0"?>
<shakemap_grid event_id="made1" event_type="ACTUAL">
<event magnitude="7.1" lat="35.75" lon="-117.55" event_timestamp="2019-07-06T03:19:53UTC"/>
<grid_specification lon_min="-118.0" lat_min="35.0" lon_max="-117.0" lat_max="36.0"
 nominal_lon_spacing="1.0" nominal_lat_spacing="1.0" nlon="2" nlat="2"/>
<grid_field index="1" name="LON" units="dd"/><grid_field index="2" name="LAT" units="dd"/>
<grid_field index="3" name="PGA" units="%g"/><grid_field index="4" name="MMI" units="intensity"/>
<grid_data>
-118.0 36.0 10.0 5.0
-117.0 36.0 20.0 6.0
-118.0 35.0 30.0 7.0
-117.0 35.0 40.0 8.0
</grid_data></shakemap_grid>"""


def test_the_first_band_of_a_shakemap_is_its_intensity(tmp_path):
    path = tmp_path / "shaking.dat"
    path.write_bytes(b"\xef\xbb\xbf" + SHAKING)
    first, *_ = open_grid(path)
    assert first.element == "mmi"
    assert first.sample([-117.0, -118.0], [35.0, 36.0]).value.tolist() == [8.0, 5.0]


def test_a_raster_is_a_raster_by_any_name(tmp_path):
    path = tmp_path / "depth"
    with rasterio.open(
        path, "w", driver="GTiff", width=2, height=2, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(0.1, 0, -85, 0, -0.1, 30),
    ) as made:  # fmt: skip
        made.write(np.array([[[1, 2], [3, 4]]], "float32"))
    (grid,) = open_grid(path, "ft")
    assert grid.sample([-84.95], [29.95]).value[0] == pytest.approx(0.3048)


@pytest.mark.parametrize(
    "content",
    [b"", b"no field", gzip.compress(b"no grid", mtime=0), b"GRIB", b"<a/>"],
    ids=["nothing", "words", "packed words", "the name of a grid", "no shaking"],
)
def test_what_is_no_field_is_refused_as_such(tmp_path, content):
    path = tmp_path / "field"
    path.write_bytes(content)
    with pytest.raises(WeatherError, match="field"):
        open_grid(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WeatherError, match="absent"):
        open_grid(tmp_path / "absent")
