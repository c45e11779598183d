"""From how strong a hazard on homes are looked at, each with its reason."""

from core.units import KNOT_MPS

SCREEN_WIND_MPS = 50 * KNOT_MPS
"""Sustained wind from which homes are looked at: 50 kt, whose gusts (54 kt, 62 mph) pass the
58 mph at which the National Weather Service speaks of damaging wind."""

SCREEN_RAIN_MM = 150.0
"""Total of the rain field (``weather.fields.rain``) from which homes are looked at: 6 inches. In
Houston some 9 inches in two days fall once in ten years (NOAA Atlas 14, volume 11), which drains
are built for; the field is a mean over storms and directions that is known to be low where rain is
heavy, so two thirds of that stand for it."""
