"""CurrentStorms.json: numbers are text, a quiet sea is no error, products can be followed."""

import json

import pytest

from core.errors import WeatherError
from core.units import KNOT_MPS, MPH_MPS
from weather.sources.nhc.current_storms import read_current_storm_records, read_current_storms

STORM = {
    "id": "al142018", "name": "Michael", "classification": "HU", "intensity": "125",
    "pressure": "934", "latitude": "29.0N", "longitude": "86.3W", "movementDir": 5,
    "movementSpeed": 14, "lastUpdate": "2018-10-10T12:00:00.000Z",
    "publicAdvisory": {"advNum": "015", "issuance": "2018-10-10T12:00:00.000Z"},
    "trackCone": {
        "advNum": "015", "issuance": "2018-10-10T12:00:00.000Z",
        "zipFile": "https://www.nhc.noaa.gov/gis/forecast/archive/al142018_5day_015.zip",
    },
    "windWatchesWarnings": None,
}  # fmt: skip


def listed(*storms):
    return json.dumps({"activeStorms": storms}).encode()


def test_a_storm_with_what_can_be_fetched_of_it():
    [storm] = read_current_storms(listed(STORM)).storms
    assert (storm.storm_id, storm.name, storm.status) == ("AL142018", "Michael", "HU")
    assert storm.max_wind_mps == pytest.approx(125 * KNOT_MPS)
    assert storm.min_pressure_hpa == 934
    assert (storm.longitude_deg, storm.latitude_deg) == (-86.3, 29.0)
    assert storm.moving_mps == pytest.approx(14 * MPH_MPS)
    [cone] = storm.products
    assert (cone.name, cone.advisory) == ("track_cone", "015")
    assert cone.issued_at_utc.isoformat() == "2018-10-10T12:00:00+00:00"
    assert cone.zip_url.endswith("al142018_5day_015.zip")


@pytest.mark.parametrize("content", [listed(), b"[]"])
def test_a_quiet_sea_is_a_table_without_rows(tmp_path, content):
    path = tmp_path / "CurrentStorms.json"
    path.write_bytes(content)
    assert read_current_storms(path).storms == ()
    found = read_current_storm_records(path)
    assert (len(found.table), found.rejects) == (0, ())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "michael"}, "id 'MICHAEL' is not basin, number and year"),
        ({"intensity": "strong"}, "intensity 'strong' is no number"),
        ({"intensity": "1e999"}, "intensity '1e999' is no number"),
        ({"intensity": True}, "intensity 'True' is no number"),
        ({"intensity": "925"}, "intensity '925' is outside 0 to 250"),
        ({"latitude": "86.3W"}, "latitude '86.3W' is no degrees with a hemisphere"),
        ({"longitude": None}, "longitude '' is no degrees with a hemisphere"),
        ({"trackCone": []}, "trackCone is no object"),
        ({"lastUpdate": "soon"}, "lastUpdate 'soon' is no instant"),
    ],
)
def test_an_odd_storm_is_rejected_alone(change, reason):
    found = read_current_storms(listed(STORM | change, STORM, STORM, 3))
    assert [storm.storm_id for storm in found.storms] == ["AL142018"]
    assert [(each.place, each.reason) for each in found.rejects] == [
        ("storm 1", reason), ("storm 3", "AL142018 came before"), ("storm 4", "it is no storm"),
    ]  # fmt: skip


def test_the_numeric_place_outranks_the_words():
    storm = STORM | {"latitudeNumeric": 29.04, "longitudeNumeric": "-86.31"}
    [read] = read_current_storms(listed(storm)).storms
    assert (read.longitude_deg, read.latitude_deg) == (-86.31, 29.04)


@pytest.mark.parametrize("content", [b"", b"{}", b"3", b'{"activeStorms": {}}', b"\xff"])
def test_what_is_no_list_is_said_to_be_none(content):
    with pytest.raises(WeatherError, match=r"CurrentStorms\.json"):
        read_current_storms(content)


@pytest.mark.real_data
def test_elida_as_published(weather_data):
    path = weather_data / "nhc_gis" / "CurrentStorms_ep052026.json"
    [storm] = read_current_storms(path).storms
    # "intensity": "55", "pressure": "992", "longitudeNumeric": -122.5; six zips, the cone's twice
    assert storm.max_wind_mps == pytest.approx(55 * KNOT_MPS)
    assert (storm.min_pressure_hpa, storm.longitude_deg) == (992, -122.5)
    assert storm.advisory == "014"
    assert len(storm.products) == 5
    assert len({product.zip_url for product in storm.products}) == 3
    [row] = read_current_storm_records(path).table.to_dict("records")
    assert row["best_track_zip_url"].endswith("/ep052026_best_track.zip")
    assert row["watches_warnings_zip_url"] != row["watches_warnings_zip_url"]
