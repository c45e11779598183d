"""What tests of several rooms share: Prefect quiet and apart, public data, a rendered event."""
# ruff: noqa: PLC0415  only tests that use Prefect, the town or the model pay for importing them

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from core.chips import ChipBatch
from core.damage import GRADED, XBD_SUBTYPES, DamageGrade, GradeProbabilities
from core.events import CatEvent, OccurrenceWindow, Peril
from flows.cli.process.environment import prepare_prefect

_ROOT = Path(__file__).resolve().parent.parent
_prefect_home = pytest.StashKey[str]()

AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)
"""The morning after the rendered pictures were taken."""


def pytest_configure(config: pytest.Config) -> None:
    """Keep tests away from whatever Prefect the developer uses; runs before Prefect is imported."""
    home = tempfile.mkdtemp(prefix="firstnotice-prefect-")
    config.stash[_prefect_home] = home
    os.environ["PREFECT_HOME"] = home
    os.environ.pop("PREFECT_API_URL", None)
    prepare_prefect()


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_prefect_home], ignore_errors=True)


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of public data; the test is skipped where there is none."""
    folder = Path(os.environ.get("FIRSTNOTICE_DATA") or _ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no public data in {folder}; name its folder in FIRSTNOTICE_DATA")
    return folder


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """URL of a Prefect server of this test process, started on first use (about 10 s)."""
    from prefect.settings import PREFECT_API_URL
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=90):
        yield str(PREFECT_API_URL.value())


@dataclass(slots=True)
class Web:
    """A web server on loopback that says what a test wrote.

    Attributes:
        url: its address, without a slash at the end.
        pages: path (without query) to what is answered: bytes, text, JSON, or a function of the
            request handler that gives (status, headers, bytes), or None where it wrote itself.
        asked: each request's method and path with query.
    """

    url: str
    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append((handler.command, handler.path))
        page = self.pages.get(handler.path.partition("?")[0], _not_there)
        said = page(handler) if callable(page) else (200, {}, page)
        if said is None:
            return
        status, headers, body = said
        if isinstance(body, dict | list):
            body = json.dumps(body)
        content = body.encode() if isinstance(body, str) else body
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)


def _not_there(_: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
    return (404, {}, b"nothing here")


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server on loopback, empty."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with contextlib.suppress(ConnectionError):
                served.answer(self)

        do_POST = do_HEAD = do_GET  # noqa: N815  as http.server names them

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        served = Web(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


class TruthTeller:
    """A detector that knows the answers, so that a test decides what the pictures say."""

    def __init__(self, grades: Mapping[str, DamageGrade]) -> None:
        self._grades = grades

    def grade(self, chips: ChipBatch) -> GradeProbabilities:
        values = np.full((len(chips), len(GRADED)), 0.005, np.float32)
        for row, building_id in enumerate(chips.building_ids):
            values[row, self._grades[building_id]] = 0.985
        return GradeProbabilities(values)


@pytest.fixture(scope="session")
def assess(prefect_server: str) -> Callable[..., Any]:
    """Runs the main flow in this process; ``says`` (building_id -> grade) replaces the model."""
    from rich.console import Console

    from flows.cli.process.running import run_event

    def run(
        event_file: Path,
        out: Path,
        as_of_utc: datetime = AS_OF,
        settings: Path | None = None,
        says: Mapping[str, DamageGrade] | None = None,
    ) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            if settings is None:  # drawing that the demo's tests look at
                patch.setenv("FIRSTNOTICE_FILES", '{"write": []}')
            if says is not None:
                patch.setattr("flows.stages.tiles.work.open_detector", lambda _: TruthTeller(says))
            return run_event(event_file, out, as_of_utc, settings, Console(quiet=True))

    return run


@pytest.fixture(scope="session")
def town_event(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Event file of a rendered town, not to be changed: 24 homes under a clear sky, four scenes
    of 160 m a side before (2018-09-13) and four after (2018-10-13), a hurricane's track."""
    from flows.importing.town import STORM_ID, TRACK, write_town
    from flows.importing.xbd import make_event_file
    from flows.wiring.event_file import write_event_file
    from flows.wiring.sections.hazard import HazardSection, TrackSection
    from imagery.town.town import TownOptions, render_town

    folder = tmp_path_factory.mktemp("town") / "small-town"
    town = render_town(
        TownOptions(homes=24, tile_px=320, missing_tiles=0, cloud_homes=0, town_id="small-town")
    )
    window = OccurrenceWindow(
        datetime(2018, 10, 10, 12, tzinfo=UTC), datetime(2018, 10, 11, tzinfo=UTC)
    )
    event = CatEvent(
        "small-town", "A storm over a small town", (Peril.TROPICAL_CYCLONE_WIND,), window
    )
    write_town(town, event, folder)
    (folder / "weather").mkdir()
    (folder / "weather" / "hurdat2.txt").write_text(TRACK, encoding="utf-8")
    track = TrackSection(hurdat2=Path("weather/hurdat2.txt"), storm_id=STORM_ID)
    path = folder / "event.yaml"
    write_event_file(make_event_file(event, HazardSection(track=track)), path)
    return path


@pytest.fixture
def event_copy(town_event: Path, tmp_path: Path) -> Path:
    """Event file of a copy of ``town_event`` that the test may change."""
    folder = tmp_path / "event"
    shutil.copytree(town_event.parent, folder)
    return folder / "event.yaml"


@pytest.fixture(scope="session")
def town_grades(town_event: Path) -> dict[str, DamageGrade]:
    """The true grade of each building of ``town_event``."""
    import pandas as pd

    truth = pd.read_parquet(town_event.parent / "truth.parquet")
    return dict(zip(truth["building_id"], truth["grade"].map(XBD_SUBTYPES), strict=True))


_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_START_S = 30


def _find_binaries() -> Path:
    found = _BINARIES[-1].parent if _BINARIES else None
    on_path = shutil.which("postgres")
    if found is None and on_path is None:
        pytest.skip("no PostgreSQL server here; install it with: apt-get install postgresql")
    return found or Path(str(on_path)).parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a real PostgreSQL on loopback, without a database; skipped where there is none."""
    binaries = _find_binaries()
    # PostgreSQL refuses to run as root, and needs a folder that its user can reach
    user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="firstnotice-pg-"))
    folder.chmod(0o755)
    if user:
        shutil.chown(folder, **user)
    data, port = folder / "data", _free_port()
    try:
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "t", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **user,
        )
        settings = [part for setting in _FAST for part in ("-c", setting)]
        process = subprocess.Popen(
            [
                *(binaries / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port)),
                *("-k", folder, *settings),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **user,
        )
        try:
            _wait_until_ready(port)
            yield f"postgresql+psycopg://t@127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=_START_S)
    finally:
        shutil.rmtree(folder)


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="t", dbname="postgres").close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
