from datetime import UTC, datetime

import pytest

from core.errors import WeatherError, is_transient
from core.units import KNOT_MPS, NAUTICAL_MILE_M
from weather.fields.storm import Track, TrackPoint, WindRadii
from weather.sources.storms.hurdat2 import read_hurdat2, read_hurdat2_records

# a few lines of the public files of the National Hurricane Center, in both layouts
OLD = """\
AL142018,            MICHAEL,      3,
20181010, 1200,  , HU, 29.0N,  86.3W, 125,  934,  150,  140,   80,  120,   80,   80,   40,   50,   40,   35,   25,   30,
20181010, 1730, L, HU, 30.0N,  85.5W, 140,  919,   90,  140,  100,   80,   60,   80,   50,   50,   35,   35,   25,   25,
20181010, 1800,  , HU, 30.2N,  85.4W, 135,  920,   90,  140,  100,   80,   60,   80,   50,   50,   35,   35,   25,   25,
AL152018,             NADINE,      1,
20181008, 1200,  , LO,  9.3N,  26.7W,  25, 1009,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
"""  # noqa: E501  lines of a file as they are
NEW = """\
AL021971,            UNNAMED,      1,
19710708, 1200,  , TD, 30.5N,  96.0W, -99, -999, -999, -999, -999, -999, -999, -999, -999, -999, -999, -999, -999, -999, -999
AL042021,              DANNY,      2,
20210628, 1800,  , TS, 32.0N,  79.5W,  40, 1009,   40,    0,   30,   30,    0,    0,    0,    0,    0,    0,    0,    0,   30
20210628, 2320, L, TS, 32.3N,  80.5W,  35, 1010,   40,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,   30
"""  # noqa: E501


@pytest.fixture
def hurdat(tmp_path):
    def write(text):
        path = tmp_path / "hurdat2.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_layout_without_rmw(hurdat):
    track = read_hurdat2(hurdat(OLD), "AL142018")
    assert (track.storm_id, track.name, len(track.points)) == ("AL142018", "MICHAEL", 3)
    landfall = track.points[1]
    assert landfall.at_utc == datetime(2018, 10, 10, 17, 30, tzinfo=UTC)
    assert landfall.is_landfall
    assert not track.points[2].is_landfall
    assert (landfall.latitude_deg, landfall.longitude_deg) == (30.0, -85.5)
    assert landfall.max_wind_mps == pytest.approx(140 * 1852 / 3600)
    assert landfall.min_pressure_hpa == 919
    assert landfall.status == "HU"
    assert landfall.radii_m.extent_34kt_m == pytest.approx(
        tuple(nmi * 1852.0 for nmi in (90, 140, 100, 80))
    )
    assert landfall.radii_m.extent_64kt_m == pytest.approx(
        tuple(nmi * 1852.0 for nmi in (35, 35, 25, 25))
    )
    assert landfall.rmw_m is None


def test_layout_with_rmw(hurdat):
    track = read_hurdat2(hurdat(NEW), "AL042021")
    first = track.points[0]
    assert first.rmw_m == 30 * NAUTICAL_MILE_M
    assert first.radii_m.extent_34kt_m == pytest.approx(
        tuple(nmi * 1852.0 for nmi in (40, 0, 30, 30))
    )
    assert track.points[1].at_utc.minute == 20


def test_missing_values_are_none_and_zero_stays_zero(hurdat):
    unknown = read_hurdat2(hurdat(NEW), "AL021971").points[0]
    assert unknown.max_wind_mps is None
    assert unknown.min_pressure_hpa is None
    assert unknown.rmw_m is None
    assert unknown.radii_m == WindRadii()
    calm = read_hurdat2(hurdat(OLD), "AL152018").points[0]
    assert calm.radii_m.extent_34kt_m == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_mark_of_utf8_and_case_do_not_matter(hurdat, ending):
    content = b"\xef\xbb\xbf" + OLD.replace("\n", ending).encode()
    assert len(read_hurdat2(hurdat(content), " al142018 ").points) == 3


def test_a_byte_of_latin_1_in_a_name_is_read(hurdat):
    content = OLD.replace("MICHAEL", "MICHA\u00cbL").encode("latin-1")
    assert read_hurdat2(hurdat(content), "AL142018").name == "MICHA\u00cbL"


@pytest.mark.parametrize(
    ("given", "longitude", "latitude"),
    [
        (("12.5S", "170.0E"), 170.0, -12.5),
        (("12.5N", "170.0W"), -170.0, 12.5),
        (("0.0N", "180.0E"), 180.0, 0.0),
        (("12.5N", "180.5W"), 179.5, 12.5),
        (("12.5N", "181.0E"), -179.0, 12.5),
    ],
)
def test_hemispheres(hurdat, given, longitude, latitude):
    text = OLD.replace("9.3N", given[0]).replace("26.7W", given[1])
    point = read_hurdat2(hurdat(text), "AL152018").points[0]
    assert (point.longitude_deg, point.latitude_deg) == pytest.approx((longitude, latitude))


def faults():
    yield "29.0N,", "29.0X,", "latitude '29.0X' is not degrees followed by N or S", 2
    yield "29.0N,", "99.0N,", "no place has latitude 99.0", 2
    yield "86.3W,", "86.3N,", "longitude '86.3N' is not degrees followed by E or W", 2
    yield " 125,", " 1x5,", "wind in knots is '1x5', not a whole number", 2
    yield " 125,", " 925,", "wind in knots is 925, outside 0 to 250", 2
    yield " 125,", " -12,", "wind in knots is -12, outside 0 to 250", 2
    yield " 919,", " 9190,", "pressure in hPa is 9190, outside 800 to 1100", 3
    yield "20181010, 1730", "20181310, 1730", "'20181310', '1730' is not a date", 3
    yield "20181010, 1730", "20181010, 1130", "2018-10-10 11:30 is not after the row before", 3
    yield "  80,   60,   80,", "", "17 values where a row has 20 or 21", 3
    yield "      3,", "      x,", "does not give id, name and number of rows", 1
    yield "      3,", "      9,", "values where a row has 20 or 21", 5


@pytest.mark.parametrize(("old", "new", "message", "line"), list(faults()))
def test_faults_name_file_line_value_and_remedy(hurdat, old, new, message, line):
    with pytest.raises(WeatherError) as caught:
        read_hurdat2(hurdat(OLD.replace(old, new, 1)), "AL142018")
    assert f"reading hurdat2.txt, line {line}: " in str(caught.value)
    assert message in str(caught.value)
    assert caught.value.remedy
    assert not is_transient(caught.value)


def test_a_cut_file_says_how_much_is_there(hurdat):
    cut = "\n".join(OLD.splitlines()[:3])
    with pytest.raises(
        WeatherError, match=r"line 4: the file ends after 2 of the 3 rows"
    ) as caught:
        read_hurdat2(hurdat(cut), "AL142018")
    assert "The file was cut; fetch it again" in str(caught.value)


@pytest.mark.parametrize("at", [-2, -3])
def test_a_last_value_that_the_files_end_cuts_is_told(hurdat, at):
    text = "".join(OLD.splitlines(keepends=True)[:4])
    with pytest.raises(WeatherError, match=r"line 4: the file ends in the middle of the row"):
        read_hurdat2(hurdat(text[:at]), "AL142018")
    assert len(read_hurdat2(hurdat(text[:-1]), "AL142018").points) == 3


def test_an_unknown_storm_lists_near_ids(hurdat):
    with pytest.raises(WeatherError, match="no storm 'AL142019'; near ones are AL142018"):
        read_hurdat2(hurdat(OLD), "AL142019")


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe\x01junk\n" * 50, b"a,b\n1,2\n"])
def test_a_file_without_storms(hurdat, content):
    with pytest.raises(WeatherError, match="no line is the header of a HURDAT2 storm"):
        read_hurdat2(hurdat(content), "AL142018")


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "absent.txt", tmp_path):
        with pytest.raises(WeatherError, match="the file cannot be opened"):
            read_hurdat2(path, "AL142018")


def test_values_guard_themselves(point):
    with pytest.raises(ValueError, match="has no points"):
        Track("AL992018", "NONE", ())
    with pytest.raises(ValueError, match="not forward in time"):
        Track("AL992018", "BACK", (point(6), point(0)))
    with pytest.raises(ValueError, match="in UTC"):
        TrackPoint(datetime(2018, 10, 10), 25.0, -85.0, 50.0)  # noqa: DTZ001  the fault itself
    with pytest.raises(ValueError, match="max_wind_mps must be finite"):
        TrackPoint(datetime(2018, 10, 10, tzinfo=UTC), 25.0, -85.0, float("nan"))
    with pytest.raises(ValueError, match="extent_34kt_m must be finite"):
        WindRadii((-1.0, 0.0, 0.0, 0.0))
    with pytest.raises(ValueError, match="one value a quadrant"):
        WindRadii((1.0, 0.0, 0.0))


@pytest.mark.real_data
def test_michael_of_the_public_file(weather_data):
    track = read_hurdat2(weather_data / "hurdat2" / "hurdat2_2017_2018.txt", "AL142018")
    landfalls = [p for p in track.points if p.is_landfall]
    assert len(track.points) == 38
    assert [p.max_wind_mps for p in landfalls] == pytest.approx([140 * KNOT_MPS])
    assert landfalls[0].at_utc == datetime(2018, 10, 10, 17, 30, tzinfo=UTC)


@pytest.mark.real_data
def test_every_storm_of_the_public_files_reads(weather_data):
    for path in sorted((weather_data / "hurdat2").glob("*.txt")):
        ids = [line[:8] for line in path.read_text().splitlines() if line[:2] in {"AL", "EP"}]
        assert ids
        for storm_id in ids:
            assert read_hurdat2(path, storm_id).points


@pytest.mark.parametrize("gap", ["", "\n", "  \r\n\n"], ids=["none", "blank", "blanks"])
@pytest.mark.parametrize("promised", [1, 2])
def test_a_header_that_promises_fewer_rows_than_follow_is_told_with_the_lines(
    hurdat, promised, gap
):
    lines = OLD.replace("MICHAEL,      3,", f"MICHAEL,      {promised},").splitlines(keepends=True)
    text = "".join([*lines[: promised + 1], gap, *lines[promised + 1 :]])
    first = promised + 2 + gap.count("\n")
    with pytest.raises(WeatherError, match=rf"promises {promised} rows, but 3 follow") as caught:
        read_hurdat2(hurdat(text), "AL142018")
    assert caught.value.work.endswith("line 1")
    assert f"lines {first} to {4 + gap.count(chr(10))}" in caught.value.problem
    assert read_hurdat2(hurdat(text), "AL152018").name == "NADINE"


def test_the_last_storms_header_is_held_to_its_rows_too(hurdat):
    extra = OLD.splitlines()[-1].replace("1200", "1800")
    with pytest.raises(WeatherError, match=r"line 5: .*promises 1 rows, but 2 follow.*7 to 7"):
        read_hurdat2(hurdat(f"{OLD}{extra}\n\n"), "AL152018")


def test_a_header_that_promises_more_rows_than_follow_is_told(hurdat):
    text = OLD.replace("MICHAEL,      3,", "MICHAEL,      4,")
    with pytest.raises(WeatherError, match=r"line 5: the next storm begins after 3 of the 4 rows"):
        read_hurdat2(hurdat(text), "AL142018")


def test_a_storm_twice_in_a_file_is_told_with_both_lines(hurdat):
    with pytest.raises(WeatherError, match=r"AL142018 is in the file more than once.*1 and 7"):
        read_hurdat2(hurdat(OLD + OLD), "al142018")


def test_every_storm_of_a_file_is_a_row_an_instant(hurdat):
    found = read_hurdat2_records(hurdat(OLD + NEW))
    assert found.rejects == ()
    table = found.table.set_index(["storm_id", "at_utc"])
    landfall = table.loc[("AL142018", "2018-10-10 17:30+00:00")]
    assert (landfall["name"], landfall["is_landfall"]) == ("MICHAEL", True)
    assert landfall["max_wind_mps"] == pytest.approx(140 * 1852 / 3600)
    assert landfall["extent_34kt_se_m"] == 140 * 1852
    assert (landfall.geometry.x, landfall.geometry.y) == (-85.5, 30.0)
    assert table["rmw_m"].notna().sum() == 2
    assert table.loc["AL021971", "max_wind_mps"].isna().all()


@pytest.mark.parametrize(("old", "new", "message", "line"), list(faults())[:10])
def test_a_broken_storm_is_rejected_whole_and_the_others_stay(hurdat, old, new, message, line):
    found = read_hurdat2_records(hurdat(OLD.replace(old, new, 1)))
    assert found.table["storm_id"].tolist() == ["AL152018"]
    [reject] = found.rejects
    assert reject.place == f"line {line}"
    assert message in reject.reason


def test_lines_before_the_first_storm_are_told(hurdat):
    found = read_hurdat2_records(hurdat("a note\n\n" + OLD))
    assert len(found.table) == 4
    assert [(each.place, each.reason) for each in found.rejects] == [
        ("line 1", "'a note' comes before the first storm")
    ]


@pytest.mark.real_data
def test_the_public_files_as_records(weather_data):
    folder = weather_data / "hurdat2"
    found = read_hurdat2_records(folder / "hurdat2_2017_2018.txt")
    assert (len(found.table), found.table["storm_id"].nunique(), found.rejects) == (1218, 34, ())
    # AL142018: 20181010, 1730, L, HU, 30.0N,  85.5W, 140,  919,   90,  140,  100,   80, ...
    michael = found.table[found.table["storm_id"] == "AL142018"].set_index("at_utc")
    landfall = michael.loc["2018-10-10 17:30+00:00"]
    assert landfall["min_pressure_hpa"] == 919
    assert landfall["extent_34kt_ne_m"] == 90 * 1852
    newer = read_hurdat2_records(next(folder.glob("*excerpt*")))
    assert (len(newer.table), newer.table["storm_id"].nunique(), newer.rejects) == (27, 4, ())
    # AL011851: 18510625, 2100, L, HU, 28.2N,  96.8W,  80, -999 thirteen times
    first = newer.table.iloc[4]
    assert (first["is_landfall"], first["max_wind_mps"]) == (True, pytest.approx(80 * KNOT_MPS))
    assert first[["min_pressure_hpa", "rmw_m", "extent_64kt_nw_m"]].isna().all()
