"""Reports at places: the nearest within a radius, how far and how old it is. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from weather.fields.sphere import EARTH_RADIUS_M, place_points
from weather.hazards.sampling.sampled import Sampled

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Reports:
    """Points at which a hazard was measured or seen.

    Attributes:
        longitude_deg: ``(reports,)``, EPSG:4326.
        latitude_deg: ``(reports,)``.
        value: ``(reports,)`` in ``unit``; NaN = seen without a measure.
        unit: of the values.
        at_utc: datetime64 ``(reports,)``, UTC, when each was made.
    """

    longitude_deg: Array
    latitude_deg: Array
    value: Array
    unit: str
    at_utc: NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The nearest report to each of ``places`` places.

    Attributes:
        sampled: its value and distance; covered means that there is one within the radius.
        report: ``(places,)``, its index, -1 where none is near.
        age: timedelta64[s] ``(places,)``, from it to the instant asked for, negative if it came
            later; NaT where none is near.
    """

    sampled: Sampled
    report: NDArray[np.int64]
    age: NDArray[np.timedelta64]


def sample_nearest(
    reports: Reports,
    longitude_deg: Array,
    latitude_deg: Array,
    within_m: float,
    as_of_utc: np.datetime64,
) -> Nearest:
    """The nearest report within a radius of each place.

    Args:
        reports: any number.
        longitude_deg: ``(places,)``, EPSG:4326.
        latitude_deg: ``(places,)``.
        within_m: farther reports count for nothing; on the sphere.
        as_of_utc: instant that ages are counted to.

    Raises:
        ValueError: the radius is not positive, or degrees are no numbers.
    """
    if not within_m > 0:
        raise ValueError(f"the radius must be positive, got {within_m}")
    places = place_points(longitude_deg, latitude_deg)
    points = place_points(reports.longitude_deg, reports.latitude_deg)
    report, distance = _find_nearest(points, places, within_m)
    is_near = report >= 0
    seconds = np.append(reports.at_utc.astype("datetime64[s]"), np.datetime64("NaT"))
    sampled = Sampled(
        np.append(reports.value, np.nan)[report], reports.unit, distance, is_near,
        f"nearest report within {within_m / 1000:g} km",
    )  # fmt: skip
    age = as_of_utc.astype("datetime64[s]") - seconds[report]
    return Nearest(sampled, report, age)


def _find_nearest(points: Array, places: Array, within_m: float) -> tuple[NDArray[np.int64], Array]:
    """Index of the nearest point to each place, -1 if none is near, and metres to it."""
    if len(points) == 0:
        return np.full(len(places), -1), np.full(len(places), np.nan)
    half_angle = min(within_m / EARTH_RADIUS_M / 2, np.pi / 2)
    reach = 2 * np.sin(half_angle) * (1 + 1e-12)
    chord, index = KDTree(points).query(places, distance_upper_bound=reach, workers=-1)
    is_near = np.isfinite(chord)
    arc = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(np.where(is_near, chord, 0.0) / 2, 1.0))
    return (
        np.where(is_near, index, -1).astype(np.int64),
        np.where(is_near, arc, np.nan),
    )
