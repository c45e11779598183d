"""What surveys state, in words or numbers, as numbers in SI units."""

import re

from core.units import FOOT_M, KNOT_MPS, MILE_M, MPH_MPS, YARD_M

Row = dict[str, object]
"""A row of the table of damage surveys."""

_RATING = re.compile(r"\bE?F-?\s?([0-5])\b", re.IGNORECASE)
_NUMBER = re.compile(r"^[<>~]?\s*(-?\d[\d,]*\.?\d*|-?\.\d+)\s*([A-Za-z.]*)")
_NOTHING = {"", "n/a", "na", "unknown", "unk", "none", "null", "tbd", "-", "--", "not available"}
_MISSING = (-9.0, -99.0, -999.0, -9999.0)
_SPEEDS = {"mph": MPH_MPS, "kt": KNOT_MPS, "kts": KNOT_MPS}
_LENGTHS = {
    "mile": MILE_M, "miles": MILE_M, "mi": MILE_M, "yard": YARD_M, "yards": YARD_M, "yds": YARD_M,
    "yd": YARD_M, "feet": FOOT_M, "ft": FOOT_M,
}  # fmt: skip
_MOST_WIND_MPS = 150.0
"""The strongest wind of a tornado that radar saw was near 135 m/s."""
_MOST_LENGTH_M = 600_000.0
"""The longest path on record is 352 km."""
_MOST_WIDTH_M = 10_000.0
"""The widest tornado on record had 4.2 km; wind without a tornado reaches further."""
_MOST_PEOPLE = 10_000.0
_GREATEST = {
    "wind_mps": _MOST_WIND_MPS, "length_m": _MOST_LENGTH_M, "width_m": _MOST_WIDTH_M,
    "fatalities": _MOST_PEOPLE, "injuries": _MOST_PEOPLE,
}  # fmt: skip


def read_rating(text: object) -> float | None:
    """EF number of a rating as worded or as a bare number, None where it is none.

    Raises:
        ValueError: a number that is no rating.
    """
    is_bare = isinstance(text, int | float) or str(text).strip().lstrip("-").isdigit()
    if is_bare:
        number = float(str(text))
        if number in _MISSING:
            return None
        if number not in range(6):
            raise ValueError(f"its rating {text!r} is none of 0 to 5")
        return number
    found = _RATING.search(str(text or ""))
    return None if found is None else float(found[1])


def read_measure(value: object, column: str, unit: str) -> float | None:
    """A measure in SI units.

    Args:
        value: a number, or text with or without its unit; None and the usual words are none.
        column: that it is for.
        unit: what a bare number counts: ``mph``, ``miles``, ``yards`` or ``people``.

    Raises:
        ValueError: it is no such measure, or not to be believed.
    """
    spelt = "" if value is None else str(value).strip()
    if spelt.lower() in _NOTHING or spelt.lower() == "nan":
        return None
    found = _NUMBER.match(spelt)
    if found is None:
        raise ValueError(f"its {column} {spelt[:40]!r} is no number")
    number = float(found[1].replace(",", ""))
    if number in _MISSING:
        return None
    named = found[2].lower().rstrip(".")
    is_known = named in _SPEEDS or named in _LENGTHS
    si = number * _factor(named if is_known else unit)
    if not 0 <= si <= _GREATEST[column]:
        raise ValueError(f"its {column} {spelt[:40]!r} is not to be believed")
    return si


def _factor(unit: str) -> float:
    return _SPEEDS.get(unit) or _LENGTHS.get(unit) or 1.0
