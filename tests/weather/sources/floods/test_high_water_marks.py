"""High-water marks: feet to metres, depth told from elevation, odd rows alone are lost."""

import pytest

from core.errors import WeatherError
from weather.sources.floods.high_water_marks import read_high_water_marks

HEAD = "hwm_id,latitude,longitude,height_above_gnd,elev_ft,survey_date\n"


def read(tmp_path, text):
    path = tmp_path / "marks.csv"
    path.write_bytes(text.encode("latin-1"))
    return read_high_water_marks(path)


@pytest.mark.real_data
def test_florence_as_published(weather_data):
    found = read_high_water_marks(weather_data / "high_water_marks" / "florence2018.csv")
    marks = found.table.set_index("mark_id")
    assert (len(marks), len(found.rejects)) == (644, 0)
    # from the bytes: 33496,37.29844,-80.00775,...,1002.34 ft of elevation and no depth
    first = marks.loc["33496"]
    assert (first.geometry.x, first.geometry.y) == (-80.00775, 37.29844)
    assert first["elevation_m"] == pytest.approx(1002.34 * 0.3048)
    assert first["depth_m"] != first["depth_m"]
    assert marks.loc["33497", "waterbody"] == "Unnamed Trib"


def test_a_depth_is_in_metres_and_an_elevation_is_none(tmp_path):
    found = read(tmp_path, HEAD + "1,34.5,-77.9,3,12.5,2018-09-20 04:00:00\n")
    mark = found.table.iloc[0]
    assert mark["depth_m"] == pytest.approx(0.9144)
    assert mark["elevation_m"] == pytest.approx(3.81)
    assert mark["surveyed_at_utc"].isoformat() == "2018-09-20T04:00:00+00:00"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,91,-77.9,3,,", "latitude '91' is outside -90 to 90"),
        ("1,34,,3,,", "longitude is missing and needed"),
        ("1,34,-77.9,3 ft,,", "height_above_gnd '3 ft' is no number"),
        ("1,34,-77.9,-2,,", "height_above_gnd '-2' is outside 0 to 100"),
        (",34,-77.9,2,,", "hwm_id is missing and needed"),
    ],
)
def test_an_odd_row_is_rejected_alone(tmp_path, row, reason):
    found = read(tmp_path, HEAD + row + "\n2,34,-77.9,3,,\n")
    assert list(found.table["mark_id"]) == ["2"]
    assert [(each.place, each.reason) for each in found.rejects] == [("line 2", reason)]


def test_a_mark_that_comes_twice_counts_once(tmp_path):
    found = read(tmp_path, HEAD + "1,34,-77.9,3,,\n1,34,-77.9,4,,\n")
    assert list(found.table["depth_m"].round(4)) == [0.9144]
    assert found.rejects[0].reason == "hwm_id '1' came before"


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\x00\x01\x02", '"never closed'])
def test_what_is_no_such_table_is_said_to_be_none(tmp_path, text):
    with pytest.raises(WeatherError, match="marks"):
        read(tmp_path, text)
