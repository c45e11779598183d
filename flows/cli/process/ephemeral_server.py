"""Prefect's ephemeral server, for runs from the command line where no server is named.

It takes seconds to start, and so does importing what a run needs: they go on side by side.
"""

import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import prefect
from prefect.settings import PREFECT_API_URL, get_current_settings

if TYPE_CHECKING:
    from prefect.server.api.server import SubprocessASGIServer

_END_WITH_PARENT = 'read _; kill "$0"'
"""A shell waits on a pipe that nobody writes to. It closes with the process that holds its other
end, however that process ends, and then the server is ended."""
_PORTS = range(8000, 9000)
"""As Prefect chooses from them."""
_AS_EPHEMERAL = {
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
}
"""As ``SubprocessASGIServer`` sets them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Launched:
    """A server's process, and the shell that ends it with this one; held, or its pipe closes."""

    port: int
    process: subprocess.Popen[bytes]
    watcher: subprocess.Popen[bytes]

    def end(self) -> None:
        """End both now."""
        self.watcher.kill()
        self.process.kill()
        for each in (self.watcher, self.process):
            each.wait()
        if self.watcher.stdin is not None:
            self.watcher.stdin.close()


_ahead: list[_Launched] = []
"""Launched, and not taken by a run yet."""
_watchers: list[subprocess.Popen[bytes]] = []
"""Held, since one that is collected closes its pipe."""


@contextmanager
def server_ahead() -> Iterator[None]:
    """Launch the ephemeral server now, unless one is named; a run in the block waits for it.

    If none does, because an input is wrong, the server is ended with the block.
    """
    launched = _launch()
    try:
        yield
    finally:
        if launched in _ahead:
            _ahead.remove(launched)
            launched.end()


def start_server() -> str:
    """Have the ephemeral server, unless one is named; it never outlives this process.

    Prefect would start it on its own and end it at exit, but a killed process has no exit: the
    server would stay for good.

    Returns:
        The server's URL, the named one's or its own on loopback.
    """
    named = PREFECT_API_URL.value()
    if named:
        return str(named)
    from prefect.server.api.server import SubprocessASGIServer

    server = SubprocessASGIServer()
    launched = _ahead.pop() if _ahead else None
    if launched is not None:
        _hand_over(launched, server)
    server.start()
    if launched is not None and server.server_process is launched.process:
        _watchers.append(launched.watcher)
        return server.api_url
    if launched is not None:
        launched.end()
    if server.server_process is not None:
        _watchers.append(_watch(server.server_process))
    return server.api_url


def _launch() -> _Launched | None:
    if PREFECT_API_URL.value():
        return None
    port = _find_port()
    process = subprocess.Popen(  # noqa: S603  fixed arguments
        [
            sys.executable, "-m", "uvicorn", "--app-dir", str(prefect.__module_path__.parent),
            "--factory", "prefect.server.api.server:create_app", "--host", "127.0.0.1",
            "--port", str(port), "--log-level", "error", "--lifespan", "on",
        ],
        env=os.environ | _AS_EPHEMERAL
        | get_current_settings().to_environment_variables(exclude_unset=True),
    )  # fmt: skip
    launched = _Launched(port, process, _watch(process))
    _ahead.append(launched)
    return launched


def _hand_over(launched: _Launched, server: "SubprocessASGIServer") -> None:
    """Let Prefect take the process for the one that it would start first, and wait for it."""
    if server.running or launched.process.poll() is not None:
        return
    # Prefect has no other place for a process that runs already
    start_anew = server._run_uvicorn_command  # noqa: SLF001
    first = iter([launched.process])
    server.port = launched.port
    server._run_uvicorn_command = (  # type: ignore[method-assign]  # noqa: SLF001
        lambda: next(first, None) or start_anew()
    )


def _find_port() -> int:
    """A port of loopback that nobody listens on now."""
    for port in random.sample(_PORTS, len(_PORTS)):
        with suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
            return port
    raise OSError(f"no port of 127.0.0.1 from {_PORTS.start} to {_PORTS.stop - 1} is free")


def _watch(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """End a process when this one has ended, however that was."""
    return subprocess.Popen(  # noqa: S603  a fixed script, and the id of our own child
        ["/bin/sh", "-c", _END_WITH_PARENT, str(process.pid)],
        stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
