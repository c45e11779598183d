"""Made-up alerts in the API's own words."""

import json

import pytest

POLYGON = {
    "type": "Polygon",
    "coordinates": [[[-92.4, 37.9], [-92.9, 37.8], [-92.4, 38.4], [-92.4, 37.9]]],
}


def make_alert(name="a", *, sent="17:00", kind="Alert", follows=(), zones=("MOC029",), **said):
    parameters = said.pop("parameters", {})
    geometry = said.pop("geometry", None)
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {
            "id": f"urn:{name}", "event": "Tornado Watch", "messageType": kind, "status": "Actual",
            "sent": f"2021-12-10T{sent}:00-06:00", "expires": "2021-12-10T18:30:00-06:00",
            "ends": "2021-12-10T23:00:00-06:00", "areaDesc": "Camden, MO",
            "geocode": {"UGC": list(zones)},
            "affectedZones": [f"https://api.weather.gov/zones/county/{code}" for code in zones],
            "references": [
                {"@id": f"https://api.weather.gov/alerts/urn:{each}", "identifier": f"urn:{each}"}
                for each in follows
            ],
            "parameters": parameters,
            **said,
        },
    }  # fmt: skip


@pytest.fixture
def alert():
    return make_alert


@pytest.fixture
def polygon():
    return POLYGON


@pytest.fixture
def alerts_file(tmp_path):
    def write(*features):
        path = tmp_path / "alerts.json"
        path.write_text(json.dumps({"features": list(features)}), encoding="utf-8")
        return path

    return write
