"""Fills in what a best track leaves out of the storm's core: its radius, its decay inland. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np

from core.units import KNOT_MPS
from weather.fields.storm import RADII_WINDS_KT, Quadrants, Track, TrackPoint, WindRadii

EARTH_TURN_PER_S = 7.292e-5
"""Angular speed of the Earth, rad/s."""

MEAN_OF_MAXIMUM = 0.85
"""Mean extent of 34 kt winds over a storm as a share of the largest in each quadrant, which a best
track gives (DeMaria et al. 2009, Weather and Forecasting 24, 1573-1591)."""

INLAND_WIND_MPS = 26.7 * KNOT_MPS
"""Wind toward which a storm decays over land (Kaplan and DeMaria 1995, J. Appl. Meteor. 34, 2499-
2512, for the United States south of 37 N)."""

_GALE_MPS = RADII_WINDS_KT[0] * KNOT_MPS
_STEP = timedelta(minutes=30)


def refine_core(track: Track) -> Track:
    """The track with an estimated radius of maximum wind, and decay inland between its fixes.

    What the track says stays as it is; see ``estimate_core_radius_m`` and ``fill_decay``.
    """
    filled = tuple(
        point if point.rmw_m else replace(point, rmw_m=estimate_core_radius_m(point))
        for point in track.points
    )
    return fill_decay(replace(track, points=filled))


def estimate_core_radius_m(point: TrackPoint) -> float | None:
    """Radius of maximum wind from the storm's wind and its extent of 34 kt, metres.

    Chavas and Knaff (2022, Weather and Forecasting 37, 563-579): the share of the angular momentum
    at 34 kt that is left at the maximum, ``0.699 exp(-0.00618 dv - 0.00210 dv f r / 2)``, with dv
    the wind over 34 kt (17.5 m/s there). A small strong storm has a smaller core than any fit to
    wind and latitude gives: Michael at landfall 7.1 nautical miles, against 13.6 by Willoughby,
    Darling and Rahn (2006) and about 10 by aircraft.

    Returns:
        None where the wind is not over 34 kt or the track does not give its extent.
    """
    extents = [extent for extent in point.radii_m.extent_34kt_m if extent]
    wind = point.max_wind_mps
    coriolis = 2 * EARTH_TURN_PER_S * abs(np.sin(np.radians(point.latitude_deg)))
    if not extents or wind is None or wind <= _GALE_MPS or coriolis == 0:
        return None
    extent = MEAN_OF_MAXIMUM * float(np.mean(extents))
    over = wind - _GALE_MPS
    turning = coriolis * extent / 2
    share = 0.699 * np.exp(-0.00618 * over - 0.00210 * over * turning)
    momentum = share * extent * (_GALE_MPS + turning)
    return float((np.sqrt(wind**2 + 2 * coriolis * momentum) - wind) / coriolis)


def fill_decay(track: Track) -> Track:
    """The track with points between fixes where it decays over land.

    From the first landfall on, a falling wind goes from each fix to the next as an exponential
    toward ``INLAND_WIND_MPS`` (Kaplan and DeMaria 1995), with the rate that meets the next fix:
    most is lost in the first hours, where a straight line would keep too much. Positions and radii
    stay on straight lines. Back over water the fixes are still met.
    """
    landed = False
    points: list[TrackPoint] = []
    for here, there in zip(track.points, track.points[1:], strict=False):
        landed = landed or here.is_landfall
        points.append(here)
        if landed and _is_decaying(here, there):
            points.extend(_decay(here, there))
    return replace(track, points=(*points, track.points[-1]))


def _is_decaying(here: TrackPoint, there: TrackPoint) -> bool:
    winds = (here.max_wind_mps, there.max_wind_mps)
    # across the antimeridian a straight line would go round the Earth
    is_near = abs(here.longitude_deg - there.longitude_deg) < 180  # noqa: PLR2004  half a turn
    return (
        is_near
        and winds[0] is not None
        and winds[1] is not None
        and winds[0] > winds[1] > INLAND_WIND_MPS
    )


def _decay(here: TrackPoint, there: TrackPoint) -> Iterator[TrackPoint]:
    """Half-hourly points strictly between two fixes whose winds are known."""
    span = there.at_utc - here.at_utc
    start = (here.max_wind_mps or 0.0) - INLAND_WIND_MPS
    left = ((there.max_wind_mps or 0.0) - INLAND_WIND_MPS) / start
    steps = int(span / _STEP)
    for step in range(1, steps + (span > steps * _STEP)):
        share = step * _STEP / span
        yield TrackPoint(
            at_utc=here.at_utc + step * _STEP,
            latitude_deg=_between(here.latitude_deg, there.latitude_deg, share),
            longitude_deg=_between(here.longitude_deg, there.longitude_deg, share),
            max_wind_mps=INLAND_WIND_MPS + start * left**share,
            radii_m=_radii_between(here.radii_m, there.radii_m, share),
            rmw_m=_known_between(here.rmw_m, there.rmw_m, share),
            status=here.status,
        )


def _between(here: float, there: float, share: float) -> float:
    return here + (there - here) * share


def _known_between(here: float | None, there: float | None, share: float) -> float | None:
    return None if here is None or there is None else _between(here, there, share)


def _radii_between(here: WindRadii, there: WindRadii, share: float) -> WindRadii:
    def mix(quadrants: tuple[Quadrants, Quadrants]) -> Quadrants:
        ne, se, sw, nw = (_known_between(a, b, share) for a, b in zip(*quadrants, strict=True))
        return (ne, se, sw, nw)

    return WindRadii(*map(mix, zip(here.by_wind, there.by_wind, strict=True)))
