"""A pack as files: JSON, PDF, pictures, and the digests of all. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from claims.evidence.pack import write_pack_text
from claims.evidence.pictures import name_chip, read_chips
from claims.evidence.sheet.render import render_pdf
from claims.evidence.sources import Audience
from core.provenance import sha256_of_bytes

PACK_FILE, SHEET_FILE, MANIFEST_FILE = "evidence.json", "evidence.pdf", "manifest.json"
MANIFEST_SCHEMA = "firstnotice.evidence-manifest/1"


def pack_files(pack: Mapping[str, Any], pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files of a pack by path from its folder, the manifest last.

    Args:
        pack: as ``build_pack`` or ``share_with_insured`` gives it.
        pictures: JPEG bytes by role.
    """
    text = write_pack_text(dict(pack)).encode()
    shown = {name_chip(role): jpeg for role, jpeg in sorted(pictures.items())}
    told = json.loads(text)  # as whoever makes the sheet anew will read it
    files = {PACK_FILE: text, SHEET_FILE: render_pdf(told, pictures, sha256_of_bytes(text))}
    files |= shown
    manifest = {
        "schema": MANIFEST_SCHEMA,
        "incident_id": pack["incident"]["incident_id"],
        "audience": str(Audience(pack["audience"])),
        "run_id": pack["run"]["run_id"],
        "sha256": {name: sha256_of_bytes(content) for name, content in sorted(files.items())},
    }
    return files | {MANIFEST_FILE: f"{json.dumps(manifest, indent=2)}\n".encode()}


def find_changed(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """What is wrong with a pack's files; nothing where they are as they were made.

    Each is held to the manifest, the pictures to the pack, and the PDF is made anew from both.

    Args:
        files: by path from the pack's folder.
    """
    try:
        manifest = json.loads(files[MANIFEST_FILE])["sha256"]
        pack = json.loads(files[PACK_FILE])
        named = sorted(manifest)
    except (KeyError, ValueError, TypeError):
        return (f"{MANIFEST_FILE} or {PACK_FILE} is gone or damaged",)
    gone = [f"{name} is gone" for name in named if name not in files]
    there = [name for name in named if name in files]
    edited = [name for name in there if sha256_of_bytes(files[name]) != manifest[name]]
    if gone or edited:
        return (*gone, *(f"{name} was changed" for name in edited))
    again = pack_files(pack, read_chips(files))
    return tuple(f"{n} is not what it is made from" for n in again if again[n] != files.get(n))
