"""The Makefile on a bare machine, without installing anything."""

import os
import re
import shutil
import subprocess

import pytest

TARGETS = ("demo", "test", "check", "bench", "train", "docs", "locks", "help")

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make here")


@pytest.fixture
def bare(root, tmp_path):
    """A folder with what the Makefile reads, and no .venv."""
    for path in (root / "Makefile", root / "pyproject.toml", *root.glob("requirements*.lock")):
        shutil.copy(path, tmp_path)
    return tmp_path


def make(folder, *arguments: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=folder, env=clean | {"PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_each_target_knows_its_way_from_nothing(bare, target):
    planned = make(bare, "-n", target)
    assert (planned.returncode, planned.stderr) == (0, "")


def test_help_tells_each_target_and_the_variable(bare):
    told = make(bare).stdout
    for target in ("demo", "test", "check", "bench", "clean"):
        assert re.search(rf"^  make {target} +\w", told, re.MULTILINE)
    assert "TORCH_INDEX=" in told


def test_a_demo_is_installed_with_hashes_and_without_development_tools(bare):
    planned = make(bare, "-n", "demo").stdout
    assert "--require-hashes -r requirements.lock" in planned
    assert "requirements-dev" not in planned
    assert "--index-url" not in planned


def test_bytecode_is_compiled_at_set_up_and_of_what_changed_since(bare):
    planned = make(bare, "-n", "demo").stdout
    compiled = (
        "python -m compileall -q core weather imagery detectors policies claims reports web flows"
    )
    assert "--compile-bytecode --require-hashes" in planned
    assert planned.rindex(compiled) < planned.index("firstnotice demo --out")
    for target in ("test", "bench"):
        assert compiled in make(bare, "-n", target).stdout


@pytest.mark.parametrize(
    ("target", "lock"),
    [("demo", "requirements-notorch.lock"), ("test", "requirements-dev-notorch.lock")],
)
def test_another_index_is_asked_for_the_locked_torch_alone(bare, target, lock):
    planned = make(bare, "-n", target, "TORCH_INDEX=https://example.org/cpu").stdout
    locked = (bare / "requirements.lock").read_text(encoding="utf-8")
    torch = re.search(r"^torch==\S+", locked, re.MULTILINE)[0]
    vision = re.search(r"^torchvision==\S+", locked, re.MULTILINE)[0]
    assert f"--require-hashes -r {lock}" in planned
    assert f"--no-deps --index-url https://example.org/cpu {torch} {vision} " in planned


def test_the_choice_of_index_is_remembered(bare):
    (bare / ".venv").mkdir()
    (bare / ".venv" / "torch-index").write_text("https://example.org/cpu\n", encoding="utf-8")
    assert "--index-url https://example.org/cpu " in make(bare, "-n", "test").stdout


def test_a_second_call_installs_nothing(bare):
    (bare / ".venv" / "bin").mkdir(parents=True)
    for stamp in ("bin/uv", ".dev", ".runtime"):
        (bare / ".venv" / stamp).touch()
    (bare / ".venv-stac").mkdir()
    (bare / ".venv-stac" / ".ready").touch()
    planned = make(bare, "-n", "demo", "test").stdout
    assert "uv pip install" not in planned


def test_the_stac_server_of_the_tests_is_installed_apart_and_with_hashes(bare):
    planned = make(bare, "-n", "test").stdout
    line = next(line for line in planned.splitlines() if "-r requirements-stac.lock" in line)
    assert "--python .venv-stac/bin/python --require-hashes" in line
    assert "requirements-stac.lock" not in make(bare, "-n", "demo").stdout


def test_a_changed_lock_installs_again(bare):
    (bare / ".venv" / "bin").mkdir(parents=True)
    for stamp in ("bin/uv", ".runtime"):
        (bare / ".venv" / stamp).touch()
    later = (bare / ".venv" / ".runtime").stat().st_mtime + 10
    os.utime(bare / "requirements.lock", (later, later))
    assert "-r requirements.lock" in make(bare, "-n", "demo").stdout


def test_an_old_python_is_named_with_what_to_do(bare):
    tools = bare / "tools"
    tools.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        script = tools / name
        script.write_text(
            '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n',
            encoding="utf-8",
        )
        script.chmod(0o755)
    refused = make(bare, "demo", path=f"{tools}:{os.environ['PATH']}")
    assert refused.returncode != 0
    assert "no Python 3.11 or later works here (python3 is Python 3.9.2)" in refused.stderr
    assert "make demo PYTHON=/path/to/python3.12" in refused.stderr


def test_benchmarks_that_are_not_there_are_told(bare):
    (bare / ".venv" / "bin").mkdir(parents=True)
    for stamp in ("bin/uv", ".dev", ".runtime"):
        (bare / ".venv" / stamp).touch()
    told = make(bare, "bench")
    assert told.returncode != 0
    assert "no benchmarks yet" in told.stdout
