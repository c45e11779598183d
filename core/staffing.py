"""What a day's capacity plan comes to, in the numbers that plans and reports share."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFigures:
    """A day's plan in numbers.

    Attributes:
        bases: places that adjusters set out from.
        adjusters: there are.
        sent: of these, sent somewhere.
        areas: H3 cells that are staffed.
        hours: that there are.
        hours_away: of these, on the road.
        hours_at_homes: of these, at homes.
        homes: that wait.
        homes_reached: of these, on the day.
        severe: homes expected severe among those that wait.
        severe_reached: of these, among those reached.
        loss_frac: part of the expected severe loss that is reached, 0 to 1; None where none waits.
        gap_frac: how much more the best of all plans may reach at most, as part of its bound; 0 of
            the best plan.
    """

    bases: int
    adjusters: int
    sent: int
    areas: int
    hours: float
    hours_away: float
    hours_at_homes: float
    homes: int
    homes_reached: int
    severe: float
    severe_reached: float
    loss_frac: float | None
    gap_frac: float

    @property
    def is_best(self) -> bool:
        """Whether no plan reaches more."""
        return self.gap_frac == 0
