"""What a simulated claims system remembers: claims, keys that were executed, tokens. SQLite."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claims.delivery.simulator.answers import ApiError, Reply
from core.provenance import sha256_of_bytes

_TABLES = """
CREATE TABLE IF NOT EXISTS claims (
  id TEXT PRIMARY KEY, number TEXT NOT NULL, policy_number TEXT NOT NULL, reference TEXT,
  state TEXT NOT NULL, update_time TEXT NOT NULL, attributes TEXT NOT NULL, children TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_reference ON claims (reference);
CREATE INDEX IF NOT EXISTS by_policy ON claims (policy_number);
CREATE INDEX IF NOT EXISTS by_update ON claims (update_time, id);
CREATE TABLE IF NOT EXISTS documents (
  claim_id TEXT NOT NULL, name TEXT NOT NULL, attributes TEXT NOT NULL, sha256 TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_claim ON documents (claim_id);
CREATE TABLE IF NOT EXISTS executed (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, ends_s REAL NOT NULL) WITHOUT ROWID;
"""
TOKEN_S = 3600
_COLUMNS = {
    "policyNumber": "policy_number",
    "updateTime": "update_time",
    "state": "state",
    "id": "id",
    "claimNumber": "number",
}
_OPERATORS = {"eq": "=", "ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_SELECT = "SELECT id, number, state, update_time, attributes FROM claims"


class ClaimStore:
    """Claims on disk, so that a simulator can be killed and started again.

    Args:
        path: of the SQLite file.
        reference_field: the carrier's field by which claims are found.
    """

    def __init__(self, path: Path, reference_field: str) -> None:
        self._reference_field = reference_field
        self._columns = _COLUMNS | {reference_field: "reference"}
        self._lock = threading.Lock()
        self._raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._raw.execute("PRAGMA journal_mode=WAL")
        # a killed process loses nothing without it, only a power cut would
        self._raw.execute("PRAGMA synchronous=OFF")
        self._raw.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._raw.close()

    def make_token(self) -> str:
        """A token that is good for an hour."""
        token = secrets.token_hex(16)
        with self._writing():
            self._raw.execute("INSERT INTO tokens VALUES (?, ?)", (token, time.time() + TOKEN_S))
        return token

    def is_good(self, token: str) -> bool:
        """Whether a token was given, and has not ended or been forgotten."""
        with self._lock:
            query = "SELECT ends_s FROM tokens WHERE token = ?"
            found = self._raw.execute(query, (token,)).fetchone()
        return found is not None and found[0] > time.time()

    def forget(self, token: str) -> None:
        """Refuse a token from now on."""
        with self._writing():
            self._raw.execute("DELETE FROM tokens WHERE token = ?", (token,))

    def create(self, key: str | None, body: Mapping[str, Any]) -> Reply:
        """Make a draft.

        Raises:
            ApiError: the key was executed, or the draft lacks what one must have.
        """
        attributes = dict(body.get("data", {}).get("attributes", {}))
        for name in ("policyNumber", "lossDate"):
            if not attributes.get(name):
                raise ApiError(400, "BadInputException", f"{name} is required")
        with self._writing():
            self._take(key)
            number = (
                self._raw.execute("SELECT coalesce(max(rowid), 0) FROM claims").fetchone()[0] + 1
            )
            claim_id, now = f"cc:{number}", _now()
            attributes.setdefault("reportedDate", now)
            row = (
                claim_id, f"235-53-{number:06d}", attributes["policyNumber"],
                attributes.get(self._reference_field), "draft", now, json.dumps(attributes),
                json.dumps(body.get("included", {})),
            )  # fmt: skip
            self._raw.execute("INSERT INTO claims VALUES (?,?,?,?,?,?,?,?)", row)
            return Reply(201, {"data": self._read(claim_id)})

    def patch(self, key: str | None, claim_id: str, body: Mapping[str, Any]) -> Reply:
        """Change a draft.

        Raises:
            ApiError: the key was executed, or there is no such draft.
        """
        changed = dict(body.get("data", {}).get("attributes", {}))
        with self._writing():
            self._take(key)
            attributes = self._read(claim_id)["attributes"]
            if attributes["state"]["code"] != "draft":
                raise ApiError(400, "BadInputException", "the claim is no draft any more")
            self._write(claim_id, "draft", attributes | changed)
            return Reply(200, {"data": self._read(claim_id)})

    def move(self, key: str | None, claim_id: str, state: str, outcome: str | None = None) -> Reply:
        """Submit a draft, or close a claim.

        Raises:
            ApiError: the key was executed, or there is no such claim.
        """
        with self._writing():
            self._take(key)
            attributes = self._read(claim_id)["attributes"]
            if state == "open" and attributes["state"]["code"] == "open":
                raise ApiError(400, "BadInputException", "the claim is open already")
            closed = {} if outcome is None else {"closedOutcome": {"code": outcome}}
            self._write(claim_id, state, attributes | closed)
            return Reply(200, {"data": self._read(claim_id)})

    def add_note(self, key: str | None, claim_id: str, body: Mapping[str, Any]) -> Reply:
        """Add a note to a claim.

        Raises:
            ApiError: the key was executed, or there is no such claim.
        """
        with self._writing():
            self._take(key)
            attributes = self._read(claim_id)["attributes"]
            note = body.get("data", {}).get("attributes", {})
            notes = [*attributes.get("notes", []), note]
            self._write(claim_id, attributes["state"]["code"], attributes | {"notes": notes})
            return Reply(201, {"data": {"attributes": {"id": f"{claim_id}:{len(notes)}"}}})

    def add_document(
        self, key: str | None, claim_id: str, metadata: Mapping[str, Any], content: bytes
    ) -> Reply:
        """Add a document to a claim; of its content the digest is kept.

        Raises:
            ApiError: the key was executed, there is no such claim, or it lacks what one must have.
        """
        attributes = dict(metadata.get("data", {}).get("attributes", {}))
        for name in ("name", "status", "type"):
            if not attributes.get(name):
                raise ApiError(400, "BadInputException", f"{name} is required")
        with self._writing():
            self._take(key)
            self._read(claim_id)
            row = (claim_id, attributes["name"], json.dumps(attributes), sha256_of_bytes(content))
            self._raw.execute("INSERT INTO documents VALUES (?,?,?,?)", row)
            return Reply(201, {"data": {"attributes": attributes}})

    def documents(self, claim_id: str) -> Reply:
        """The documents of a claim, each with the digest of its content.

        Raises:
            ApiError: there is no such claim.
        """
        query = "SELECT attributes, sha256 FROM documents WHERE claim_id = ? ORDER BY rowid"
        with self._lock:
            self._read(claim_id)
            rows = self._raw.execute(query, (claim_id,)).fetchall()
        found = [json.loads(attributes) | {"sha256": sha256} for attributes, sha256 in rows]
        return Reply(200, {"count": len(found), "data": [{"attributes": each} for each in found]})

    def count(self) -> int:
        """Claims that it has."""
        with self._lock:
            return int(self._raw.execute("SELECT count(*) FROM claims").fetchone()[0])

    def count_documents(self) -> int:
        """Documents of all claims."""
        with self._lock:
            return int(self._raw.execute("SELECT count(*) FROM documents").fetchone()[0])

    def get(self, claim_id: str) -> Reply:
        """One claim.

        Raises:
            ApiError: there is none.
        """
        with self._lock:
            return Reply(200, {"data": self._read(claim_id)})

    def search(self, filters: list[str], size: int, offset: int) -> Reply:
        """Claims by ``field:operator:value``, in the order of their last changes.

        Raises:
            ApiError: a filter cannot be read.
        """
        wheres, values = [], []
        for each in filters:
            field, operator, value = (*each.split(":", 2), "", "")[:3]
            if field not in self._columns or operator not in _OPERATORS:
                raise ApiError(400, "BadInputException", f"no filter {each!r}")
            wheres.append(f"{self._columns[field]} {_OPERATORS[operator]} ?")
            values.append(value)
        where = f" WHERE {' AND '.join(wheres)}" if wheres else ""
        query = f"{_SELECT}{where} ORDER BY update_time, id LIMIT ? OFFSET ?"
        with self._lock:
            rows = self._raw.execute(query, (*values, size, offset)).fetchall()
        return Reply(200, {"count": len(rows), "data": [_describe(row) for row in rows]})

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._raw.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._raw.execute("ROLLBACK")
                raise
            self._raw.execute("COMMIT")

    def _take(self, key: str | None) -> None:
        """Execute a key, in the transaction of what it does."""
        if key is None:
            return
        try:
            self._raw.execute("INSERT INTO executed VALUES (?)", (key,))
        except sqlite3.IntegrityError:
            raise ApiError(400, "AlreadyExecutedException", "executed already") from None

    def _read(self, claim_id: str) -> dict[str, Any]:
        row = self._raw.execute(f"{_SELECT} WHERE id = ?", (claim_id,)).fetchone()
        if row is None:
            raise ApiError(404, "NotFoundException", "there is no such claim")
        return _describe(row)

    def _write(self, claim_id: str, state: str, attributes: Mapping[str, Any]) -> None:
        statement = "UPDATE claims SET state = ?, update_time = ?, attributes = ? WHERE id = ?"
        self._raw.execute(statement, (state, _now(), json.dumps(attributes), claim_id))


def _describe(row: tuple[Any, ...]) -> dict[str, Any]:
    claim_id, number, state, update_time, attributes = row
    kept = json.loads(attributes) | {
        "id": claim_id, "claimNumber": number, "state": {"code": state}, "updateTime": update_time,
    }  # fmt: skip
    return {"attributes": kept}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
