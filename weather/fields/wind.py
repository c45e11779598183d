"""The strongest wind at places over a storm's life, from its best track alone. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weather.fields.sphere import (
    EARTH_RADIUS_M,
    compute_unit_vectors,
    cut_chunks,
    find_nearest_m,
    place_points,
)
from weather.fields.storm import Track
from weather.fields.vortex import QUADRANT_AZIMUTHS_DEG, Vortex, compute_vortex
from weather.fields.wind_options import WindFieldOptions

__all__ = ["WindAtPoints", "WindFieldOptions", "compute_nearest_approach", "compute_wind_at"]

Array = NDArray[np.float64]
Instants = NDArray[np.datetime64]

_BOUND_ROUNDING = 1 + 1e-9
_QUADRANT_RAD = np.pi / 2


@dataclass(frozen=True, slots=True, eq=False)
class WindAtPoints:
    """The strongest wind at each of ``points`` places.

    Attributes:
        sustained_mps: ``(points,)`` 1-minute wind at 10 m, unobstructed exposure; 0 where it never
            reached ``lowest_wind_mps``.
        gust_mps: ``(points,)`` 3-second gust at 10 m, over ground of the options' roughness.
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
    places = place_points(longitude_deg, latitude_deg)
    vortex = compute_vortex(track, chosen)
    sustained = np.zeros(len(places))
    step = np.full(len(places), -1, dtype=np.int64)
    for chunk in cut_chunks(places, chosen.chunk_points):
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


def _strongest(vortex: Vortex, places: Array, lowest_mps: float) -> tuple[Array, NDArray[np.int64]]:
    """Strongest wind and its step at ``places`` ``(points, 3)``; 0 and -1 under the lowest."""
    nearest = find_nearest_m(places, vortex.axes[:, 0])
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
