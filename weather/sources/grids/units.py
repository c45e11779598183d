"""Units of grids: what a file states, in SI; never one that it does not state."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core.units import FOOT_M, INCH_M, KNOT_MPS, MPH_MPS
from weather.sources.grids.grid import BEYOND, NOT_STATED

_KMH_MPS = 1 / 3.6
_SURVEY_FOOT_M = 1200 / 3937
"""The foot of old surveys of the United States."""


class Unit(NamedTuple):
    """A unit as we give it, and its factor over the one that was stated."""

    name: str
    factor: float
    dimension: str


_SPELT = {
    ("mph", "mi/h", "mi h-1", "miles per hour", "mile/hour", "miles/hour"): Unit(
        "m/s", MPH_MPS, "speed"),
    ("kt", "kts", "knot", "knots", "kn"): Unit("m/s", KNOT_MPS, "speed"),
    ("km/h", "kmh", "kph", "km h-1", "kmph"): Unit("m/s", _KMH_MPS, "speed"),
    ("m/s", "ms-1", "m s-1", "m s**-1", "mps", "m/sec", "meters/second", "meter/second",
     "metres per second", "meters per second"): Unit("m/s", 1.0, "speed"),
    ("in", "inch", "inches"): Unit("mm", INCH_M * 1000, "length"),
    ("mm", "millimeter", "millimeters", "millimetre", "millimetres", "kg m-2", "kg/(m^2)",
     "kg/m^2", "kg m**-2"): Unit("mm", 1.0, "length"),
    ("cm", "centimeter", "centimeters", "centimetres"): Unit("m", 0.01, "length"),
    ("ft", "foot", "feet"): Unit("m", FOOT_M, "length"),
    ("us_survey_foot", "us survey foot", "ftus", "us-ft"): Unit("m", _SURVEY_FOOT_M, "length"),
    ("m", "metre", "metres", "meter", "meters"): Unit("m", 1.0, "length"),
}  # fmt: skip
_UNITS = {word: unit for words, unit in _SPELT.items() for word in words}
_ELEMENTS = {
    "gust": ("gust", "speed"), "gusts": ("gust", "speed"), "wind": ("wind", "speed"),
    "winds": ("wind", "speed"), "windspeed": ("wind", "speed"), "hail": ("hail", "length"),
    "mesh": ("hail", "length"), "rain": ("rain", "length"), "rainfall": ("rain", "length"),
    "precip": ("rain", "length"), "precipitation": ("rain", "length"), "qpe": ("rain", "length"),
    "depth": ("depth", "length"), "inundation": ("depth", "length"),
    "surge": ("surge", "length"), "flood": ("depth", "length"), "flooding": ("depth", "length"),
}  # fmt: skip
"""Words of names -> what is measured, and its dimension."""
_MOST = {"gust": 150.0, "wind": 150.0, "hail": 0.3, "rain": 5.0, "depth": 100.0, "surge": 100.0}
"""Greatest in m/s or m: 135 m/s in a tornado, 8 inch stones, 3.9 m of rain in a week."""
_MM = 1000
_AT_END = {"in": "in", "ft": "ft", "m": "m", "ms": "m/s"}
"""Units of names that may be other words, and what they then say."""


def find_unit(stated: str | None) -> Unit | None:
    """A unit by any of its usual spellings, with or without brackets; None if it is not known."""
    if stated is None:
        return None
    bare = " ".join(re.sub(r"^\((.*)\)$", r"\1", stated.strip("[] ")).split())
    return _UNITS.get(bare) or _UNITS.get(bare.lower())


def find_element(*texts: str | None) -> str | None:
    """What is measured, by the first text that names it; a gust before a mere wind."""
    for text in texts:
        named = [_ELEMENTS[word][0] for word in _words(text or "") if word in _ELEMENTS]
        if named:
            return "gust" if "gust" in named else named[0]
    return None


def find_stated(
    unit: str | None, tags: Iterable[Mapping[str, str]], description: str | None, stem: str
) -> str | None:
    """The unit that a band states, as worded: its own, its tags', its description's, the name's.

    A file's name counts only where it says what is measured before the unit.

    Args:
        unit: of the band.
        tags: of the band, then of the file.
        description: of the band, such as ``10 m wind gust [mph]``.
        stem: the file's name without its end.
    """
    given = [unit, *(_tagged(each) for each in tags), _bracketed(description)]
    stated = next((each.strip() for each in given if each and each.strip(" []()-")), None)
    if stated is None and find_unit(description) is not None:
        return description
    return stated or _named(description or "") or _named(stem)


def choose_believable(element: str | None, unit: Unit | None) -> tuple[float, float]:
    """Least and greatest value of an element in its unit; none that is known is negative.

    Args:
        element: as ``find_element`` names it.
        unit: as ``find_unit`` gives it; None if nobody knows.
    """
    if element is None and unit is not None and unit.dimension == "speed":
        # either way, as parts of a wind along the axes run
        return -_MOST["wind"], _MOST["wind"]
    if element is None:
        return -BEYOND, BEYOND
    if unit is None or unit.dimension != dict(_ELEMENTS.values())[element]:
        return 0.0, BEYOND
    return 0.0, _MOST[element] * (_MM if unit.name == "mm" else 1)


def _tagged(tags: Mapping[str, str]) -> str | None:
    wanted = ("units", "unit", "unittype", "unit_type", "uom", "value_units", "grib_unit")
    return next((value for key, value in tags.items() if key.lower() in wanted), None)


def _bracketed(text: str | None) -> str | None:
    found = re.findall(r"[\[(]([^\])]+)[\])]", text or "")
    return next((each for each in found if find_unit(each) is not None), None)


def _named(text: str) -> str | None:
    """The unit in a name, as in ``gust_mph``, if the name says before what it is of.

    Units that may be other words (rain in Miami, surge at Ft. Myers) count at the end alone.
    """
    words = _words(text)
    for place, word in enumerate(words):
        unit = find_unit(_AT_END.get(word, word))
        dimensions = {_ELEMENTS[each][1] for each in words[:place] if each in _ELEMENTS}
        is_last = place == len(words) - 1
        if unit is not None and unit.dimension in dimensions and (is_last or word not in _AT_END):
            return _AT_END.get(word, word)
    return None


def _words(text: str) -> list[str]:
    """Words of a name in lower case, taken apart at capitals, digits and marks."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return [word.lower() for word in re.findall(r"[A-Za-z]+", apart)]


def choose_unit(stated: str | None) -> tuple[str, float]:
    """Name of the unit that values get, and their factor; what is not known stays as stated."""
    unit = find_unit(stated)
    if unit is not None:
        return unit.name, unit.factor
    return (stated or NOT_STATED).strip("[]"), 1.0
