"""Daily storm reports: hundredths of an inch, days from 12 to 12 UTC, three tables in one."""

from datetime import date

import pytest

from core.errors import WeatherError
from weather.sources.reports.spc import read_spc

HAIL = "Time,Size,Location,County,State,Lat,Lon,Comments\n"
TORNADO = "Time,F_Scale,Location,County,State,Lat,Lon,Comments\n"
WIND = "Time,Speed,Location,County,State,Lat,Lon,Comments\n"
PLACE = "5 N MCGREGOR,AITKIN,MN,46.68,-93.32,"


@pytest.fixture
def spc(tmp_path):
    def read(text, name="180615_rpts_filtered.csv", day=None):
        path = tmp_path / name
        path.write_text(text)
        return read_spc(path, day)

    return read


@pytest.mark.real_data
def test_the_three_files_of_a_day_as_published(weather_data):
    folder = weather_data / "spc"
    hail, torn, wind = (
        read_spc(folder / f"180615_rpts_filtered_{name}.csv") for name in ("hail", "torn", "wind")
    )
    assert [len(each.table) for each in (hail, torn, wind)] == [20, 1, 25]
    assert hail.rejects == torn.rejects == wind.rejects == ()
    # from the bytes: 1510,175,MOOSE LAKE,CARLTON,MN,46.45,-92.77,TIME ESTIMATED BY RADAR. (DLH)
    third = hail.table.iloc[2]
    assert third["hail_mm"] == pytest.approx(1.75 * 25.4)
    assert (third.geometry.x, third.geometry.y, third["office"]) == (-92.77, 46.45, "DLH")
    assert third["at_utc"].isoformat() == "2018-06-15T15:10:00+00:00"
    # 1215,78,13 SSE LITTLE MARAIS,LSZ162,MN,47.25,-90.96,... and then 1228,UNK,3 N IRONWOOD
    assert wind.table["wind_mps"].iloc[0] == pytest.approx(78 * 0.44704)
    assert wind.table["wind_mps"].isna().iloc[1]
    # 2225,UNK,5 W WYNNE,CROSS,AR,35.23,-90.88
    assert torn.table.iloc[0][["hazard", "place"]].tolist() == ["tornado", "5 W WYNNE"]
    assert torn.table["ef_scale"].isna().all()


@pytest.mark.parametrize(
    ("hhmm", "instant"),
    [
        ("1200", "2018-06-15T12:00"), ("2359", "2018-06-15T23:59"),
        ("0000", "2018-06-16T00:00"), ("1159", "2018-06-16T11:59"), ("5", "2018-06-16T00:05"),
    ],
)  # fmt: skip
def test_times_before_noon_fall_on_the_next_date(spc, hhmm, instant):
    found = spc(HAIL + f"{hhmm},100,{PLACE}(DLH)\n")
    assert found.table["at_utc"].iloc[0].isoformat() == f"{instant}:00+00:00"


def test_the_combined_file_holds_three_tables(spc):
    found = spc(
        TORNADO + f"1300,EF2,{PLACE}\n" + WIND + f"1310,UNK,{PLACE}\n1320,70,{PLACE}\n"
        + HAIL + f"1330,275,{PLACE}TWO CARS, ONE ROOF. (DLH)\n"
    )  # fmt: skip
    assert found.table["hazard"].tolist() == ["tornado", "wind", "wind", "hail"]
    assert found.table["line"].tolist() == [2, 4, 5, 7]
    assert found.table["ef_scale"].iloc[0] == 2
    assert found.table["hail_mm"].iloc[3] == pytest.approx(69.85)
    assert found.table["remarks"].iloc[3] == "TWO CARS, ONE ROOF. (DLH)"


def test_a_day_without_reports_is_an_empty_table(spc):
    assert len(spc(TORNADO + WIND + HAIL).table) == 0


@pytest.mark.parametrize(
    ("head", "row", "reason"),
    [
        (HAIL, f"2575,100,{PLACE}", "Time '2575' is no time of a day as HHMM"),
        (HAIL, f"1300,1.75,{PLACE}", "Size '1.75' is outside 10 to 1000"),
        (HAIL, "1300,100,X,Y,MN,46.68,93.32,", "Lon '93.32' is outside -180 to -60"),
        (HAIL, "1300,100,X,Y,MN,,-93.32,", "Lat is missing and needed"),
        (HAIL, "1300,100,X,Y", "it has 4 of 8 cells"),
        (WIND, f"1300,60 MPH,{PLACE}", "Speed '60 MPH' is no number"),
        (TORNADO, f"1300,EF7,{PLACE}", "F_Scale 'EF7' is no rating of a tornado"),
    ],
)
def test_an_odd_row_is_rejected_alone(spc, head, row, reason):
    found = spc(head + row + f"\n1400,UNK,{PLACE}\n")
    assert found.table["line"].tolist() == [3]
    assert [(each.place, each.reason) for each in found.rejects] == [("line 2", reason)]


@pytest.mark.parametrize("name", ["hail.csv", "today.csv", "181315_rpts.csv"])
def test_a_file_whose_day_nobody_says_is_refused(spc, name):
    with pytest.raises(WeatherError, match="names no day"):
        spc(HAIL, name)


def test_the_day_can_be_given(spc):
    found = spc(HAIL + f"0100,100,{PLACE}\n", "today.csv", date(2024, 2, 28))
    assert found.table["at_utc"].iloc[0].isoformat() == "2024-02-29T01:00:00+00:00"


@pytest.mark.parametrize("text", ["", "a,b\n", f"1300,100,{PLACE}\n", "Time\n", "\0\1"])
def test_what_is_no_such_table_is_said_to_be_none(spc, text):
    with pytest.raises(WeatherError, match="Storm Prediction Center"):
        spc(text)
