"""The chips of a pack: named by role, held to their digests. Pure."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from core.provenance import sha256_of_bytes

PICTURES_FOLDER = "pictures"


def name_chip(role: str) -> str:
    """Path of a chip from the pack's folder."""
    return f"{PICTURES_FOLDER}/{role}.jpg"


def describe_chip(role: str, pictures: Mapping[str, bytes]) -> dict[str, Any] | None:
    """A chip's file and digest; None where it was not drawn."""
    jpeg = pictures.get(role)
    if jpeg is None:
        return None
    return {"role": role, "file": name_chip(role), "sha256": sha256_of_bytes(jpeg)}


def read_chips(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """JPEG bytes by role, from a pack's files by path."""
    chips = ((PurePosixPath(name), content) for name, content in files.items())
    return {path.stem: content for path, content in chips if path.parent.name == PICTURES_FOLDER}
