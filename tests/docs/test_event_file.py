"""docs/event-file.md shows event files that the program reads."""

import re
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel

from core.errors import EventError
from core.events import Peril
from flows.wiring.event_file import EventFile, read_event_file
from flows.wiring.sections.hazard import HazardSection


@pytest.fixture(scope="module")
def page(root) -> str:
    return (root / "docs" / "event-file.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def example(page) -> str:
    return re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1]


def uncomment(example: str, choice: str) -> str:
    """The example with another source of the hazard in place of the track."""
    kept = re.sub(r"  track:.*?(?=  # area)", "", example, flags=re.DOTALL)
    return re.sub(rf"  # ({choice}: [^#\n]*)", r"  \1", kept)


def test_the_example_is_an_event_file(example, tmp_path):
    path = tmp_path / "event.yaml"
    path.write_text(example, encoding="utf-8")
    source = read_event_file(path)
    assert source.event.primary_peril is Peril.TROPICAL_CYCLONE_WIND
    assert source.hazards[0].track is not None
    assert source.hazards[0].track.file == tmp_path / "weather" / "hurdat2.txt"
    assert source.pcs_code == "1855"


@pytest.mark.parametrize("choice", ["area", "box", "scene_extents"])
def test_each_other_hazard_of_the_example_is_valid_in_its_place(example, choice, tmp_path):
    path = tmp_path / "event.yaml"
    path.write_text(uncomment(example, choice), encoding="utf-8")
    assert getattr(read_event_file(path).hazards[0], choice)


def test_the_example_shows_every_field(example):
    shown = yaml.safe_load(example) | {"hazards": []}  # in place of hazard
    assert set(shown) == set(EventFile.model_fields)
    assert "# hazards:" in example
    for name, field in EventFile.model_fields.items():
        section = next(iter(get_args(field.annotation)), field.annotation)
        if isinstance(section, type) and issubclass(section, BaseModel) and shown[name]:
            missing = set(section.model_fields) - set(shown[name])
            assert all(f"# {field}:" in example for field in missing), name


def test_the_table_says_rightly_which_fields_are_needed(page):
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (yes|no) \|", page, re.MULTILINE)
    told = {name: needed == "yes" for names, needed in rows for name in re.findall(r"\w+", names)}
    assert told == {name: field.is_required() for name, field in EventFile.model_fields.items()}
    assert all(f"`{name}`" in page for name in HazardSection.model_fields)


def test_a_wrong_field_points_to_the_page(example, tmp_path):
    path = tmp_path / "event.yaml"
    path.write_text(example.replace("storm_id", "storm"), encoding="utf-8")
    with pytest.raises(EventError, match=r"docs/event-file\.md shows each field"):
        read_event_file(path)
