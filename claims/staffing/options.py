"""What a day's hours are spent on, and how far adjusters drive. Pure."""

from dataclasses import dataclass

MAX_RESOLUTION = 12
"""Finest cells of H3 that still hold several homes: some 300 m2."""
MAX_ADJUSTERS = 100_000


@dataclass(frozen=True, slots=True)
class CapacityOptions:
    """Who works the list on a day, and what a visit costs them."""

    adjusters: int | None = None
    """adjusters on the day, where no file of bases says so; absent = no plan is made"""

    hours_per_day: float = 8.0
    """hours that each works, where no file of bases says otherwise"""

    hours_per_home: float = 1.5
    """hours that a visit takes, with its notes; replace by what your own teams take"""

    drive_kmh: float = 60.0
    """speed on the way between base and area: a highway by day, with streets at its ends"""

    detour: float = 1.3
    """road kilometres for one as the crow flies"""

    away_h: float = 1.0
    """hours a day on the road of adjusters whose base has no place"""

    cell_resolution: int = 7
    """size of the areas that are staffed, as H3 counts: 6 is 36 km2, 7 is 5 km2, 8 is 0.7 km2"""

    exact_columns: int = 4_000
    """plans of at most so many unknowns are solved exactly; larger ones greedily, with the gap"""

    exact_seconds: float = 20.0
    """... and within so many seconds; then the best found counts, with the gap"""

    def __post_init__(self) -> None:
        if self.adjusters is not None and not 0 <= self.adjusters <= MAX_ADJUSTERS:
            raise ValueError(f"capacity.adjusters is {self.adjusters}, not 0 to {MAX_ADJUSTERS:,}")
        for name in ("hours_per_home", "drive_kmh", "detour", "exact_seconds"):
            if not getattr(self, name) > 0:
                raise ValueError(f"capacity.{name} is {getattr(self, name)}, not above 0")
        for name in ("hours_per_day", "away_h"):
            if not 0 <= getattr(self, name) <= 24:  # noqa: PLR2004  hours of a day
                raise ValueError(f"capacity.{name} is {getattr(self, name)}, not 0 to 24 hours")
        if not 0 <= self.cell_resolution <= MAX_RESOLUTION:
            raise ValueError(
                f"capacity.cell_resolution is {self.cell_resolution}, not 0 to {MAX_RESOLUTION}"
            )
