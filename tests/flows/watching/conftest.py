"""A watch over the rendered town, services on this machine, and a clock that a test holds."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml

from flows.watching.poll import poll
from flows.wiring.sections.watch import read_watch_file
from flows.wiring.settings import Settings

FIXES = [
    ("2018100906", 220, 880, 60, 990, "TS"),
    ("2018101006", 286, 866, 105, 952, "HU"),
    ("2018101012", 295, 861, 115, 945, "HU"),
    ("2018101018", 305, 856, 105, 950, "HU"),
    ("2018101100", 317, 849, 75, 965, "HU"),
]
"""The rendered town's storm: instant, tenths of degrees north and west, kt, hPa, status."""
RADII = {34: (140, 120, 70, 110), 50: (70, 60, 40, 50), 64: (40, 35, 20, 30)}


def deck(count, number=99):
    """A b-deck of the first fixes."""
    return "".join(
        f"AL, {number}, {at},   , BEST,   0, {north}N, {west}W, {wind}, {hpa}, {status}, "
        f"{radius}, NEQ, "
        f"{', '.join(map(str, extents))}, 1008, 300, 15, 0, 0, L, 0, , 0, 0, DEMO, M, \n"
        for at, north, west, wind, hpa, status in FIXES[:count]
        for radius, extents in RADII.items()
        if radius < wind
    )


def refuse(_):
    return (403, {}, b"")


class Clock:
    """Tells the time."""

    def __init__(self):
        self.at = datetime(2018, 10, 9, 9, tzinfo=UTC)

    def __call__(self):
        return self.at

    def go(self, hours):
        self.at += timedelta(hours=hours)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watch_file(event_copy, web):
    """watch.yaml beside the town's folder, over all services of this machine."""
    path = event_copy.parents[1] / "watch.yaml"
    content = {
        "policies": {
            "location": "event/policies/location.csv", "account": "event/policies/account.csv",
        },
        "footprints": "event/footprints.parquet",
        "imagery": {"catalog": "event/imagery/catalog.json"},
        "services": {
            "storms": {"site": web.url, "atcf": f"{web.url}/atcf"},
            "alerts": {"areas": ["FL"], "api": web.url},
            "fires": {"incidents": ["CAMP"], "service": f"{web.url}/fires"},
        },
    }  # fmt: skip
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    web.pages |= {
        "/CurrentStorms.json": {"activeStorms": []},
        "/alerts/active": {"type": "FeatureCollection", "features": []},
        "/fires/query": refuse,
    }
    return path


@pytest.fixture
def look(watch_file, clock):
    """Polls once; gives what was declared as ``id version news``."""

    def looker():
        found = poll(read_watch_file(watch_file), Settings.read(None), clock)
        return [f"{each.event_id} {each.version.version} {each.version.news}" for each in found]

    return looker


@pytest.fixture
def storm(web):
    """Makes the storm's first fixes known."""

    def teller(count):
        web.pages |= {
            "/CurrentStorms.json": {"activeStorms": [{"id": "al992018", "name": "Demo"}]},
            "/atcf/btk/bal992018.dat": deck(count),
        }

    return teller
