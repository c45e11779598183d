"""The documents as the tests read them."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def console_lines():
    """Command lines of a document's console blocks, without the prompt."""

    def lines(name: str) -> list[str]:
        blocks = re.findall(r"```console\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
        found = [line for block in blocks for line in block.splitlines()]
        assert all(line.startswith("$ ") for line in found), "a console line begins with '$ '"
        return [line.removeprefix("$ ") for line in found]

    return lines


@pytest.fixture(scope="session")
def reference():
    """The generator, which is a script and no package."""
    spec = importlib.util.spec_from_file_location(
        "generate_reference", ROOT / "docs" / "generate_reference.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
