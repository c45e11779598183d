"""A claims system on loopback that behaves as ClaimCenter's public documents say, or worse.

It is for tests, for the demo and for trying a set-up. It checks no policy and keeps what it is
given in an SQLite file, names too.
"""

import contextlib
import json
import logging
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from claims.delivery.http.calling import KEY_HEADER
from claims.delivery.http.payloads import MAX_KEY
from claims.delivery.simulator.answers import ApiError, Reply
from claims.delivery.simulator.misbehaving import Chance, Fault, Misbehaviour
from claims.delivery.simulator.store import TOKEN_S, ClaimStore

_LOG = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"
TOKEN_PATH = "/oauth/token"  # noqa: S105  a path
_CLAIMS = re.compile(
    r"/claim/v1/claims(?:/(?P<id>[^/]+)(?:/(?P<verb>submit|close|notes|documents))?)?"
)
_POLL_S = 0.05
_MAX_BODY = 1 << 22


@dataclass(frozen=True, slots=True)
class Client:
    """Who may sign in; nobody has to while there is no secret."""

    client_id: str = "firstnotice"
    client_secret: str = field(default="", repr=False)


class Simulator:
    """The server. Bound when it is made, so that its port is known before it serves."""

    def __init__(
        self,
        store: ClaimStore,
        ordered: Misbehaviour | None = None,
        client: Client | None = None,
        host: str = LOOPBACK,
        port: int = 0,
    ) -> None:
        self.store = store
        self.ordered = ordered or Misbehaviour()
        self.client = client or Client()
        self.chance = Chance(self.ordered)
        simulator = self

        class Handler(_Handler):
            served = simulator

        self._server = _Server((host, port), Handler, bind_and_activate=False)
        self._server.allow_reuse_address = True
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.request_queue_size = 64
        self._server.server_bind()
        self._server.server_activate()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{self._server.server_address[0]!s}:{self._server.server_port}"

    def serve(self) -> None:
        """Serve until ``stop`` is called from another thread."""
        self._server.serve_forever(poll_interval=_POLL_S)

    def stop(self) -> None:
        """Stop serving and let go of the port and the file."""
        self._server.shutdown()
        self._server.server_close()
        self.store.close()


@contextmanager
def serving(simulator: Simulator) -> Iterator[Simulator]:
    """Serve from a thread of this process."""
    thread = threading.Thread(target=simulator.serve, name="claims-simulator", daemon=True)
    thread.start()
    try:
        yield simulator
    finally:
        simulator.stop()
        thread.join()


def open_simulator(
    path: Path,
    reference_field: str,
    ordered: Misbehaviour | None = None,
    client: Client | None = None,
    port: int = 0,
) -> Simulator:
    """A simulator on loopback with its claims in a file."""
    return Simulator(ClaimStore(path, reference_field), ordered, client, LOOPBACK, port)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Quiet where the client went away, as one does that is killed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            _LOG.exception("a simulated claims system failed")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Simulator
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_GET  # noqa: N815  as http.server names them

    def log_message(self, *_: object) -> None:
        """Quiet: requests hold names."""

    def _serve(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _MAX_BODY))
        fault = self.served.chance.draw()
        with contextlib.suppress(ConnectionError):
            self._answer_with(fault, body)

    def _answer_with(self, fault: Fault, body: bytes) -> None:
        ordered = self.served.ordered
        if fault is Fault.DROPPED_BEFORE:
            self._drop()
        elif fault is Fault.SERVER_ERROR:
            self._say(ApiError(500, "InternalErrorException", "on order").reply)
        elif fault is Fault.THROTTLED:
            asked = (("Retry-After", str(ordered.retry_after_s)),)
            self._say(Reply(429, {}, asked))
        else:
            if fault is Fault.UNAUTHORISED:
                self.served.store.forget(self._read_token())
            reply = self._do(body)
            if fault is Fault.STALL:
                time.sleep(ordered.stall_s)
            if fault is Fault.DROPPED_AFTER:
                self._drop()
            else:
                self._say(reply)

    def _do(self, body: bytes) -> Reply:
        try:
            return self._route(body)
        except ApiError as error:
            return error.reply
        except ValueError:
            return ApiError(400, "BadInputException", "the body is no JSON").reply

    def _route(self, body: bytes) -> Reply:
        split = urlsplit(self.path)
        if split.path == TOKEN_PATH:
            return self._sign_in(parse_qs(body.decode()))
        if self.served.client.client_secret and not self.served.store.is_good(self._read_token()):
            raise ApiError(401, "UnauthorizedException", "no such token")
        match = _CLAIMS.fullmatch(split.path)
        if match is None:
            raise ApiError(404, "NotFoundException", "no such resource")
        claim_id, verb = match["id"], match["verb"]
        if self.command == "GET":
            return self._look(claim_id, verb, parse_qs(split.query))
        if verb == "documents":
            metadata, content = self._read_form(body)
            return self.served.store.add_document(self._read_key(), claim_id, metadata, content)
        return self._change(claim_id, verb, json.loads(body or b"{}"))

    def _look(self, claim_id: str | None, verb: str | None, asked: dict[str, list[str]]) -> Reply:
        if claim_id is not None:
            store = self.served.store
            return store.documents(claim_id) if verb == "documents" else store.get(claim_id)
        size, offset = (int(asked.get(name, [text])[0]) for name, text in _PAGING)
        return self.served.store.search(asked.get("filter", []), size, offset)

    def _change(self, claim_id: str | None, verb: str | None, body: dict[str, Any]) -> Reply:
        key, store = self._read_key(), self.served.store
        if claim_id is None:
            return store.create(key, body)
        if self.command == "PATCH":
            return store.patch(key, claim_id, body)
        if verb == "notes":
            return store.add_note(key, claim_id, body)
        if verb == "submit":
            return store.move(key, claim_id, "open")
        if verb == "close":
            outcome = body.get("data", {}).get("attributes", {}).get("outcome", {}).get("code")
            return store.move(key, claim_id, "closed", outcome)
        raise ApiError(405, "MethodNotAllowedException", "not of a claim")

    def _read_key(self) -> str | None:
        key = self.headers.get(KEY_HEADER)
        if key is not None and len(key) > MAX_KEY:
            raise ApiError(400, "BadInputException", f"{KEY_HEADER} is too long")
        return key

    def _read_form(self, body: bytes) -> tuple[dict[str, Any], bytes]:
        """Metadata and content of a document."""
        told = f"Content-Type: {self.headers.get('Content-Type')}\r\n\r\n".encode()
        form = message_from_bytes(told + body, policy=HTTP)
        parts = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in form.iter_parts()
        }
        metadata, content = parts.get("metadata"), parts.get("content", b"")
        if not isinstance(metadata, bytes) or not isinstance(content, bytes):
            raise ApiError(400, "BadInputException", "a document is a form of metadata and content")
        return json.loads(metadata), content

    def _sign_in(self, form: dict[str, list[str]]) -> Reply:
        client = self.served.client
        told = (form.get("client_id", [""])[0], form.get("client_secret", [""])[0])
        if told != (client.client_id, client.client_secret):
            return Reply(401, {"error": "invalid_client"})
        token = self.served.store.make_token()
        return Reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_S})

    def _read_token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    def _say(self, reply: Reply) -> None:
        content = json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


_PAGING = (("pageSize", "25"), ("pageOffset", "0"))
