"""Reads the details of NOAA's Storm Events database: what happened, when, where, at what cost.

Times are local, in the zone that each row names. Winds are knots, hail is inches, lengths are miles
and widths yards; 0 is what was not measured. Most rows before 1996 have no place but their county:
they are kept without a geometry, since their date and cost are evidence all the same.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.schemas.evidence.storm_events import STORM_EVENTS
from core.units import INCH_M, KNOT_MPS, MILE_M, YARD_M
from weather.sources.cells import Cells, decode, parse_cells
from weather.sources.packed import unpack_gzip
from weather.sources.records import Kind, Records, read_bytes, tabulate
from weather.sources.reports.clocks import ZONE_HOURS

_WHAT = "a details CSV of NOAA's Storm Events database, gzipped or not"
_NEEDED = (
    "EVENT_ID", "EVENT_TYPE", "BEGIN_YEARMONTH", "BEGIN_DAY", "BEGIN_TIME", "CZ_TIMEZONE",
    "MAGNITUDE", "DAMAGE_PROPERTY", "BEGIN_LAT", "BEGIN_LON",
)  # fmt: skip
_TEXTS = {
    "event_id": "EVENT_ID", "episode_id": "EPISODE_ID", "event_type": "EVENT_TYPE",
    "state": "STATE", "county": "CZ_NAME", "county_type": "CZ_TYPE", "time_zone": "CZ_TIMEZONE",
    "rating": "TOR_F_SCALE", "damage_property_text": "DAMAGE_PROPERTY",
    "damage_crops_text": "DAMAGE_CROPS", "narrative": "EVENT_NARRATIVE",
}  # fmt: skip
_ZONE = re.compile(r"([A-Z]{2,4})\s*([+-]?\d{1,2})?", re.ASCII)
_GUAM = {"GST": 10}
_ZONE_HOURS = (-12, 14)
_DAMAGE = re.compile(r"(\d{1,9}(?:\.\d*)?|\.\d+)\s*([HKMBT]?)", re.ASCII)
_FACTORS = {"": 1.0, "H": 1e2, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
_MAGNITUDE, _MILES, _YARDS, _PEOPLE = (0, 300), (0, 500), (0, 10_000), (0, 1_000_000)
_MOST_HAIL_IN = 12
"""The stone of Vivian, South Dakota, measured 8."""
_SUSTAINED = ("ES", "MS")
_BASES = {"E": "estimated", "M": "measured"}


def read_storm_events(path: Path) -> Records:
    """The events of a file; those without a time or with an unbelievable number are rejected.

    Raises:
        WeatherError: the file is no such table.
    """
    content = unpack_gzip(read_bytes(path, _WHAT), path.name)
    cells = parse_cells(decode(content), path.name, _WHAT, _NEEDED)
    rows = cells.rows
    for column in ("EVENT_ID", "EVENT_TYPE"):
        cells.reject(rows[column].isna(), "needed", column)
    cells.reject(
        rows["EVENT_ID"].duplicated() & rows["EVENT_ID"].notna(), "came before", "EVENT_ID"
    )
    hours = rows["CZ_TIMEZONE"].map(_read_zone, na_action="ignore").astype(np.float64)
    cells.reject(hours.isna(), "is no time zone known", "CZ_TIMEZONE")
    began = _instants(cells, "BEGIN", hours)
    cells.reject(began.isna(), "makes no instant with its year and time", "BEGIN_DAY")
    table = pd.DataFrame(
        {ours: cells.texts(theirs) for ours, theirs in _TEXTS.items()}
        | {"began_at_utc": began, "ended_at_utc": _instants(cells, "END", hours)}
        | _measure(cells)
        | {
            "damage_property_usd": _damages(cells.texts("DAMAGE_PROPERTY")),
            "damage_crops_usd": _damages(cells.texts("DAMAGE_CROPS")),
            "injuries": _count(cells, "INJURIES"),
            "deaths": _count(cells, "DEATHS"),
            "geometry": _places(cells),
        },
        index=rows.index,
    )
    return Records(tabulate(cells.keep(table), STORM_EVENTS), cells.rejects())


def read_damage_usd(text: str) -> float | None:
    """A sum as printed, as in ``10K``, ``1.5M`` or ``.05K``; None where it is no such text."""
    found = _DAMAGE.fullmatch(text.strip().upper())
    return None if found is None else float(found[1]) * _FACTORS[found[2]]


def _damages(texts: "pd.Series[str]") -> "pd.Series[float]":
    return texts.map(read_damage_usd, na_action="ignore").astype(np.float64)


def _read_zone(text: str) -> float:
    """Hours ahead of UTC of a zone as printed: ``CST``, ``CST-6``, ``GST10``; NaN if unknown."""
    found = _ZONE.fullmatch(text.upper())
    if found is None:
        return np.nan
    if found[2] is None:
        return float((ZONE_HOURS | _GUAM).get(found[1], np.nan))
    hours = int(found[2])
    return hours if _ZONE_HOURS[0] <= hours <= _ZONE_HOURS[1] else np.nan


def _instants(cells: Cells, side: str, hours: "pd.Series[float]") -> "pd.Series[pd.Timestamp]":
    """From year and month, day, and a time of day that has lost its leading zeros."""
    month, day, time = (
        cells.texts(f"{side}_{part}").astype("str") for part in ("YEARMONTH", "DAY", "TIME")
    )
    stamps = month + day.str.zfill(2) + time.str.zfill(4)
    stamps = stamps.where(stamps.str.fullmatch(r"\d{12}").eq(other=True))
    local = pd.to_datetime(stamps, format="%Y%m%d%H%M", errors="coerce", utc=True)
    return local - pd.to_timedelta(hours, unit="h")


def _measure(cells: Cells) -> dict[str, object]:
    """Wind, hail and tornado; 0 is not measured."""
    kinds = cells.texts("EVENT_TYPE").fillna("").astype(str).str.upper()
    magnitude = _positive(cells.numbers("MAGNITUDE", _MAGNITUDE))
    basis = cells.texts("MAGNITUDE_TYPE").fillna("").astype(str).str.upper()
    is_hail = (kinds.str.endswith("HAIL") & ~kinds.str.contains("WIND")).to_numpy()
    is_wind = kinds.str.endswith("WIND").to_numpy()
    is_tornado = kinds.str.startswith("TORNADO").to_numpy()
    is_sustained = basis.isin(_SUSTAINED).to_numpy()
    is_wide = pd.Series(is_hail & (magnitude > _MOST_HAIL_IN), index=cells.rows.index)
    cells.reject(is_wide, f"inches of hail are more than {_MOST_HAIL_IN}", "MAGNITUDE")
    length = _positive(cells.numbers("TOR_LENGTH", _MILES)) * MILE_M
    width = _positive(cells.numbers("TOR_WIDTH", _YARDS)) * YARD_M
    ratings = cells.texts("TOR_F_SCALE").astype("str").str.upper().str.extract(r"^E?F([0-5])$")[0]
    return {
        "gust_mps": np.where(is_wind & ~is_sustained, magnitude * KNOT_MPS, np.nan),
        "sustained_wind_mps": np.where(is_wind & is_sustained, magnitude * KNOT_MPS, np.nan),
        "hail_mm": np.where(is_hail, magnitude * INCH_M * 1000, np.nan),
        "basis": basis.str[:1].map(_BASES).where(is_wind & np.isfinite(magnitude), None),
        "ef_scale": ratings.astype(np.float64),
        "length_m": np.where(is_tornado, length, np.nan),
        "width_m": np.where(is_tornado, width, np.nan),
    }


def _positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values > 0, values, np.nan)


def _count(cells: Cells, what: str) -> NDArray[np.float64]:
    """Direct and indirect together; missing only where both are."""
    both = [cells.numbers(f"{what}_{how}", _PEOPLE) for how in ("DIRECT", "INDIRECT")]
    return np.where(np.isnan(both).all(axis=0), np.nan, np.nansum(both, axis=0))


def _places(cells: Cells) -> Sequence[object]:
    """Where each began, as a line to where it ended if that is elsewhere; None where unknown."""
    begin, end = (
        np.column_stack(
            [cells.numbers(f"{side}_LON", (-180, 180)), cells.numbers(f"{side}_LAT", (-90, 90))]
        )
        for side in ("BEGIN", "END")
    )
    has_begin, has_end = np.isfinite(begin).all(axis=1), np.isfinite(end).all(axis=1)
    is_line = has_begin & has_end & (begin != end).any(axis=1)
    places = np.full(len(begin), None, dtype=object)
    places[has_begin] = shapely.points(begin[has_begin])
    places[is_line] = shapely.linestrings(np.stack([begin[is_line], end[is_line]], axis=1))
    found: list[object] = places.tolist()
    return found


KIND = Kind(
    "storm_events", "What happened, when, where and at what cost (NOAA Storm Events, details CSV)",
    STORM_EVENTS, read_storm_events,
)  # fmt: skip
