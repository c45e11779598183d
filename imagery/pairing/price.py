"""What a scene and a pair of scenes cost: the one ranking of scenes. Pure, vectorised.

Prices are sums of charges that are never negative, in units of cloud cover. Values that a catalogue
does not state are charged nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.events import OccurrenceWindow
from core.scenes import Scene

DAYS_PER_YEAR = 365.25
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PriceOptions:
    """What each shortcoming costs; 1 = a scene wholly under cloud."""

    cloud: float = 1.0
    """The whole scene under cloud: the unit."""
    off_nadir_per_deg: float = 0.01
    """Roof and footprint part company with view angle; 30 degrees cost as much as 0.3 cloud."""
    delay_per_day: float = 0.01
    """After the event clean-up begins: ten days cost as much as 0.1 cloud."""
    age_per_year: float = 0.2
    """Before it houses are built and pulled down: half a year costs as much as 0.1 cloud."""
    coarse_per_doubling: float = 0.3
    """Each doubling of the pixel beyond ``fine_m``: at 1 m the model ranks Michael's homes by 0.03
    of AUC worse (docs/experiments.md), as much as under thin cloud."""
    fine_m: float = 0.5
    """Finer pixels show a house no better: chips are cut at about this size."""
    view_per_deg: float = 0.005
    """The angle between the two lines of sight: a roof 6 m high moves by 1 m for 10 degrees."""
    sun_per_deg: float = 0.002
    """The angle between the two suns: shadows that moved look like change."""
    low_sun_per_deg: float = 0.01
    """Each degree of the sun below ``low_sun_deg``."""
    low_sun_deg: float = 30.0
    """Below it a shadow is longer than 1.7 times what throws it, and hides the neighbour."""


def compute_pre_prices(
    scenes: Sequence[Scene], window: OccurrenceWindow, options: PriceOptions
) -> NDArray[np.float64]:
    """``(scenes,)`` price of each scene before the event."""
    years = _days_between(scenes, window.start_utc) / -DAYS_PER_YEAR
    return _own_prices(scenes, options) + options.age_per_year * np.maximum(years, 0)


def compute_post_prices(
    scenes: Sequence[Scene], window: OccurrenceWindow, options: PriceOptions
) -> NDArray[np.float64]:
    """``(scenes,)`` price of each scene after the event."""
    days = _days_between(scenes, window.end_utc)
    return _own_prices(scenes, options) + options.delay_per_day * np.maximum(days, 0)


def compute_pair_prices(
    pre: Sequence[Scene], post: Sequence[Scene], options: PriceOptions
) -> NDArray[np.float64]:
    """``(pre, post)`` what two scenes cost beside each other, on top of what each costs alone."""
    view = _angles(
        *(([s.off_nadir_deg for s in side], [s.view_azimuth_deg for s in side])
          for side in (pre, post))
    )  # fmt: skip
    sun = _angles(
        *(([90 - s.sun_elevation_deg for s in side], [s.sun_azimuth_deg for s in side])
          for side in (pre, post))
    )  # fmt: skip
    return options.view_per_deg * view + options.sun_per_deg * sun


def _own_prices(scenes: Sequence[Scene], options: PriceOptions) -> NDArray[np.float64]:
    cloud, off_nadir, gsd, sun = (
        np.array([getattr(scene, name) for scene in scenes], np.float64)
        for name in ("cloud_frac", "off_nadir_deg", "gsd_m", "sun_elevation_deg")
    )
    charges = (
        options.cloud * cloud,
        options.off_nadir_per_deg * np.abs(off_nadir),
        options.coarse_per_doubling * np.log2(np.maximum(gsd / options.fine_m, 1)),
        options.low_sun_per_deg * np.maximum(options.low_sun_deg - sun, 0),
    )
    return np.sum([np.nan_to_num(charge, nan=0.0) for charge in charges], axis=0)


def _days_between(scenes: Sequence[Scene], instant: datetime) -> NDArray[np.float64]:
    return np.array([(scene.captured_at_utc - instant) / _DAY for scene in scenes], np.float64)


_Directions = tuple[list[float], list[float]]
"""Degrees from straight up, and azimuths."""


def _angles(one: _Directions, other: _Directions) -> NDArray[np.float64]:
    """``(one, other)`` degrees between directions.

    Where an azimuth is not stated it is the least that the tilts allow, and 0 where a tilt is not.
    """
    (tilt, azimuth), (tilt_, azimuth_) = (
        tuple(np.radians(np.array(values, np.float64)) for values in side) for side in (one, other)
    )
    turn = np.nan_to_num(azimuth[:, None] - azimuth_, nan=0.0)
    cosine = np.cos(tilt[:, None]) * np.cos(tilt_)
    cosine = cosine + np.sin(tilt[:, None]) * np.sin(tilt_) * np.cos(turn)
    return np.nan_to_num(np.degrees(np.arccos(cosine.clip(-1, 1))), nan=0.0)
