"""Cells that no field of a book can hold: too long, or with control characters in them.

They are counted and never quoted: a cell of 100,000 characters is no value, and may be a page of
somebody's letter.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

MAX_CELL_CHARACTERS = 10_000
"""OED's own longest fields hold a few hundred."""
MAX_KEY_CHARACTERS = 255
"""OED keys hold 20 to 40."""

_CONTROLS = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]"
_CONTROLS_AND_BREAKS = r"[\x00-\x1F\x7F]"
"""Of keys, which stand in logs, lists and names of files."""

TOO_LONG, CONTROL = "value_too_long", "control_character"


@dataclass(frozen=True, slots=True, eq=False)
class StrangeCell:
    """Cells of one column that are strange in one way.

    Attributes:
        field: the column.
        reason: a key of ``policies.reading.rejects.REMEDIES``.
        is_bad: bool ``(rows,)``.
        told: what is said of each bad cell in place of its value, ``(bad cells,)``.
    """

    field: str
    reason: str
    is_bad: NDArray[np.bool_]
    told: list[str]


def find_strange_cells(frame: pd.DataFrame, keys: tuple[str, ...]) -> list[StrangeCell]:
    """Cells that are too long or hold control characters.

    Args:
        frame: columns of text.
        keys: columns of which keys are made, which may hold less.
    """
    found = []
    for name in frame.columns:
        text = pa.chunked_array(pa.array(frame[name]))
        limit = MAX_KEY_CHARACTERS if name in keys else MAX_CELL_CHARACTERS
        size = _to_numpy(compute.binary_length(text))  # bytes: never fewer than characters
        is_long = size > limit
        if is_long.any():
            length = _to_numpy(compute.utf8_length(text))
            is_long = length > limit
            told = [f"{count} characters, at most {limit}" for count in length[is_long]]
            found.append(StrangeCell(str(name), TOO_LONG, is_long, told))
        pattern = _CONTROLS_AND_BREAKS if name in keys else _CONTROLS
        matched = compute.fill_null(compute.match_substring_regex(text, pattern), False)
        is_control = np.asarray(matched.to_numpy(), dtype=bool) & ~is_long
        if is_control.any():
            told = ["control characters in the cell"] * int(is_control.sum())
            found.append(StrangeCell(str(name), CONTROL, is_control, told))
    return [each for each in found if each.is_bad.any()]


def _to_numpy(counts: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.asarray(compute.fill_null(counts, 0).to_numpy(), dtype=np.int64)
