"""The lock files fit pyproject.toml and each other, and name no address."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

LOCKS = (
    "requirements.lock", "requirements-dev.lock",
    "requirements-notorch.lock", "requirements-dev-notorch.lock",
)  # fmt: skip
TORCH_PARTS = re.compile(r"torch|torchvision|triton|nvidia-.*|cuda-.*")


def read_lock(path) -> dict[str, str]:
    """Each entry with its hashes, by the line that pins it."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return {line.split(" --hash=")[0].strip(): line for line in text.splitlines()}


@pytest.fixture(scope="module")
def locks(root) -> dict[str, dict[str, str]]:
    return {name: read_lock(root / name) for name in LOCKS}


def name_of(pin: str) -> str:
    return Requirement(pin).name


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_is_pinned_and_hashed_and_no_address_is_named(root, locks, name):
    text = (root / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=sha256:)", text, re.MULTILINE)
    assert len(locks[name]) > 100
    for pin, line in locks[name].items():
        assert re.match(r"[a-z0-9._-]+==[^ ]+", pin), pin
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), pin


@pytest.mark.parametrize("kind", ["", "-dev"])
def test_the_lock_without_torch_is_the_lock_less_torch_and_what_only_it_brings(locks, kind):
    whole, less = locks[f"requirements{kind}.lock"], locks[f"requirements{kind}-notorch.lock"]
    rest = {pin: line for pin, line in whole.items() if not TORCH_PARTS.fullmatch(name_of(pin))}
    assert less == rest
    assert {"torch", "torchvision"} <= {name_of(pin) for pin in whole}


def test_the_development_lock_holds_the_runtime_at_the_same_versions(locks):
    runtime, dev = locks["requirements.lock"], locks["requirements-dev.lock"]
    assert {pin for pin in runtime if dev.get(pin) != runtime[pin]} == set()
    assert len(dev) > len(runtime)


def test_the_stac_server_of_the_tests_is_pinned_and_hashed(root):
    text = (root / "requirements-stac.lock").read_text(encoding="utf-8")
    assert "://" not in text
    pins = read_lock(root / "requirements-stac.lock")
    assert all("--hash=sha256:" in line for line in pins.values())
    assert {"stac-fastapi-pgstac", "pypgstac", "uvicorn"} <= {name_of(pin) for pin in pins}


def test_the_locks_satisfy_what_the_project_asks_for(root, locks):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": project["dependency-groups"]["dev"],
    }
    for name, dependencies in wanted.items():
        pins: dict[str, list[Requirement]] = {}
        for pin in locks[name]:
            pins.setdefault(name_of(pin).lower(), []).append(Requirement(pin))
        for text in dependencies:
            asked = Requirement(text)
            for pin in pins[asked.name.lower()]:
                version = str(next(iter(pin.specifier)).version)
                assert asked.specifier.contains(version, prereleases=True), text
