"""One storm, three files: what a file is, its content says and not its name."""

import pytest

from core.errors import WeatherError
from weather.sources.storms.tracks import list_storms, read_track

HURDAT2 = """\
AL112017,               IRMA,      1,
20170906, 0545, L, HU, 17.7N,  61.8W, 155,  914,  120,   90,   75,  110,   80,   60,   40,   70,   45,   40,   25,   40,
"""  # noqa: E501
ATCF = (
    "\nAL, 11, 2017090605, 45, BEST,   0, 177N,  618W, 155,  914, HU,  34, NEQ,  120,   90,   75,"
    "  110, 1010,  180,  15, 190,   0,    ,   0,    , 275,  13,       IRMA,\n"
)
IBTRACS = (
    "SID,ISO_TIME,LAT,LON,WMO_WIND,WMO_PRES,WMO_AGENCY,USA_ATCF_ID,NAME\n"
    "2017242N16333,2017-09-06 05:45:00,17.7,-61.8,155,914,hurdat_atl,AL112017,IRMA\n"
)


@pytest.mark.parametrize("text", [HURDAT2, ATCF, IBTRACS, "\ufeff" + HURDAT2])
def test_a_track_is_read_by_its_content(tmp_path, text):
    path = tmp_path / "track.txt"
    path.write_text(text, encoding="utf-8")
    track = read_track(path, "AL112017")
    assert "AL112017" in list_storms(path)
    assert "AL142018" not in list_storms(path)
    [point] = track.points
    assert (track.storm_id, track.name) == ("AL112017", "IRMA")
    assert (point.latitude_deg, point.longitude_deg, point.min_pressure_hpa) == (17.7, -61.8, 914)
    assert point.max_wind_mps == pytest.approx(79.738, abs=1e-3)
    with pytest.raises(WeatherError, match="no storm 'AL142018'"):
        read_track(path, "AL142018")


def test_junk_is_no_track(tmp_path):
    path = tmp_path / "track.txt"
    path.write_bytes(b"\x00\xff\n")
    with pytest.raises(WeatherError, match=r"track\.txt"):
        read_track(path, "AL112017")
