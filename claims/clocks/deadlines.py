"""When each clock of an incident runs out, or why nobody can say. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from claims.clocks.counting import count_on, end_of_day, local_day
from claims.clocks.milestones import MILESTONE_WORDS, Basis, Milestone, Reached
from claims.clocks.options import Declaration
from claims.clocks.table import HOME_COUNTRY, Clock, ClockTable, DayUnit, StateTerms
from claims.incidents.states import CLOSED_STATES, IncidentState

_NEVER = datetime.max.replace(tzinfo=UTC)
NO_NOTICE = "no_notice"
"""Nobody has given notice: what we saw ourselves is none, so no clock runs."""
_ENDING = (IncidentState.PAID, IncidentState.CWOP)
"""States in which no clock runs any more."""
_GIVEN_UP = (IncidentState.WITHDRAWN_NO_DAMAGE, IncidentState.BELOW_DEDUCTIBLE)
"""States that end the clocks of a claim that we opened ourselves. One that the insured reported
is still to be answered."""


class ClockStatus(StrEnum):
    """Where a clock stands."""

    RUNNING = "running"
    MET = "met"
    WAITING = "waiting"
    """What it counts from has not happened, as far as anybody noted."""
    NO_TERM = "no_term"
    """The table has a term for declared catastrophes alone, and none is declared for the loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What clocks need to know of a home.

    Attributes:
        country: ISO 3166-1 alpha-2; None where the book does not say.
        state: postal code of the state.
        postal_code: as the book has it.
        time_zone: IANA name; None where the place lies in none that is known.
        loss_day: civil day of the loss there.
    """

    country: str | None
    state: str | None
    postal_code: str | None = None
    time_zone: str | None = None
    loss_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One clock of one incident.

    Attributes:
        name: what has to be done.
        status: where it stands.
        basis: what it counts from and how that is known, in words.
        source: where the term is from.
        due_on: last civil day at the home; None where it does not run.
        due_at_utc: end of that day.
        needs_counsel: nobody's counsel has confirmed the term.
    """

    name: str
    status: ClockStatus
    basis: str
    source: str
    due_on: date | None = None
    due_at_utc: datetime | None = None
    needs_counsel: bool = True


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of one incident.

    Attributes:
        deadlines: in the table's order; none where there is nothing to count.
        abstained: reason code why none is given; None where some are.
        notice: of the claim, if any was given.
    """

    deadlines: tuple[Deadline, ...]
    abstained: str | None
    notice: Reached | None

    def next_due(self) -> Deadline | None:
        """The running clock that ends first."""
        running = [each for each in self.deadlines if each.status is ClockStatus.RUNNING]
        return min(running, key=lambda each: each.due_at_utc or _NEVER, default=None)


def compute_clocks(
    home: Home,
    reached: Iterable[Reached],
    state: IncidentState,
    table: ClockTable,
    declarations: Sequence[Declaration] = (),
) -> Clocks:
    """The clocks of an incident by what was reached, the earliest of each kind.

    Args:
        home: where it is.
        reached: milestones, in any order.
        state: where the incident stands.
        table: the states' terms.
        declarations: of catastrophes; the first that fits counts.
    """
    ordered = sorted(reached)
    first = _find_first(ordered)
    notice = first.get(Milestone.NOTICE)
    if notice is None:
        return Clocks((), NO_NOTICE, None)
    if _is_ended(state, first) or (state in _GIVEN_UP and not _is_reported(ordered)):
        return Clocks((), f"closed:{state}", notice)
    terms = _find_terms(home, notice, table)
    if isinstance(terms, str):
        return Clocks((), terms, notice)
    declared = next(
        (d for d in declarations if d.is_for(terms.state, home.postal_code, home.loss_day)), None
    )
    case = _Case(home, first, terms, declared)
    return Clocks(
        tuple(_compute_deadline(clock, case, table.cite(clock)) for clock in terms.clocks),
        None,
        notice,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """What all clocks of one incident share."""

    home: Home
    first: Mapping[Milestone, Reached]
    terms: StateTerms
    declared: Declaration | None

    def choose_length(self, clock: Clock) -> tuple[int | None, int]:
        """Days of a clock, and calendar days that a declared catastrophe adds."""
        if self.declared is None:
            return clock.days, 0
        if clock.name in self.declared.days:
            return self.declared.days[clock.name], 0
        return clock.catastrophe_days or clock.days, self.terms.catastrophe_adds_days


def _is_ended(state: IncidentState, first: Mapping[Milestone, Reached]) -> bool:
    """Whether it was paid or closed; joined to a claim that the insured filed, clocks run on.

    One that was closed and reopened since is open.
    """
    return state in _ENDING or (state in CLOSED_STATES and Milestone.CLOSED in first)


def _is_reported(reached: Iterable[Reached]) -> bool:
    """Whether anybody but ourselves gave notice."""
    return any(r.milestone is Milestone.NOTICE and r.basis is not Basis.SUBMITTED for r in reached)


def _find_first(ordered: Iterable[Reached]) -> Mapping[Milestone, Reached]:
    """The earliest of each kind: a claimant who tells us twice told us the first time."""
    first: dict[Milestone, Reached] = {}
    for each in ordered:
        first.setdefault(each.milestone, each)
    return first


def _find_terms(home: Home, notice: Reached, table: ClockTable) -> StateTerms | str:
    """The terms in force where and when notice was given, or why there are none."""
    if home.country is None and home.state is None:
        return "home_unknown"
    if home.country != HOME_COUNTRY:
        return f"no_terms_in_country:{home.country}"
    if not (home.state or "").strip():
        return "state_unknown"
    newest = table.find(str(home.state))
    if newest is None:
        return f"no_terms_of_state:{home.state}"
    zone = home.time_zone or newest.time_zones[0]
    day = local_day(notice.at_utc, zone)
    return table.find(newest.state, day) or f"no_terms_in_force:{newest.state}_on_{day}"


def _compute_deadline(clock: Clock, case: _Case, cites: str) -> Deadline:
    declared, started = case.declared, case.first.get(clock.starts_with)
    days, extra = case.choose_length(clock)
    deadline = Deadline(
        name=clock.name,
        status=ClockStatus.WAITING,
        basis=f"waits for {MILESTONE_WORDS[clock.starts_with]}: note it when it happens",
        source=cites if declared is None else f"{cites}; {declared.source}",
        needs_counsel=case.terms.needs_counsel,
    )
    if days is None:
        basis = "the table's term is for declared catastrophes alone: find the state's own"
        return replace(deadline, status=ClockStatus.NO_TERM, basis=basis)
    if started is None:
        return deadline
    due_at_utc, due_on, began = _count(clock, case, started.at_utc, days, extra)
    is_met = any(name in case.first for name in clock.ends_with)
    unit = "business days" if clock.unit is DayUnit.BUSINESS else "days"
    more = f" and {extra} more, catastrophe declared," if extra else ""
    since = f"from {MILESTONE_WORDS[clock.starts_with]} on {began} ({started.basis})"
    return replace(
        deadline,
        status=ClockStatus.MET if is_met else ClockStatus.RUNNING,
        basis=f"{days} {unit}{more} {since}",
        due_on=due_on,
        due_at_utc=due_at_utc,
    )


def _count(
    clock: Clock, case: _Case, started_at_utc: datetime, days: int, extra: int
) -> tuple[datetime, date, date]:
    """End, last day and first day; where the home's zone is not known, the earliest end counts."""
    zone = case.home.time_zone
    ends = []
    for name in case.terms.time_zones if zone is None else (zone,):
        began = local_day(started_at_utc, name)
        last = count_on(began, days, clock.unit, case.terms.state) + timedelta(days=extra)
        ends.append((end_of_day(last, name), last, began))
    return min(ends)
