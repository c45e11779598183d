"""Storm, alert and fire on a faked clock: declared once, versioned, no ground ever lost."""

import json
import shutil

import geopandas as gpd
import pytest
import shapely
import yaml

from flows.watching.by_hand import Told, declare
from flows.watching.event_folders import close_event, find_event, read_versions
from flows.wiring.event_file import read_event_file
from tests.flows.watching.conftest import refuse


@pytest.fixture
def events(watch_file):
    return watch_file.parent / "events"


@pytest.fixture
def town(event_copy):
    """Ground of the town."""
    return shapely.box(*gpd.read_parquet(event_copy.parent / "footprints.parquet").total_bounds)


def alert(town, number=1, **changes):
    properties = {
        "id": f"urn:oid:{number}", "event": "Tornado Warning", "status": "Actual",
        "messageType": "Alert", "sent": "2018-10-09T08:00:00+00:00",
        "effective": "2018-10-09T08:00:00+00:00", "onset": "2018-10-09T08:00:00+00:00",
        "expires": "2018-10-09T08:45:00+00:00", "ends": "2018-10-09T08:45:00+00:00",
        "references": [], "geocode": {"UGC": ["FLC005"]},
    } | changes  # fmt: skip
    geometry = json.loads(shapely.to_geojson(town))
    return {"type": "Feature", "id": f"x/{properties['id']}", "geometry": geometry,
            "properties": properties}  # fmt: skip


def test_a_storm_is_declared_once_and_has_a_version_an_advisory(look, storm, clock, events):
    assert look() == []
    storm(1)
    assert look() == []  # far out at sea
    clock.go(hours=33)
    storm(4)
    assert look() == ["al992018 1 declared"]
    assert look() == []
    clock.go(hours=6)
    storm(5)
    assert look() == ["al992018 2 changed"]
    first, second = read_versions(events / "al992018")
    assert (first.basis, second.basis) == (
        "track of AL992018 to 2018-10-10T18:00Z", "track of AL992018 to 2018-10-11T00:00Z",
    )  # fmt: skip
    assert second.locations >= first.locations > 0
    assert first.insured_value > 0


def test_a_declared_event_can_be_read_and_names_its_own_services(look, storm, clock, events, web):
    storm(4)
    look()
    source = read_event_file(events / "al992018" / "event.yaml")
    assert source.name == "Hurricane Demo 2018"
    assert source.weather.nhc.storm_id == "AL992018"
    assert source.weather.nhc.site == web.url
    assert (events / "al992018" / "weather" / "nhc" / "bal992018.dat").is_file()
    assert (source.closes_at_utc - clock.at).days == 30


def test_new_evidence_keeps_an_event_open_and_what_a_person_wrote(look, storm, clock, events):
    storm(4)
    look()
    path = events / "al992018" / "event.yaml"
    path.write_text(path.read_text() + "carrier_cat_code: CAT-1\n")
    closes = read_event_file(path).closes_at_utc
    clock.go(hours=48)
    storm(5)
    look()
    assert read_event_file(path).carrier_cat_code == "CAT-1"
    assert read_event_file(path).closes_at_utc > closes
    clock.go(hours=24 * 40)
    look()
    assert read_event_file(path).closes_at_utc < clock.at  # no evidence, no longer open


def test_services_that_fail_for_six_hours_cost_nothing_but_freshness(
    look, storm, clock, events, web
):
    storm(4)
    look()
    pages, web.pages = web.pages, dict.fromkeys(web.pages, refuse)
    for _ in range(6):
        clock.go(hours=1)
        assert look() == []
    web.pages = pages
    storm(5)
    assert look() == ["al992018 2 changed"]


def test_a_storm_that_is_gone_from_the_list_is_no_news(look, storm, clock, web):
    storm(4)
    look()
    web.pages["/CurrentStorms.json"] = {"activeStorms": []}
    clock.go(hours=24)
    assert look() == []


def test_thresholds_decide_when_it_is_an_event(look, storm, watch_file):
    content = yaml.safe_load(watch_file.read_text())
    watch_file.write_text(yaml.safe_dump(content | {"thresholds": {"locations": 1000}}))
    storm(5)
    assert look() == []
    watch_file.write_text(yaml.safe_dump(content | {"thresholds": {"insured_value": 1e12}}))
    assert look() == []
    watch_file.write_text(yaml.safe_dump(content | {"thresholds": {"insured_value": 1e5}}))
    assert look() == ["al992018 1 declared"]


def test_alerts_of_a_day_are_one_event_and_updates_are_followed(look, web, town, clock, events):
    web.pages["/alerts/active"] = {"type": "FeatureCollection", "features": [alert(town)]}
    assert look() == ["tornado-warning-2018-10-08 1 declared"]
    clock.go(hours=1)
    wider = shapely.box(*town.buffer(0.1).bounds)
    update = alert(
        wider, 2, messageType="Update", sent="2018-10-09T08:30:00+00:00",
        references=[{"identifier": "urn:oid:1"}],
    )  # fmt: skip
    web.pages["/alerts/active"]["features"] = [update]
    assert look() == ["tornado-warning-2018-10-08 2 changed"]
    source = read_event_file(events / "tornado-warning-2018-10-08" / "event.yaml")
    assert [str(peril) for peril in source.perils] == ["XTD"]
    assert gpd.read_file(source.hazards[-1].area).union_all().covers(town)


def test_a_cancelled_alert_is_no_event_and_a_test_is_none(look, web, town):
    end = alert(town, 2, messageType="Cancel", references=[{"identifier": "urn:oid:1"}])
    features = [alert(town), end, alert(town, 3, status="Test")]
    web.pages["/alerts/active"] = {"type": "FeatureCollection", "features": features}
    assert look() == []


def test_an_event_never_loses_ground_that_an_earlier_version_had(look, web, town, clock, events):
    web.pages["/alerts/active"] = {"type": "FeatureCollection", "features": [alert(town)]}
    look()
    clock.go(hours=1)
    elsewhere = shapely.transform(town, lambda xy: xy + 1)
    web.pages["/alerts/active"]["features"] = [
        alert(elsewhere, 2, sent="2018-10-09T08:50:00+00:00"),
        alert(town, 3, messageType="Cancel", sent="2018-10-09T08:40:00+00:00",
              references=[{"identifier": "urn:oid:1"}]),
    ]  # fmt: skip
    assert look() == ["tornado-warning-2018-10-08 2 changed"]
    source = read_event_file(events / "tornado-warning-2018-10-08" / "event.yaml")
    assert gpd.read_file(source.hazards[-1].area).union_all().covers(town)


def test_a_fire_that_grows_has_versions(look, web, town, clock):
    def perimeter(area):
        return {"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(area))}
        ]}  # fmt: skip

    web.pages["/fires/query"] = perimeter(shapely.transform(town, lambda xy: xy + 1))
    assert look() == []
    clock.go(hours=6)
    web.pages["/fires/query"] = perimeter(town)
    assert look() == ["fire-camp 1 declared"]
    clock.go(hours=6)
    web.pages["/fires/query"] = perimeter(town.buffer(0.1))
    assert look() == ["fire-camp 2 changed"]


def test_a_broken_track_keeps_no_other_hazard_from_its_event(look, web, town, storm):
    storm(4)
    web.pages["/atcf/btk/bal992018.dat"] = "AL, 99, nonsense\n"
    web.pages["/alerts/active"] = {"type": "FeatureCollection", "features": [alert(town)]}
    assert look() == ["tornado-warning-2018-10-08 1 declared"]


def test_a_hurricane_warning_declares_an_event_before_the_storm_is_there(
    look, web, town, watch_file, events
):
    zones = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"id": "FLZ012"},
         "geometry": json.loads(shapely.to_geojson(town.buffer(0.2)))}
    ]}  # fmt: skip
    (watch_file.parent / "zones.geojson").write_text(json.dumps(zones))
    warning = alert(
        town, event="Hurricane Warning", geocode={"UGC": ["FLZ012"]},
        affectedZones=["https://api.weather.gov/zones/forecast/FLZ012"],
    ) | {"geometry": None}  # fmt: skip
    web.pages["/alerts/active"] = {"type": "FeatureCollection", "features": [warning]}
    assert look() == []  # nobody knows where the zone is
    content = yaml.safe_load(watch_file.read_text())
    content["services"]["alerts"]["zones"] = ["zones.geojson"]
    watch_file.write_text(yaml.safe_dump(content))
    assert look() == ["hurricane-warning-2018-10-08 1 declared"]
    source = read_event_file(events / "hurricane-warning-2018-10-08" / "event.yaml")
    assert [str(peril) for peril in source.perils] == ["WTC"]


def test_zones_that_cannot_be_read_keep_no_warning_from_its_event(look, web, town, watch_file):
    content = yaml.safe_load(watch_file.read_text())
    content["services"]["alerts"]["zones"] = ["absent.geojson"]
    watch_file.write_text(yaml.safe_dump(content))
    web.pages["/alerts/active"] = {"type": "FeatureCollection", "features": [alert(town)]}
    assert look() == ["tornado-warning-2018-10-08 1 declared"]


def test_an_event_that_a_person_closed_stays_closed(look, storm, clock, events):
    storm(4)
    look()
    close_event(find_event(events, "al992018"), clock.at, "A. Clerk", "no book there")
    clock.go(hours=6)
    storm(5)
    assert look() == []
    assert not find_event(events, "al992018").is_open(clock.at)


def test_a_storm_that_a_person_declared_is_no_second_event(look, storm, clock, watch_file):
    storm(4)
    told = Told("our-storm", "Our storm", (), "AL992018", None, None, None, None, None, "me", "why")
    declare(told, watch_file, None, clock.at)
    clock.go(hours=6)
    storm(5)
    assert look() == ["our-storm 2 changed"]
    events = watch_file.parent / "events"
    assert read_event_file(events / "our-storm" / "event.yaml").name == "Our storm"
    assert not (events / "al992018").exists()


def test_a_storm_whose_event_a_person_wrote_is_left_to_him(look, storm, event_copy, events):
    shutil.copytree(event_copy.parent, events / "by-hand")
    storm(4)  # the town's event has this very storm's track
    assert look() == []
