"""IBTrACS: the row of units is none, blanks are missing, ten minutes are not one."""

from datetime import UTC, datetime

import pytest

from core.errors import WeatherError
from core.units import KNOT_MPS, NAUTICAL_MILE_M
from weather.sources.storms.ibtracs import read_ibtracs, read_ibtracs_records

SID = "2017242N16333"
RADII = ",".join(f"USA_R{wind}_{q}" for wind in (34, 50, 64) for q in ("NE", "SE", "SW", "NW"))
FULL = (
    "SID,SEASON,NUMBER,BASIN,SUBBASIN,NAME,ISO_TIME,NATURE,LAT,LON,WMO_WIND,WMO_PRES,WMO_AGENCY,"
    f"TRACK_TYPE,USA_AGENCY,USA_ATCF_ID,USA_RECORD,USA_STATUS,USA_WIND,USA_PRES,{RADII},USA_RMW\n"
    " ,Year, , , , , , ,degrees_north,degrees_east,kts,mb, , , , , , ,kts,mb"
    + ",nmile" * 13 + "\n"
    f"{SID},2017,61,NA,NA,IRMA,2017-09-06 05:45:00,TS,17.7,-61.8,155,914,hurdat_atl,main,"
    "hurdat_atl,AL112017,L,HU,155,914,120,90,75,110,80,60,40,70,45,40,25,40,15\n"
    f"{SID},2017,61,NA,NA,IRMA,2017-09-06 09:00:00,TS,17.9,-62.6, , , ,main,"
    "hurdat_atl,AL112017, ,HU,155,915, , , , , , , , , , , , , \n"
)  # fmt: skip
REDUCED = (
    "SID,NUMBER,BASIN,SUBBASIN,ISO_TIME,NATURE,LAT,LON,WMO_WIND,WMO_PRES\n"
    " , , , , , ,degrees_north,degrees_east,kts,mb\n"
    "2025010S14060,1,South Indian,Missing,1/17/25 12:00,Not reported,-34.2,58,40, \n"
    "2025010S14060,1,South Indian,Missing,1/17/25 15:00,Not reported,-34.6,181.5, , \n"
)


@pytest.fixture
def csv(tmp_path):
    def write(text):
        path = tmp_path / "ibtracs.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("storm_id", [SID, "al112017"])
def test_the_full_columns(csv, storm_id):
    track = read_ibtracs(csv(FULL), storm_id)
    assert (track.name, len(track.points)) == ("IRMA", 2)
    first, second = track.points
    assert first.at_utc == datetime(2017, 9, 6, 5, 45, tzinfo=UTC)
    assert first.is_landfall
    assert first.max_wind_mps == pytest.approx(155 * KNOT_MPS)
    assert first.radii_m.extent_50kt_m == tuple(n * NAUTICAL_MILE_M for n in (80, 60, 40, 70))
    assert first.rmw_m == 15 * NAUTICAL_MILE_M
    assert second.radii_m.extent_34kt_m == (None,) * 4
    assert (second.min_pressure_hpa, second.status) == (915, "HU")


def test_the_basin_na_is_not_missing(csv):
    assert read_ibtracs_records(csv(FULL)).table["basin"].tolist() == ["NA", "NA"]


def test_ten_minute_winds_are_brought_to_one_minute(csv):
    row = read_ibtracs_records(csv(REDUCED)).table.iloc[0]
    assert row["wmo_wind_mps"] == pytest.approx(40 * KNOT_MPS)
    assert row["max_wind_mps"] == pytest.approx(40 * KNOT_MPS / 0.93)
    american = REDUCED.replace("South Indian", "Eastern North Pacific")
    assert read_ibtracs_records(csv(american)).table.iloc[0]["max_wind_mps"] == pytest.approx(
        40 * KNOT_MPS
    )


def test_an_excerpt_with_a_spreadsheets_dates(csv):
    track = read_ibtracs(csv(REDUCED), "2025010S14060")
    assert track.points[0].at_utc == datetime(2025, 1, 17, 12, tzinfo=UTC)
    assert track.points[0].latitude_deg == -34.2
    assert track.points[1].longitude_deg == -178.5
    assert track.points[1].max_wind_mps is None
    old = REDUCED.replace("2025010S14060", "1925010S14060")
    assert read_ibtracs_records(csv(old)).table["at_utc"].dt.year.tolist() == [1925, 1925]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("-34.2", "-94.2", "LAT '-94.2' is outside -90 to 90"),
        ("1/17/25 12:00", "soon", "ISO_TIME 'soon' is no instant"),
        ("1/17/25 12:00", "13/40/25 12:00", "ISO_TIME '13/40/25 12:00' is no instant"),
        (",58,40,", ",58,4O,", "WMO_WIND '4O' is no number"),
        ("2025010S14060,1,South Indian,Missing,1/17/25 12", "X,1,,,1/17/25 12", "SID 'X' is no"),
        (",58,40,", ", ,40,", "LON is missing and needed"),
    ],
)
def test_an_odd_row_is_rejected_alone(csv, old, new, reason):
    found = read_ibtracs_records(csv(REDUCED.replace(old, new, 1)))
    assert len(found.table) == 1
    [reject] = found.rejects
    assert reject.place == "line 3"
    assert reject.reason.startswith(reason)


def test_half_a_storm_is_none_for_a_run(csv):
    with pytest.raises(WeatherError, match="line 3"):
        read_ibtracs(csv(REDUCED.replace("-34.2", "x", 1)), "2025010S14060")
    with pytest.raises(WeatherError, match=r"no storm 'AL092008'; it has 2017242N16333"):
        read_ibtracs(csv(FULL), "AL092008")


def test_an_instant_that_comes_twice_counts_once(csv):
    twice = REDUCED + REDUCED.splitlines()[2] + "\n"
    found = read_ibtracs_records(csv(twice))
    assert len(found.table) == 2
    assert found.rejects[0].reason == "ISO_TIME '1/17/25 12:00' came before for this storm"


@pytest.mark.real_data
def test_the_excerpt_as_published(weather_data):
    path = weather_data / "ibtracs" / "ibtracs_v04r01_reduced_cols.csv"
    found = read_ibtracs_records(path)
    assert (len(found.table), found.rejects) == (600, ())
    assert found.table["storm_id"].nunique() == 10
    assert len(read_ibtracs(path, "2020005S08133").points) == 117
    # 2016006N02188,1,Eastern North Pacific,Central Pacific,1/10/16 18:00,Tropical,7.7,-174,45,1000
    third = found.table.iloc[2]
    assert (third.geometry.x, third.geometry.y) == (-174, 7.7)
    assert third["max_wind_mps"] == pytest.approx(45 * KNOT_MPS)
    assert third["min_pressure_hpa"] == 1000
