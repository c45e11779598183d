"""The pictures that go with a draft: files beside it, which the draft names with their digests."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from core.provenance import sha256_of_bytes

PICTURES_FOLDER = "pictures"
"""Beside the drafts; a draft names its pictures by the path from its own folder."""

_ROLES = {"before": "pre_jpeg", "after": "post_jpeg", "tinted": "saliency_jpeg"}
"""Roles by the columns of PICTURES; tinted is the one after, where the model saw damage."""


@dataclass(frozen=True, slots=True)
class DraftPicture:
    """One picture of a drafted home.

    Attributes:
        role: ``before``, ``after`` or ``tinted``.
        file: path from the drafts' folder.
        sha256: of the bytes.
        jpeg: the bytes.
    """

    role: str
    file: str
    sha256: str
    jpeg: bytes = field(repr=False)


def index_pictures(pictures: pd.DataFrame) -> dict[Hashable, Mapping[Any, Any]]:
    """PICTURES by building."""
    return dict(pictures.set_index("building_id").to_dict("index"))


def name_pictures(stem: str, drawn: Mapping[Any, Any] | None) -> tuple[DraftPicture, ...]:
    """The pictures of one home under its draft's name; none where none were drawn.

    Args:
        stem: the incident's id.
        drawn: the building's row of PICTURES.
    """
    if drawn is None:
        return ()
    return tuple(
        DraftPicture(role, f"{PICTURES_FOLDER}/{stem}-{role}.jpg", sha256_of_bytes(jpeg), jpeg)
        for role, column in _ROLES.items()
        if isinstance(jpeg := drawn[column], bytes)
    )


def describe_pictures(pictures: tuple[DraftPicture, ...]) -> list[dict[str, str]] | None:
    """The pictures as plain JSON values; None where there are none."""
    named = [{"role": each.role, "file": each.file, "sha256": each.sha256} for each in pictures]
    return named or None
