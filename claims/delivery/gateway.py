"""The door to the claims system. Drafts go out; nothing here submits or opens."""

import fcntl
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from claims.delivery.pictures import is_sound, put_pictures, set_aside_changed
from claims.delivery.placing import put, remove_partial, set_aside
from claims.drafts.fnol import DRAFT_SCHEMA, ClaimDraft
from claims.drafts.pictures import PICTURES_FOLDER
from claims.drafts.saying import digest_saying
from core.provenance import digest_of_rows, sha256_of_bytes, sha256_of_file

_LOG = logging.getLogger(__name__)

MANIFEST_SCHEMA = "firstnotice.draft-manifest/1"
MANIFEST_NAME = "manifest.json"
_LOCK_NAME = ".lock"
_DRAFT_NAME = re.compile(r"(?P<stem>inc-[0-9a-z]+|[0-9a-f]{64})(\.r(?P<revision>[0-9]+))?\.json")
"""By incident, as the list has it; drafts of the first version by transaction."""
_INCIDENT = re.compile("inc-[0-9a-z]+")


class Outcome(StrEnum):
    """What a claims system did with a draft."""

    CREATED = "created"
    REVISED = "revised"
    """It had another draft of the same incident, which it kept."""
    RESTORED = "restored"
    """It had the draft, damaged or no longer there, and has it again."""
    UNCHANGED = "unchanged"
    ABSENT = "absent"
    """It has no draft to revise, and none was written."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a draft went.

    Attributes:
        transaction_id: the draft's.
        outcome: what became of it.
        reference: the claims system's name for it; for a file drop the file's name. Empty if
            there is none.
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

    One JSON file a draft, named by its incident; a draft that says something else than before
    becomes a further file ``<incident id>.r2.json`` and the earlier stays. Files are never changed
    or removed, and the manifest, written last, lists each with its digest, so a reader that goes by
    the manifest never meets a half-written draft. Readers copy and do not move: a file that is gone
    is written again. A file that is no longer what the manifest says is set aside in
    ``set-aside/`` and its draft written again; all others stay as they are.

    Pictures lie in ``pictures/`` and are those of the newest revision: another picture alone
    revises no draft, unless one that a draft names is missing. A draft that only revises is
    written where another of the same incident is known, and else not at all.

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
            remove_partial(self._folder)
            remove_partial(self._folder / PICTURES_FOLDER)
            listed = _read_manifest(self._folder)
            files = _keep_sound(self._folder, listed)
            there = {file.name: file for file in files}
            known = sorted({*files, *listed}, key=lambda file: file.sort_key)
            newest = {file.transaction_id: file for file in known}
            receipts = []
            for draft in drafts:
                latest = newest.get(draft.transaction_id)
                if latest is None and draft.is_revision_only:
                    receipts.append(Receipt(draft.transaction_id, Outcome.ABSENT, ""))
                    continue
                file, outcome = _write_draft(self._folder, draft, latest, there)
                newest[draft.transaction_id] = there[file.name] = file
                receipts.append(Receipt(draft.transaction_id, outcome, file.name))
            _write_manifest(self._folder, sorted(there.values(), key=lambda file: file.sort_key))
        return tuple(receipts)


@dataclass(frozen=True, slots=True)
class _File:
    """A draft that lies in the folder, or once did.

    Attributes:
        name: of the file.
        transaction_id: the draft's.
        revision: 1 for the first.
        sha256: of the file's bytes.
        saying_sha256: see ``digest_saying``.
        pictures: digests of its pictures by path from the folder; none of an earlier revision.
    """

    name: str
    transaction_id: str
    revision: int
    sha256: str
    saying_sha256: str
    pictures: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def sort_key(self) -> tuple[str, int]:
        return (self.transaction_id, self.revision)


@contextmanager
def _locking(folder: Path) -> Iterator[None]:
    # the system lets go of the lock when its holder dies
    with (folder / _LOCK_NAME).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read_manifest(folder: Path) -> list[_File]:
    """The drafts that the manifest lists; none where it is broken, which sets it aside."""
    path = folder / MANIFEST_NAME
    if not path.exists():
        return []
    try:
        return [
            _File(
                str(item["file"]),
                str(item["transactionId"]),
                int(item["revision"]),
                str(item["sha256"]),
                str(item.get("sayingSha256") or _read_saying(folder / item["file"])),
                _read_pictures(item),
            )
            for item in json.loads(path.read_text(encoding="utf-8"))["drafts"]
        ]
    except (ValueError, KeyError, TypeError):
        set_aside(path, "it is no manifest of drafts; it is written anew")
        return []


def _read_pictures(item: Mapping[str, list[dict[str, str]]]) -> dict[str, str]:
    """The pictures that a draft, or its line of the manifest, names."""
    return {str(each["file"]): str(each["sha256"]) for each in item.get("pictures", [])}


def _read_saying(path: Path) -> str:
    """What a draft of the first version says; its manifest did not tell."""
    try:
        return digest_saying(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return ""


def _keep_sound(folder: Path, listed: Iterable[_File]) -> list[_File]:
    """The drafts in the folder that are what the manifest says; others are set aside.

    What it does not list was left by a run that was killed, whole or torn by a power cut.
    """
    known = {file.name: file for file in listed}
    names = sorted(path.name for path in folder.iterdir() if _DRAFT_NAME.fullmatch(path.name))
    sound = []
    for name in names:
        path, file = folder / name, known.get(name)
        if file is None:
            file = _read_unlisted(path)
            reason = "it is not whole, and no manifest lists it"
        else:
            is_same = sha256_of_file(path) == file.sha256
            file, reason = (file if is_same else None), "it was changed after it was written"
        if file is None:
            set_aside(path, reason)
        else:
            sound.append(file)
    gone = len(known.keys() - set(names))
    if gone:
        _LOG.warning("%d listed drafts are no longer in the folder", gone)
    return sound


def _read_unlisted(path: Path) -> _File | None:
    content = path.read_bytes()
    match = _DRAFT_NAME.fullmatch(path.name)
    try:
        document = content.decode()
        payload = json.loads(document)
        transaction, pictures = payload["transactionId"], _read_pictures(payload)
        saying = digest_saying(document)
    except (ValueError, KeyError, TypeError):
        return None
    revision = int(match["revision"] or 1) if match else 1
    return _File(path.name, transaction, revision, sha256_of_bytes(content), saying, pictures)


def _write_draft(
    folder: Path, draft: ClaimDraft, latest: _File | None, there: MutableMapping[str, _File]
) -> tuple[_File, Outcome]:
    """Write a draft that is new, changed or no longer there, its pictures first.

    Args:
        folder: the drop.
        draft: to be written.
        latest: its newest revision, in the folder or only in the manifest.
        there: the sound files in the folder, by name; pictures of a revision that is no longer the
            newest are taken from it.
    """
    content = f"{draft.document}\n".encode()
    digest, saying = sha256_of_bytes(content), digest_saying(draft.document)
    is_saying_same = latest is not None and latest.saying_sha256 == saying
    if latest is not None and is_saying_same:
        if latest.name in there and (not draft.pictures or _has_pictures(folder, latest)):
            return latest, Outcome.UNCHANGED
        set_aside_changed(folder, latest.pictures, draft.pictures)
    put_pictures(folder, draft.pictures)
    if latest is not None and is_saying_same and latest.sha256 == digest:
        if latest.name not in there:
            put(folder / latest.name, content)
        return latest, Outcome.RESTORED
    revision = 1 if latest is None else latest.revision + 1
    pictures = {each.file: each.sha256 for each in draft.pictures}
    name = _name_file(draft, revision)
    put(folder / name, content)
    if latest is not None and latest.name in there:
        there[latest.name] = replace(latest, pictures={})
    file = _File(name, draft.transaction_id, revision, digest, saying, pictures)
    return file, Outcome.CREATED if latest is None else Outcome.REVISED


def _has_pictures(folder: Path, file: _File) -> bool:
    """Whether the draft has pictures, and all of them."""
    return bool(file.pictures) and all(
        is_sound(folder, name, digest) for name, digest in file.pictures.items()
    )


def _name_file(draft: ClaimDraft, revision: int) -> str:
    is_named = draft.incident_id is not None and _INCIDENT.fullmatch(draft.incident_id)
    stem = draft.incident_id if is_named else draft.transaction_id
    return f"{stem}.json" if revision == 1 else f"{stem}.r{revision}.json"


def _write_manifest(folder: Path, files: Iterable[_File]) -> None:
    drafts = [
        {
            "file": file.name,
            "transactionId": file.transaction_id,
            "revision": file.revision,
            "sha256": file.sha256,
            "sayingSha256": file.saying_sha256,
            "pictures": [{"file": name, "sha256": each} for name, each in file.pictures.items()],
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
        _flush(folder)
        put(path, content)
        _flush(folder)


def _flush(folder: Path) -> None:
    """Wait until all that was put in place is on the disk, so that a power cut takes none of it.

    Once for all drafts, before the manifest lists them, and once for the manifest: to wait for each
    file took 14 ms a draft.
    """
    os.sync()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
