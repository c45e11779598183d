"""Serves the web app: a plain function, for the command line and for whoever starts all of it."""

from pathlib import Path

import uvicorn

from core.errors import SettingsError
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import check_out, keep_private
from flows.wiring.workbench import build_app

HOST = "127.0.0.1"
"""Loopback alone: elsewhere names would cross the wire readable. A proxy with TLS stands before."""
PORT = 8787
SHUTDOWN_S = 5
"""How long requests that are under way get when it is stopped."""


def serve_web(
    out: Path,
    port: int = PORT,
    settings_file: Path | None = None,
    users_file: Path | None = None,
    public_host: str | None = None,
) -> None:
    """Serve the web app until it is interrupted.

    Args:
        out: folder of all runs.
        port: on loopback.
        settings_file: settings; defaults and environment, if not given.
        users_file: who may log in; ``OUT/.web/users.json`` if not given.
        public_host: name under which a proxy with TLS serves it.

    Raises:
        SettingsError: the folder cannot be written, or the port is no port.
    """
    if not 0 <= port < 1 << 16:
        raise SettingsError("serving the web app", f"{port} is no port", "Choose one below 65536")
    keep_private()
    check_out(out)
    app = build_app(out, Settings.read(settings_file), users_file, public_host=public_host)
    config = uvicorn.Config(
        app, host=HOST, port=port, log_level="warning", server_header=False, date_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S, proxy_headers=False,
    )  # fmt: skip
    uvicorn.Server(config).run()
