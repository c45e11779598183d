"""What a report measured: a number, its unit and how it is known, as in ``E1.00 INCH``."""

import re

from core.units import FOOT_M, INCH_M, KNOT_MPS, MPH_MPS

_MAGNITUDE = re.compile(r"^([EMU]?)\s*(-?\d*\.?\d+)\s*([A-Z]+)$", re.IGNORECASE)
_RATING = re.compile(r"^[EMU]?\s*E?F-?([0-5U])$", re.IGNORECASE)
_BASES = {"E": "estimated", "M": "measured"}
_MOST = {"hail_mm": 250.0, "wind_mps": 150.0, "fallen_mm": 5000.0, "height_m": 30.0}
"""Beyond all that was seen: 8 inch stones, 135 m/s in a tornado, a day's snow, 28 ft of surge."""
_INCH_MM = INCH_M * 1000
_FALLEN = ("INCH", "INCHES", "IN")
_SPEEDS = {"MPH": MPH_MPS, "KT": KNOT_MPS, "KTS": KNOT_MPS}
_HEIGHTS = {"FEET": FOOT_M, "FOOT": FOOT_M, "FT": FOOT_M}
_DEGREES = ("F", "DEG")
Measures = dict[str, float | str | None]


def read_magnitude(text: str | None, event: str) -> Measures:
    """Columns of a magnitude in SI units; none where the report has none.

    Args:
        text: as reported.
        event: kind of event; inches of hail are a diameter, other inches fell.

    Raises:
        ValueError: it is no magnitude, or not to be believed.
    """
    if text is None:
        return {"basis": None}
    if (rating := _RATING.match(text)) is not None:
        return {"basis": None, "ef_scale": None if rating[1] in "Uu" else float(rating[1])}
    found = _MAGNITUDE.match(text)
    if found is None:
        raise ValueError(f"its magnitude {text!r} is no number with a unit")
    basis = _BASES.get(found[1].upper(), "not stated")
    unit = found[3].upper()
    if unit in _DEGREES:
        return {"basis": basis}
    column, factor = _choose_column(unit, event.upper(), text)
    value = float(found[2]) * factor
    if not 0 <= value <= _MOST[column]:
        raise ValueError(f"its magnitude {text!r} is not to be believed")
    return {"basis": basis, column: value}


def _choose_column(unit: str, event: str, text: str) -> tuple[str, float]:
    if unit in _SPEEDS:
        return "wind_mps", _SPEEDS[unit]
    if unit in _FALLEN:
        return ("hail_mm" if "HAIL" in event else "fallen_mm"), _INCH_MM
    if unit in _HEIGHTS:
        return "height_m", _HEIGHTS[unit]
    raise ValueError(f"its magnitude {text!r} has an unknown unit")
