"""Places in the open sea, where nobody's home is.

Time zones at sea are told from those on land, which reach 12 nautical miles (22 km) off the coast
with territorial waters (timezonefinder, of OpenStreetMap, ODbL).
"""

import numpy as np
from numpy.typing import NDArray
from timezonefinder import TimezoneFinder

CELL_DEG = 0.1
"""A place is judged by the middle of its cell, at most 8 km away: where that is in the open sea, no
coast is within 14 km of the place."""

_MAX_LONGITUDE_DEG, _MAX_LATITUDE_DEG = 180.0, 90.0


def find_open_sea(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which places lie in the open sea, ``(places,)``; unknown and impossible ones do not.

    Args:
        longitude: degrees, ``(places,)``.
        latitude: degrees, ``(places,)``.
    """
    is_at_sea = np.zeros(len(longitude), dtype=bool)
    with np.errstate(invalid="ignore"):
        is_on_earth = (np.abs(longitude) <= _MAX_LONGITUDE_DEG) & (
            np.abs(latitude) <= _MAX_LATITUDE_DEG
        )
    places = np.column_stack([longitude[is_on_earth], latitude[is_on_earth]])
    cells = np.floor(places / CELL_DEG).astype(np.int64)
    number, place = np.unique(cells @ np.array([10_000, 1]), return_index=True)
    is_sea_cell = _judge_cells(cells[place])
    is_at_sea[is_on_earth] = is_sea_cell[np.searchsorted(number, cells @ np.array([10_000, 1]))]
    return is_at_sea


def _judge_cells(cells: NDArray[np.int64]) -> NDArray[np.bool_]:
    finder = TimezoneFinder()
    limits = np.array([_MAX_LONGITUDE_DEG, _MAX_LATITUDE_DEG])
    middles = np.clip((cells + 0.5) * CELL_DEG, -limits, limits)
    return np.array(
        [finder.timezone_at_land(lng=x, lat=y) is None for x, y in middles.tolist()], dtype=bool
    )
