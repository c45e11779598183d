"""Events that people declare, list and close, by the command line."""

import json

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner

from core.errors import EventError, WeatherError
from flows.cli import main as cli
from flows.watching.event_folders import read_versions
from flows.wiring.event_file import read_event_file
from tests.flows.watching.conftest import deck, refuse

NAMED = ("--by", "A. Clerk")


@pytest.fixture
def events(watch_file):
    return watch_file.parent / "events"


@pytest.fixture
def say(watch_file, events):
    """A command about events; gives what it printed."""

    def sayer(verb, *given):
        where = ("--watch", watch_file) if verb == "declare" else ("--events", events)
        said = CliRunner(env={"COLUMNS": "200"}).invoke(
            cli.app, ["event", verb, *map(str, (*given, *where))]
        )
        if said.exception and not isinstance(said.exception, SystemExit):
            raise said.exception
        return said.output

    return sayer


@pytest.fixture
def perimeter(event_copy, tmp_path):
    """A file of the town's ground."""
    town = shapely.box(*gpd.read_parquet(event_copy.parent / "footprints.parquet").total_bounds)
    path = tmp_path / "perimeter.geojson"
    feature = {
        "type": "Feature",
        "properties": {},
        "geometry": json.loads(shapely.to_geojson(town)),
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_an_area_is_declared_listed_and_closed(say, perimeter, events):
    told = ("--area", perimeter, "--peril", "BBF", "--start", "2018-10-10T12:00Z")
    assert "24 homes of the book inside" in say("declare", "my-fire", *told, *NAMED)
    source = read_event_file(events / "my-fire" / "event.yaml")
    assert [str(peril) for peril in source.perils] == ["BBF"]
    (version,) = read_versions(events / "my-fire")
    assert (version.by, version.locations) == ("A. Clerk", 24)
    listed = say("list")
    assert "my-fire" in listed
    assert "open" in listed
    assert "is closed" in say("close", "my-fire", *NAMED)
    assert "closed" in say("list")
    assert read_versions(events / "my-fire")[-1].by == "A. Clerk"
    with pytest.raises(EventError, match="it is open from"):
        say("close", "my-fire", *NAMED)


def test_a_storm_is_declared_by_its_id_alive_or_gone(say, web, events):
    web.pages["/atcf/btk/bal992018.dat"] = deck(5)
    assert "24 homes" in say("declare", "demo-storm", "--storm", "AL992018", *NAMED)
    source = read_event_file(events / "demo-storm" / "event.yaml")
    assert source.name == "Hurricane Demo 2018"
    assert source.hazards[0].track.path.is_file()


def test_a_storm_that_the_service_does_not_have_is_said(say, web):
    web.pages["/atcf/btk/bal012018.dat"] = refuse
    with pytest.raises(WeatherError, match="the server answers 403"):
        say("declare", "no-storm", "--storm", "AL012018", *NAMED)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ((), "its hazard is given as nothing"),
        (("--box", "-86,29,-85,31", "--storm", "AL992018"), "storm, box"),
        (("--box", "-86,29,-85,31"), "nothing is known but where it lies"),
    ],
)
def test_too_little_and_too_much_is_refused(say, given, problem):
    with pytest.raises(EventError, match=problem):
        say("declare", "my-event", *given, *NAMED)


def test_an_event_is_declared_once(say, perimeter):
    told = ("--area", perimeter, "--peril", "BBF", "--start", "2018-10-10T12:00Z")
    say("declare", "my-fire", *told, *NAMED)
    with pytest.raises(EventError, match="declared already"):
        say("declare", "my-fire", *told, *NAMED)


def test_an_unknown_event_is_told_with_those_that_there_are(say, perimeter):
    told = ("--area", perimeter, "--peril", "BBF", "--start", "2018-10-10T12:00Z")
    say("declare", "my-fire", *told, *NAMED)
    with pytest.raises(EventError, match="it has my-fire"):
        say("close", "your-fire", *NAMED)


def test_an_event_file_that_cannot_be_read_hides_no_other(say, perimeter, events):
    told = ("--area", perimeter, "--peril", "BBF", "--start", "2018-10-10T12:00Z")
    say("declare", "my-fire", *told, *NAMED)
    (events / "broken").mkdir()
    (events / "broken" / "event.yaml").write_text("{")
    listed = say("list")
    assert "my-fire" in listed
    assert "broken" in listed
