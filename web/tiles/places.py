"""Web Mercator as whole numbers: where a place lies at a level of the map. Pure."""

import numpy as np
from numpy.typing import NDArray

LEVELS = 28
"""Finest level: cells of 15 cm at the equator; two such numbers interleaved fit 64 bits."""
MAX_LATITUDE = 85.05112877980659
"""Where the square of web Mercator ends, degrees."""
_SPREADS = (
    (16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333), (1, 0x5555555555555555),
)  # fmt: skip


def to_world(
    lon: NDArray[np.float64], lat: NDArray[np.float64], level: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Column and row of places among the ``2**level`` of the world, from the north west."""
    phi = np.radians(np.clip(lat, -MAX_LATITUDE, MAX_LATITUDE))
    x = (lon + 180) / 360
    y = (1 - np.arcsinh(np.tan(phi)) / np.pi) / 2
    last = 2**level - 1
    column, row = (np.clip(np.floor(each * 2**level), 0, last) for each in (x, y))
    return column.astype(np.uint64), row.astype(np.uint64)


def interleave(column: NDArray[np.uint64], row: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Morton numbers (Z-order): places of one tile are one run of numbers at every level."""
    return _spread(column) | (_spread(row) << np.uint64(1))


def split(numbers: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Column and row of Morton numbers."""
    return _gather(numbers), _gather(numbers >> np.uint64(1))


def find_range(z: int, x: int, y: int) -> tuple[int, int]:
    """The numbers at the finest level that a tile holds, the second one past its last."""
    head = int(interleave(np.array([x], np.uint64), np.array([y], np.uint64))[0])
    shift = 2 * (LEVELS - z)
    return head << shift, (head + 1) << shift


def _spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A zero before each bit."""
    spread = values
    for shift, mask in _SPREADS:
        spread = (spread | (spread << np.uint64(shift))) & np.uint64(mask)
    return spread


def _gather(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every other bit, side by side."""
    gathered = values & np.uint64(0x5555555555555555)
    masks = (
        0x3333333333333333, 0x0F0F0F0F0F0F0F0F, 0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF,
        0x00000000FFFFFFFF,
    )  # fmt: skip
    for shift, mask in zip((1, 2, 4, 8, 16), masks, strict=True):
        gathered = (gathered | (gathered >> np.uint64(shift))) & np.uint64(mask)
    return gathered
