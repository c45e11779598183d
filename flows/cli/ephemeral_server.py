"""Prefect's ephemeral server, for runs from the command line where no server is named."""

import subprocess

from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_URL

_END_WITH_PARENT = 'read _; kill "$0"'
"""A shell waits on a pipe that nobody writes to. It closes with the process that holds its other
end, however that process ends, and then the server is ended."""

_watchers: list[subprocess.Popen[bytes]] = []
"""Held, since one that is collected closes its pipe."""


def start_server() -> str:
    """Start the ephemeral server, unless a server is named; it never outlives this process.

    Prefect would start it on its own and end it at exit, but a killed process has no exit: the
    server would stay for good.

    Returns:
        The server's URL, the named one's or its own on loopback.
    """
    named = PREFECT_API_URL.value()
    if named:
        return str(named)
    server = SubprocessASGIServer()
    server.start()
    if server.server_process is not None:
        watcher = subprocess.Popen(  # noqa: S603  a fixed script, and the id of our own child
            ["/bin/sh", "-c", _END_WITH_PARENT, str(server.server_process.pid)],
            stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        _watchers.append(watcher)
    return server.api_url
