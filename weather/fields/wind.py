"""The strongest wind at places over a storm's life, from its best track alone. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weather.fields.storm import Track
from weather.fields.vortex import (
    EARTH_RADIUS_M,
    QUADRANT_AZIMUTHS_DEG,
    Vortex,
    compute_unit_vectors,
    compute_vortex,
)
from weather.fields.wind_options import WindFieldOptions

__all__ = ["WindAtPoints", "WindFieldOptions", "compute_nearest_approach", "compute_wind_at"]

Array = NDArray[np.float64]
Instants = NDArray[np.datetime64]

_SLACK_M = 1.0
"""Added to a chunk's reach, against rounding."""
_BOUND_ROUNDING = 1 + 1e-9
_QUADRANT_RAD = np.pi / 2


@dataclass(frozen=True, slots=True, eq=False)
class WindAtPoints:
    """The strongest wind at each of ``points`` places.

    Attributes:
        sustained_mps: ``(points,)`` 1-minute wind at 10 m, unobstructed exposure; 0 where it never
            reached ``lowest_wind_mps``.
        gust_mps: ``(points,)`` 3-second gust at 10 m.
        peak_at_utc: datetime64[us] ``(points,)``, UTC, earliest instant of the strongest wind;
            NaT where the wind is 0.
    """

    sustained_mps: Array
    gust_mps: Array
    peak_at_utc: Instants

    def __len__(self) -> int:
        return len(self.sustained_mps)


def compute_wind_at(
    track: Track,
    longitude_deg: Array,
    latitude_deg: Array,
    options: WindFieldOptions | None = None,
) -> WindAtPoints:
    """The strongest wind at places over the storm's life.

    The field is that of ``weather.fields.vortex``. Points are taken in compact chunks; for each the
    storm's instants are tried from the one that could bring most wind, until no instant left could
    exceed what every point of the chunk already has. Memory does not grow with the track.

    Args:
        track: the storm.
        longitude_deg: ``(points,)`` EPSG:4326; any multiple of 360 may be added.
        latitude_deg: ``(points,)``.
        options: of the field; the defaults are explained there.

    Raises:
        WeatherError: no point of the track has a wind.
        ValueError: the two arrays differ in shape or hold NaN or infinity.
    """
    chosen = options or WindFieldOptions()
    longitude = np.asarray(longitude_deg, dtype=np.float64)
    latitude = np.asarray(latitude_deg, dtype=np.float64)
    if longitude.shape != latitude.shape or longitude.ndim != 1:
        raise ValueError(
            f"longitudes and latitudes need one shape (points,), "
            f"got {longitude.shape} and {latitude.shape}"
        )
    if not (np.isfinite(longitude).all() and np.isfinite(latitude).all()):
        raise ValueError("longitudes and latitudes hold NaN or infinity")
    vortex = compute_vortex(track, chosen)
    sustained = np.zeros(len(longitude))
    step = np.full(len(longitude), -1, dtype=np.int64)
    places = compute_unit_vectors(longitude, latitude)
    for chunk in _cut_chunks(places, chosen.chunk_points):
        sustained[chunk], step[chunk] = _strongest(vortex, places[chunk], chosen.lowest_wind_mps)
    peak_at_utc = np.where(step < 0, np.datetime64("NaT", "us"), vortex.at_utc[step])
    return WindAtPoints(sustained, sustained * chosen.gust_factor, peak_at_utc)


def compute_nearest_approach(track: Track, longitude_deg: Array, latitude_deg: Array) -> Instants:
    """The instant at which the storm's centre was nearest, datetime64[us] ``(points,)`` UTC.

    Raises:
        WeatherError: no point of the track has a wind.
    """
    options = WindFieldOptions()
    vortex = compute_vortex(track, options)
    nearest = np.zeros(len(longitude_deg), dtype=np.int64)
    for start in range(0, len(nearest), options.chunk_points):
        chunk = slice(start, start + options.chunk_points)
        places = compute_unit_vectors(longitude_deg[chunk], latitude_deg[chunk])
        nearest[chunk] = (places @ vortex.axes[:, 0].T).argmax(axis=1)
    return vortex.at_utc[nearest]


def _cut_chunks(places: Array, size: int) -> Iterator[NDArray[np.intp]]:
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


def _strongest(vortex: Vortex, places: Array, lowest_mps: float) -> tuple[Array, NDArray[np.int64]]:
    """Strongest wind and its step at ``places`` ``(points, 3)``; 0 and -1 under the lowest."""
    middle = places[(places @ places.mean(axis=0)).argmax()]
    reach = _arc_m(places, middle).max() + _SLACK_M
    nearest = np.maximum(_arc_m(vortex.axes[:, 0], middle) - reach, 0.0)
    bound = vortex.bound_beyond(nearest) * _BOUND_ROUNDING
    best = np.full(len(places), lowest_mps)
    best_step = np.full(len(places), -1, dtype=np.int64)
    for step in np.argsort(-bound, kind="stable"):
        if bound[step] < best.min():
            break
        wind = _compute_step(vortex, int(step), places)
        is_better = (wind > best) | ((wind == best) & (step < best_step))
        best = np.where(is_better, wind, best)
        best_step = np.where(is_better, step, best_step)
    return np.where(best_step < 0, 0.0, best), best_step


def _arc_m(places: Array, place: Array) -> Array:
    """Metres along the sphere from ``places`` to one; half chords keep short arcs exact."""
    half_chord = np.linalg.norm(places - place, axis=-1) / 2
    arc: Array = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(half_chord, 1.0))
    return arc


def _compute_step(vortex: Vortex, step: int, places: Array) -> Array:
    """Wind at ``places`` at one instant, m/s ``(points,)``."""
    up, east, north = (places @ axis for axis in vortex.axes[step])
    distance = EARTH_RADIUS_M * np.arctan2(np.hypot(east, north), up)
    log_distance = np.log(np.maximum(distance, 1.0))
    # quadrants' centre lines to the left and right of the place, and how far it is between
    turn = (np.arctan2(east, north) - np.radians(QUADRANT_AZIMUTHS_DEG[0])) / _QUADRANT_RAD
    left = np.floor(turn)
    weight = turn - left
    index = left.astype(np.int64) % len(QUADRANT_AZIMUTHS_DEG)
    log_wind = np.zeros(len(places))
    for quadrant in range(len(QUADRANT_AZIMUTHS_DEG)):
        share = np.where(index == quadrant, 1 - weight, 0.0)
        share += np.where((index + 1) % len(QUADRANT_AZIMUTHS_DEG) == quadrant, weight, 0.0)
        log_wind += share * np.interp(
            log_distance, vortex.log_radius[step, quadrant], vortex.log_wind[step, quadrant]
        )
    wind: Array = np.exp(log_wind)
    return wind
