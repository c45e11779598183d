"""Tropical-cyclone best tracks as values, in SI units.

Wind speeds are 1-minute means at 10 m with an unobstructed (marine) exposure, as the National
Hurricane Center states them. Reading files is in ``weather.sources.storms.hurdat2``.
"""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core.errors import WeatherError

RADII_WINDS_KT = (34, 50, 64)
"""Wind speeds, in knots, whose extent a best track gives."""

QUADRANTS = ("NE", "SE", "SW", "NW")
"""Order of the four values of a wind radius, clockwise from north."""

Quadrants = tuple[float | None, float | None, float | None, float | None]
"""One value a quadrant (NE, SE, SW, NW); None = not known."""

UNKNOWN: Quadrants = (None, None, None, None)


@dataclass(frozen=True, slots=True)
class WindRadii:
    """How far winds of at least 34, 50 and 64 kt reach, by quadrant.

    A best track gives the *maximum* extent found anywhere in the quadrant, not its mean.

    Attributes:
        extent_34kt_m: metres from the centre, NE SE SW NW; 0 = no such wind there, None = unknown.
        extent_50kt_m: the same for 50 kt.
        extent_64kt_m: the same for 64 kt.
    """

    extent_34kt_m: Quadrants = UNKNOWN
    extent_50kt_m: Quadrants = UNKNOWN
    extent_64kt_m: Quadrants = UNKNOWN

    def __post_init__(self) -> None:
        for name in ("extent_34kt_m", "extent_50kt_m", "extent_64kt_m"):
            values = getattr(self, name)
            if len(values) != len(QUADRANTS):
                raise ValueError(f"{name} needs one value a quadrant, got {values}")
            if any(value is not None and not 0 <= value < math.inf for value in values):
                raise ValueError(f"{name} must be finite and at least 0, got {values}")

    @property
    def by_wind(self) -> tuple[Quadrants, Quadrants, Quadrants]:
        """The extents in the order of ``RADII_WINDS_KT``."""
        return (self.extent_34kt_m, self.extent_50kt_m, self.extent_64kt_m)


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """The storm at one instant.

    Attributes:
        at_utc: timezone-aware UTC.
        latitude_deg: -90 to 90, north positive.
        longitude_deg: -180 to 180, east positive.
        max_wind_mps: highest 1-minute wind at 10 m anywhere in the storm; None = unknown.
        min_pressure_hpa: central pressure; None = unknown.
        radii_m: extent of 34, 50 and 64 kt winds.
        rmw_m: radius of maximum wind; None = unknown (before 2021 HURDAT2 does not give it).
        status: two letters, as in HU (hurricane), TS, TD, EX (extratropical).
        is_landfall: the centre crosses a coast at this instant.
    """

    at_utc: datetime
    latitude_deg: float
    longitude_deg: float
    max_wind_mps: float | None
    min_pressure_hpa: float | None = None
    radii_m: WindRadii = WindRadii()
    rmw_m: float | None = None
    status: str = ""
    is_landfall: bool = False

    def __post_init__(self) -> None:
        if self.at_utc.utcoffset() != UTC.utcoffset(None):
            raise ValueError(f"a track point is in UTC, got {self.at_utc.isoformat()}")
        if not (abs(self.latitude_deg) <= 90 and abs(self.longitude_deg) <= 180):  # noqa: PLR2004
            raise ValueError(
                f"no place has latitude {self.latitude_deg} and longitude {self.longitude_deg}"
            )
        for name in ("max_wind_mps", "rmw_m"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise ValueError(f"{name} must be finite and at least 0, got {value}")


@dataclass(frozen=True, slots=True)
class Track:
    """A storm's life.

    Attributes:
        storm_id: basin, number and year, as in ``AL142018``.
        name: as in ``MICHAEL``.
        points: at least one, in time order, no instant twice.
    """

    storm_id: str
    name: str
    points: tuple[TrackPoint, ...]

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError(f"track {self.storm_id} has no points")
        for earlier, later in zip(self.points, self.points[1:], strict=False):
            if later.at_utc <= earlier.at_utc:
                raise ValueError(
                    f"track {self.storm_id} goes from {earlier.at_utc.isoformat()} "
                    f"to {later.at_utc.isoformat()}, not forward in time"
                )


def keep_known(track: Track, as_of_utc: datetime) -> Track:
    """The storm's life as far as it had come at an instant: nobody knows a track ahead.

    Args:
        track: the storm.
        as_of_utc: timezone-aware UTC; points at that instant count.

    Raises:
        WeatherError: the storm had not begun.
    """
    known = tuple(point for point in track.points if point.at_utc <= as_of_utc)
    if not known:
        raise WeatherError(
            f"reading the track of {track.storm_id} as of {as_of_utc.isoformat()}",
            f"its first point is of {track.points[0].at_utc.isoformat()}, later than that",
            "Give a later --as-of, or the track that was known then",
        )
    return replace(track, points=known)
