"""A person's typing mistake is told with its line and what was likely meant."""

import pytest

from core.errors import EventError, SettingsError
from flows.wiring.event_file import EventFile, read_event_file
from flows.wiring.settings import Settings
from flows.wiring.wording.yaml_problems import find_line, names_at

EVENT = """\
event_id: storm
name: A storm
perils: [WTC]
window:
  start_utc: 2018-10-10T12:00:00Z
  end_utc: 2018-10-11T00:00:00Z
opens_at_utc: 2018-10-10T12:00:00Z
closes_at_utc: 2018-12-10T00:00:00Z
hazard:
  track:
    hurdat2: weather/hurdat2.txt
    storm_id: AL142018
imagery:
  catalog: imagery/catalog.json
footprints: footprints.parquet
policies:
  location: policies/location.csv
  account: policies/account.csv
"""


def _problem_of_event(tmp_path, text):
    path = tmp_path / "event.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EventError) as caught:
        read_event_file(path)
    return caught.value.problem


@pytest.mark.parametrize(
    ("wrong", "line", "meant"),
    [
        (("storm_id:", "strom_id:"), 12, "storm_id"),
        (("catalog:", "catalogue:"), 14, "catalog"),
        (("footprints:", "footprint:"), 15, "footprints"),
        (("  account:", "  Account:"), 18, "account"),
        (("closes_at_utc", "closes_at"), 8, "closes_at_utc"),
    ],
)
def test_a_misspelt_field_of_an_event_is_told_with_its_line(tmp_path, wrong, line, meant):
    problem = _problem_of_event(tmp_path, EVENT.replace(*wrong))
    assert f"line {line}, " in problem
    assert f"did you mean {meant}?" in problem


def test_a_misspelt_code_is_told_with_those_near_it(tmp_path):
    problem = _problem_of_event(tmp_path, EVENT.replace("[WTC]", "[WTD]"))
    assert "line 3, perils.0" in problem
    assert "did you mean " in problem


def test_all_mistakes_are_told_at_once_up_to_three(tmp_path):
    text = EVENT.replace("storm_id:", "strom_id:").replace("catalog:", "catalogue:")
    problem = _problem_of_event(tmp_path, text)
    assert "did you mean storm_id?" in problem
    many = "".join(f"odd_{n}: 1\n" for n in range(9))
    assert "; and 6 more" in _problem_of_event(tmp_path, EVENT + many)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (("window:", "window"), 5),
        (("  start_utc: 2018", "\tstart_utc: 2018"), 5),
        (("[WTC]", "[WTC"), 4),
        (("name: A storm", "name: A: storm"), 2),
    ],
)
def test_what_is_no_yaml_is_told_with_its_place(tmp_path, wrong, line):
    problem = _problem_of_event(tmp_path, EVENT.replace(*wrong))
    assert problem.startswith(f"it is no YAML: line {line}, column ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("triage:\n  draft_severe_frc: 0.7\n", "line 2, triage.draft_severe_frc"),
        ("triaje:\n  draft_severe_frac: 0.7\n", "did you mean triage?"),
        ("run:\n  buildings_per_bach: 4\n", "did you mean buildings_per_batch?"),
        ("use: comercial\n", "did you mean commercial?"),
        ("runner:\n  kind: thread\n", "line 2, runner.kind"),
        ("detector: [\n", "it is no YAML: line "),
    ],
)
def test_settings_are_told_alike_also_those_of_a_room(tmp_path, text, told):
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        Settings.read(path)
    assert told in caught.value.problem


def test_a_folder_in_place_of_settings_is_told(tmp_path):
    with pytest.raises(SettingsError, match="no such file"):
        Settings.read(tmp_path)


def test_names_and_lines_are_found_through_sections_that_may_be_absent():
    assert "storm_id" in names_at(EventFile, ("hazard", "track"))
    assert "draft_severe_frac" in names_at(Settings, ("triage",))
    assert names_at(EventFile, ("name", "nothing")) == set()
    assert find_line("a:\n  b: 1\n  c:\n  - x\n", ("a", "c", 0)) == 4
    assert find_line("a: 1\n", ("b",)) is None
    assert find_line("a: [", ("a",)) is None
