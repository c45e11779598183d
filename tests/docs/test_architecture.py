"""ARCHITECTURE.md names what is there, and the decisions are complete."""

import re
import tomllib
from fnmatch import fnmatch

import pytest

from core.tables import TABLES

ROOMS = ("core", "weather", "imagery", "detectors", "policies", "claims", "reports", "flows")


@pytest.fixture(scope="module")
def named(root) -> dict[str, set[str]]:
    """Modules that the map names, by room; patterns and folders too."""
    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    sections = text.split("## Module map")[1].split("## How to add")[0]
    parts = re.split(r"^`(\w+)/`", sections, flags=re.MULTILINE)[1:]
    return {
        room: set(re.findall(r"`([\w*]+(?:\.py|/))`", body))
        for room, body in zip(parts[::2], parts[1::2], strict=True)
    }


def test_the_map_has_the_rooms_of_the_distribution(root, named):
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    rooms = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert tuple(named) == ROOMS
    assert set(rooms) == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_is_on_the_map(root, named, room):
    modules = {path.name for path in (root / room).glob("*.py")} - {"__init__.py"}
    lost = {name for name in modules if not any(fnmatch(name, each) for each in named[room])}
    assert lost == set()


@pytest.mark.parametrize("room", ROOMS)
def test_the_map_names_no_module_that_is_gone(root, named, room):
    gone = {name for name in named[room] if not any((root / room).glob(name.rstrip("/")))}
    assert gone == set()


def test_every_table_that_crosses_is_in_the_table_of_tables(root):
    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    crossing = text.split("## Tables that cross")[1].split("\n## ")[0]
    assert all(schema.name.replace("_", " ") in crossing for schema in TABLES)


def test_each_decision_has_its_parts_and_stands_in_the_index(root):
    folder = root / "docs" / "adr"
    pages = sorted(folder.glob("[0-9]*.md"))
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert heads == ["Context", "Decision", "Consequences"], page.name
        assert text.startswith(f"# {int(page.name[:4])}. ")
        assert f"({page.name})" in index
