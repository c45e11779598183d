"""Radar grids: two ways of saying nothing, neither of them a value, north to south."""

import gzip

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile
from rasterio.shutil import copy
from rasterio.transform import from_origin

from core.errors import WeatherError
from weather.sources.grids.mrms import open_mrms, read_mrms

FIELD = np.array([[-3, -1, 0, 12.5], [25, -1, -3, 50.5], [0, 1, 2, -999]], dtype="float64")
NAME = "MRMS_MESH_Max_1440min_00.50_20240228-100000.grib2"
SENDER = (
    "CENTER=161(US-OAR) SUBCENTER=0 MASTER_TABLE=255 LOCAL_TABLE=1 SIGNF_REF_TIME=3 "
    "REF_TIME=2024-02-28T10:00:00Z PROD_STATUS=2 TYPE=7"
)
MESH_MM = "3 34 8 0 97 0 0 0 0 0 0 0 0 102 0 0 0 1 244 255 1 0 0 0 0"
"""Template numbers as in a MESH product: category 3, element 34."""


@pytest.fixture
def mrms(tmp_path):
    """A message as MRMS sends it, of a grid whose north-west corner is 95 W 40 N."""
    path = tmp_path / NAME
    profile = {
        "driver": "GTiff", "dtype": "float64", "count": 1, "height": 3, "width": 4,
        "crs": "EPSG:4326", "transform": from_origin(-95, 40, 0.01, 0.01),
    }  # fmt: skip
    with MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(FIELD, 1)
        copy(
            memory.name, str(path), driver="GRIB", DISCIPLINE="209", IDS=SENDER, PDS_PDTN="0",
            PDS_TEMPLATE_NUMBERS=MESH_MM, DATA_ENCODING="IEEE_FLOATING_POINT",
        )  # fmt: skip
    return path


@pytest.mark.real_data
def test_a_day_of_hail_as_published(weather_data):
    path = weather_data / "mrms" / NAME
    found = read_mrms(path)
    assert len(found.table) == 231_856
    assert "8182420 of 24500000 cells are out of the radars' sight" in found.notices[0]
    assert "in 16085724 they saw nothing" in found.notices[0]
    assert set(found.table["unit"]) == {"mm"}
    assert found.table["valid_at_utc"].iloc[0].isoformat() == "2024-02-28T10:00:00+00:00"
    # the largest stones, beside the bytes as rasterio reads them
    with rasterio.open(path) as raw:
        values = raw.read(1)
    row, column = np.unravel_index(values.argmax(), values.shape)
    top = found.table.loc[found.table["value"].idxmax()]
    assert (top["row"] - 1, top["column"] - 1, top["value"]) == (row, column, values[row, column])
    # 0.01 degree from 20 N 130 W (230 E) upwards: row 0 is the northernmost
    assert top.geometry.x == pytest.approx(-130 + 0.01 * (column + 0.5), abs=1e-4)
    assert top.geometry.y == pytest.approx(55 - 0.01 * (row + 0.5), abs=1e-4)
    grid = open_mrms(path)[0]
    at = grid.sample([top.geometry.x, top.geometry.x + 360], [top.geometry.y] * 2)
    assert at.value.tolist() == [top["value"]] * 2
    assert not list(path.parent.glob("*.aux.xml"))


def test_only_more_than_none_is_a_record(mrms):
    found = read_mrms(mrms)
    assert found.table["value"].tolist() == [12.5, 25, 50.5, 1, 2]
    assert (found.table["unit"] == "mm").all()
    first = found.table.iloc[0]
    assert (first.geometry.x, first.geometry.y) == pytest.approx((-94.965, 39.995))
    assert "3 of 12 cells are out of the radars' sight, in 2 they saw nothing" in found.notices[0]


def test_nothing_seen_is_told_from_nobody_looking(mrms):
    grid = open_mrms(mrms)[0]
    longitude = np.array([-94.995, -94.985, -94.975, -94.965, -94.965, -96, 265.035])
    latitude = np.array([39.995, 39.995, 39.995, 39.995, 39.975, 39.995, 39.985])
    value, is_covered = grid.sample(longitude, latitude)
    nan = np.nan
    np.testing.assert_array_equal(value, [nan, nan, 0, 12.5, nan, nan, 50.5])
    assert is_covered.tolist() == [False, True, True, True, False, False, True]


def test_a_gzipped_message_is_the_same(mrms, tmp_path):
    packed = tmp_path / f"{NAME}.gz"
    packed.write_bytes(gzip.compress(mrms.read_bytes()))
    found, plain = read_mrms(packed), read_mrms(mrms)
    assert found.table.equals(plain.table)
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, f"{NAME}.gz"]


def test_any_bytes_give_a_table_or_our_own_error(mrms, tmp_path):
    whole = mrms.read_bytes()
    random = np.random.default_rng(9)
    odd = tmp_path / "odd.grib2"
    cuts = [whole[:length] for length in range(0, len(whole), 7)]
    for content in [*cuts, *(_mutate(whole, random) for _ in range(150))]:
        odd.write_bytes(content)
        try:
            read_mrms(odd)
        except WeatherError as error:
            assert "odd.grib2" in str(error)  # noqa: PT017  both ends are right


def _mutate(content, random):
    changed = bytearray(content)
    for place in random.integers(0, len(changed), 3):
        changed[place] = random.integers(256)
    return bytes(changed)


@pytest.mark.parametrize("content", [b"", b"GRIB", b"a,b\n1,2\n", b"\x1f\x8b", b"\x1f\x8bGRIB"])
def test_what_is_no_such_grid_is_said_to_be_none(tmp_path, content):
    (tmp_path / "x.grib2").write_bytes(content)
    with pytest.raises(WeatherError, match="GRIB2 product of MRMS"):
        read_mrms(tmp_path / "x.grib2")
