"""A PostgreSQL with PostGIS on loopback, for as long as a benchmark asks it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_BINARIES = "/usr/lib/postgresql"
_SETTINGS = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=512MB",
    "work_mem=256MB", "maintenance_work_mem=512MB", "max_parallel_workers_per_gather=2",
    "max_wal_size=4GB",
)  # fmt: skip
"""Nothing is kept, and memory as on a server of its own; two workers, as the others have cores."""
_START_S = 60


def has_postgis() -> bool:
    """Whether a server and the extension are on this machine."""
    return bool(_find_binaries()) and any(
        Path("/usr/share/postgresql").glob("*/extension/postgis.control")
    )


@contextmanager
def serve_postgis() -> Iterator[psycopg.Connection]:
    """A connection to an empty database with PostGIS."""
    folder = Path(tempfile.mkdtemp(prefix="firstnotice-bench-pg-"))
    folder.chmod(0o755)
    # PostgreSQL refuses to run as root, and needs a folder that its user can reach
    user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, **user)
    try:
        yield from _run(folder, user)
    finally:
        shutil.rmtree(folder)


def _run(folder: Path, user: dict[str, str]) -> Iterator[psycopg.Connection]:
    binaries, data, port = _find_binaries()[-1].parent, folder / "data", _free_port()
    init = [binaries / "initdb", "-D", data, "-U", "t", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(init, check=True, capture_output=True, cwd=folder, **user)
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    server = [binaries / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder]
    process = subprocess.Popen(
        [*server, *settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        **user,
    )  # fmt: skip
    try:
        with _connect(port) as connection:
            connection.execute("CREATE EXTENSION postgis")
            yield connection
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=_START_S)


def _find_binaries() -> list[Path]:
    return sorted(Path(_BINARIES).glob("*/bin/postgres"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _connect(port: int) -> psycopg.Connection:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            return psycopg.connect(
                host="127.0.0.1", port=port, user="t", dbname="postgres", autocommit=True
            )
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
