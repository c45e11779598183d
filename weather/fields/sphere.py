"""Places on a sphere: unit vectors, distances, and chunks of places near each other. Pure."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG). Distances on this sphere differ from the WGS 84 ellipsoid's by under 0.6%,
far less than the radii are known (rounded to 5 nautical miles)."""


def compute_unit_vectors(longitude_deg: Array, latitude_deg: Array) -> Array:
    """Unit vectors ``(..., 3)`` from the Earth's middle to places on a sphere."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    return np.stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ],
        axis=-1,
    )


def place_points(longitude_deg: Array, latitude_deg: Array) -> Array:
    """Unit vectors ``(points, 3)`` of places whose degrees are checked.

    Raises:
        ValueError: the two arrays differ in shape or hold NaN or infinity.
    """
    longitude = np.asarray(longitude_deg, dtype=np.float64)
    latitude = np.asarray(latitude_deg, dtype=np.float64)
    if longitude.shape != latitude.shape or longitude.ndim != 1:
        raise ValueError(
            f"longitudes and latitudes need one shape (points,), "
            f"got {longitude.shape} and {latitude.shape}"
        )
    if not (np.isfinite(longitude).all() and np.isfinite(latitude).all()):
        raise ValueError("longitudes and latitudes hold NaN or infinity")
    return compute_unit_vectors(longitude, latitude)


def compute_arc_m(places: Array, place: Array) -> Array:
    """Metres along the sphere from ``places`` to one; half chords keep short arcs exact."""
    half_chord = np.linalg.norm(places - place, axis=-1) / 2
    arc: Array = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(half_chord, 1.0))
    return arc


def cut_chunks(places: Array, size: int) -> Iterator[NDArray[np.intp]]:
    """Indices of at most ``size`` places near each other: halves along the longer extent."""
    waiting = [np.arange(len(places))] if len(places) else []
    while waiting:
        chunk = waiting.pop()
        if len(chunk) <= size:
            yield chunk
            continue
        inside = places[chunk]
        axis = int(np.ptp(inside, axis=0).argmax())
        order = np.argpartition(inside[:, axis], len(chunk) // 2)
        waiting += [chunk[order[: len(chunk) // 2]], chunk[order[len(chunk) // 2 :]]]


def find_nearest_m(places: Array, centres: Array) -> Array:
    """No place is nearer to each of ``centres`` than this, ``(centres,)`` metres.

    Args:
        places: ``(points, 3)``, at least one, best near each other.
        centres: ``(centres, 3)``.
    """
    middle = places[(places @ places.mean(axis=0)).argmax()]
    reach = compute_arc_m(places, middle).max() + _SLACK_M
    nearest: Array = np.maximum(compute_arc_m(centres, middle) - reach, 0.0)
    return nearest


_SLACK_M = 1.0
"""Added to a chunk's reach, against rounding."""
