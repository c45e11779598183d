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

MILE_M = 1609.344
"""The international mile (exact)."""

YARD_M = 0.9144
"""The international yard (exact)."""

ACRE_M2 = 4046.8564224
"""The international acre (exact)."""

GRAVITY_MPS2 = 9.80665
"""Standard gravity (exact)."""
