"""Active fires: confidence in words or percent, HHMM with and without its zeros."""

import pytest

from core.errors import WeatherError
from weather.sources.fires.firms import read_firms

VIIRS = (
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,"
    "version,bright_ti5,frp,type\n"
)
MODIS = (
    "latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,confidence,version,"
    "bright_t31,frp,daynight\n"
)


def viirs(time="2021", confidence="n", latitude="36.46", date="2016-07-22", frp="77.7"):
    return f"{latitude},-121.89,367,0.37,0.58,{date},{time},N,VIIRS,{confidence},1,342.5,{frp},0\n"


def modis(confidence="54"):
    return f"36.46,-121.89,330.1,1.2,1.1,2016-07-22,0945,Aqua,{confidence},6.1,295.2,20.4,D\n"


@pytest.fixture
def firms(tmp_path):
    def read(text):
        path = tmp_path / "firms.csv"
        path.write_text(text)
        return read_firms(path)

    return read


@pytest.mark.real_data
def test_the_soberanes_fire_as_published(weather_data):
    found = read_firms(weather_data / "firms" / "California_firms_Soberanes_2016_viirs.csv")
    assert (len(found.table), found.rejects) == (9708, ())
    # from the bytes: 36.46245,-121.8989,367,0.37,0.58,2016-07-22,2021,N,VIIRS,h,1,342.5,77.7,0
    first = found.table.iloc[0]
    assert (first.geometry.x, first.geometry.y) == (-121.8989, 36.46245)
    assert first["at_utc"].isoformat() == "2016-07-22T20:21:00+00:00"
    assert first[["brightness_k", "brightness_far_k", "frp_mw"]].tolist() == [367, 342.5, 77.7]
    assert found.table["confidence"].value_counts().to_dict() == {
        "nominal": 8128, "high": 1197, "low": 383,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("time", "clock"),
    [("9", "00:09"), ("49", "00:49"), ("945", "09:45"), ("0945", "09:45"), ("09:45", "09:45"),
     ("945.0", "09:45"), ("0", "00:00")],
)  # fmt: skip
def test_a_time_gets_its_zeros_back(firms, time, clock):
    at = firms(VIIRS + viirs(time)).table["at_utc"].iloc[0]
    assert at.isoformat() == f"2016-07-22T{clock}:00+00:00"


@pytest.mark.parametrize(
    ("given", "word"), [("l", "low"), ("N", "nominal"), ("high", "high"), ("nominal", "nominal")]
)
def test_viirs_words_its_confidence(firms, given, word):
    row = firms(VIIRS + viirs(confidence=given)).table.iloc[0]
    assert (row["instrument"], row["confidence"]) == ("VIIRS", word)
    assert row["confidence_frac"] != row["confidence_frac"]


@pytest.mark.parametrize(
    ("given", "word"),
    [("0", "low"), ("29", "low"), ("30", "nominal"), ("79", "nominal"), ("80", "high"),
     ("100", "high")],
)  # fmt: skip
def test_modis_counts_its_confidence(firms, given, word):
    row = firms(MODIS + modis(given)).table.iloc[0]
    assert (row["instrument"], row["confidence"]) == ("MODIS", word)
    assert row["confidence_frac"] == float(given) / 100
    assert row["brightness_far_k"] == 295.2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (viirs("2561"), "acq_time '2561' is no time of a day as HHMM"),
        (viirs(""), "acq_time is missing and is no time of a day as HHMM"),
        (viirs(confidence="54"), "confidence '54' is none of low, nominal, high"),
        (viirs(latitude="136"), "latitude '136' is outside -90 to 90"),
        (viirs(date="22.7.2016"), "acq_date '22.7.2016' is no date as yyyy-mm-dd"),
        (viirs(frp="-1"), "frp '-1' is outside 0 to 100000"),
    ],
)
def test_an_odd_row_is_rejected_alone(firms, row, reason):
    found = firms(VIIRS + row + viirs())
    assert found.table["line"].tolist() == [3]
    assert [(each.place, each.reason) for each in found.rejects] == [("line 2", reason)]


def test_modis_in_words_is_rejected(firms):
    found = firms(MODIS + modis("n") + modis())
    assert found.rejects[0].reason == "confidence 'n' is no number"


def test_a_day_without_fires_is_an_empty_table(firms):
    assert len(firms(VIIRS).table) == len(firms(MODIS).table) == 0


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\0", VIIRS.replace("bright_ti4", "x")])
def test_what_is_no_such_table_is_said_to_be_none(firms, text):
    with pytest.raises(WeatherError, match="NASA FIRMS"):
        firms(text)
