"""Civil time at insured locations: which zone each lies in, and what its clocks and policies say.

Time zone outlines are those of timezonefinder (OpenStreetMap, ODbL), offsets those of the IANA
time zone database.
"""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from timezonefinder import TimezoneFinder

CELL_DEG = 0.02
"""Places are looked up by cells of about 2 km: a cell whose four corners agree lies in one zone,
in any other cell each place is looked up itself. An exclave smaller than a cell can be missed."""

MAX_ABS_LONGITUDE_DEG, MAX_ABS_LATITUDE_DEG = 180.0, 90.0

OFFSET_STEP = "15min"
"""All offsets from UTC, and so all changes of them, fall on quarters of an hour UTC."""


def find_time_zones(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> NDArray[np.object_]:
    """IANA time zone name of each place, ``(places,)``; None where no zone is known.

    Args:
        longitude: degrees, ``(places,)``; NaN has no zone.
        latitude: degrees, ``(places,)``; NaN has no zone.
    """
    zones = np.full(len(longitude), None, dtype=object)
    is_known = np.isfinite(longitude) & np.isfinite(latitude)
    zones[is_known] = _find_known(longitude[is_known], latitude[is_known])
    return zones


def _find_known(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Zones of finite places, by cells where the cell is clear and one by one where not."""
    finder = TimezoneFinder()
    cells = np.floor(np.column_stack([longitude, latitude]) / CELL_DEG).astype(np.int64)
    distinct, cell = np.unique(cells, axis=0, return_inverse=True)
    zones = _find_cell_zones(finder, distinct)[cell.reshape(-1)]
    for place in np.flatnonzero(pd.isna(zones)):
        zones[place] = finder.timezone_at(lng=longitude[place], lat=latitude[place])
    return zones


def _find_cell_zones(finder: TimezoneFinder, cells: NDArray[np.int64]) -> NDArray[np.object_]:
    """The zone that all four corners of each cell share, ``(cells,)``; None if they differ."""
    steps = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    corners = (cells[:, None, :] + steps).reshape(-1, 2)
    distinct, corner = np.unique(corners, axis=0, return_inverse=True)
    limits = np.array([MAX_ABS_LONGITUDE_DEG, MAX_ABS_LATITUDE_DEG])
    names = np.full(len(distinct), None, dtype=object)
    for place, (x, y) in enumerate(np.clip(distinct * CELL_DEG, -limits, limits)):
        names[place] = finder.timezone_at(lng=x, lat=y)
    of_corners = names[corner.reshape(-1)].reshape(-1, len(steps))
    zones = of_corners[:, 0].copy()
    zones[(of_corners != of_corners[:, :1]).any(axis=1)] = None
    return zones


def compute_local_times(
    instants_utc: "pd.Series[pd.Timestamp]", zones: NDArray[np.object_]
) -> pd.DataFrame:
    """Clock time and standard time at each place.

    Standard time leaves daylight saving out: policies begin and end by it.

    Args:
        instants_utc: timezone-aware UTC, ``(places,)``.
        zones: IANA names, ``(places,)``; None reads as UTC.

    Returns:
        ``clock`` and ``standard``, datetime64[us] without zone, on the index of the instants.
    """
    times = pd.DataFrame(
        {"clock": pd.NaT, "standard": pd.NaT}, index=instants_utc.index, dtype="datetime64[us]"
    )
    names = np.where(pd.isna(zones), "UTC", zones)
    for name, places in pd.Series(names).groupby(names).indices.items():
        zone = ZoneInfo(str(name))
        here = instants_utc.iloc[places]
        clock = here.dt.tz_convert(zone).dt.tz_localize(None)
        saving = here.dt.floor(OFFSET_STEP).map(
            {at: at.astimezone(zone).dst() for at in here.dt.floor(OFFSET_STEP).unique()}
        )
        times.iloc[places, 0] = clock
        times.iloc[places, 1] = clock - saving
    return times


def compute_utc(
    clock: "pd.Series[pd.Timestamp]", zones: NDArray[np.object_]
) -> "pd.Series[pd.Timestamp]":
    """The instant at which clocks show a time, timezone-aware UTC, on the same index.

    A time that a change of the clocks skips or repeats reads as an hour before or after.

    Args:
        clock: datetime64 without zone, ``(places,)``.
        zones: IANA names, ``(places,)``; None reads as UTC.
    """
    utc = pd.Series(pd.NaT, index=clock.index, dtype="datetime64[us, UTC]")
    names = pd.Series(np.where(pd.isna(zones), "UTC", zones))
    for name, places in names.groupby(names).indices.items():
        local = clock.iloc[places].dt.tz_localize(
            ZoneInfo(str(name)), ambiguous=True, nonexistent="shift_forward"
        )
        utc.iloc[places] = local.dt.tz_convert("UTC").to_numpy()
    return utc
