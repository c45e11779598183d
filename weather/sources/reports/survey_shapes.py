"""Surveyed tracks, points and areas as GeoJSON, as the Damage Assessment Toolkit gives them.

Lengths are miles, widths yards, winds miles an hour. Instants are UTC, in milliseconds since 1970
or as text.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from weather.sources.instants import read_instant
from weather.sources.json_text import clean
from weather.sources.records import Reject
from weather.sources.reports.surveyed import Row, read_measure, read_rating

_NAMES = {
    "name": ("name", "event_id", "event_name"),
    "rating": ("efscale", "ef_scale", "f_scale", "efnum", "ef"),
    "wind": ("maxwind", "windspeed", "wind", "max_wind", "peak_wind"),
    "length": ("length",),
    "width": ("width",),
    "start": ("start_time", "starttime", "stormdate"),
    "end": ("end_time", "endtime"),
    "fatalities": ("fatalities", "deaths"),
    "injuries": ("injuries",),
    "indicator": ("damage_txt", "damage_indicator"),
    "degree": ("dod_txt", "dod"),
    "narrative": ("narrative", "comments"),
}
"""Ours -> names of properties, without regard to capitals, the first that says something."""
_BAD = (KeyError, AttributeError, TypeError, IndexError, RecursionError, ShapelyError)


def read_shapes(text: str) -> Iterator[Row | Reject]:
    """Features of a collection; those without a place or with an odd number are rejected.

    Raises:
        ValueError: it is no GeoJSON of features.
    """
    try:
        content = json.loads(text)
        features = list(content["features"])
    except (*_BAD, ValueError) as error:
        raise ValueError(f"it is no GeoJSON of features ({error!r})") from error
    if features and not any(_tells_of_damage(feature) for feature in features):
        raise ValueError("no feature of it states a rating, a wind or what was damaged")
    for number, feature in enumerate(features, start=1):
        place = f"feature {number}"
        try:
            yield {"place_in_file": place} | _read_feature(feature)
        except ValueError as error:
            yield Reject(place, str(error))
        except (*_BAD, OverflowError) as error:
            yield Reject(place, f"it is no feature ({error!r})")


def _tells_of_damage(feature: Any) -> bool:
    """Whether a feature has a property of a survey, be it empty; any other drawing has none."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    names = {str(key).lower() for key in properties} if isinstance(properties, dict) else set()
    return any(names & set(_NAMES[each]) for each in ("rating", "wind", "indicator", "degree"))


def _read_feature(feature: Any) -> Row:
    properties = {str(k).lower(): v for k, v in (feature.get("properties") or {}).items()}
    stated = {ours: _first(properties, names) for ours, names in _NAMES.items()}
    rating = stated["rating"]
    ef_scale = None if rating is None else read_rating(rating)
    is_bare = ef_scale is not None and not isinstance(rating, str)
    return {
        "name": _text(stated["name"]),
        "rating": f"EF{ef_scale:.0f}" if is_bare else _text(rating),
        "ef_scale": ef_scale,
        "wind_mps": read_measure(stated["wind"], "wind_mps", "mph"),
        "length_m": read_measure(stated["length"], "length_m", "miles"),
        "width_m": read_measure(stated["width"], "width_m", "yards"),
        "started_at_utc": read_instant(stated["start"]),
        "ended_at_utc": read_instant(stated["end"]),
        "fatalities": read_measure(stated["fatalities"], "fatalities", "people"),
        "injuries": read_measure(stated["injuries"], "injuries", "people"),
        "indicator": _text(stated["indicator"]), "degree": _text(stated["degree"]),
        "narrative": _text(stated["narrative"]), "geometry": _read_geometry(feature["geometry"]),
    }  # fmt: skip


def _first(properties: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    given = (properties.get(name) for name in names)
    return next((value for value in given if value not in (None, "")), None)


def _text(value: Any) -> str | None:
    return None if value is None else clean(str(value), "a text of it")


def _read_geometry(given: Any) -> BaseGeometry:
    if given is None:
        raise ValueError("it has no geometry")
    found = shapely.force_2d(shape(given))
    if found.is_empty:
        raise ValueError("its geometry is empty")
    west, south, east, north = found.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004  degrees
        raise ValueError(f"its coordinates from {west:g} {south:g} are no degrees")
    return found
