"""`firstnotice import footprints` writes what an event names, and lists what it left out."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from core.errors import InputError
from core.tables import FOOTPRINTS, check_table
from flows.importing.footprints import import_footprints, parse_box

CASES = Path(__file__).parents[2] / "policies" / "footprints" / "cases"


def test_files_of_several_publishers_become_one(tmp_path):
    out = tmp_path / "deep" / "footprints.parquet"
    done = import_footprints([CASES / "overture.parquet", CASES / "nan.parquet"], out, None)
    table = check_table(gpd.read_parquet(out), FOOTPRINTS)
    assert (len(table), done.buildings, done.left_out) == (91, 91, 1)
    assert pd.read_csv(done.rejects)["reason"].tolist() == ["not_finite"]


def test_a_folder_is_read_whole_and_a_box_cuts(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "_SUCCESS").touch()
    (folder / "a").write_bytes((CASES / "ms.geojsonl").read_bytes())
    out = tmp_path / "f.parquet"
    everywhere = import_footprints([folder], out, None)
    assert (everywhere.buildings, everywhere.rejects) == (46, None)
    some = import_footprints([folder], out, (-85.6015, 30.25, -85.6, 30.26))
    assert 0 < some.buildings < 46
    again = import_footprints([folder], tmp_path / "g.parquet", (-85.6015, 30.25, -85.6, 30.26))
    assert again.path.read_bytes() == out.read_bytes()


def test_nothing_left_and_nothing_there_are_told(tmp_path):
    with pytest.raises(InputError, match="no building is left"):
        import_footprints([CASES / "ms.geojson"], tmp_path / "f.parquet", (1, 1, 2, 2))
    with pytest.raises(InputError, match="there is no file"):
        import_footprints([tmp_path / "none"], tmp_path / "f.parquet", None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["1,2,3", "a,b,c,d", "2,1,1,2", "0,0,0,0", "nan,0,1,1", "0,0,400,1"]
)
def test_a_box_that_is_none_is_told(text):
    with pytest.raises(InputError, match="west,south,east,north"):
        parse_box(text)


def test_a_box_is_west_south_east_north():
    assert parse_box("-85.7, 30.1 -85.5,30.3") == (-85.7, 30.1, -85.5, 30.3)
