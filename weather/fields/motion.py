"""Where a storm is, and how strong, at regular instants between the points of its track. Pure."""

import numpy as np
from numpy.typing import NDArray

from core.errors import WeatherError
from weather.fields.sphere import compute_unit_vectors
from weather.fields.storm import Track

Array = NDArray[np.float64]


def choose_steps(track: Track, time_step_s: float) -> tuple[Array, Array]:
    """Seconds since 1970 of the track's points, and of regular instants with these among them."""
    track_s = np.array([point.at_utc.timestamp() for point in track.points])
    regular = np.arange(track_s[0], track_s[-1], time_step_s)
    return track_s, np.union1d(regular, track_s)


def compute_centres(track: Track, track_s: Array, steps_s: Array) -> Array:
    """Unit vectors ``(steps, 3)`` to the storm's centre, along great circles between its points."""
    at_track = compute_unit_vectors(
        np.array([point.longitude_deg for point in track.points]),
        np.array([point.latitude_deg for point in track.points]),
    )
    centre = np.stack([np.interp(steps_s, track_s, column) for column in at_track.T], axis=-1)
    whole: Array = centre / np.linalg.norm(centre, axis=-1, keepdims=True)
    return whole


def fill_winds(track: Track) -> Array:
    """The maximum wind at each point, ``(points,)`` m/s, gaps closed from before and after.

    Raises:
        WeatherError: no point of the track has a wind.
    """
    wind = np.array([or_nan(point.max_wind_mps) for point in track.points])
    if np.isnan(wind).all():
        raise WeatherError(
            f"computing the wind field of {track.storm_id}",
            "no point of its track has a maximum wind",
            "Use a track with winds, or give the event an area of interest instead of a track",
        )
    order = np.arange(len(wind))
    return np.interp(order, order[~np.isnan(wind)], wind[~np.isnan(wind)])


def to_instants(steps_s: Array) -> NDArray[np.datetime64]:
    """Seconds since 1970 as datetime64[us]."""
    return (steps_s * 1e6).round().astype("int64").astype("datetime64[us]")


def or_nan(value: float | None) -> float:
    """The value, NaN where it is not known."""
    return np.nan if value is None else value
