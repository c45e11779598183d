"""A folder that a claims system reads drafts from."""

import fcntl
import json
import logging
import re
from collections.abc import Container, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from claims.delivery.drop.manifest import (
    DroppedFile,
    read_manifest,
    read_pictures,
    write_manifest,
)
from claims.delivery.drop.pictures import is_sound, put_pictures, set_aside_changed
from claims.delivery.drop.placing import put, remove_partial, set_aside
from claims.delivery.drop.tables import TABLES_FOLDER, describe_row, put_table
from claims.delivery.gateway import Outcome, Receipt
from claims.drafts.fnol import ClaimDraft
from claims.drafts.pictures import PICTURES_FOLDER
from claims.drafts.saying import digest_saying
from core.provenance import sha256_of_bytes, sha256_of_file

_LOG = logging.getLogger(__name__)

_LOCK_NAME = ".lock"
_DRAFT_NAME = re.compile(r"(?P<stem>inc-[0-9a-z]+|[0-9a-f]{64})(\.r(?P<revision>[0-9]+))?\.json")
"""By incident, as the list has it; drafts of the first version by transaction."""
_INCIDENT = re.compile("inc-[0-9a-z]+")


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
    written where another of the same incident is known, and else not at all. What a person
    approved is not revised while it lies there, unless it says not to submit it.

    Args:
        folder: made if it is not there. Drafts hold names, so let only claims people read it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """Where the drafts lie."""
        return self._folder

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
            remove_partial(self._folder / TABLES_FOLDER)
            listed = read_manifest(self._folder)
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
                if latest is not None and _stands(self._folder, draft, latest, there):
                    receipts.append(Receipt(draft.transaction_id, Outcome.UNCHANGED, latest.name))
                    continue
                file, outcome = _write_draft(self._folder, draft, latest, there)
                newest[draft.transaction_id] = there[file.name] = file
                receipts.append(Receipt(draft.transaction_id, outcome, file.name))
            _put_into_table(self._folder, there)
            write_manifest(self._folder, sorted(there.values(), key=lambda file: file.sort_key))
        return tuple(receipts)


def _put_into_table(folder: Path, there: MutableMapping[str, DroppedFile]) -> None:
    """List what is in no table yet in one of its own: what this call put, or a killed one left."""
    new = sorted((file for file in there.values() if not file.table), key=lambda f: f.sort_key)
    if not new:
        return
    rows = (
        describe_row(file.name, file.revision, (folder / file.name).read_bytes(), file.sha256)
        for file in new
    )
    table = put_table(folder, rows)
    there.update({file.name: replace(file, table=table) for file in new})


@contextmanager
def _locking(folder: Path) -> Iterator[None]:
    # the system lets go of the lock when its holder dies
    with (folder / _LOCK_NAME).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep_sound(folder: Path, listed: Iterable[DroppedFile]) -> list[DroppedFile]:
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


def _read_unlisted(path: Path) -> DroppedFile | None:
    content = path.read_bytes()
    match = _DRAFT_NAME.fullmatch(path.name)
    try:
        document = content.decode()
        payload = json.loads(document)
        transaction, pictures = payload["transactionId"], read_pictures(payload)
        saying = digest_saying(document)
    except (ValueError, KeyError, TypeError):
        return None
    revision = int(match["revision"] or 1) if match else 1
    return DroppedFile(path.name, transaction, revision, sha256_of_bytes(content), saying, pictures)


def _stands(folder: Path, draft: ClaimDraft, latest: DroppedFile, there: Container[str]) -> bool:
    """Whether the newest revision is approved, lies there whole and asks for a claim."""
    if not draft.is_approved or latest.name not in there:
        return False
    if latest.pictures and not _has_pictures(folder, latest):
        return False
    return "status" not in json.loads((folder / latest.name).read_bytes())


def _write_draft(
    folder: Path,
    draft: ClaimDraft,
    latest: DroppedFile | None,
    there: MutableMapping[str, DroppedFile],
) -> tuple[DroppedFile, Outcome]:
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
    file = DroppedFile(name, draft.transaction_id, revision, digest, saying, pictures)
    return file, Outcome.CREATED if latest is None else Outcome.REVISED


def _has_pictures(folder: Path, file: DroppedFile) -> bool:
    """Whether the draft has pictures, and all of them."""
    return bool(file.pictures) and all(
        is_sound(folder, name, digest) for name, digest in file.pictures.items()
    )


def _name_file(draft: ClaimDraft, revision: int) -> str:
    is_named = draft.incident_id is not None and _INCIDENT.fullmatch(draft.incident_id)
    stem = draft.incident_id if is_named else draft.transaction_id
    return f"{stem}.json" if revision == 1 else f"{stem}.r{revision}.json"
