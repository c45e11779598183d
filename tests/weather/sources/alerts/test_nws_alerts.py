"""Alerts: null geometry is kept with its zones, text becomes numbers, expires is not ends."""

import pytest

from core.errors import WeatherError
from weather.sources.alerts.nws_alerts import read_nws_alerts
from weather.sources.alerts.threats import read_gust_mps, read_hail_mm


def test_an_alert_without_a_polygon_is_kept_with_its_zones(alerts_file, alert):
    found = read_nws_alerts(alerts_file(alert(zones=("MOC029", "MOC059"))))
    [row] = found.table.to_dict("records")
    assert found.rejects == ()
    assert row["geometry"] is None
    assert row["zone_codes"] == row["unplaced_zones"] == "MOC029;MOC059"
    assert row["affected_zones"].startswith("https://api.weather.gov/zones/county/MOC029;")
    assert row["expires_at_utc"].isoformat() == "2021-12-11T00:30:00+00:00"
    assert row["ends_at_utc"].isoformat() == "2021-12-11T05:00:00+00:00"


def test_a_polygon_leaves_no_zone_unplaced(alerts_file, alert, polygon):
    [row] = read_nws_alerts(alerts_file(alert(geometry=polygon))).table.to_dict("records")
    assert row["geometry"].area == pytest.approx(0.125)
    assert row["unplaced_zones"] != row["unplaced_zones"]


@pytest.mark.parametrize(
    ("text", "mps"),
    [
        ("60 MPH", 26.8224), ("Up to 50 MPH", 22.352), ("70", 31.2928), ("50 KTS", 25.7222),
        ("strong", None), ("", None), (None, None), ("9" * 400, None), ("999 MPH", None),
    ],
)  # fmt: skip
def test_gusts(text, mps):
    assert read_gust_mps(text) == (None if mps is None else pytest.approx(mps, abs=1e-4))


@pytest.mark.parametrize(
    ("text", "mm"),
    [
        ("Up to .75", 19.05), ("1.00", 25.4), ("2.75", 69.85), ("1.00 IN", 25.4), ("0.00", 0.0),
        ("golf ball", None), (None, None), ("99", None),
    ],
)  # fmt: skip
def test_hail(text, mm):
    assert read_hail_mm(text) == (None if mm is None else pytest.approx(mm))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "id is missing and needed"),
        ({"sent": None}, "sent is missing and needed"),
        ({"sent": "2021-12-10T17:00:00"}, "sent '2021-12-10T17:00:00' has no offset from UTC"),
        ({"sent": "soon"}, "sent 'soon' is no instant"),
        ({"sent": "0001-01-01T00:00:00+14:00"}, "sent '0001-01-01T00:00:00+14:00' is no instant"),
        ({"event": 7}, "event is '7', no text"),
        ({"event": "\ud800"}, "event is no text that UTF-8 can hold"),
        ({"geocode": []}, "geocode is no object"),
        ({"references": "x"}, "references is no list"),
        ({"affectedZones": [1]}, "affectedZones is no list of texts"),
    ],
)
def test_an_odd_alert_is_rejected_alone(alerts_file, alert, change, reason):
    odd = alert("odd")
    odd["properties"] |= change
    found = read_nws_alerts(alerts_file(odd, alert("good"), 3))
    assert found.table["alert_id"].tolist() == ["urn:good"]
    assert [(each.place, each.reason) for each in found.rejects] == [
        ("feature 1", reason), ("feature 3", "it is no alert: it has no properties"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "outline",
    [
        {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]},
        {"type": "Polygon", "coordinates": [[[900, 2], [3, 4], [5, 6], [900, 2]]]},
        {"type": "Blob"},
        [],
    ],
)
def test_an_unusable_polygon_is_left_to_the_zones(alerts_file, alert, outline):
    found = read_nws_alerts(alerts_file(alert(geometry=outline)))
    assert found.table["unplaced_zones"].tolist() == ["MOC029"]
    assert found.rejects[0].reason.endswith("; it is placed by its zones")


def test_no_alert_is_a_table_without_rows(alerts_file):
    found = read_nws_alerts(alerts_file())
    assert (len(found.table), found.rejects) == (0, ())
    assert "max_gust_mps" in found.table


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 9999])
def test_what_is_no_geojson_of_alerts_is_said_to_be_none(tmp_path, content):
    path = tmp_path / "alerts.json"
    path.write_bytes(content)
    with pytest.raises(WeatherError, match=r"alerts\.json"):
        read_nws_alerts(path)


@pytest.mark.real_data
def test_alerts_as_published(weather_data):
    folder = weather_data / "nws_alerts"
    found = read_nws_alerts(folder / "tornado_warned_test_alerts.json")
    assert (len(found.table), found.rejects) == (3, ())
    storm, watch, tornado = found.table.to_dict("records")
    # in the bytes: "maxWindGust": ["60 MPH"], "maxHailSize": ["Up to .75"]; geometry null of the
    # Tornado Watch of 12 counties; "maxHailSize": ["1.00"] of the Tornado Warning
    assert (storm["event"], watch["event"], tornado["event"]) == (
        "Severe Thunderstorm Warning", "Tornado Watch", "Tornado Warning",
    )  # fmt: skip
    assert storm["max_gust_mps"] == pytest.approx(60 * 0.44704)
    assert storm["max_hail_mm"] == pytest.approx(19.05)
    assert storm["ends_at_utc"].isoformat() == "2021-12-11T00:30:00+00:00"
    assert watch["geometry"] is None
    assert len(watch["unplaced_zones"].split(";")) == 12
    assert tornado["max_hail_mm"] == pytest.approx(25.4)
    assert tornado["geometry"].bounds == pytest.approx((-93.08, 37.19, -92.469999999999999, 37.59))
    [flood] = read_nws_alerts(folder / "pynws_alerts_active_zone.json").table.to_dict("records")
    assert (flood["event"], flood["geometry"]) == ("Flood Watch", None)
    assert len(flood["refers_to"].split(";")) == 4
    assert flood["expires_at_utc"].isoformat() == "2019-12-21T13:30:00+00:00"
    assert flood["ends_at_utc"].isoformat() == "2019-12-22T18:00:00+00:00"
