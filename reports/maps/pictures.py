"""Which before and after pictures travel inside the map's one file."""

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pandas as pd

from core.damage import Decision, Tier

_logger = logging.getLogger(__name__)

_JPEG_START = b"\xff\xd8\xff"
"""Start of image and the first marker (ITU-T T.81)."""
_UNSEEN_TIERS = (Tier.T0, Tier.U)


class NoPicture(IntEnum):
    """Why a location has no picture in the file; below 0, where an index would be."""

    NONE = -1
    OVER_BUDGET = -2
    UNREADABLE = -3


@dataclass(frozen=True, slots=True)
class InlinePictures:
    """The pictures that travel, and where each location's is.

    Attributes:
        pairs: PICTURES rows in the order they are written.
        place: int64 ``(locations,)``; index into ``pairs`` or a ``NoPicture``.
    """

    pairs: pd.DataFrame
    place: "pd.Series[int]"


def choose_pictures(
    ranked: pd.DataFrame, pictures: pd.DataFrame, budget_bytes: int
) -> InlinePictures:
    """The pictures worth their bytes: locations with a step or tier T1 and up first, then by rank.

    Several locations of one building share its picture. The budget counts the text that a
    picture becomes in the file, four bytes for three. The first picture past the budget ends
    the choice, so that no lesser one stands before a worse one that is missing.

    Args:
        ranked: FINDINGS, worst first.
        pictures: PICTURES.
        budget_bytes: most that all pictures may take.
    """
    pictures = pictures.assign(saliency_jpeg=_usable_or_none(pictures["saliency_jpeg"]))
    is_readable = _is_jpeg(pictures["pre_jpeg"]) & _is_jpeg(pictures["post_jpeg"])
    if not is_readable.all():
        _logger.warning("%d pictures are no JPEG and left out", int((~is_readable).sum()))
    matters = (ranked["decision"] != Decision.NONE) | ~ranked["tier"].isin(_UNSEEN_TIERS)
    order = np.argsort(~matters.to_numpy(dtype=bool), kind="stable")
    wanted = ranked["building_id"].iloc[order].dropna().drop_duplicates()
    pairs = wanted.to_frame().merge(pictures[is_readable], on="building_id")
    size = sum(_text_bytes(pairs[name]) for name in ("pre_jpeg", "post_jpeg", "saliency_jpeg"))
    kept = pairs[size.cumsum() <= budget_bytes].reset_index(drop=True)
    place = pd.Series(NoPicture.NONE, index=pictures["building_id"], dtype="int64")
    place[:] = np.where(is_readable, NoPicture.OVER_BUDGET, NoPicture.UNREADABLE)
    place[kept["building_id"]] = np.arange(len(kept))
    found = ranked["building_id"].map(place).fillna(NoPicture.NONE).astype("int64")
    return InlinePictures(kept, found)


def encode_pictures(pairs: pd.DataFrame) -> Iterator[str]:
    """Each pair, and where the model looked if that was drawn, as JSON text of base64 strings."""
    columns = (pairs[name] for name in ("pre_jpeg", "post_jpeg", "saliency_jpeg"))
    for before, after, looked in zip(*columns, strict=True):
        pictures = {"pre": encode_jpeg(before), "post": encode_jpeg(after)}
        if isinstance(looked, bytes):
            pictures["look"] = encode_jpeg(looked)
        yield json.dumps(pictures)


def encode_jpeg(data: bytes) -> str:
    """Base64, without the ``data:`` prefix."""
    return base64.b64encode(data).decode("ascii")


def _is_jpeg(cells: "pd.Series[bytes]") -> "pd.Series[bool]":
    return cells.map(lambda data: isinstance(data, bytes) and data.startswith(_JPEG_START)).astype(
        bool
    )


def _usable_or_none(cells: "pd.Series[bytes]") -> "pd.Series[bytes]":
    """Tinted pictures; one that is no JPEG is left out, the pair beside it is not."""
    is_wrong = cells.notna() & ~_is_jpeg(cells)
    if is_wrong.any():
        _logger.warning("%d tinted pictures are no JPEG and left out", int(is_wrong.sum()))
    return cells.astype(object).where(cells.notna() & ~is_wrong, None)


def _text_bytes(cells: "pd.Series[bytes]") -> "pd.Series[int]":
    """Bytes of each picture as base64; a picture that is not there has none."""
    lengths = cells.map(lambda data: len(data) if isinstance(data, bytes) else 0)
    return (lengths.astype("int64") + 2) // 3 * 4
