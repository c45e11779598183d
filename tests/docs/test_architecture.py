"""ARCHITECTURE.md names what is there, and the decisions are complete."""

import re
import tomllib

import pytest

from core.tables import TABLES

ROOMS = ("core", "weather", "imagery", "detectors", "policies", "claims", "reports", "web", "flows")
MOST = 15
"""Modules of a folder: about a dozen, or a newcomer no longer sees the way."""


def _folders_of_code(root) -> set[str]:
    """Folders of the rooms that hold modules, without migrations, which Alembic names."""
    modules = (path for room in ROOMS for path in (root / room).rglob("*.py"))
    return {
        str(path.parent.relative_to(root))
        for path in modules
        if path.name != "__init__.py" and "migrations" not in path.parts
    }


@pytest.fixture(scope="module")
def house(root) -> str:
    """The part of ARCHITECTURE.md that goes from room to room."""
    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return text.split("## The house")[1].split("\n## ")[0]


def test_the_rooms_are_those_of_the_distribution(root):
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(ROOMS)


def test_every_folder_is_on_the_map_and_the_map_names_no_other(root, house):
    named = {name.rstrip("/") for name in re.findall(r"`((?:[a-z_]+/)+)`", house)}
    rooms = {name for name in named if name.split("/")[0] in ROOMS}
    assert rooms == _folders_of_code(root)


def test_no_folder_is_crowded(root):
    crowded = {
        folder: count
        for folder in _folders_of_code(root)
        if (count := len([p for p in (root / folder).glob("*.py") if p.stem != "__init__"])) > MOST
    }
    assert crowded == {}


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
