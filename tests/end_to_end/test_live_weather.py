"""A run pulls the weather that its event names, says how old it is, and never ends well on old."""

import json

import pytest
import yaml

from flows.closing import IncompleteRunError

HAIL = "Time,Size,Location,County,State,Lat,Lon,Comments\n"


@pytest.fixture
def live(event_copy, web):
    """The event, asking a service on this machine for reports of its three days."""
    event = yaml.safe_load(event_copy.read_text(encoding="utf-8"))
    event["weather"] = {"spc": {"site": web.url}}
    event_copy.write_text(yaml.safe_dump(event), encoding="utf-8")
    return event_copy


def refuse(_):
    return (403, {}, b"")


def record_of(out):
    return json.loads((out / "small-town" / "latest" / "run.json").read_text(encoding="utf-8"))


def test_a_run_says_what_it_pulled_and_how_old_it_is(assess, live, web, town_grades, tmp_path):
    out = tmp_path / "out"
    web.pages["/181010_rpts_filtered_hail.csv"] = HAIL
    assess(live, out, None, says=town_grades)
    pulled = {each["product"]: each for each in record_of(out)["weather"]}
    assert len(pulled) == 9
    assert pulled["181010_rpts_filtered_hail.csv"]["outcome"] == "new"
    assert pulled["181011_rpts_filtered_wind.csv"]["outcome"] == "absent"
    assert all(0 <= each["age_h"] < 0.2 for each in pulled.values())
    assert (live.parent / "weather" / "spc" / "181010_rpts_filtered_hail.csv").is_file()

    web.pages = dict.fromkeys((f"/{name}" for name in pulled), refuse)
    result = assess(live, out, None, says=town_grades)
    assert [note for note in result.notes if "weather could not be renewed" in note]
    record = record_of(out)
    assert record["state"] == "complete"
    assert {each["outcome"] for each in record["weather"]} == {"failed"}
    assert all(each["known_at_utc"] for each in record["weather"])


def test_weather_that_never_came_is_a_gap(assess, live, web, town_grades, tmp_path):
    names = (f"/{day}_rpts_filtered_{kind}.csv" for day in (181010, 181011, 181012)
             for kind in ("torn", "hail", "wind"))  # fmt: skip
    web.pages = dict.fromkeys(names, refuse)
    with pytest.raises(IncompleteRunError, match="old_weather") as caught:
        assess(live, tmp_path / "out", None, says=town_grades)
    assert caught.value.result.locations == 24
    assert "never came" in caught.value.problem


def test_a_run_of_the_past_asks_nobody(assess, live, web, town_grades, tmp_path):
    with pytest.raises(IncompleteRunError, match="no service was ever asked"):
        assess(live, tmp_path / "out", says=town_grades)
    assert web.asked == []
