"""Coordinates of the book: read, and refused where they cannot be the insured place."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.grid import Bounds
from policies.reading.parse import parse_numbers
from policies.reading.rejects import Fault

MAX_LATITUDE_DEG = 90.0
MAX_LONGITUDE_DEG = 180.0

NULL_ISLAND_DEG = 1e-4
"""A place this near to 0, 0 (11 m, in open sea) is a failed geocode."""

COUNTRY_BOXES = {
    "AU": Bounds(112, -44, 154, -10),
    "BR": Bounds(-74, -34, -34, 6),
    "CA": Bounds(-142, 41, -52, 84),
    "DE": Bounds(5, 47, 16, 56),
    "ES": Bounds(-19, 27, 5, 44),
    "FR": Bounds(-6, 41, 10, 52),
    "GB": Bounds(-9, 49, 2, 61),
    "GT": Bounds(-93, 13, -88, 18),
    "ID": Bounds(95, -11, 142, 6),
    "IE": Bounds(-11, 51, -5, 56),
    "IT": Bounds(6, 35, 19, 48),
    "JP": Bounds(122, 24, 154, 46),
    "MX": Bounds(-119, 14, -86, 33),
    "NZ": Bounds(166, -48, 179, -34),
    "PH": Bounds(116, 4, 127, 22),
    "US": Bounds(-180, 17, -64, 72),
}
"""Rough boxes (west, south, east, north, degrees) of countries by OED CountryCode: the extents of
Natural Earth's admin-0 countries (public domain), rounded outwards; far islands are left out, the
boxes only speak where the swapped place falls inside and the given one does not."""

MIN_ROWS_FOR_BOOK_BOX = 20
"""Fewer homes in a country say nothing of where the others ought to be."""

_QUARTILES = (0.25, 0.75)
_TUKEY_FENCE = 1.5
"""Tukey's fence: quartiles padded by 1.5 times their range, so that up to a quarter of the homes
may be misplaced without moving the box."""

BOOK_BOX_PADDING_DEG = 2.0
"""About 200 km: the next town is no reason to distrust a place."""


def check_places(
    rows: pd.DataFrame,
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[Fault, ...]]:
    """Longitude and latitude of each row, in degrees, ``(rows,)`` each, and the faults.

    Args:
        rows: ``Longitude``, ``Latitude`` and ``CountryCode`` as text.
    """
    given = rows["Latitude"].fillna("") + ", " + rows["Longitude"].fillna("")
    latitude, bad_latitude = parse_numbers(rows["Latitude"])
    longitude, bad_longitude = parse_numbers(rows["Longitude"])
    is_blank = (rows["Latitude"].isna() | rows["Longitude"].isna()).to_numpy()
    is_null_island = (np.abs(latitude) < NULL_ISLAND_DEG) & (np.abs(longitude) < NULL_ISLAND_DEG)
    country = rows["CountryCode"].str.upper()
    is_swapped = find_swapped(longitude, latitude, country) & ~is_null_island
    is_outside = (np.abs(latitude) > MAX_LATITUDE_DEG) | (np.abs(longitude) > MAX_LONGITUDE_DEG)
    faults = (
        Fault("blank_coordinates", is_blank, given),
        Fault("not_a_number", bad_latitude.is_bad | bad_longitude.is_bad, given),
        Fault("coordinate_out_of_range", is_outside & ~is_swapped, given),
        Fault("swapped_coordinates", is_swapped, given),
        Fault("null_island", is_null_island, given),
    )
    return longitude, latitude, faults


def find_swapped(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64], country: "pd.Series[str]"
) -> NDArray[np.bool_]:
    """Rows whose place only fits the other way round, ``(rows,)``.

    A place is held against its country's rough box and against where most of the book's homes in
    that country are. It is swapped if it fits neither as given and one of them when swapped. A
    country without a box and with few homes is not judged.

    Args:
        longitude: degrees as given, ``(rows,)``; NaN where not known.
        latitude: degrees as given, ``(rows,)``; NaN where not known.
        country: ISO 3166-1 alpha-2, upper case.
    """
    fits = np.zeros(len(country), dtype=bool)
    fits_swapped = np.zeros(len(country), dtype=bool)
    for code, indices in country.groupby(country).indices.items():
        x, y = longitude[indices], latitude[indices]
        boxes = (COUNTRY_BOXES.get(str(code)), _find_book_box(x, y))
        for box in boxes:
            if box is not None:
                fits[indices] |= _is_inside(box, x, y)
                fits_swapped[indices] |= _is_inside(box, y, x)
    return fits_swapped & ~fits


def _find_book_box(x: NDArray[np.float64], y: NDArray[np.float64]) -> Bounds | None:
    """Where most homes are: Tukey's fences of each axis, at least 2 degrees wide."""
    is_known = np.isfinite(x) & np.isfinite(y)
    if is_known.sum() < MIN_ROWS_FOR_BOOK_BOX:
        return None
    west, east = np.quantile(x[is_known], _QUARTILES)
    south, north = np.quantile(y[is_known], _QUARTILES)
    pad_x = max(BOOK_BOX_PADDING_DEG, _TUKEY_FENCE * (east - west))
    pad_y = max(BOOK_BOX_PADDING_DEG, _TUKEY_FENCE * (north - south))
    return Bounds(west - pad_x, south - pad_y, east + pad_x, north + pad_y)


def _is_inside(box: Bounds, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (x >= box.west) & (x <= box.east) & (y >= box.south) & (y <= box.north)
