"""Lines of an ATCF deck that belong to one instant, as one fix."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.units import KNOT_MPS
from weather.fields.storm import RADII_WINDS_KT, UNKNOWN, Quadrants, TrackPoint, WindRadii
from weather.sources.storms.atcf_lines import DeckLine

_NONE: Quadrants = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Fix:
    """A storm at an instant, by a technique.

    Attributes:
        storm_id: as in ``AL142018``.
        name: None = not given.
        technique: as in ``BEST``.
        issued_at_utc: what the technique started from.
        forecast_hour: from there to the point's instant.
        point: where and how strong.
    """

    storm_id: str
    name: str | None
    technique: str
    issued_at_utc: datetime
    forecast_hour: float
    point: TrackPoint


def merge_lines(lines: Sequence[DeckLine]) -> tuple[Fix, list[tuple[int, str]]]:
    """One fix of the lines of one instant, a line a wind radius.

    Returns:
        The fix, and number and problem of lines that contradict an earlier one.
    """
    first = lines[0]
    problems: list[tuple[int, str]] = []
    extents: dict[int, Quadrants] = {}
    for line in lines:
        known = extents.get(line.radius_wind_kt, line.extent_m)
        if line.fix != first.fix:
            problems.append(
                (line.number, f"it contradicts line {first.number} of the same instant")
            )
        elif known != line.extent_m:
            wind = line.radius_wind_kt
            problems.append((line.number, f"it gives the radius of {wind} kt a second time"))
        else:
            extents[line.radius_wind_kt] = known
    rmw = next((line.rmw_m for line in lines if line.rmw_m is not None), None)
    radii = WindRadii(*(_extent(wind, extents, first.max_wind_mps) for wind in RADII_WINDS_KT))
    point = TrackPoint(
        first.valid_at_utc, first.latitude_deg, first.longitude_deg, first.max_wind_mps,
        first.min_pressure_hpa, radii, rmw, first.status,
    )  # fmt: skip
    fix = Fix(
        first.storm_id, first.name, first.technique, first.issued_at_utc, first.forecast_hour, point
    )
    return fix, problems


def _extent(wind_kt: int, extents: dict[int, Quadrants], max_wind_mps: float | None) -> Quadrants:
    """A wind that the storm nowhere had reaches nowhere; else what the deck says, if it does."""
    if wind_kt in extents:
        return extents[wind_kt]
    is_weaker = max_wind_mps is not None and max_wind_mps < wind_kt * KNOT_MPS
    return _NONE if is_weaker else UNKNOWN
