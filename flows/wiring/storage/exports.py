"""The log of exports: who took names and contacts where, why, and how many.

One line of JSON an export in ``OUT/exports.jsonl``, each with the digest of the line before it, so
that a line that was edited or taken out shows. The ledger knows how far the log had come, so that
a log shows whose end was cut off; runs note it in their records.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claims.ledger.log_anchors import LogAnchor, LogAnchors
from core.provenance import canonical_json, sha256_of_bytes, sha256_of_file
from flows.wiring.storage.folders import close_to_others
from flows.wiring.storage.published_heads import read_noted

EXPORTS_FILE = "exports.jsonl"
EXPORTS_HEAD = "exports_head"
"""Of a run's record: how far the log had come when it ended."""
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


def log_exports(out: Path, exports: list[Export], anchors: LogAnchors | None = None) -> LogAnchor:
    """Add lines to the log; processes take turns. Gives how far it has come.

    Args:
        out: folder of all runs.
        exports: what was exported.
        anchors: of the ledger, which notes that too; a run notes it in its record instead. A log
            that lost its end is written on, and its anchor stays, so that it goes on showing.

    Raises:
        OSError: the log cannot be written, so what was exported must not be handed on.
        TransientError, LedgerError: the ledger cannot be written.
    """
    path = out / EXPORTS_FILE
    with path.open("a+", encoding="utf-8") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        log.seek(0)
        digests = [_digest(line) for line in log]
        name = _name_log(out)
        is_whole = anchors is not None and is_as_anchored(digests, anchors.find(name))
        for export in exports:
            at = datetime.now(UTC).isoformat(timespec="seconds")
            last = digests[-1] if digests else _FIRST
            line = canonical_json({"at_utc": at, "previous_sha256": last, **asdict(export)}) + "\n"
            log.write(line)
            digests.append(_digest(line))
        log.flush()
        os.fsync(log.fileno())
        head = LogAnchor(len(digests), digests[-1] if digests else _FIRST)
        if anchors is not None and is_whole and digests:
            anchors.put(name, head)
    close_to_others(path)
    return head


def is_as_anchored(digests: Sequence[str], anchor: LogAnchor | None) -> bool:
    """Whether lines, given by their digests, go on from where they were once."""
    if anchor is None or not anchor.line_count:
        return True
    is_long = len(digests) >= anchor.line_count
    return is_long and digests[anchor.line_count - 1] == anchor.last_sha256


def find_cut(out: Path, anchors: LogAnchors | None) -> str | None:
    """What is missing of the log, by what the ledger and the runs' records know of it; or None.

    Raises:
        InputError: a run record cannot be read.
    """
    path = out / EXPORTS_FILE
    digests: list[str] = []
    if path.exists():
        with path.open(encoding="utf-8") as log:
            digests = [_digest(line) for line in log]
    known = [] if anchors is None else [anchors.find(_name_log(out))]
    known += read_noted(out, EXPORTS_HEAD, lambda said: LogAnchor(**said))
    missing = [each for each in known if each is not None and not is_as_anchored(digests, each)]
    if not missing:
        return None
    most = max(each.line_count for each in missing)
    return (
        f"it had {most} lines once, the last of which is not there: the end of the log was cut "
        "off, or it was written anew"
    )


def _name_log(out: Path) -> str:
    """The log's name in a ledger, which several folders of runs may share."""
    return f"{EXPORTS_FILE} of {out.resolve()}"


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
