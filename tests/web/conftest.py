"""A folder of runs with one made-up event, hostile texts in it, and people who log in."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from claims.incidents.roles import Role
from tests.reports.conftest import World, build_world
from web.app import create_app
from web.options import ContactView, WorkbenchOptions
from web.people.rights import DeskRole
from web.people.users import UserFile

EVENT = "michael-2018"
RUN = "20181012T110000Z-3f9c"
PASSWORD = "correct horse battery"  # noqa: S105  of made-up people
HOSTILE_NAME = "</script><script>window.hacked=1</script>"
BASE = f"/api/events/{EVENT}/{RUN}"


@dataclass
class Clock:
    """A clock that tests turn."""

    now_utc: datetime = datetime(2018, 10, 12, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now_utc

    def turn(self, **spans: float) -> None:
        self.now_utc += timedelta(**spans)


@dataclass
class Served:
    """The app over a folder, and what it told its composition root."""

    app: FastAPI
    out: Path
    users: UserFile
    clock: Clock
    views: list[ContactView] = field(default_factory=list)

    def visit(self, name: str | None = None) -> "Visit":
        """A browser, logged in if a name is given."""
        visit = Visit(TestClient(self.app, base_url="http://127.0.0.1"))
        if name is not None:
            assert visit.log_in(name).status_code == 303
        return visit


@dataclass
class Visit:
    """One browser."""

    client: TestClient
    csrf: str = ""

    def log_in(self, name: str, password: str = PASSWORD, after: str = "/") -> Any:
        page = self.client.get("/login", params={"after": after}).text
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        after = re.search(r'name="after" value="([^"]*)"', page)[1]
        form = {"csrf": token[1], "name": name, "password": password, "after": after}
        answer = self.client.post("/login", data=form, follow_redirects=False)
        if answer.status_code == 303:
            self.csrf = re.search(r'name="csrf" value="([^"]+)"', self.client.get("/").text)[1]
        return answer

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, follow_redirects=False, **options)

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        token = {"X-CSRF-Token": self.csrf} if headers is None else headers
        return self.client.post(path, json={} if body is None else body, headers=token)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(120)


def write_run(world: World, out: Path) -> Path:
    """A finished run as the web app reads it."""
    folder = out / EVENT / RUN
    (folder / "work").mkdir(parents=True)
    world.findings.to_parquet(folder / "findings.parquet")
    for name, table in (
        ("contacts", world.contacts), ("pictures", world.pictures), ("buildings", world.footprints),
        ("hazard_areas", world.hazard_areas), ("scenes", world.scenes),
    ):  # fmt: skip
        table.to_parquet(folder / "work" / f"{name}.parquet")
    counts = {
        f"by_{name}": world.findings[name].value_counts().to_dict() for name in ("tier", "decision")
    }
    record = {
        "event": {"name": HOSTILE_NAME}, "as_of_utc": "2018-10-12T11:00:00+00:00",
        "state": "complete", "problem": None, "counts": counts, "notes": [HOSTILE_NAME],
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(record))
    (out / EVENT / "latest").symlink_to(RUN, target_is_directory=True)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _quick_passwords():
    """Hashing is slow on purpose; here it is not what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.people.users.COST", 2**4)
        yield


@pytest.fixture(scope="module")
def written(world, tmp_path_factory) -> Path:
    """A folder of runs, not to be changed."""
    out = tmp_path_factory.mktemp("runs")
    write_run(world, out)
    return out


def start_app(written: Path, out: Path, **options: Any) -> Served:
    """The app over a copy of a folder, with a person of each role."""
    shutil.copytree(written, out, symlinks=True, dirs_exist_ok=True)
    users, clock = UserFile(out / ".web" / "users.json"), Clock()
    for role in DeskRole:
        users.put(f"{role}-1", role, PASSWORD)
    users.put("reviewer-2", DeskRole.REVIEWER, PASSWORD)
    views: list[ContactView] = []
    given = {
        "masked": {Role.ADJUSTER: ("contact",)}, "open_pixels": lambda run_folder: None,
        "open_ledger": lambda: None, "log_view": views.append,
    } | options  # fmt: skip
    app = create_app(WorkbenchOptions(out=out, people=users, now=clock, **given))
    return Served(app, out, users, clock, views)


@pytest.fixture
def serve(written, tmp_path) -> Callable[..., Served]:
    """Serves a folder of its own."""
    return lambda **options: start_app(written, tmp_path, **options)


@pytest.fixture
def served(serve) -> Served:
    return serve()


@pytest.fixture(scope="module")
def shared(written, tmp_path_factory, _quick_passwords) -> Served:
    """One app for tests that change nothing."""
    return start_app(written, tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def supervisor(shared) -> Visit:
    """A supervisor at the shared app."""
    return shared.visit("supervisor-1")
