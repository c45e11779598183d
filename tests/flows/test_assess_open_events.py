"""The daily flow: events that are open, each its list, and one bad one does not stop the rest."""

import shutil
from datetime import UTC, datetime

import pytest
import yaml

from core.errors import CoverageError, EventError
from flows import assess_open_events as daily
from flows.assess_open_events import assess_open_events, find_open_events
from flows.wiring.opening import open_run

OPEN = datetime(2018, 10, 14, 12, tzinfo=UTC)


@pytest.fixture
def events(tmp_path, town_event):
    folder = tmp_path / "events"
    folder.mkdir()
    return folder


@pytest.fixture
def add(events, town_event):
    def adder(name, opens="2018-10-10T12:00:00Z", closes="2018-12-10T00:00:00Z", **more):
        shutil.copytree(town_event.parent, events / name)
        path = events / name / "event.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        content |= {"event_id": name, "opens_at_utc": opens, "closes_at_utc": closes} | more
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path

    return adder


def test_an_event_is_open_from_its_first_instant_until_just_before_its_last(events, add):
    path = add("storm", opens="2018-10-14T12:00:00Z", closes="2018-10-15T12:00:00Z")
    for instant, is_open in (
        (datetime(2018, 10, 14, 11, 59, 59, tzinfo=UTC), False),
        (datetime(2018, 10, 14, 12, tzinfo=UTC), True),
        (datetime(2018, 10, 15, 11, 59, 59, tzinfo=UTC), True),
        (datetime(2018, 10, 15, 12, tzinfo=UTC), False),
    ):
        failures = []
        assert find_open_events(events, instant, failures) == ([path] if is_open else [])
        assert failures == []


def test_files_and_folders_count_and_a_bad_file_is_told_without_stopping(events, add):
    storm = add("storm")
    (events / "flat.yaml").write_bytes(storm.read_bytes())
    (events / "broken").mkdir()
    (events / "broken" / "event.yaml").write_text("perils: [", encoding="utf-8")
    (events / "notes.txt").write_text("not an event")
    failures = []
    assert find_open_events(events, OPEN, failures) == [events / "flat.yaml", storm]
    assert len(failures) == 1
    assert "broken/event.yaml" in failures[0]


def test_no_folder_is_an_error_and_an_empty_one_is_none(events, tmp_path):
    assert find_open_events(events, OPEN, []) == []
    with pytest.raises(EventError, match="no such folder"):
        find_open_events(tmp_path / "none", OPEN, [])


def test_open_events_get_their_lists_although_others_fail(
    events, add, tmp_path, prefect_server, monkeypatch
):
    add("open-storm")
    add("closed-storm", closes="2018-10-12T00:00:00Z")
    add("a-faulty-storm")
    lost = add("lost-book")
    (lost.parent / "policies" / "location.csv").unlink()
    (events / "broken.yaml").write_text("[", encoding="utf-8")
    out = tmp_path / "out"
    assessed = []
    real = daily.assess_event

    def noting(path, *arguments):
        event_id = open_run(path, out, OPEN, None).source.event_id
        if event_id == "a-faulty-storm":
            raise ZeroDivisionError("Mary Jones")
        assessed.append(event_id)
        return real(path, *arguments)

    monkeypatch.setattr(daily, "assess_event", noting)
    with pytest.raises(CoverageError) as caught:
        assess_open_events(events, out, OPEN)
    assert assessed == ["open-storm"]
    assert (out / "open-storm" / "latest" / "daily_list.csv").is_file()
    assert not (out / "closed-storm").exists()
    assert "lost-book: location: there is no file" in str(caught.value)
    assert "broken.yaml" in str(caught.value)
    assert "a-faulty-storm: an unforeseen ZeroDivisionError" in caught.value.problem
    assert "Mary" not in str(caught.value)
    assert "open-storm" not in caught.value.problem
