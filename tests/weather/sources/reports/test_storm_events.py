"""Storm Events: local times in their zones, damage in words, places that are not known."""

import csv
import gzip
import io

import pytest

from core.errors import WeatherError
from weather.sources.reports.storm_events import read_damage_usd, read_storm_events

EVENT = {
    "BEGIN_YEARMONTH": "201810", "BEGIN_DAY": "10", "BEGIN_TIME": "30",
    "END_YEARMONTH": "201810", "END_DAY": "10", "END_TIME": "1230", "EPISODE_ID": "1",
    "EVENT_ID": "7", "STATE": "FLORIDA", "CZ_TYPE": "C", "CZ_NAME": "BAY",
    "EVENT_TYPE": "Thunderstorm Wind", "CZ_TIMEZONE": "CST-6", "INJURIES_DIRECT": "1",
    "INJURIES_INDIRECT": "2", "DEATHS_DIRECT": "0", "DEATHS_INDIRECT": "",
    "DAMAGE_PROPERTY": "1.5M", "DAMAGE_CROPS": "", "MAGNITUDE": "52", "MAGNITUDE_TYPE": "EG",
    "TOR_F_SCALE": "", "TOR_LENGTH": "", "TOR_WIDTH": "", "BEGIN_LAT": "30.1",
    "BEGIN_LON": "-85.6", "END_LAT": "", "END_LON": "", "EVENT_NARRATIVE": "Trees fell.",
}  # fmt: skip


@pytest.fixture
def events(tmp_path):
    def read(*changes, pack=lambda content: content):
        stream = io.StringIO()
        writer = csv.DictWriter(stream, EVENT)
        writer.writeheader()
        writer.writerows(
            EVENT | {"EVENT_ID": str(number)} | each for number, each in enumerate(changes)
        )
        path = tmp_path / "details.csv"
        path.write_bytes(pack(stream.getvalue().encode()))
        return read_storm_events(path)

    return read


@pytest.mark.parametrize(
    ("zone", "time", "utc"),
    [
        ("CST-6", "30", "2018-10-10T06:30"), ("CST", "0030", "2018-10-10T06:30"),
        ("CSt", "1800", "2018-10-11T00:00"), ("EST-5", "2359", "2018-10-11T04:59"),
        ("HST-10", "0", "2018-10-10T10:00"), ("GST10", "900", "2018-10-09T23:00"),
        ("AKST-9", "100", "2018-10-10T10:00"), ("EDT", "0", "2018-10-10T04:00"),
    ],
)  # fmt: skip
def test_local_times_are_brought_to_utc(events, zone, time, utc):
    row = events({"CZ_TIMEZONE": zone, "BEGIN_TIME": time}).table.iloc[0]
    assert row["began_at_utc"].isoformat() == f"{utc}:00+00:00"
    assert row["time_zone"] == zone


@pytest.mark.parametrize(
    ("text", "usd"),
    [
        ("10K", 1e4), ("1.5M", 1.5e6), (".05K", 50), ("1.6B", 1.6e9), ("0", 0), ("3", 3),
        ("0.00K", 0), ("2h", 200), ("5.", 5), ("K", None), ("0?", None), ("-3K", None),
        ("9" * 400, None), ("1e9", None), ("nan", None),
    ],
)  # fmt: skip
def test_damage_in_words(text, usd):
    assert read_damage_usd(text) == (None if usd is None else pytest.approx(usd))


def test_damage_that_cannot_be_read_stays_as_printed(events):
    row = events({"DAMAGE_PROPERTY": "0?", "DAMAGE_CROPS": ""}).table.iloc[0]
    assert row["damage_property_usd"] != row["damage_property_usd"]
    assert row["damage_property_text"] == "0?"


def test_wind_hail_and_tornado_have_their_own_units(events):
    table = events(
        {},
        {"MAGNITUDE_TYPE": "MS", "EVENT_TYPE": "High Wind"},
        {"EVENT_TYPE": "Hail", "MAGNITUDE": "1.75", "MAGNITUDE_TYPE": ""},
        {
            "EVENT_TYPE": "Tornado", "MAGNITUDE": "0", "TOR_F_SCALE": "EF2", "TOR_LENGTH": "6",
            "TOR_WIDTH": "50", "END_LAT": "30.2", "END_LON": "-85.5",
        },
        {"EVENT_TYPE": "Flash Flood", "MAGNITUDE": "", "MAGNITUDE_TYPE": ""},
    ).table  # fmt: skip
    gust, sustained, hail, tornado, flood = table.to_dict("records")
    assert gust["gust_mps"] == pytest.approx(52 * 1852 / 3600)
    assert (gust["basis"], sustained["basis"]) == ("estimated", "measured")
    assert sustained["sustained_wind_mps"] == pytest.approx(52 * 1852 / 3600)
    assert hail["hail_mm"] == pytest.approx(44.45)
    assert (tornado["rating"], tornado["ef_scale"]) == ("EF2", 2)
    assert (tornado["length_m"], tornado["width_m"]) == pytest.approx((9656.064, 45.72))
    assert tornado["geometry"].wkt == "LINESTRING (-85.6 30.1, -85.5 30.2)"
    assert table[["gust_mps", "hail_mm", "length_m"]].iloc[4].isna().all()
    assert (flood["injuries"], flood["deaths"]) == (3, 0)


def test_an_event_without_a_place_is_kept(events):
    table = events({"BEGIN_LAT": "", "BEGIN_LON": ""}, {"BEGIN_LON": ""}).table
    assert table.geometry.isna().tolist() == [True, True]
    assert table["county"].tolist() == ["BAY", "BAY"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"CZ_TIMEZONE": "LMT"}, "CZ_TIMEZONE 'LMT' is no time zone known"),
        ({"CZ_TIMEZONE": "CST-99"}, "CZ_TIMEZONE 'CST-99' is no time zone known"),
        ({"BEGIN_DAY": "32"}, "BEGIN_DAY '32' makes no instant with its year and time"),
        ({"BEGIN_TIME": "2500"}, "BEGIN_DAY '10' makes no instant with its year and time"),
        ({"EVENT_ID": ""}, "EVENT_ID is missing and needed"),
        ({"BEGIN_LAT": "3O.1"}, "BEGIN_LAT '3O.1' is no number"),
        ({"BEGIN_LON": "-285.6"}, "BEGIN_LON '-285.6' is outside -180 to 180"),
        ({"MAGNITUDE": "inf"}, "MAGNITUDE 'inf' is no number"),
        ({"EVENT_TYPE": "Hail", "MAGNITUDE": "52"}, "MAGNITUDE '52' inches of hail are more than"),
        ({"EVENT_ID": "1"}, "EVENT_ID '1' came before"),
    ],
)
def test_an_odd_event_is_rejected_alone(events, change, reason):
    found = events({"EVENT_ID": "1"}, {"EVENT_ID": "2"} | change)
    assert found.table["event_id"].tolist() == ["1"]
    [reject] = found.rejects
    assert reject.place == "line 3"
    assert reject.reason.startswith(reason)


def test_a_gzip_is_unpacked_and_a_cut_one_told(events):
    assert len(events({}, pack=gzip.compress).table) == 1
    with pytest.raises(WeatherError, match="gzip is damaged"):
        events({}, pack=lambda content: gzip.compress(content)[:-20])


@pytest.mark.real_data
def test_the_year_1993_as_published(weather_data):
    [path] = (weather_data / "storm_events").glob("*1993*.csv")
    found = read_storm_events(path)
    assert (len(found.table), found.rejects) == (2000, ())
    events = found.table.set_index("event_id")
    # 199305,3,1835,...,10314042,"ALABAMA",...,"Tornado",..."CST",...,"F2","6","50",...
    #   "33.28","-87.28","33.33","-87.32"
    tornado = events.loc["10314042"]
    assert tornado["began_at_utc"].isoformat() == "1993-05-04T00:35:00+00:00"
    assert (tornado["ef_scale"], tornado["length_m"]) == (2, pytest.approx(6 * 1609.344))
    assert tornado["geometry"].wkt == "LINESTRING (-87.28 33.28, -87.32 33.33)"
    # 199305,18,1910,...,10314259,...,"Hail",...,"1.75"
    assert events.loc["10314259", "hail_mm"] == pytest.approx(44.45)
    assert events.geometry.notna().sum() == 82
    assert events["damage_property_usd"].max() == 1.6e9
    assert (events["damage_crops_text"] == "0?").sum() == 2
    assert events["damage_crops_usd"].isna().sum() == 2
