"""``firstnotice up``: one process tree of Prefect's server, the deployments and the web app."""

import signal
import socket
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

from core.errors import SettingsError, TransientError
from flows.up.children import Child, ChildSpec
from flows.up.tree import MARK, end_tree, start_watchdog

LOOPBACK = "127.0.0.1"
GRACE_S = 1.5
"""So long processes may take to end by themselves; a run that is killed goes on where it was."""
PATIENCE_S = 300.0
"""A busy machine may take so long to start Prefect's server."""
_TEND_S = 0.2
_PORTS_TRIED = 50
_ASK_S = 2.0
_OURS = "from flows.cli.main import main; main()"
"""The command ``firstnotice``, by the same interpreter."""
_QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Up:
    """What is to run.

    Attributes:
        events: folder of event folders.
        out: folder of all runs.
        settings_file: settings, or None.
        watch_file: what is watched, or None.
        port: of Prefect's server; the next free one where it is taken.
        web_port: of the web app, likewise.
        api_url: of a Prefect server that runs already, or None for one of this tree.
    """

    events: Path
    out: Path
    settings_file: Path | None
    watch_file: Path | None
    port: int
    web_port: int
    api_url: str | None


def run_up(up: Up, say: Callable[[str], None]) -> int:
    """Start all, keep it running until a signal comes, and end all of it within seconds.

    Returns:
        The signal that ended it.

    Raises:
        TransientError: Prefect's server did not get ready.
    """
    stopped, mark = _Stopped(), uuid4().hex
    watchdog = start_watchdog(mark)
    children: list[Child] = []
    try:
        with stopped.listening():
            for spec in _plan(up, mark, say):
                child = Child(spec, say)
                children.append(child)
                child.start()
                if not _wait_ready(children, stopped):
                    return stopped.by
            say("Everything runs. Ctrl-C stops it.")
            while not stopped.event.wait(_TEND_S):
                for child in children:
                    child.tend()
    finally:
        killed = end_tree(mark, GRACE_S)
        _reap(children)
        watchdog.kill()
        watchdog.wait()
        say(f"Stopped{f'; {killed} processes had to be killed' if killed else ''}.")
    return stopped.by


class _Stopped:
    """Whether somebody asked to stop, and by which signal."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.by = 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM for a wish to stop."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, self._note) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def _note(self, number: int, _frame: object) -> None:
        self.by = number
        self.event.set()


def _plan(up: Up, mark: str, say: Callable[[str], None]) -> Iterator[ChildSpec]:
    """What to start, in order; each is asked for once the one before is ready."""
    marked = _QUIET | {MARK: mark}
    url = up.api_url
    if url is None:
        port = find_port(up.port)
        url = f"http://{LOOPBACK}:{port}/api"
        say(f"Prefect's server: http://{LOOPBACK}:{port} (PREFECT_API_URL={url})")
        module = "flows.up.prefect_server"
        command = [sys.executable, "-m", module, "--host", LOOPBACK, "--port", str(port)]
        yield ChildSpec("Prefect's server", command, marked, lambda: is_up(f"{url}/health"))
    else:
        say(f"Prefect's server: {url}, by PREFECT_API_URL; none is started")
    serving = marked | {"PREFECT_API_URL": url}
    yield ChildSpec("The runner", _name_places(up, "flows.up.serve_deployments"), serving)
    say("The runner: daily at 05:00 New York; new pictures, advisories and reviews every 10 minutes"
        + ("; storms every 30 minutes" if up.watch_file else ""))  # fmt: skip
    port = find_port(up.web_port)
    say(f"The web app: http://{LOOPBACK}:{port}")
    settings = [] if up.settings_file is None else ["--settings", str(up.settings_file)]
    place = ["--out", str(up.out), "--port", str(port), *settings]
    command = [sys.executable, "-c", _OURS, "web", *place]
    yield ChildSpec("The web app", command, serving)


def _name_places(up: Up, module: str) -> list[str]:
    named = [("--settings", up.settings_file), ("--watch", up.watch_file)]
    given = [part for name, path in named if path is not None for part in (name, str(path))]
    return [
        sys.executable, "-m", module, "--events", str(up.events), "--out", str(up.out), *given,
    ]  # fmt: skip


def _wait_ready(children: Sequence[Child], stopped: _Stopped) -> bool:
    """Whether the last of them got ready before somebody asked to stop."""
    last, tries = children[-1], int(PATIENCE_S / _TEND_S)
    for _ in range(tries):
        for child in children:
            child.tend()
        if last.spec.is_ready():
            return True
        if stopped.event.wait(_TEND_S):
            return False
    raise TransientError(
        f"starting {last.spec.name}", f"it is not ready after {PATIENCE_S:.0f} s",
        "Look at what it said above, and start again",
    )  # fmt: skip


def _reap(children: Sequence[Child]) -> None:
    for child in children:
        if child.process is not None:
            child.process.wait()


def is_up(health_url: str) -> bool:
    """Whether a server answers."""
    with (
        suppress(urllib.error.URLError, OSError, ValueError),
        urllib.request.urlopen(health_url, timeout=_ASK_S) as answer,  # noqa: S310  ours
    ):
        return bool(answer.status == HTTPStatus.OK)
    return False


def find_port(first: int) -> int:
    """The first free port of loopback from a number on.

    Raises:
        SettingsError: none of the next is free.
    """
    for port in range(first, first + _PORTS_TRIED):
        with suppress(OSError), socket.socket() as tried:
            tried.bind((LOOPBACK, port))
            return port
    raise SettingsError(
        "choosing a port", f"none from {first} to {first + _PORTS_TRIED - 1} is free",
        "Name another with --port or --web-port",
    )  # fmt: skip
