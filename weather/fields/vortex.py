"""A storm as a moving vortex: where it is, and how its wind falls off, at each of many instants.

In each quadrant the wind is a chain of straight lines in log(radius), log(wind): it rises
in proportion to the radius inside the radius of maximum wind (solid rotation, Rankine), passes
through the maximum, then through 64, 50 and 34 kt at the radii of the best track, and falls as a
modified Rankine vortex beyond. Between the quadrants' centre lines (45, 135, 225, 315 degrees) the
logarithm of the wind is interpolated linearly in azimuth.

The radii of a best track are the *maximum* extent in the quadrant. Here they stand on the
quadrant's centre line, so the field errs to strong winds, on purpose: a home wrongly inside costs
a look, a home wrongly outside is never looked at.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.units import KNOT_MPS
from weather.fields.motion import choose_steps, compute_centres, fill_winds, or_nan, to_instants
from weather.fields.sphere import EARTH_RADIUS_M
from weather.fields.storm import RADII_WINDS_KT, Track
from weather.fields.wind_options import WindFieldOptions

Array = NDArray[np.float64]

QUADRANT_AZIMUTHS_DEG = np.array([45.0, 135.0, 225.0, 315.0])
"""Centre lines of NE, SE, SW, NW, clockwise from north."""

_THRESHOLDS_MPS = np.array(RADII_WINDS_KT) * KNOT_MPS
_EYE_M = 1.0
"""Inside this radius the wind is taken as at this radius: under 0.01 m/s."""
_SMALLEST_PEAK_M = 2.0
"""The maximum is never nearer to the centre, whatever a radius near 0 says."""
_FAR_M = 2.1e7
"""Farther than any two places on Earth."""
_APART = 1e-9
"""Smallest step between two radii in log(radius), so that the chain has no vertical part."""
_SMALLEST_STORM_M = 2_000.0
"""Wilma (2005) had the smallest eye on record, 2 nautical miles across."""
_CLEARLY = 1.02
"""A quadrant with (without) a radius of 64 kt winds peaks by at least this factor over (under)
64 kt, and so on: winds come in steps of 5 kt, and a plateau exactly at a threshold would make its
contour a matter of rounding."""
_PEAK_INSIDE = 0.8
"""The maximum lies at most at this share of the innermost radius known in its quadrant. A radius
of maximum wind (one a storm, rounded) can contradict the smaller radii of a weak quadrant."""


@dataclass(frozen=True, slots=True, eq=False)
class Vortex:
    """The storm at ``steps`` instants.

    Attributes:
        at_utc: datetime64[us] ``(steps,)``, UTC, increasing.
        axes: ``(steps, 3, 3)`` unit vectors: toward the centre from the Earth's middle, and east
            and north there.
        log_radius: ``(steps, 4, 6)`` knots, log of metres, increasing along the last axis.
        log_wind: ``(steps, 4, 6)`` log of m/s at the knots.
    """

    at_utc: NDArray[np.datetime64]
    axes: Array
    log_radius: Array
    log_wind: Array

    def __len__(self) -> int:
        return len(self.at_utc)

    def bound_beyond(self, distance_m: Array) -> Array:
        """No wind at ``distance_m`` or farther exceeds this, ``(steps,)`` m/s.

        Args:
            distance_m: ``(steps,)`` metres from each instant's centre.
        """
        at = np.log(np.maximum(distance_m, _EYE_M))[:, None]
        segment = (self.log_radius[..., 1:-1] <= at[..., None]).sum(axis=-1)
        # inside the maximum the bound is the maximum, so the rise in the eye is left out
        segment = np.clip(segment, 1, self.log_radius.shape[-1] - 2)[..., None]
        left, right = (np.take_along_axis(self.log_radius, segment + k, -1)[..., 0] for k in (0, 1))
        from_, to = (np.take_along_axis(self.log_wind, segment + k, -1)[..., 0] for k in (0, 1))
        log_wind = from_ + (to - from_) * np.clip((at - left) / (right - left), 0, 1)
        bound: Array = np.exp(log_wind.max(axis=1))
        return bound


def compute_vortex(track: Track, options: WindFieldOptions) -> Vortex:
    """The storm at regular instants and at the track's own, interpolated linearly between.

    Positions are interpolated along great circles (so the antimeridian is nothing special), winds
    and radii linearly in time.

    Raises:
        WeatherError: no point of the track has a wind.
    """
    track_s, steps_s = choose_steps(track, options.time_step_s)
    axes = _compute_axes(track, track_s, steps_s)
    wind, rmw, radii, is_known = _compute_structure(track, options)

    def at_steps(values: Array) -> Array:
        flat = values.reshape(len(track_s), -1)
        return np.stack(
            [np.interp(steps_s, track_s, column) for column in flat.T], axis=-1
        ).reshape(len(steps_s), *values.shape[1:])

    wind, rmw, radii = at_steps(wind), at_steps(rmw), at_steps(radii)
    # a radius counts as surveyed only between two surveyed points
    is_known = at_steps(is_known.astype(np.float64)) >= 1
    peak = _compute_peaks(wind, _motion_loss(axes, steps_s, options), radii, is_known)
    log_radius, log_wind = _compute_knots(peak, rmw, radii, options.decay_exponent)
    return Vortex(to_instants(steps_s), axes, log_radius, log_wind)


def estimate_rmw_m(max_wind_mps: Array, latitude_deg: Array) -> Array:
    """Radius of maximum wind where the track gives none, metres.

    Willoughby, Darling and Rahn (2006, Monthly Weather Review 134, eq. 7a):
    ``46.4 km * exp(-0.0155 * wind + 0.0169 * latitude)``. Fitted to flight-level winds of
    hurricanes; best-track surface winds are about a tenth lower, which widens the result by some
    10% in a strong storm.
    """
    rmw: Array = 46_400.0 * np.exp(-0.0155 * max_wind_mps + 0.0169 * np.abs(latitude_deg))
    return rmw


def _compute_axes(track: Track, track_s: Array, steps_s: Array) -> Array:
    centre = compute_centres(track, track_s, steps_s)
    east = np.stack([-centre[:, 1], centre[:, 0], np.zeros(len(centre))], axis=-1)
    east /= np.maximum(np.linalg.norm(east, axis=-1, keepdims=True), np.finfo(np.float64).tiny)
    return np.stack([centre, east, np.cross(centre, east)], axis=1)


def _compute_structure(
    track: Track, options: WindFieldOptions
) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
    """Wind ``(points,)``, RMW ``(points,)``, radii ``(points, 4, 3)``, and which radii are given.

    Unknown radii are those of a
    modified Rankine vortex with the maximum wind at the RMW.
    """
    wind = fill_winds(track)
    latitude = np.array([point.latitude_deg for point in track.points])
    given_rmw = np.array([or_nan(point.rmw_m) for point in track.points])
    rmw = np.where(given_rmw > 0, given_rmw, estimate_rmw_m(wind, latitude))
    rmw = np.maximum(rmw, _SMALLEST_STORM_M)
    given = np.array(
        [
            [[or_nan(value) for value in extents] for extents in point.radii_m.by_wind]
            for point in track.points
        ]
    ).swapaxes(1, 2)
    ratio = (wind[:, None] / _THRESHOLDS_MPS) ** (1 / options.decay_exponent)
    estimated = np.where(ratio > 1, rmw[:, None] * ratio, 0.0)[:, None, :]
    is_known = ~np.isnan(given)
    return wind, rmw, np.where(is_known, given, estimated), is_known


def _motion_loss(axes: Array, steps_s: Array, options: WindFieldOptions) -> Array:
    """How much less than the storm's maximum the wind peaks in each quadrant, ``(steps, 4)`` m/s.

    The quadrant that the motion favours most has the maximum itself, as the track says.
    """
    if len(steps_s) == 1:
        return np.zeros((1, len(QUADRANT_AZIMUTHS_DEG)))
    velocity = np.gradient(axes[:, 0], steps_s, axis=0) * EARTH_RADIUS_M
    east, north = (np.einsum("ij,ij->i", velocity, axes[:, k]) for k in (1, 2))
    heading = np.degrees(np.arctan2(east, north))
    # wind circles against the clock north of the equator, so motion adds to it on the right
    side = np.where(axes[:, 0, 2] >= 0, 1.0, -1.0)
    quarter_turn = 90.0
    favoured = heading + side * (quarter_turn - options.motion_rotation_deg)
    share = np.cos(np.radians(QUADRANT_AZIMUTHS_DEG - favoured[:, None]))
    extra = options.motion_asymmetry_frac * np.hypot(east, north)[:, None]
    loss: Array = extra * (share.max(axis=1, keepdims=True) - share)
    return loss


def _compute_peaks(wind: Array, loss: Array, radii: Array, is_known: NDArray[np.bool_]) -> Array:
    """Highest wind of each quadrant, ``(steps, 4)`` m/s, in keeping with the radii.

    A quadrant with a 64 kt radius peaks at 64 kt or more; one surveyed without such wind, while
    another quadrant has it, peaks below.
    """
    peak: Array = np.maximum(wind[:, None] - loss, 0.0)
    for k in reversed(range(len(_THRESHOLDS_MPS))):
        threshold = _THRESHOLDS_MPS[k]
        reaches = radii[..., k] > 0
        is_absent = is_known[..., k] & ~reaches & reaches.any(axis=1, keepdims=True)
        peak = np.where(is_absent, np.minimum(peak, threshold / _CLEARLY), peak)
    for k, threshold in enumerate(_THRESHOLDS_MPS):
        reaches = (radii[..., k] > 0) & (wind[:, None] >= threshold)
        least = np.minimum(threshold * _CLEARLY, wind[:, None])
        peak = np.where(reaches, np.maximum(peak, least), peak)
    return peak


def _compute_knots(peak: Array, rmw: Array, radii: Array, exponent: float) -> tuple[Array, Array]:
    """Log radius and log wind ``(steps, 4, 6)``: eye, peak, 64, 50, 34 kt, far away."""
    is_used = (radii > 0) & (peak[..., None] > _THRESHOLDS_MPS)
    innermost = np.where(is_used, radii, np.inf).min(axis=-1)
    outermost_peak = np.maximum(_PEAK_INSIDE * innermost, _SMALLEST_PEAK_M)
    radius = np.log(np.clip(rmw[:, None], _SMALLEST_PEAK_M, outermost_peak))
    wind = np.log(np.maximum(peak, np.finfo(np.float64).tiny))
    radii_knots = [np.full_like(radius, np.log(_EYE_M)), radius]
    wind_knots = [wind - (radius - np.log(_EYE_M)), wind]
    for k in reversed(range(len(_THRESHOLDS_MPS))):
        log_extent = np.log(np.maximum(radii[..., k], _EYE_M))
        radius = np.maximum(np.where(is_used[..., k], log_extent, -np.inf), radius + _APART)
        wind = np.where(is_used[..., k], np.log(_THRESHOLDS_MPS[k]), wind)
        radii_knots.append(radius)
        wind_knots.append(wind)
    far = np.full_like(radius, np.log(_FAR_M))
    radii_knots.append(far)
    wind_knots.append(wind - exponent * (far - radius))
    return np.stack(radii_knots, axis=-1), np.stack(wind_knots, axis=-1)
