"""What alerts print of gusts and hail, in SI units."""

import re

from core.units import INCH_M, KNOT_MPS, MPH_MPS

_GUST = re.compile(r"(?:UP TO|TO|>|AT LEAST)?\s*(\d{1,3}(?:\.\d+)?)\s*(MPH|KTS?|KNOTS)?", re.ASCII)
_HAIL = re.compile(
    r"(?:UP TO|TO|>|AT LEAST)?\s*(\d{0,2}\.?\d+)\s*(?:\"|IN\.?|INCH|INCHES)?", re.ASCII
)
_MOST_GUST_MPS, _MOST_HAIL_MM = 150.0, 250.0
"""Beyond what was measured in a tornado, and the 8 inch stone of Vivian, South Dakota."""
_INCH_MM = INCH_M * 1000


def read_gust_mps(text: str | None) -> float | None:
    """A gust as printed, as in ``60 MPH`` or ``Up to 50 MPH``; None where it is no such text.

    A number without a unit is miles an hour, as warnings print them.
    """
    found = None if text is None else _GUST.fullmatch(text.strip().upper())
    if found is None:
        return None
    value = float(found[1]) * (MPH_MPS if found[2] in {None, "MPH"} else KNOT_MPS)
    return value if value <= _MOST_GUST_MPS else None


def read_hail_mm(text: str | None) -> float | None:
    """A stone's width as printed in inches, as in ``1.00`` or ``Up to .75``; None if it is not."""
    found = None if text is None else _HAIL.fullmatch(text.strip().upper())
    if found is None:
        return None
    value = float(found[1]) * _INCH_MM
    return value if value <= _MOST_HAIL_MM else None
