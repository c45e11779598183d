"""What a feature of an NHC shapefile says, whichever layer it is of."""

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd

from core.units import KNOT_MPS, NAUTICAL_MILE_M
from weather.sources.nhc.gis_times import parse_advisory_time, parse_day_and_time, parse_stamp

_LAYERS = (
    (r"_wwlin$", "watches_warnings"),
    (r"_\dday_pts$", "forecast_points"), (r"_\dday_lin$", "forecast_track"),
    (r"_\dday_pgn$", "forecast_cone"),
    (r"_forecastradii$", "forecast_radii"), (r"_initialradii$", "initial_radii"),
    (r"_windswath$", "wind_swath"), (r"_radii$", "best_radii"),
    (r"_pts$", "best_points"), (r"_lin$", "best_track"),
)  # fmt: skip
"""Endings of layers' names, the longer ones first."""
_STORM = re.compile(r"([a-z]{2}\d{6})(?=[-_])", re.IGNORECASE | re.ASCII)
_NOT_GIVEN = (0.0, 9999.0, -999.0)
_WIND_KT, _PRESSURE_HPA, _EXTENT_NMI, _HOURS = (0, 250), (800, 1100), (0, 2000), (0, 240)
_QUADRANTS = ("NE", "SE", "SW", "NW")
Row = dict[str, Any]


def find_product(layer: str) -> str | None:
    """What a layer is by its name, as in ``ep052026-014_5day_pgn``; None where it is none known."""
    for ending, product in _LAYERS:
        if re.search(ending, layer, re.IGNORECASE):
            return product
    return None


def read_feature(layer: str, product: str, said: Mapping[str, Any]) -> Row:
    """The columns of a feature, but for its layer, number and geometry.

    Args:
        layer: its name, which begins with the storm's id.
        product: what the layer is.
        said: the feature's values by column, in capitals.

    Raises:
        ValueError: it is no storm's, or a number is none or not to be believed.
    """
    advisory = _text(said, "ADVISNUM") or _text(said, "ADVNUM")
    hours = _number(said, "TAU", _HOURS)
    issued_text = _text(said, "ADVDATE")
    issued = parse_advisory_time(issued_text)
    return {
        "product": product,
        "storm_id": _storm_id(layer, said),
        "storm_name": _text(said, "STORMNAME"),
        "status": _text(said, "STORMTYPE"),
        "advisory": None if advisory is None else re.sub(r"\.0+$", "", advisory),
        "issued_text": issued_text,
        "issued_at_utc": issued,
        "valid_at_utc": _stamp(said)
        or parse_day_and_time(
            _text(said, "VALIDTIME"),
            None if issued is None else issued + timedelta(hours=hours or 0),
        ),
        "valid_until_utc": parse_stamp(_text(said, "ENDDTG")),
        **_measures(said),
        "warning": _text(said, "TCWW"),
    }


def _measures(said: Mapping[str, Any]) -> Row:
    threshold = _measure(said, "RADII", _WIND_KT, KNOT_MPS)
    strongest = _measure(said, "MAXWIND", _WIND_KT, KNOT_MPS)
    if strongest is None:
        strongest = _measure(said, "INTENSITY", _WIND_KT, KNOT_MPS)
    value = strongest if threshold is None else threshold
    quantity = "max_wind" if threshold is None else "wind_at_least"
    extents = (_number(said, quadrant, _EXTENT_NMI) for quadrant in _QUADRANTS)
    return {
        "quantity": None if value is None else quantity,
        "value": value,
        "unit": None if value is None else "m/s",
        "gust_mps": _measure(said, "GUST", _WIND_KT, KNOT_MPS),
        "min_pressure_hpa": _measure(said, "MSLP", _PRESSURE_HPA, 1.0),
        **{
            f"extent_{quadrant.lower()}_m": None if extent is None else extent * NAUTICAL_MILE_M
            for quadrant, extent in zip(_QUADRANTS, extents, strict=True)
        },
    }


def _stamp(said: Mapping[str, Any]) -> Any:
    """Of a point its hour and minute; else the first stamp that a layer has."""
    stamps = (_text(said, name) for name in ("SYNOPTIME", "STARTDTG", "DTG", "VALIDTIME"))
    hour, minute = next(filter(None, map(parse_stamp, stamps)), None), _text(said, "HHMM")
    if hour is None or minute is None or not re.fullmatch(r"\d\d[0-5]\d", minute, re.ASCII):
        return hour
    return hour + timedelta(minutes=int(minute[2:]))


def _storm_id(layer: str, said: Mapping[str, Any]) -> str:
    for name in (_text(said, "STORMID"), layer):
        found = _STORM.match(f"{name}_")
        if found is not None:
            return found[1].upper()
    raise ValueError(f"neither its layer {layer!r} nor STORMID names a storm")


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    if value is None or pd.isna(value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip().replace("\0", "")
    return text.encode("utf-8", "replace").decode() or None


def _number(said: Mapping[str, Any], name: str, believable: tuple[float, float]) -> float | None:
    text = _text(said, name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} {text!r} is no number")
    if value not in _NOT_GIVEN and not believable[0] <= value <= believable[1]:
        raise ValueError(f"{name} {text!r} is outside {believable[0]:g} to {believable[1]:g}")
    return None if value in _NOT_GIVEN[1:] else value


def _measure(
    said: Mapping[str, Any], name: str, believable: tuple[float, float], unit: float
) -> float | None:
    value = _number(said, name, believable)
    return None if value is None or value in _NOT_GIVEN else value * unit
