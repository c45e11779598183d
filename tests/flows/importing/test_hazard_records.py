"""A hazard product to a table on disk: records, what was left out, what holds of the whole file."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from typer.testing import CliRunner

from core.errors import WeatherError
from core.provenance import sha256_of_file
from flows.cli.storms.weather import app
from flows.importing.hazard_records import write_hazard_records

HAIL = "Time,Size,Location,County,State,Lat,Lon,Comments\n"
GOOD = "1300,175,MOOSE LAKE,CARLTON,MN,46.45,-92.77,(DLH)\n"
ODD = "1300,1.75,MOOSE LAKE,CARLTON,MN,46.45,-92.77,(DLH)\n"


@pytest.fixture
def hail(tmp_path):
    def write(text):
        path = tmp_path / "180615_rpts_hail.csv"
        path.write_text(HAIL + text)
        return path

    return write


def test_records_carry_their_source_and_rejects_their_place(hail, tmp_path):
    out = tmp_path / "out.parquet"
    result = write_hazard_records("spc", hail(ODD + GOOD), out)
    assert (result.records, result.left_out) == (1, 1)
    table = gpd.read_parquet(out)
    assert table.crs.to_epsg() == 4326
    assert table["hail_mm"].tolist() == pytest.approx([44.45])
    rejects = pd.read_csv(result.rejects)
    assert rejects["place"].tolist() == ["line 2"]
    assert pd.read_parquet(out).attrs["sha256"] == sha256_of_file(hail(ODD + GOOD))


def test_rejects_of_an_earlier_reading_do_not_stay(hail, tmp_path):
    out = tmp_path / "out.parquet"
    earlier = write_hazard_records("spc", hail(ODD), out).rejects
    assert write_hazard_records("spc", hail(GOOD), out).rejects is None
    assert not earlier.exists()


def test_a_file_that_is_none_writes_nothing(tmp_path):
    (tmp_path / "180615_rpts.csv").write_text("a,b\n")
    with pytest.raises(WeatherError):
        write_hazard_records("spc", tmp_path / "180615_rpts.csv", tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_the_command_says_what_holds_of_the_whole_file(tmp_path):
    path = tmp_path / "gust.tif"
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": 1, "width": 2,
               "crs": "EPSG:4326", "transform": from_origin(-94, 30, 1, 1)}  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(np.array([[[50, 60]]], "float32"))
    shown = CliRunner().invoke(
        app, ["read", "rasters", str(path), "--out", str(tmp_path / "o.parquet")]
    )
    assert shown.exit_code == 0
    assert "no unit is stated" in shown.output
    assert set(gpd.read_parquet(tmp_path / "o.parquet")["unit"]) == {"not stated"}
