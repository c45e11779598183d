"""Choices of the parametric rain field, each with its reason and source."""

from dataclasses import dataclass

from core.units import KNOT_MPS

INCH_MM = 25.4
"""Millimetres in an inch (exact)."""


@dataclass(frozen=True, slots=True)
class RainFieldOptions:
    """How a rain field is made from a best track: R-CLIPER.

    Tuleya, DeMaria and Kuligowski (2007, Weather and Forecasting 22, 56-70), after Marks and
    DeMaria (2003): mean rain of tropical cyclones as seen by the TRMM satellite, by distance from
    the centre and maximum wind. Each pair is ``a + b * u`` with ``u = 1 + (wind - 35 kt) / 33 kt``.
    """

    centre_in_per_day: tuple[float, float] = (-1.10, 3.96)
    """Rain rate at the centre, inches a day."""

    peak_in_per_day: tuple[float, float] = (-1.60, 4.80)
    """Highest rain rate."""

    peak_radius_km: tuple[float, float] = (64.5, -13.0)
    """Where it is; the rate is linear from the centre to here."""

    fall_km: tuple[float, float] = (150.0, -16.0)
    """Distance over which the rate falls by a factor of e beyond."""

    reach_m: float = 500_000.0
    """No rain is reckoned farther from the centre: the climatology ends there."""

    time_step_s: float = 1800.0
    """Seconds between instants; a fast storm (20 m/s) moves 36 km, inside its radius of heaviest
    rain."""

    lowest_mm: float = 1.0
    """Totals below are reported as 0, their instants as unknown."""

    chunk_points: int = 2_048
    """Most points computed together; memory is this times the instants in reach."""

    def __post_init__(self) -> None:
        for name in ("reach_m", "time_step_s", "lowest_mm", "chunk_points"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")


WIND_AT_UNITY_MPS = 35 * KNOT_MPS
"""The wind at which ``u`` is 1."""

WIND_PER_UNIT_MPS = 33 * KNOT_MPS
"""The wind that raises ``u`` by 1."""
