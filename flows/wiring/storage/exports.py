"""The log of exports: who took names and contacts where, why, and how many.

One line of JSON an export in ``OUT/exports.jsonl``, each with the digest of the line before it, so
that a line that was edited or taken out shows.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.provenance import canonical_json, sha256_of_bytes, sha256_of_file
from flows.wiring.storage.folders import close_to_others

EXPORTS_FILE = "exports.jsonl"
_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Export:
    """Something that carries names or contacts, written or removed.

    Attributes:
        actor: who; for what a run writes, the system's user that runs it.
        role: as what.
        purpose: why.
        what: kind of file.
        file: where it lies, from the output folder where it lies in it.
        rows: people or homes in it.
        sha256: digest of the file; None of several files.
        masked: columns left empty.
    """

    actor: str
    role: str
    purpose: str
    what: str
    file: str
    rows: int
    sha256: str | None = None
    masked: tuple[str, ...] = ()


def log_exports(out: Path, exports: list[Export]) -> None:
    """Add lines to the log; processes take turns.

    Raises:
        OSError: the log cannot be written, so what was exported must not be handed on.
    """
    path = out / EXPORTS_FILE
    with path.open("a+", encoding="utf-8") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        log.seek(0)
        last = _FIRST
        for line in log:
            last = _digest(line)
        for export in exports:
            at = datetime.now(UTC).isoformat(timespec="seconds")
            line = canonical_json({"at_utc": at, "previous_sha256": last, **asdict(export)}) + "\n"
            log.write(line)
            last = _digest(line)
        log.flush()
        os.fsync(log.fileno())
    close_to_others(path)


def read_exports(out: Path) -> Iterator[dict[str, Any]]:
    """The lines of the log, each with ``follows``: whether it follows the one before it."""
    path, last = out / EXPORTS_FILE, _FIRST
    if not path.exists():
        return
    with path.open(encoding="utf-8") as log:
        for line in log:
            said: dict[str, Any] = json.loads(line)
            yield said | {"follows": said.get("previous_sha256") == last}
            last = _digest(line)


def name_file(path: Path, out: Path) -> tuple[str, str]:
    """How a file is named in the log, and its digest."""
    resolved, base = path.resolve(), out.resolve()
    inside = resolved.is_relative_to(base)
    return str(resolved.relative_to(base) if inside else resolved), sha256_of_file(path)


def _digest(line: str) -> str:
    return sha256_of_bytes(line.encode())
