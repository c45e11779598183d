"""A file server on loopback that is as far away as an object store: each answer waits 30 ms.

It gives parts of files, as GDAL asks for them, and counts what it gave. ``python
benchmarks/slow_server.py FOLDER`` prints its port and serves until it is ended.
"""

import json
import re
import sys
import threading
import time
from dataclasses import asdict, dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LATENCY_S = 0.03
COUNTS = "/-/counts"
"""Address of what was given so far."""
_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")


@dataclass(slots=True)
class Counts:
    """What was given."""

    requests: int = 0
    sent_bytes: int = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, folder: Path, counts: Counts, guard: threading.Lock, *given: object) -> None:
        self._folder, self._counts, self._guard = folder, counts, guard
        super().__init__(*given)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def do_HEAD(self) -> None:
        time.sleep(LATENCY_S)
        self._answer(b"", self._find())

    def do_GET(self) -> None:
        if self.path == COUNTS:
            self._send(HTTPStatus.OK, json.dumps(asdict(self._counts)).encode())
            return
        time.sleep(LATENCY_S)
        path = self._find()
        self._answer(None, path)

    def _find(self) -> Path | None:
        path = (self._folder / self.path.partition("?")[0].lstrip("/")).resolve()
        return path if path.is_relative_to(self._folder) and path.is_file() else None

    def _answer(self, body: bytes | None, path: Path | None) -> None:
        if path is None:
            self._send(HTTPStatus.NOT_FOUND, b"")
            return
        size = path.stat().st_size
        asked = _RANGE.match(self.headers.get("Range", ""))
        if asked is None:
            first, last, status = 0, size - 1, HTTPStatus.OK
        else:
            first, last = int(asked[1]), min(int(asked[2] or size - 1), size - 1)
            status = HTTPStatus.PARTIAL_CONTENT
            if first > last:
                self._send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"")
                return
        if body is None:
            with path.open("rb") as file:
                file.seek(first)
                body = file.read(last - first + 1)
        with self._guard:
            self._counts.requests += 1
            self._counts.sent_bytes += len(body)
        self._send(status, body, last - first + 1, f"bytes {first}-{last}/{size}")

    def _send(
        self, status: HTTPStatus, body: bytes, length: int | None = None, part: str = ""
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Accept-Ranges", "bytes")
        if status is HTTPStatus.PARTIAL_CONTENT:
            self.send_header("Content-Range", part)
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    """Serve a folder on a free port."""
    folder = Path(sys.argv[1]).resolve()
    handler = partial(_Handler, folder, Counts(), threading.Lock())
    with _Server(("127.0.0.1", 0), handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
