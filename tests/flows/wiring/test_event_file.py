"""What an event file may say; everything else is refused with the field's name."""

import copy
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from core.errors import EventError
from core.events import Peril
from flows.wiring.event_file import MAX_EVENT_FILE_BYTES, read_event_file, write_event_file

GOOD = {
    "event_id": "storm-2018",
    "name": "Storm",
    "perils": ["WTC", "WSS"],
    "window": {"start_utc": "2018-10-10T12:00:00Z", "end_utc": "2018-10-11T00:00:00Z"},
    "opens_at_utc": "2018-10-10T12:00:00Z",
    "closes_at_utc": "2018-12-10T00:00:00Z",
    "hazard": {"track": {"hurdat2": "weather/tracks.txt", "storm_id": "AL142018"}},
    "imagery": {"catalog": "imagery/catalog.json"},
    "footprints": "footprints.parquet",
    "policies": {"location": "location.csv", "account": "account.csv"},
}


@pytest.fixture
def write(tmp_path):
    """Writes an event file with some fields replaced (dotted names) or, given None, left out."""

    def writer(**changes):
        content = copy.deepcopy(GOOD)
        for name, value in changes.items():
            *above, last = name.split("__")
            section = content
            for part in above:
                section = section[part]
            section[last] = value
            if value is None:
                del section[last]
        path = tmp_path / "event.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path

    return writer


def test_a_good_file_says_what_it_says(write, tmp_path):
    event = read_event_file(write(pcs_code="1855", min_assessed_frac=0.5))
    assert event.event.event_id == "storm-2018"
    assert event.event.perils == (Peril.TROPICAL_CYCLONE_WIND, Peril.STORM_SURGE)
    assert event.event.primary_peril is Peril.TROPICAL_CYCLONE_WIND
    assert event.event.window.start_utc == datetime(2018, 10, 10, 12, tzinfo=UTC)
    assert event.event.pcs_code == "1855"
    assert event.min_assessed_frac == 0.5
    assert event.hazards[0].track.threshold_kt == 50
    assert event.policies.contacts is None


def test_paths_are_relative_to_the_file_wherever_one_stands(write, tmp_path, monkeypatch):
    path = write(policies__contacts="/books/contacts.csv", hazard={"area": "a/b.geojson"})
    monkeypatch.chdir(tmp_path)
    event = read_event_file(Path("event.yaml"))
    assert event == read_event_file(path)
    assert event.footprints == tmp_path / "footprints.parquet"
    assert event.imagery.catalog == tmp_path / "imagery/catalog.json"
    assert event.policies.location == tmp_path / "location.csv"
    assert event.policies.contacts == Path("/books/contacts.csv")
    assert event.hazards[0].area == tmp_path / "a/b.geojson"
    track = read_event_file(write()).hazards[0].track
    assert track.hurdat2 == track.path == tmp_path / "weather/tracks.txt"
    newer = {"track": {"file": "weather/bal142018.dat", "storm_id": "AL142018"}}
    assert read_event_file(write(hazard=newer)).hazards[0].track.path == (
        tmp_path / "weather/bal142018.dat"
    )


@pytest.mark.parametrize("files", [{}, {"file": "a.dat", "hurdat2": "b.txt"}])
def test_a_track_has_one_file(write, files):
    with pytest.raises(EventError, match="give the track's file, once"):
        read_event_file(write(hazard={"track": {"storm_id": "AL142018"} | files}))


@pytest.mark.parametrize(
    "hazard",
    [
        {"box": [-85.8, 30.1, -85.5, 30.3]},
        {"area": "perimeter.geojson"},
        {"scene_extents": True},
        {"track": {"hurdat2": "t.txt", "storm_id": "AL142018", "threshold_kt": 34}},
        {"track": {"file": "bal142018.dat", "storm_id": "AL142018"}},
    ],
)
def test_what_is_written_reads_back_equal(write, tmp_path, hazard):
    event = read_event_file(write(hazard=hazard, imagery__max_pre_age_days=900.5))
    write_event_file(event, tmp_path / "again.yaml")
    assert read_event_file(tmp_path / "again.yaml") == event


def test_an_instant_in_another_zone_becomes_utc_and_unquoted_ones_are_fine(write):
    path = write(window__start_utc="2018-10-10T07:00:00-05:00")
    path.write_text(path.read_text().replace("'", ""), encoding="utf-8")
    event = read_event_file(path)
    assert event.window.start_utc == datetime(2018, 10, 10, 12, tzinfo=UTC)
    assert event.opens_at_utc == datetime(2018, 10, 10, 12, tzinfo=UTC)


def test_a_byte_order_mark_does_no_harm(write):
    path = write()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_event_file(path).event_id == "storm-2018"


WRONG = {
    "an id that names no folder": ({"event_id": "../Storm"}, "event_id '../Storm'"),
    "an id of a folder that runs keep": ({"event_id": "cache"}, "'cache' cannot name"),
    "an id of the demo's folder": ({"event_id": "events"}, "'events' cannot name"),
    "an id that Windows keeps": ({"event_id": "com1"}, "'com1' cannot name"),
    "an id that reads as an option": ({"event_id": "-storm"}, "'-storm' cannot name"),
    "an id with a question mark": ({"event_id": "runs?2026"}, r"event_id 'runs\?2026'"),
    "an id longer than a name may be": ({"event_id": "s" * 300}, "longer than 80"),
    "an id that is a number": ({"event_id": 2018}, "event_id"),
    "no id": ({"event_id": None}, "event_id: Field required"),
    "an unknown peril": ({"perils": ["WTC", "XXX"]}, r"perils\.1"),
    "a peril group": ({"perils": ["WW1"]}, r"perils\.0"),
    "no peril": ({"perils": []}, "names no peril"),
    "a naive start": ({"window__start_utc": "2018-10-10T12:00:00"}, r"window\.start_utc.*Z"),
    "a naive opening": ({"opens_at_utc": "2018-10-10T12:00:00"}, "opens_at_utc.*Z"),
    "a day for an instant": ({"closes_at_utc": "2018-12-10"}, "closes_at_utc"),
    "a window turned round": ({"window__end_utc": "2018-10-09T00:00:00Z"}, "ends at 2018-10-09"),
    "closed before it opens": ({"closes_at_utc": "2018-10-01T00:00:00Z"}, "closes_at_utc"),
    "two hazards": (
        {"hazard__box": [-86, 30, -85, 31]}, r"exactly one of .*got \['track', 'box'\]"
    ),
    "no hazard": ({"hazard": {"scene_extents": False}}, r"exactly one of .*got \[\]"),
    "a box of three": ({"hazard": {"box": [1, 2, 3]}}, r"hazard\.box"),
    "a box turned round": ({"hazard": {"box": [-85, 30, -86, 31]}}, r"hazard\.box.*west"),
    "a box in metres": ({"hazard": {"box": [5e5, 3e6, 6e5, 4e6]}}, r"hazard\.box.*degrees"),
    "no threshold": (
        {"hazard__track__threshold_kt": 0}, r"hazard\.track\.threshold_kt"
    ),
    "no storm": ({"hazard__track__storm_id": None}, r"hazard\.track\.storm_id"),
    "a share over one": ({"min_assessed_frac": 1.5}, "min_assessed_frac"),
    "an age below zero": ({"imagery__max_pre_age_days": -1}, r"imagery\.max_pre_age_days"),
    "no account file": ({"policies__account": None}, r"policies\.account"),
    "an unknown field": ({"perls": ["WTC"]}, "perls: there is no such field"),
    "an unknown field below": ({"policies__contact": "c.csv"}, r"policies\.contact: there is"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "problem"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_field_is_named(write, changes, problem):
    with pytest.raises(EventError, match=problem):
        read_event_file(write(**changes))


JUNK = {
    "empty": (b"", "the file"),
    "a list": (b"- 1\n- 2\n", "the file"),
    "not YAML": (b"{event_id: [", "is no YAML"),
    "not text": (bytes(range(256)) * 40, "cannot be read"),
    "deeply nested": (b"[" * 200_000, "is no YAML"),
    "references upon references": (
        b"a: &a [x]\n" + b"".join(
            f"{chr(98 + k)}: &{chr(98 + k)} [{','.join(['*' + chr(97 + k)] * 9)}]\n".encode()
            for k in range(20)
        ), "Field required|no such field",
    ),
    "ten megabytes": (b"junk " * 2_000_000, f"has {10_000_000} bytes"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "problem"), JUNK.values(), ids=JUNK.keys())
def test_junk_is_refused_fast_and_named(tmp_path, content, problem):
    path = tmp_path / "event.yaml"
    path.write_bytes(content)
    begun = time.process_time()
    with pytest.raises(EventError, match=problem) as caught:
        read_event_file(path)
    assert time.process_time() - begun < 2
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 2000


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(EventError, match="cannot be read"):
            read_event_file(path)


def test_a_file_just_under_the_limit_is_still_read(write):
    path = write()
    room = MAX_EVENT_FILE_BYTES - path.stat().st_size - 2
    path.write_text(path.read_text() + "#" + "x" * room + "\n", encoding="utf-8")
    assert path.stat().st_size == MAX_EVENT_FILE_BYTES
    assert read_event_file(path).event_id == "storm-2018"
