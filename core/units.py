"""Units that more than one room converts from."""

NAUTICAL_MILE_M = 1852.0
"""The international nautical mile."""

KNOT_MPS = NAUTICAL_MILE_M / 3600
"""One nautical mile an hour."""

FOOT_M = 0.3048
"""The international foot (exact)."""

INCH_M = 0.0254
"""The international inch (exact)."""

MPH_MPS = 0.44704
"""Metres per second in a mile per hour (exact)."""
