"""Whether what is taken for a sky lets the ground be seen: both dates have the same edges. Pure.

A bright roof, a car park and dark water are as pale or dark, grey and smooth as a sky. They lie on
the same ground at both dates, rims and all; a cloud's edges are nowhere at the other date, and
what shows through a veil is so much fainter as the veil is thick.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.chips import POST, PRE
from imagery.registration.texture import NOISE_LEVEL, Texture

_RIM_PX = 3
"""Around what is hidden, measured too: 3 m, where a roof ends."""
_MIN_PX = 30
"""Fewer measured pixels say nothing."""
_LONGEST = 0.98
"""An edge's length ends at 1, where its contrast has no bound."""


def find_shown(
    textures: tuple[Texture, Texture],
    boxes: tuple[NDArray[np.float64], NDArray[np.float64]],
    is_sky: NDArray[np.bool_],
    min_shown_frac: float,
) -> NDArray[np.bool_]:
    """Which chips show the ground where a sky is said to hide it.

    Args:
        textures: before and after, on one grid.
        boxes: ``(batch, 4)`` left, top, right, bottom of each chip at each date, grid pixels.
        is_sky: ``(batch, time, height, width)``; True = said to be under a sky.
        min_shown_frac: share of the other date's contrast that has to show.

    Returns:
        ``(batch,)``.
    """
    shown = np.zeros(len(is_sky), bool)
    for chip in np.flatnonzero(is_sky.any(axis=(1, 2, 3))):
        before, after, where = _cut(textures, (boxes[PRE][chip], boxes[POST][chip]), is_sky[chip])
        if np.count_nonzero(where) < _MIN_PX:
            continue
        first, second = (_contrast(edges[where]) for edges in (before, after))
        common = float((first * second.conj()).real.sum())
        own = [float((np.abs(edges) ** 2).sum()) for edges in (first, second)]
        hidden = is_sky[chip].any(axis=(1, 2))
        # at the date that is hidden, of the contrast that the other date has
        others = [own[1 - time] for time in (PRE, POST) if hidden[time]]
        shown[chip] = common > min_shown_frac * max(others) > 0
    return shown


def _cut(
    textures: tuple[Texture, Texture],
    boxes: tuple[NDArray[np.float64], NDArray[np.float64]],
    is_sky: NDArray[np.bool_],
) -> tuple[NDArray[np.complex64], NDArray[np.complex64], NDArray[np.bool_]]:
    """Both dates' edges of a chip, and where it is under a sky or beside one."""
    by = textures[PRE].reduced_by
    left, top, right, bottom = np.rint(boxes[PRE] / by).astype(int)
    across, down = np.rint((boxes[POST] - boxes[PRE])[:2] / by).astype(int)
    height, width = textures[PRE].edges.shape
    rows = slice(max(0, top, -down), max(0, min(bottom, height, height - down)))
    columns = slice(max(0, left, -across), max(0, min(right, width, width - across)))
    drawn = Image.fromarray(is_sky.any(axis=0).astype(np.uint8))
    size = (max(1, right - left), max(1, bottom - top))
    sky = np.asarray(drawn.resize(size, Image.Resampling.NEAREST), bool)
    where = ndimage.binary_dilation(sky, iterations=_RIM_PX)
    before = textures[PRE].edges[rows, columns]
    after = textures[POST].edges[
        rows.start + down : rows.stop + down, columns.start + across : columns.stop + across
    ]
    where = where[rows.start - top :, columns.start - left :][: before.shape[0], : before.shape[1]]
    return before, after, where


def _contrast(edges: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Gradients in grey levels, of which ``compute_texture`` made directions."""
    length = np.minimum(np.abs(edges), _LONGEST)
    contrast: NDArray[np.complex64] = edges * (NOISE_LEVEL / (1 - length))
    return contrast
