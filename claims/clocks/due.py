"""Which clocks run out soon, and what the list says of each incident's next one. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from claims.clocks.deadlines import NO_NOTICE, Clocks, ClockStatus, Deadline

CLOSED = "closed"
"""Head of the reason of incidents whose clocks ended with them."""
_REASONS = MappingProxyType(
    {
        NO_NOTICE: "no notice given yet, so no clock runs; what we saw ourselves is no notice",
        "home_unknown": "the home is in no run under --out, so its state is not known",
        "state_unknown": "the book does not say the home's state",
        "no_terms_in_country": "no clocks are known outside the United States ({})",
        "no_terms_of_state": "no terms of {} are in the table: ask counsel",
        "no_terms_in_force": "the table has no terms of {}: ask counsel",
    }
)


@dataclass(frozen=True, slots=True)
class Due:
    """A clock that runs out soon, or has run out.

    Attributes:
        incident_id: the incident.
        deadline: a running clock, so with its end.
        left: time to its end; negative once it is past.
    """

    incident_id: str
    deadline: Deadline
    left: timedelta


def choose_due(
    clocks: Mapping[str, Clocks], now_utc: datetime, within: timedelta
) -> tuple[Due, ...]:
    """Running clocks that end within a time from now or have ended, the most pressing first.

    Args:
        clocks: by incident id.
        now_utc: timezone-aware.
        within: how far to look ahead.
    """
    due = [
        Due(incident_id, deadline, deadline.due_at_utc - now_utc)
        for incident_id, told in clocks.items()
        for deadline in told.deadlines
        if deadline.status is ClockStatus.RUNNING and deadline.due_at_utc is not None
    ]
    soon = [each for each in due if each.left <= within]
    return tuple(sorted(soon, key=lambda each: (each.left, each.incident_id, each.deadline.name)))


def count_abstained(clocks: Mapping[str, Clocks]) -> dict[str, int]:
    """Incidents without any clock, by reason in words; closed ones left out."""
    codes = (told.abstained for told in clocks.values() if told.abstained is not None)
    counted = Counter(spell_reason(code) for code in codes if not code.startswith(CLOSED))
    return dict(sorted(counted.items()))


def spell_reason(code: str) -> str:
    """Why no clock is given, in words."""
    head, _, detail = code.partition(":")
    return _REASONS.get(head, head).format(detail.replace("_on_", " in force on "))


def say_next(clocks: Clocks) -> tuple[date | None, str | None]:
    """The day on which the next clock ends and what it is, or why there is none, for a list."""
    if clocks.abstained is not None:
        is_closed = clocks.abstained.startswith(CLOSED)
        return None, None if is_closed else spell_reason(clocks.abstained)
    following = clocks.next_due()
    if following is not None:
        return following.due_on, f"{following.name}: {following.basis}"
    waiting = [each.name for each in clocks.deadlines if each.status is not ClockStatus.MET]
    return None, f"no clock runs; still to come: {', '.join(waiting)}" if waiting else None
