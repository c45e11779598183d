"""The manifest of a folder of drafts: which lie there, what each says, and its digest."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from claims.delivery.drop.placing import put, set_aside
from claims.delivery.drop.tables import describe_tables
from claims.drafts.fnol import DRAFT_SCHEMA
from claims.drafts.saying import digest_saying
from core.provenance import digest_of_rows

MANIFEST_SCHEMA = "firstnotice.draft-manifest/1"
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A draft that lies in the folder, or once did.

    Attributes:
        name: of the file.
        transaction_id: the draft's.
        revision: 1 for the first.
        sha256: of the file's bytes.
        saying_sha256: see ``digest_saying``.
        pictures: digests of its pictures by path from the folder; none of an earlier revision.
        table: the table of its delivery, by path from the folder; empty if it is in none yet.
    """

    name: str
    transaction_id: str
    revision: int
    sha256: str
    saying_sha256: str
    pictures: Mapping[str, str] = field(default_factory=dict, hash=False)
    table: str = ""

    @property
    def sort_key(self) -> tuple[str, int]:
        """Order of the manifest: a draft's revisions stand together."""
        return (self.transaction_id, self.revision)


def read_manifest(folder: Path) -> list[DroppedFile]:
    """The drafts that the manifest lists; none where it is broken, which sets it aside."""
    path = folder / MANIFEST_NAME
    if not path.exists():
        return []
    try:
        return [
            DroppedFile(
                str(item["file"]),
                str(item["transactionId"]),
                int(item["revision"]),
                str(item["sha256"]),
                str(item.get("sayingSha256") or _read_saying(folder / item["file"])),
                read_pictures(item),
                str(item.get("table", "")),
            )
            for item in json.loads(path.read_text(encoding="utf-8"))["drafts"]
        ]
    except (ValueError, KeyError, TypeError):
        set_aside(path, "it is no manifest of drafts; it is written anew")
        return []


def read_pictures(item: Mapping[str, list[dict[str, str]]]) -> dict[str, str]:
    """The pictures that a draft, or its line of the manifest, names."""
    return {str(each["file"]): str(each["sha256"]) for each in item.get("pictures", [])}


def _read_saying(path: Path) -> str:
    """What a draft of the first version says; its manifest did not tell."""
    try:
        return digest_saying(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return ""


def write_manifest(folder: Path, files: Iterable[DroppedFile]) -> None:
    """List these drafts, once all of them are on the disk; the same again writes nothing."""
    listed = list(files)
    drafts = [
        {
            "file": file.name,
            "transactionId": file.transaction_id,
            "revision": file.revision,
            "sha256": file.sha256,
            "sayingSha256": file.saying_sha256,
            "pictures": [{"file": name, "sha256": each} for name, each in file.pictures.items()],
            "table": file.table,
        }
        for file in listed
    ]
    manifest = {
        "schema": MANIFEST_SCHEMA,
        "draftSchema": DRAFT_SCHEMA,
        "rowCount": len(drafts),
        "totalSha256": digest_of_rows((item["file"], item["sha256"]) for item in drafts),
        "tables": describe_tables(folder, Counter(file.table for file in listed)),
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
