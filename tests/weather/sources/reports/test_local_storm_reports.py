"""Local storm reports: columns, magnitudes with units, zones, several products in a file."""

import pytest

from core.errors import WeatherError
from weather.sources.reports.local_storm_reports import read_local_storm_reports

HEAD = """\
NWUS53 KDMX 232354
LSRDMX

PRELIMINARY LOCAL STORM REPORT
NATIONAL WEATHER SERVICE DES MOINES IA
653 PM {zone} TUE JUL 23 2013

..TIME...   ...EVENT...      ...CITY LOCATION...     ...LAT.LON...
"""
ENTRY = """\
{time} PM     {event:17}{city:24}42.05N {longitude}
07/22/2013  {magnitude:17}BOONE              IA   PUBLIC
"""
END = "\n&&\n\n$$\n\nSKOW\n"


def entry(event="HAIL", magnitude="E1.75 INCH", time="0810", city="BOONE", longitude="93.88W"):
    return ENTRY.format(
        time=time, event=event, city=city, magnitude=magnitude, longitude=longitude
    )  # fmt: skip


@pytest.fixture
def lsr(tmp_path):
    def read(text):
        path = tmp_path / "LSR.txt"
        path.write_text(text)
        return read_local_storm_reports(path)

    return read


@pytest.mark.real_data
def test_des_moines_as_sent(weather_data):
    found = read_local_storm_reports(weather_data / "nws_damage_surveys" / "LSR.txt")
    assert (len(found.table), found.rejects) == (58, ())
    # from the bytes, lines 13 and 14: 0301 PM HAIL 1 NW FOREST CITY AIRPOR 43.24N 93.64W,
    # 07/22/2013 E1.00 INCH HANCOCK IA EMERGENCY MNGR; times are CDT
    first = found.table.iloc[0]
    assert (first["line"], first["at_utc"].isoformat()) == (13, "2013-07-22T20:01:00+00:00")
    assert first["hail_mm"] == pytest.approx(25.4)
    assert first[["basis", "place", "county", "state", "source"]].tolist() == [
        "estimated", "1 NW FOREST CITY AIRPOR", "HANCOCK", "IA", "EMERGENCY MNGR",
    ]  # fmt: skip
    assert (first.geometry.x, first.geometry.y) == (-93.64, 43.24)
    # the last: 1055 PM NON-TSTM WND GST KNOXVILLE AIRPORT, M73.00 MPH MARION IA AWOS
    last = found.table.iloc[-1]
    assert last["event"] == "NON-TSTM WND GST"
    assert last["place"] == "KNOXVILLE AIRPORT"
    assert (last["basis"], last["wind_mps"]) == ("measured", pytest.approx(73 * 0.44704))
    assert last["at_utc"].isoformat() == "2013-07-23T03:55:00+00:00"
    assert (found.table["event"] == "HAIL").sum() == 38


@pytest.mark.parametrize(
    ("reported", "column", "value", "basis"),
    [
        ("TSTM WND GST/M60 MPH", "wind_mps", 60 * 0.44704, "measured"),
        ("MARINE TSTM WIND/M35 KTS", "wind_mps", 35 * 1852 / 3600, "measured"),
        ("HAIL/E1.00 INCH", "hail_mm", 25.4, "estimated"),
        ("SNOW/M4.0 INCH", "fallen_mm", 101.6, "measured"),
        ("RAIN/2.50 INCH", "fallen_mm", 63.5, "not stated"),
        ("COASTAL FLOOD/M3.0 FEET", "height_m", 0.9144, "measured"),
        ("TORNADO/EF2", "ef_scale", 2.0, None),
    ],
)
def test_a_magnitude_has_its_unit_and_how_it_is_known(lsr, reported, column, value, basis):
    event, magnitude = reported.split("/")
    row = lsr(HEAD.format(zone="CDT") + entry(event, magnitude) + END).table.iloc[0]
    assert row[column] == pytest.approx(value)
    assert (row["basis"] if isinstance(row["basis"], str) else None) == basis
    others = {"wind_mps", "hail_mm", "fallen_mm", "height_m", "ef_scale"} - {column}
    assert row[list(others)].isna().all()


@pytest.mark.parametrize(
    ("zone", "utc"),
    [("EDT", "23T00"), ("CDT", "23T01"), ("MST", "23T03"), ("PDT", "23T03"), ("AKDT", "23T04"),
     ("HST", "23T06"), ("AST", "23T00"), ("GMT", "22T20")],
)  # fmt: skip
def test_the_zone_of_the_heading_counts(lsr, zone, utc):
    found = lsr(HEAD.format(zone=zone) + entry() + END)
    assert found.table["at_utc"].iloc[0].isoformat() == f"2013-07-{utc}:10:00+00:00"


def test_newer_offices_write_small_and_longitudes_may_touch(lsr):
    text = HEAD.format(zone="CDT") + entry(longitude="103.88W").replace("N 103", "N103")
    words = text.replace("HAIL", "Hail").replace("INCH", "Inch").replace("PUBLIC", "Public")
    row = lsr(words.replace("NATIONAL WEATHER", "National Weather")).table.iloc[0]
    assert (row["event"], row.geometry.x) == ("Hail", -103.88)
    assert row["hail_mm"] == pytest.approx(44.45)


def test_noon_and_midnight(lsr):
    text = HEAD.format(zone="GMT") + entry(time="1205") + entry(time="1205").replace(" PM", " AM")
    hours = lsr(text).table["at_utc"].dt.hour.tolist()
    assert hours == [12, 0]


def test_several_products_keep_their_zones_and_offices(lsr):
    other = HEAD.replace("KDMX", "KLSX").format(zone="EST") + entry(city="AMES")
    found = lsr(HEAD.format(zone="CDT") + entry() + END + other + END)
    assert found.table["office"].tolist() == ["KDMX", "KLSX"]
    assert found.table["at_utc"].dt.hour.tolist() == [1, 1]
    assert found.table["issued_at_utc"].dt.hour.tolist() == [23, 23]


def test_a_report_that_a_summary_repeats_counts_once(lsr):
    text = HEAD.format(zone="CDT") + entry() + END
    found = lsr(text + text)
    assert found.table["line"].tolist() == [9 + text.count("\n")]
    assert [(each.place, each.reason) for each in found.rejects] == [
        ("line 9", f"it is given again in line {9 + text.count(chr(10))}")
    ]


@pytest.mark.parametrize(("words", "kept"), [("...CORRECTED", [50.8]), ("", [44.45, 50.8])])
def test_a_correction_replaces_what_it_corrects(lsr, words, kept):
    first = HEAD.format(zone="CDT") + entry() + END
    second = first.replace("STORM REPORT", f"STORM REPORT{words}").replace("E1.75", "M2.00")
    found = lsr(first + second)
    assert found.table["hail_mm"].tolist() == pytest.approx(kept)
    assert len(found.rejects) == 2 - len(kept)


def test_remarks_and_casualties(lsr):
    remarks = "\n            *** 1 FATAL, 3 INJ *** TREE FELL ON A\n            HOME.\n\n"
    row = lsr(HEAD.format(zone="CDT") + entry("TSTM WND DMG", "") + remarks + entry()).table.iloc[0]
    assert row["remarks"] == "*** 1 FATAL, 3 INJ *** TREE FELL ON A HOME."
    assert (row["fatalities"], row["injuries"]) == (1, 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (entry(magnitude="E9 PARSEC"), "its magnitude 'E9 PARSEC' has an unknown unit"),
        (entry(magnitude="LOTS"), "its magnitude 'LOTS' is no number with a unit"),
        (entry(magnitude="E99.0 INCH"), "its magnitude 'E99.0 INCH' is not to be believed"),
        (entry(longitude="near by"), "it ends with no coordinates"),
        (entry(longitude="293.88W"), "are no place"),
        (entry(time="1799"), "'17:99 PM' is no time of a day"),
        (entry().replace("07/22/2013", "07/42/2013"), "'07/42/2013' is no date"),
        (entry().split("\n")[0] + "\n", "'' is no date"),
    ],
)
def test_an_odd_entry_is_rejected_alone(lsr, text, reason):
    found = lsr(HEAD.format(zone="CDT") + text + "\n" + entry(city="AMES"))
    assert found.table["place"].tolist() == ["AMES"]
    assert [each.place for each in found.rejects] == ["line 9"]
    assert reason in found.rejects[0].reason


def test_an_unknown_zone_is_never_taken_for_another(lsr):
    found = lsr(HEAD.format(zone="XST") + entry())
    assert len(found.table) == 0
    assert "time zone" in found.rejects[0].reason


def test_a_zone_ends_with_its_product(lsr):
    found = lsr(HEAD.format(zone="CDT") + entry() + END + entry(city="AMES"))
    assert found.table["place"].tolist() == ["BOONE"]
    assert "no heading above it" in found.rejects[0].reason


@pytest.mark.parametrize("text", ["", "\0", HEAD.format(zone="CDT"), "a,b\n1,2\n"])
def test_what_holds_no_report_is_refused(lsr, text):
    with pytest.raises(WeatherError, match="holds no local storm report"):
        lsr(text)
