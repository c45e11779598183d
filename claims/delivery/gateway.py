"""The door to the claims system. Drafts go out; nothing here submits or opens."""

import fcntl
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from claims.drafts.fnol import DRAFT_SCHEMA, ClaimDraft
from core.provenance import digest_of_rows, sha256_of_bytes, sha256_of_file

_LOG = logging.getLogger(__name__)

MANIFEST_SCHEMA = "firstnotice.draft-manifest/1"
MANIFEST_NAME = "manifest.json"
SET_ASIDE = "set-aside"
"""Folder of files that were found changed, for whoever looks into it."""
_LOCK_NAME = ".lock"
_PARTIAL_SUFFIX = ".partial"
_DRAFT_NAME = re.compile(r"(?P<transaction>[0-9a-f]{64})(\.r(?P<revision>[0-9]+))?\.json")


class Outcome(StrEnum):
    """What a claims system did with a draft."""

    CREATED = "created"
    REVISED = "revised"
    """It had another draft of the same incident, which it kept."""
    RESTORED = "restored"
    """It had the draft, damaged or no longer there, and has it again."""
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a draft went.

    Attributes:
        transaction_id: the draft's.
        outcome: what became of it.
        reference: the claims system's name for it; for a file drop the file's name.
    """

    transaction_id: str
    outcome: Outcome
    reference: str


class ClaimSystem(Protocol):
    """Where drafts go. Giving the same draft again changes nothing."""

    def write_drafts(self, drafts: Iterable[ClaimDraft]) -> tuple[Receipt, ...]:
        """Hand over drafts; one receipt a draft, in their order."""
        ...


class FileDrop:
    """A folder that a claims system reads from, by SFTP for example.

    One JSON file a draft, named by its transaction id; a changed draft becomes a further file
    ``<transaction id>.r2.json`` and the earlier stays. Files are never changed or removed, and the
    manifest, written last, lists each with its digest, so a reader that goes by the manifest never
    meets a half-written draft. Readers copy and do not move: a file that is gone is written again.
    A file that is no longer what the manifest says is set aside in ``set-aside/`` and its draft
    written again; all others stay as they are.

    Args:
        folder: made if it is not there. Drafts hold names, so let only claims people read it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write_drafts(self, drafts: Iterable[ClaimDraft]) -> tuple[Receipt, ...]:
        """Write the drafts that are new or changed, then the manifest of all that is there.

        Processes that write to one folder take turns. A run killed in between is completed by the
        next, which also clears what was half written.

        Raises:
            OSError: the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with _locking(self._folder):
            _remove_partial(self._folder)
            listed = _read_manifest(self._folder)
            files = _keep_sound(self._folder, _read_files(self._folder), listed)
            there = {file.name: file for file in files}
            known = sorted({*files, *listed}, key=lambda file: file.sort_key)
            newest = {file.transaction_id: file for file in known}
            receipts = []
            for draft in drafts:
                latest = newest.get(draft.transaction_id)
                file, outcome = _write_draft(self._folder, draft, latest, there)
                newest[draft.transaction_id] = there[file.name] = file
                receipts.append(Receipt(draft.transaction_id, outcome, file.name))
            _write_manifest(self._folder, sorted(there.values(), key=lambda file: file.sort_key))
        return tuple(receipts)


@dataclass(frozen=True, slots=True)
class _File:
    """A draft that lies in the folder."""

    transaction_id: str
    revision: int
    sha256: str

    @property
    def name(self) -> str:
        suffix = "" if self.revision == 1 else f".r{self.revision}"
        return f"{self.transaction_id}{suffix}.json"

    @property
    def sort_key(self) -> tuple[str, int]:
        return (self.transaction_id, self.revision)


@contextmanager
def _locking(folder: Path) -> Iterator[None]:
    # the system lets go of the lock when its holder dies
    with (folder / _LOCK_NAME).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_partial(folder: Path) -> None:
    for path in folder.glob(f"*{_PARTIAL_SUFFIX}"):
        path.unlink()


def _read_files(folder: Path) -> list[_File]:
    """The drafts in the folder, each one's revisions in order."""
    files = []
    for path in folder.iterdir():
        match = _DRAFT_NAME.fullmatch(path.name)
        if match:
            revision = int(match["revision"] or 1)
            files.append(_File(match["transaction"], revision, sha256_of_file(path)))
    return sorted(files, key=lambda file: file.sort_key)


def _read_manifest(folder: Path) -> list[_File]:
    """The drafts that the manifest lists; none where it is broken, which sets it aside."""
    path = folder / MANIFEST_NAME
    if not path.exists():
        return []
    try:
        return [
            _File(str(item["transactionId"]), int(item["revision"]), str(item["sha256"]))
            for item in json.loads(path.read_text(encoding="utf-8"))["drafts"]
        ]
    except (ValueError, KeyError, TypeError):
        _set_aside(path, "it is no manifest of drafts; it is written anew")
        return []


def _keep_sound(folder: Path, files: Iterable[_File], listed: Iterable[_File]) -> list[_File]:
    """The drafts in the folder that are what the manifest says; others are set aside."""
    digests = {file.name: file.sha256 for file in listed}
    sound = []
    for file in files:
        if digests.get(file.name, file.sha256) == file.sha256:
            sound.append(file)
        else:
            _set_aside(folder / file.name, "it was changed after it was written")
    gone = len(digests.keys() - {file.name for file in files})
    if gone:
        _LOG.warning("%d listed drafts are no longer in the folder", gone)
    return sound


def _set_aside(path: Path, reason: str) -> None:
    """Move a file where no reader looks and no run writes, under a name of its own."""
    aside = path.parent / SET_ASIDE
    aside.mkdir(exist_ok=True)
    taken = len(list(aside.iterdir()))
    path.replace(aside / f"{path.name}.{taken + 1}")
    _LOG.warning("%s is set aside in %s: %s", path.name, aside, reason)


def _write_draft(
    folder: Path, draft: ClaimDraft, latest: _File | None, there: Mapping[str, _File]
) -> tuple[_File, Outcome]:
    """Write a draft that is new, changed or no longer there.

    Args:
        folder: the drop.
        draft: to be written.
        latest: its newest revision, in the folder or only in the manifest.
        there: the sound files in the folder, by name.
    """
    content = f"{draft.document}\n".encode()
    digest = sha256_of_bytes(content)
    if latest is not None and latest.sha256 == digest:
        if latest.name in there:
            return latest, Outcome.UNCHANGED
        _write_whole(folder / latest.name, content)
        return latest, Outcome.RESTORED
    file = _File(draft.transaction_id, 1 if latest is None else latest.revision + 1, digest)
    _write_whole(folder / file.name, content)
    return file, Outcome.CREATED if latest is None else Outcome.REVISED


def _write_manifest(folder: Path, files: Iterable[_File]) -> None:
    drafts = [
        {
            "file": file.name,
            "transactionId": file.transaction_id,
            "revision": file.revision,
            "sha256": file.sha256,
        }
        for file in files
    ]
    manifest = {
        "schema": MANIFEST_SCHEMA,
        "draftSchema": DRAFT_SCHEMA,
        "rowCount": len(drafts),
        "totalSha256": digest_of_rows((item["file"], item["sha256"]) for item in drafts),
        "drafts": drafts,
    }
    content = f"{json.dumps(manifest, indent=1)}\n".encode()
    path = folder / MANIFEST_NAME
    if not path.exists() or path.read_bytes() != content:
        _write_whole(path, content)


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    partial = path.with_name(path.name + _PARTIAL_SUFFIX)
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
