"""Reads active fires of NASA FIRMS: pixels in which MODIS or VIIRS saw heat.

VIIRS words its confidence (low, nominal, high, or their first letters), MODIS counts it from 0 to
100. Times are HHMM in UTC and lose their zeros in many files.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from core.errors import WeatherError
from core.schemas.evidence.fires import FIRMS
from weather.sources.cells import Cells, read_cells
from weather.sources.records import Kind, Records, tabulate

_WHAT = "a CSV of active fires from NASA FIRMS"
_NEEDED = ("latitude", "longitude", "acq_date", "acq_time", "confidence")
_BRIGHTNESS = {"VIIRS": ("bright_ti4", "bright_ti5"), "MODIS": ("brightness", "bright_t31")}
"""Columns at 4 and at 11 micrometres; they tell the instruments apart."""
_KELVIN = (150, 1000)
_MEGAWATT = (0, 100_000)
_PIXEL_KM = (0, 20)
_WORDS = {"l": "low", "n": "nominal", "h": "high", "low": "low", "nominal": "nominal",
          "high": "high"}  # fmt: skip
_LOW_BELOW, _HIGH_FROM = 30, 80
"""Classes of MODIS confidence (MODIS active fire user's guide, Giglio et al., 2020)."""
_KM_M = 1000
_TYPES = {
    "0": "vegetation", "1": "volcano", "2": "other land", "3": "offshore",
}  # fmt: skip


def read_firms(path: Path) -> Records:
    """The detections of a file; those without a place or time are rejected.

    Raises:
        WeatherError: the file is no such table.
    """
    cells = read_cells(path, _WHAT, _NEEDED)
    instrument = _tell_instrument(cells, path.name)
    near, far = _BRIGHTNESS[instrument]
    longitude = cells.numbers("longitude", (-180, 180))
    latitude = cells.numbers("latitude", (-90, 90))
    for column in ("latitude", "longitude"):
        cells.reject(cells.rows[column].isna(), "needed", column)
    confidence, share = _confidence(cells, instrument)
    table = pd.DataFrame(
        {
            "line": cells.rows.index.to_numpy(), "at_utc": _instants(cells),
            "satellite": cells.texts("satellite"), "instrument": instrument,
            "confidence": confidence, "confidence_frac": share,
            "brightness_k": cells.numbers(near, _KELVIN),
            "brightness_far_k": cells.numbers(far, _KELVIN),
            "frp_mw": cells.numbers("frp", _MEGAWATT),
            "scan_m": cells.numbers("scan", _PIXEL_KM) * _KM_M,
            "track_m": cells.numbers("track", _PIXEL_KM) * _KM_M,
            "source_type": cells.texts("type").map(_TYPES),
            "geometry": shapely.points(longitude, latitude),
        },
        index=cells.rows.index,
    )  # fmt: skip
    return Records(tabulate(cells.keep(table), FIRMS), cells.rejects())


def _tell_instrument(cells: Cells, name: str) -> str:
    for instrument, (near, _) in _BRIGHTNESS.items():
        if near in cells.rows:
            return instrument
    raise WeatherError(
        f"reading {name}", "it has no column bright_ti4 (VIIRS) nor brightness (MODIS)",
        f"Give {_WHAT} as published",
    )  # fmt: skip


def _instants(cells: Cells) -> "pd.Series[pd.Timestamp]":
    """When the satellite passed: the date and HHMM, whose zeros may be lost."""
    given = cells.texts("acq_time").astype("str").str.replace(":", "").str.removesuffix(".0")
    is_time = given.str.fullmatch(r"(?:[01]?\d|2[0-3])?[0-5]?\d").fillna(value=False).astype(bool)
    cells.reject(~is_time, "is no time of a day as HHMM", "acq_time")
    hhmm = given.where(is_time).str.zfill(4)
    days = pd.to_datetime(cells.texts("acq_date"), format="%Y-%m-%d", errors="coerce", utc=True)
    cells.reject(days.isna(), "is no date as yyyy-mm-dd", "acq_date")
    hours = pd.to_numeric(hhmm.str[:2]) * 60 + pd.to_numeric(hhmm.str[2:])
    return days + pd.to_timedelta(hours, unit="min")


def _confidence(cells: Cells, instrument: str) -> tuple["pd.Series[str]", "pd.Series[float]"]:
    """Class of each detection, and the share that MODIS gives."""
    if instrument == "VIIRS":
        given = cells.texts("confidence")
        words = given.str.lower().map(_WORDS) if given.notna().any() else given
        cells.reject(words.isna(), "is none of low, nominal, high", "confidence")
        return words, pd.Series(np.nan, index=given.index)
    percent = pd.Series(cells.numbers("confidence", (0, 100)), index=cells.rows.index)
    words = pd.cut(
        percent, [-np.inf, _LOW_BELOW, _HIGH_FROM, np.inf], right=False,
        labels=["low", "nominal", "high"],
    )  # fmt: skip
    return words.astype(object), percent / 100


KIND = Kind(
    "firms", "Active fires seen from satellites (NASA FIRMS, MODIS or VIIRS CSV)", FIRMS, read_firms
)  # fmt: skip
