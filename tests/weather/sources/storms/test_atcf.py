"""ATCF decks: three lines an instant are one fix, tenths are tenths, a forecast has its hour."""

from datetime import UTC, datetime

import pytest

from core.errors import WeatherError
from core.units import KNOT_MPS, NAUTICAL_MILE_M
from weather.sources.storms.atcf import read_atcf, read_atcf_records, read_forecast_track
from weather.sources.storms.hurdat2 import read_hurdat2

# lines as in Hurricane Irma's b-deck, the radii made up
BEST = """\
AL, 11, 2017083000,   , BEST,   0, 161N,  269W,  30, 1008, TD,   0,    ,    0,    0,    0,    0, 1012,  180,  60,   0,   0,   L,   0,    , 274,  14,     INVEST,
AL, 11, 2017090605, 45, BEST,   0, 177N,  618W, 155,  914, HU,  34, NEQ,  120,   90,   75,  110, 1010,  180,  15, 190,   0,    ,   0,    , 275,  13,       IRMA,
AL, 11, 2017090605, 45, BEST,   0, 177N,  618W, 155,  914, HU,  50, NEQ,   80,   60,   40,   70, 1010,  180,  15, 190,   0,    ,   0,    , 275,  13,       IRMA,
AL, 11, 2017090605, 45, BEST,   0, 177N,  618W, 155,  914, HU,  64, NEQ,   45,   40,   25,   40, 1010,  180,  15, 190,   0,    ,   0,    , 275,  13,       IRMA,
"""  # noqa: E501  lines of a file as they are
FORECAST = """\
AL, 14, 2018101000, 03, OFCL,   3, 275N,  866W, 110,  950, HU,  34, NEQ,  150,  140,   80,  120,    0,    0,   0, 135,   0,    ,   0,  JLB, 345,  10,
AL, 14, 2018101000, 03, OFCL,   3, 275N,  866W, 110,  950, HU,  64, AAA,   40,    0,    0,    0,    0,    0,   0, 135,   0,    ,   0,  JLB, 345,  10,
AL, 14, 2018101000, 03, OFCL,  24, 318N,  843W,  65,    0, HU
AL, 14, 2018101006, 03, OFCL,  12, 300N,  855W, 125,    0, HU
AL, 14, 2018101006, 03, GFSO,  12, 301N,  856W,   0,    0, XX
AL, 14, 2018101006, 01, CARQ, -24, 247N,  860W,  85,  973, HU
"""  # noqa: E501


@pytest.fixture
def deck(tmp_path):
    def write(text):
        path = tmp_path / "bal112017.dat"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_lines_of_an_instant_are_one_fix(deck):
    track = read_atcf(deck(BEST))
    assert (track.storm_id, track.name, len(track.points)) == ("AL112017", "IRMA", 2)
    landfall = track.points[1]
    assert landfall.at_utc == datetime(2017, 9, 6, 5, 45, tzinfo=UTC)
    assert (landfall.latitude_deg, landfall.longitude_deg) == (17.7, -61.8)
    assert landfall.max_wind_mps == pytest.approx(155 * 1852 / 3600)
    assert landfall.rmw_m == 15 * NAUTICAL_MILE_M
    assert [each[0] for each in landfall.radii_m.by_wind] == [
        nmi * NAUTICAL_MILE_M for nmi in (120, 80, 45)
    ]


def test_what_was_not_estimated_is_unknown_and_weaker_winds_reach_nowhere(deck):
    depression = read_atcf(deck(BEST)).points[0]
    assert depression.radii_m.by_wind == ((0.0,) * 4,) * 3  # 30 kt: no wind of 34 kt anywhere
    text = BEST.replace(" 155,  914, HU,  34, NEQ", "   0,    0, HU,   0,    ").splitlines()[1]
    unknown = read_atcf(deck(text)).points[0]
    assert (unknown.max_wind_mps, unknown.min_pressure_hpa) == (None, None)
    assert unknown.radii_m.extent_34kt_m == (None,) * 4


def test_a_forecast_has_its_start_its_hour_and_its_instant(deck):
    table = read_atcf_records(deck(FORECAST)).table.set_index(["technique", "valid_at_utc"])
    assert len(table) == 5
    last = table.loc[("OFCL", "2018-10-11 00:00+00:00")]
    assert last["forecast_hour"] == 24
    assert last["issued_at_utc"].isoformat() == "2018-10-10T00:00:00+00:00"
    first = table.loc[("OFCL", "2018-10-10 03:00+00:00")]
    assert first["extent_64kt_sw_m"] == 40 * NAUTICAL_MILE_M  # AAA: the first holds all around
    assert table.loc[("GFSO", "2018-10-10 18:00+00:00"), "max_wind_mps"] is not None
    assert table.loc["CARQ"]["forecast_hour"].tolist() == [-24]


def test_a_forecast_track_is_the_latest_unless_another_is_asked_for(deck):
    path = deck(FORECAST)
    assert len(read_forecast_track(path).points) == 1
    earlier = read_forecast_track(path, issued_at_utc=datetime(2018, 10, 10, tzinfo=UTC))
    assert [point.at_utc.hour for point in earlier.points] == [3, 0]
    assert read_forecast_track(path, "gfso").points[0].max_wind_mps is None
    with pytest.raises(WeatherError, match=r"no forecast HWRF.*OFCL 2018-10-10 06:00"):
        read_forecast_track(path, "HWRF")
    with pytest.raises(WeatherError, match="no best track"):
        read_atcf(path)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("161N", "1x1N", "latitude '1x1N' is not tenths of a degree followed by N or S"),
        ("161N", "961N", "no place has latitude '961N' and longitude '269W'"),
        (" 161N,  269W", "   0N,    0W", "'0N', '0W' stands for no place"),
        ("2017083000", "2017133000", "'2017133000' is not a date and hour YYYYMMDDHH"),
        ("  30, 1008", " 930, 1008", "wind in knots is 930, outside 0 to 250"),
        ("BEST,   0, 161N", "BEST,", "latitude '269W' is not tenths"),
    ],
)
def test_a_broken_line_is_rejected_alone_and_stops_a_run(deck, old, new, reason):
    path = deck(BEST.replace(old, new, 1))
    found = read_atcf_records(path)
    assert [each.place for each in found.rejects] == ["line 1"]
    assert found.rejects[0].reason.startswith(reason)
    assert len(found.table) == 1
    with pytest.raises(WeatherError, match="line 1"):
        read_atcf(path)


def test_lines_that_contradict_each_other_are_told(deck):
    moved = BEST.replace("177N,  618W, 155,  914, HU,  64", "187N,  618W, 155,  914, HU,  64")
    [reject] = read_atcf_records(deck(moved)).rejects
    assert (reject.place, reject.reason) == (
        "line 4", "it contradicts line 2 of the same instant",
    )  # fmt: skip
    again = BEST + BEST.splitlines()[3].replace("45,   40,", "75,   40,") + "\n"
    [reject] = read_atcf_records(deck(again)).rejects
    assert reject.reason == "it gives the radius of 64 kt a second time"
    assert read_atcf_records(deck(BEST + BEST)).rejects == ()


@pytest.mark.parametrize("at", [-2, -40, -60])
def test_a_line_that_the_files_end_cuts_is_told(deck, at):
    text = BEST[: len(BEST) + at]
    found = read_atcf_records(deck(text))
    assert [each.place for each in found.rejects] == ["line 4"]
    with pytest.raises(WeatherError, match="line 4: the file ends in the middle of the line"):
        read_atcf(deck(text))
    assert read_atcf_records(deck(BEST[:-1])).rejects == ()


@pytest.mark.parametrize(
    ("basin", "at", "storm_id"),
    [
        ("SH", "2017122612", "SH112018"), ("SH", "2018010112", "SH112018"),
        ("AL", "2017122612", "AL112017"), ("wp", "2017122612", "WP112017"),
    ],
)  # fmt: skip
def test_the_southern_season_is_named_after_the_year_it_ends_in(deck, basin, at, storm_id):
    line = BEST.splitlines()[0].replace("AL", basin, 1).replace("2017083000", at)
    assert read_atcf(deck(line.replace("269W", "1905W"))).storm_id == storm_id
    assert read_atcf(deck(line.replace("269W", "1905W"))).points[0].longitude_deg == 169.5


@pytest.mark.parametrize("content", [b"", b"\x00\xff junk\n", b"a,b\n1,2\n"])
def test_what_is_no_deck_is_said_to_be_none(deck, content):
    with pytest.raises(WeatherError, match="no line is one of an ATCF deck"):
        read_atcf_records(deck(content))


def test_a_storm_that_the_deck_lacks_is_named(deck):
    with pytest.raises(WeatherError, match="no storm 'AL092008'; it has AL112017"):
        read_atcf(deck(BEST), "al092008")


@pytest.mark.real_data
def test_irma_is_in_its_deck_as_in_hurdat2(weather_data):
    deck = read_atcf(weather_data / "atcf" / "irma2017-bdeck.dat")
    best = read_hurdat2(weather_data / "hurdat2" / "hurdat2_2017_2018.txt", "AL112017")
    assert (deck.storm_id, deck.name) == (best.storm_id, best.name)
    assert [_measured(point) for point in deck.points] == [_measured(p) for p in best.points]
    assert len(deck.points) == 66
    assert sum(point.rmw_m is not None for point in deck.points) == 66  # HURDAT2 has none of it


@pytest.mark.real_data
def test_florence_differs_from_hurdat2_in_one_place_only(weather_data):
    deck = read_atcf(weather_data / "atcf" / "florence2018-bdeck.dat", "AL062018")
    best = read_hurdat2(weather_data / "hurdat2" / "hurdat2_2017_2018.txt", "AL062018")
    pairs = zip(deck.points, best.points, strict=True)
    odd = [(d, b) for d, b in pairs if _measured(d) != _measured(b)]
    assert len(deck.points) == 79
    # in the bytes: 378N,  822W of the deck of 2018, 38.7N,  82.0W of HURDAT2
    assert [(d.latitude_deg, b.latitude_deg) for d, b in odd] == [(37.8, 38.7)]
    assert [d.max_wind_mps for d, _ in odd] == [b.max_wind_mps for _, b in odd]


@pytest.mark.real_data
def test_ike_as_published(weather_data):
    path = weather_data / "atcf" / "ike2008-bdeck.dat"
    found = read_atcf_records(path)
    assert (len(found.table), found.rejects) == (62, ())
    points = {point.at_utc: point for point in read_atcf(path).points}
    # 2008091307: 293N, 947W, 95 kt, 950 hPa, the landfall at Galveston of the storm's report
    galveston = points[datetime(2008, 9, 13, 7, tzinfo=UTC)]
    assert (galveston.latitude_deg, galveston.longitude_deg) == (29.3, -94.7)
    assert galveston.max_wind_mps == pytest.approx(95 * KNOT_MPS)
    assert galveston.min_pressure_hpa == 950
    assert points[datetime(2008, 9, 1, 12, tzinfo=UTC)].radii_m.extent_34kt_m[:2] == (
        120 * NAUTICAL_MILE_M, 75 * NAUTICAL_MILE_M,
    )  # fmt: skip


def _measured(point):
    return (
        point.at_utc, point.latitude_deg, point.longitude_deg, point.max_wind_mps,
        point.min_pressure_hpa, point.status, point.radii_m,
    )  # fmt: skip
