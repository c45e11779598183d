"""Units that more than one room converts from."""

NAUTICAL_MILE_M = 1852.0
"""The international nautical mile."""

KNOT_MPS = NAUTICAL_MILE_M / 3600
"""One nautical mile an hour."""
