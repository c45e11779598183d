"""What `firstnotice init` writes is an event file that a run opens."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EventError
from core.events import Peril
from flows.importing.new_event import NewEvent, draw_event_file, write_new_event
from flows.wiring.event_file import parse_event_file, read_event_file

NOW = datetime(2026, 9, 29, 6, tzinfo=UTC)


def told(**changes) -> NewEvent:
    return NewEvent(
        **{
            "event_id": "my-storm",
            "name": "Hurricane Sample: the first",
            "perils": (Peril.TROPICAL_CYCLONE_WIND, Peril.STORM_SURGE),
            "start_utc": datetime(2026, 9, 28, 6, tzinfo=UTC),
            "end_utc": datetime(2026, 9, 29, 0, tzinfo=UTC),
            "hazard": "weather/hurdat2.txt",
            "storm_id": "AL142026",
            "imagery": "imagery/catalog.json",
            "location": "policies/location.csv",
            "account": "policies/account.csv",
            "contacts": None,
            "footprints": "footprints.parquet",
        }
        | changes
    )


def test_the_file_reads_back_as_told_and_says_what_is_missing(tmp_path):
    path, missing = write_new_event(told(), tmp_path / "events", NOW)
    source = read_event_file(path)
    assert path == tmp_path / "events" / "my-storm" / "event.yaml"
    assert (source.event_id, source.name) == ("my-storm", "Hurricane Sample: the first")
    assert source.perils == (Peril.TROPICAL_CYCLONE_WIND, Peril.STORM_SURGE)
    assert source.hazards[0].track.storm_id == "AL142026"
    assert source.opens_at_utc <= NOW < source.closes_at_utc
    assert {each.name for each in missing} == {
        "hurdat2.txt", "catalog.json", "footprints.parquet", "location.csv", "account.csv",
    }  # fmt: skip
    assert path.read_text(encoding="utf-8").count("#") > 10


def test_a_file_that_is_there_is_never_written_over(tmp_path):
    path, _ = write_new_event(told(), tmp_path, NOW)
    path.write_text("by hand", encoding="utf-8")
    with pytest.raises(EventError, match="there is one already"):
        write_new_event(told(), tmp_path, NOW)
    assert path.read_text(encoding="utf-8") == "by hand"


@pytest.mark.parametrize(
    ("hazard", "kind"),
    [
        ("scenes", "scene_extents"),
        ("-85.8,30.1,-85.5,30.3", "box"),
        ("weather/perimeter.geojson", "area"),
    ],
)
@pytest.mark.parametrize(
    ("imagery", "source"),
    [
        ("imagery/catalog.json", "catalog"),
        ("https://example.org/catalog.json", "catalog"),
        ("noaa:2018_Michael", "noaa_eri"),
        ("deliveries/vendor", "folder"),
    ],
)
def test_each_kind_of_hazard_and_imagery(hazard, kind, imagery, source):
    text = draw_event_file(
        told(hazard=hazard, storm_id=None, imagery=imagery), Path("events/my-storm"), NOW
    )
    event = parse_event_file(text, "reading", Path("/events/my-storm"))
    assert getattr(event.hazards[0], kind)
    assert getattr(event.imagery, source)


def test_paths_that_are_there_are_meant_from_where_one_is(tmp_path, monkeypatch):
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "our book.csv").write_text("x", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    path, missing = write_new_event(told(location="export/our book.csv"), Path("events"), NOW)
    source = read_event_file(path)
    assert source.policies.location.resolve() == (tmp_path / "export" / "our book.csv").resolve()
    assert "our book.csv" not in {each.name for each in missing}


def test_what_no_run_would_open_is_refused_before_it_is_written(tmp_path):
    with pytest.raises(EventError):
        write_new_event(told(end_utc=datetime(2026, 9, 1, tzinfo=UTC)), tmp_path, NOW)
    with pytest.raises(EventError):
        write_new_event(told(hazard="-85.5,30.1,-85.8,30.3"), tmp_path, NOW)
    assert not list(tmp_path.rglob("event.yaml"))


@given(
    name=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1),
    path=st.text(st.sampled_from("ab/ .-_:#'\"{}[]&*!|>%@,"), min_size=1).filter(
        lambda text: text.strip(" /.") == text
    ),
)
def test_any_name_and_path_reads_back(name, path):
    text = draw_event_file(told(name=name, footprints=path), Path("/nowhere/my-storm"), NOW)
    source = parse_event_file(text, "reading", Path("/nowhere/my-storm"))
    assert source.name == name
    assert source.footprints == Path("/nowhere/my-storm") / path
