"""Digests and content keys: the same inputs give the same name, on any machine."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_READ_BYTES = 1 << 20
KEY_LENGTH = 24
"""Hex digits of a content key: 96 bits, no clash in any book of policies."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which weights gave a grade.

    Attributes:
        name: the model card's name.
        sha256: digest of the weights file.
        licence: SPDX id or short name of the weights' licence.
    """

    name: str
    sha256: str
    licence: str


def sha256_of_bytes(data: bytes) -> str:
    """Hex SHA-256 of ``data``."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces, so that equal values give equal text.

    Raises:
        ValueError: a number is NaN or infinite, which JSON cannot say.
    """
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        default=str,
        allow_nan=False,
    )


def content_key(*parts: Any) -> str:
    """A short stable key of JSON-like parts; order matters."""
    return sha256_of_bytes(canonical_json(parts).encode())[:KEY_LENGTH]


def digest_of_rows(rows: Iterable[Iterable[Any]]) -> str:
    """Hex SHA-256 of a table's rows in their order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(canonical_json(list(row)).encode())
        digest.update(b"\n")
    return digest.hexdigest()
