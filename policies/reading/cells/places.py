"""Coordinates of the book: read, and refused where they cannot be the insured place."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.grid import Bounds
from policies.reading.cells.country_boxes import read_country_boxes
from policies.reading.cells.open_sea import find_open_sea
from policies.reading.cells.parse import parse_numbers
from policies.reading.rejects import Fault

MAX_LATITUDE_DEG = 90.0
MAX_LONGITUDE_DEG = 180.0

NULL_ISLAND_DEG = 1e-4
"""A place this near to 0, 0 (11 m, in open sea) is a failed geocode."""

MIN_ROWS_FOR_BOOK_BOX = 20
"""Fewer homes in a country say nothing of where the others ought to be."""

PLACE_FIELDS = "Latitude;Longitude"
"""What a place stands in."""

_QUARTILES = (0.25, 0.75)
_TUKEY_FENCE = 1.5
"""Tukey's fence: quartiles padded by 1.5 times their range, so that up to a quarter of the homes
may be misplaced without moving the box."""

BOOK_BOX_PADDING_DEG = 2.0
"""About 200 km: the next town is no reason to distrust a place."""

_MISPLACED = ("swapped_coordinates", "sign_lost", "zero_coordinate", "outside_country")
"""Reasons, the one that explains most first."""


def check_places(
    rows: pd.DataFrame,
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[Fault, ...]]:
    """Longitude and latitude of each row, in degrees, ``(rows,)`` each, and the faults.

    Args:
        rows: ``Longitude``, ``Latitude`` and ``CountryCode`` as text.
    """
    given = rows["Latitude"].fillna("") + ", " + rows["Longitude"].fillna("")
    given = given.rename(PLACE_FIELDS)
    latitude, bad_latitude = parse_numbers(rows["Latitude"])
    longitude, bad_longitude = parse_numbers(rows["Longitude"])
    is_at_sea = find_open_sea(longitude, latitude)
    is_blank = (rows["Latitude"].isna() | rows["Longitude"].isna()).to_numpy()
    is_null_island = _is_zero(latitude) & _is_zero(longitude)
    country = rows["CountryCode"].str.upper()
    misplaced = find_misplaced(longitude, latitude, country)
    is_swapped = misplaced["swapped_coordinates"]
    is_misplaced = np.logical_or.reduce([*misplaced.values()])
    is_outside = (np.abs(latitude) > MAX_LATITUDE_DEG) | (np.abs(longitude) > MAX_LONGITUDE_DEG)
    faults = (
        Fault("blank_coordinates", is_blank, given),
        Fault("not_a_number", bad_latitude.is_bad | bad_longitude.is_bad, given),
        Fault("coordinate_out_of_range", is_outside & ~is_swapped, given),
        Fault("null_island", is_null_island, given),
        *(
            Fault(reason, is_bad & ~is_null_island & (is_swapped | ~is_outside), given)
            for reason, is_bad in misplaced.items()
        ),
        Fault("in_the_sea", is_at_sea & ~(is_misplaced | is_outside | is_null_island), given),
    )
    return longitude, latitude, faults


def find_misplaced(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64], country: "pd.Series[str]"
) -> dict[str, NDArray[np.bool_]]:
    """Reason -> rows whose place cannot be the insured one, ``(rows,)`` each; one reason a row.

    A place is held against the rough boxes of its country and against where most of the book's
    homes in that country are. Outside both it is misplaced; where another sign or order of its
    coordinates would bring it home, the reason says so. A country without boxes is judged by the
    book alone, and only for what a lost sign, a zero or a swap explains.

    Args:
        longitude: degrees as given, ``(rows,)``; NaN where not known.
        latitude: degrees as given, ``(rows,)``; NaN where not known.
        country: ISO 3166-1 alpha-2, upper case.
    """
    found = {reason: np.zeros(len(country), dtype=bool) for reason in _MISPLACED}
    for code, indices in country.groupby(country).indices.items():
        boxes = read_country_boxes().get(str(code), ())
        x, y = longitude[indices], latitude[indices]
        for reason, is_bad in _judge_country(x, y, boxes).items():
            found[reason][indices] = is_bad
    return found


def _judge_country(
    x: NDArray[np.float64], y: NDArray[np.float64], boxes: tuple[Bounds, ...]
) -> dict[str, NDArray[np.bool_]]:
    """``find_misplaced`` for the homes of one country."""
    is_known = np.isfinite(x) & np.isfinite(y)
    in_country = _is_in_any(boxes, x, y)
    is_abroad = (
        2 * in_country.sum() < is_known.sum()
    )  # most of the book, so its own box says little
    of_book = _find_book_box(x, y) if is_abroad else _find_book_box(x[in_country], y[in_country])
    homes = (*boxes, of_book) if of_book is not None else boxes
    is_home = _is_in_any(homes, x, y)
    mirrored = _has_mirror_in(boxes or homes, x, y) & ~in_country
    # then where the homes are is no sign that they belong there
    whole_book = np.full(len(x), is_abroad and bool(boxes))
    answers = (
        (~is_home & _is_in_any(homes, y, x))
        | (whole_book & ~in_country & _is_in_any(boxes, y, x) & ~mirrored),
        mirrored & (~is_home | whole_book),
        ~is_home & (_is_zero(x) | _is_zero(y)) & bool(homes),
        ~is_home & bool(boxes),
    )
    found, is_open = {}, is_known
    for reason, is_bad in zip(_MISPLACED, answers, strict=True):
        found[reason] = is_open & is_bad
        is_open = is_open & ~is_bad
    return found


def _has_mirror_in(
    boxes: tuple[Bounds, ...], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether the place with one or both signs changed lies in one of the boxes."""
    return _is_in_any(boxes, -x, y) | _is_in_any(boxes, x, -y) | _is_in_any(boxes, -x, -y)


def _is_zero(degrees: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.abs(degrees) < NULL_ISLAND_DEG


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


def _is_in_any(
    boxes: tuple[Bounds, ...], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.bool_]:
    is_in = np.zeros(len(x), dtype=bool)
    for box in boxes:
        is_in |= _is_inside(box, x, y)
    return is_in


def _is_inside(box: Bounds, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (x >= box.west) & (x <= box.east) & (y >= box.south) & (y <= box.north)
