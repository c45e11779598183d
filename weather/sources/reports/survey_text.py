"""Survey statements of forecast offices: one tornado, or one segment of it, under each heading.

Fields stand as ``Rating: EF1`` below each other; times are local with their zone. A statement may
hold several tornadoes, and a file several statements.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import shapely

from weather.sources.records import Reject
from weather.sources.reports.clocks import find_issuing, to_utc
from weather.sources.reports.surveyed import Row, read_measure, read_rating

_HEADING = re.compile(r"^\.{1,3}([^.\s].*?)\.{2,3}\s*$")
_FIELD = re.compile(r"^([A-Za-z][A-Za-z /]*?)\s*:\s*(.*?)\s*$")
_FIELDS = {
    "rating": "rating", "estimated peak wind": "wind", "peak wind": "wind",
    "path length": "length", "path width": "width", "fatalities": "fatalities",
    "injuries": "injuries", "start date": "start date", "start time": "start time",
    "end date": "end date", "end time": "end time", "date": "start date", "time": "start time",
    "start lat/lon": "start place", "end lat/lon": "end place", "lat/lon": "start place",
}  # fmt: skip
"""Names of fields as offices write them, without what stands between slashes -> ours."""
_CLOCK = re.compile(r"^(\d{1,2}:?\d{2}\s*[AP]\.?M\.?)\s*([A-Z]{1,4})?$", re.IGNORECASE)
_PLACE = re.compile(
    r"^(-?\d+\.?\d*)\s*([NS]?)\s*[/,]\s*(-?\d+\.?\d*)\s*([EW]?)$", re.IGNORECASE
)  # fmt: skip
_END = "$$"
_GUAM_DEG = 130.0
"""The only offices of the east lie beyond."""
_MIDDLE = re.compile(r"/\s*(?:statute|maximum|max|straight line|avg|average)[^/]*/", re.IGNORECASE)


@dataclass(slots=True)
class _Survey:
    line: int
    name: str | None
    zone: str | None
    fields: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


def read_statement(text: str) -> Iterator[Row | Reject]:
    """Tracks of a statement; what has no place or cannot be understood is rejected.

    Args:
        text: of one statement or several.
    """
    for survey in _find_surveys(text.splitlines()):
        place = f"line {survey.line}"
        try:
            yield {"place_in_file": place} | _read_survey(survey)
        except ValueError as error:
            yield Reject(place, str(error))


def _find_surveys(lines: list[str]) -> Iterator[_Survey]:
    zone: str | None = None
    name: str | None = None
    survey: _Survey | None = None
    for number, line in enumerate(lines, start=1):
        if (issued := find_issuing(line)) is not None:
            zone = issued[1]
        heading = _HEADING.match(line)
        found = _find_field(line)
        is_end = line.strip() in ("&&", _END)
        is_next = found is not None and survey is not None and _begins(found[0], survey)
        if survey is not None and (heading or is_end or is_next):
            yield survey
            survey = None
        if line.strip() == _END:
            zone = name = None
        if heading is not None:
            name = heading[1].strip()
        elif found is not None:
            survey = survey or _Survey(number, name, zone)
            survey.fields.setdefault(*found)
        elif survey is not None and line.strip():
            survey.words.append(" ".join(line.split()))
    if survey is not None:
        yield survey


def _begins(name: str, survey: _Survey) -> bool:
    """Whether a field is of the next survey: a rating comes first, and once in each."""
    return name == "rating" and "rating" in survey.fields


def _find_field(line: str) -> tuple[str, str] | None:
    found = _FIELD.match(_MIDDLE.sub("", line.strip()))
    name = None if found is None else _FIELDS.get(" ".join(found[1].lower().split()))
    return None if found is None or name is None else (name, found[2])


def _read_survey(survey: _Survey) -> Row:
    fields = survey.fields
    start = _read_place(fields.get("start place"))
    if start is None:
        raise ValueError(f"{survey.name or 'the survey'} states no place where it began")
    end = _read_place(fields.get("end place"))
    is_track = end is not None and end != start
    words = " ".join(survey.words).partition("Survey Summary:")
    rating = fields.get("rating") or None
    return {
        "name": survey.name, "rating": rating, "ef_scale": read_rating(rating),
        "wind_mps": read_measure(fields.get("wind"), "wind_mps", "mph"),
        "length_m": read_measure(fields.get("length"), "length_m", "miles"),
        "width_m": read_measure(fields.get("width"), "width_m", "yards"),
        "started_at_utc": _read_instant(fields, "start", survey.zone),
        "ended_at_utc": _read_instant(fields, "end", survey.zone),
        "fatalities": read_measure(fields.get("fatalities"), "fatalities", "people"),
        "injuries": read_measure(fields.get("injuries"), "injuries", "people"),
        "narrative": words[2].strip() or None,
        "geometry": shapely.LineString([start, end]) if is_track else shapely.Point(start),
    }  # fmt: skip


def _read_place(text: str | None) -> tuple[float, float] | None:
    """Longitude and latitude in degrees.

    Raises:
        ValueError: it is no place.
    """
    if not text:
        return None
    found = _PLACE.match(text)
    if found is None:
        raise ValueError(f"its place {text[:40]!r} is no latitude and longitude")
    latitude = float(found[1]) * (-1 if found[2].upper() == "S" else 1)
    longitude = float(found[3]) * (-1 if found[4].upper() == "W" and float(found[3]) > 0 else 1)
    if not found[4] and 0 < longitude < _GUAM_DEG:
        raise ValueError(f"its place {text[:40]!r} lies in the east: the longitude lost its sign")
    is_place = abs(latitude) <= 90 and abs(longitude) <= 180  # noqa: PLR2004  degrees
    if not is_place or (latitude, longitude) == (0, 0):
        raise ValueError(f"its place {text[:40]!r} is not on the Earth")
    return longitude, latitude


def _read_instant(fields: Mapping[str, str], end: str, zone: str | None) -> datetime | None:
    day, clock = fields.get(f"{end} date"), fields.get(f"{end} time")
    if not day or not clock:
        return None
    found = _CLOCK.match(clock)
    if found is None:
        raise ValueError(f"its {end} time {clock[:40]!r} is no time of a day")
    named = found[2] or zone
    if named is None:
        raise ValueError(f"its {end} time {clock[:40]!r} states no time zone")
    return to_utc(day, found[1], named)
