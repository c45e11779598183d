"""The day's capacity plan in words, the same wherever it is told."""

from core.staffing import PlanFigures

NO_PLAN = (
    "No plan of the day: nobody said how many adjusters there are (capacity.adjusters in the "
    "settings, or a file of bases as staff in event.yaml)"
)


def tell_plan(figures: PlanFigures | None) -> tuple[str, ...]:
    """What the plan sends where and what that reaches, in sentences; why there is none."""
    if figures is None:
        return (NO_PLAN,)
    share = "nothing at stake" if figures.loss_frac is None else f"{figures.loss_frac:.0%}"
    spent = figures.hours_away + figures.hours_at_homes
    sent = (
        f"{figures.sent:,} of {figures.adjusters:,} adjusters from {figures.bases} bases go to "
        f"{figures.areas:,} areas; {spent:,.0f} of {figures.hours:,.0f} hours are spent, "
        f"{figures.hours_away:,.0f} of them on the road"
    )
    reached = (
        f"{figures.homes_reached:,} of {figures.homes:,} homes that wait are reached, with "
        f"{figures.severe_reached:,.1f} of {figures.severe:,.1f} severe ones expected and {share} "
        "of the expected severe loss"
    )
    return sent, reached, tell_gap(figures)


def tell_gap(figures: PlanFigures) -> str:
    """How near the plan is to the best one."""
    if figures.is_best:
        return "No plan of the same hours reaches more"
    return f"The best plan of all reaches at most {figures.gap_frac:.1%} of its bound more"
