"""Rules on the time of a loss: in force is inception <= loss instant < expiry.

Instants are standard time at the insured place; a missing date proves nothing. A policy that
begins after the loss is referred, not failed: books keep the next term of a policy and drop the
last one.
"""

import numpy as np
from numpy.typing import NDArray

from core.damage import CoverageResult
from policies.coverage.clauses.rule import rule
from policies.coverage.facts import Facts

IN_FORCE = (
    "Guidewire ClaimCenter, POST /claim/v1/claims: a policy in force on the loss date; 12:01 a.m. "
    "standard time by the declarations page of US homeowners forms (ISO HO-3)"
)
_EARLY_BOOKS = "ours: books keep the next term and drop the last one"
_UNKNOWN = "ours: what is not known is never held against the insured"

_REFER, _FAIL = CoverageResult.REFER, CoverageResult.FAIL


def _is_early(facts: Facts) -> NDArray[np.bool_]:
    return (facts.loss.last < facts.period.begin).to_numpy()


def _is_late(facts: Facts) -> NDArray[np.bool_]:
    return (facts.loss.first >= facts.period.last_end).to_numpy()


@rule("not_yet_in_force", _REFER, 1, _EARLY_BOOKS, "the policy begins after the loss")
def begins_after(facts: Facts) -> NDArray[np.bool_]:
    """The whole time of the loss lies before the inception."""
    return _is_early(facts)


@rule("policy_expired", _FAIL, 1, IN_FORCE, "the period had ended before the loss")
def ended_before(facts: Facts) -> NDArray[np.bool_]:
    """The whole time of the loss lies at or after the last end."""
    return _is_late(facts)


@rule(
    "inception_in_loss_window", _REFER, 1, IN_FORCE,
    "the policy begins within the time in which the loss can have happened",
)  # fmt: skip
def begins_within(facts: Facts) -> NDArray[np.bool_]:
    """The loss can have begun before the inception, and have ended after it."""
    return (facts.loss.first < facts.period.begin).to_numpy() & ~_is_early(facts)


@rule(
    "expiry_in_loss_window", _REFER, 1, IN_FORCE,
    "the policy ends within the time in which the loss can have happened",
)  # fmt: skip
def ends_within(facts: Facts) -> NDArray[np.bool_]:
    """The loss can have begun before the end, and have ended after it."""
    loss, end = facts.loss, facts.period.end
    return ((loss.first < end) & (loss.last >= end)).to_numpy()


@rule(
    "expiry_day_unclear", _REFER, 1, "ours: setting coverage.expiry_day",
    "the loss is of the expiry day, of a period that ends the day before an anniversary",
)  # fmt: skip
def is_last_day(facts: Facts) -> NDArray[np.bool_]:
    """The loss lies between the first and the last end."""
    return (facts.loss.first >= facts.period.end).to_numpy() & ~_is_late(facts)


@rule("dates_missing", _REFER, 1, _UNKNOWN, "inception or expiry is not stated")
def lacks_dates(facts: Facts) -> NDArray[np.bool_]:
    """A date is missing, and the other one does not settle it."""
    is_missing = (facts.period.begin.isna() | facts.period.end.isna()).to_numpy()
    return is_missing & ~_is_early(facts) & ~_is_late(facts)


@rule("loss_time_unknown", _REFER, 1, _UNKNOWN, "when the loss happened is not known")
def lacks_time(facts: Facts) -> NDArray[np.bool_]:
    """No hazard dates the loss; the whole window of the event stands for it."""
    return ~facts.is_timed


@rule("time_zone_unknown", _REFER, 1, _UNKNOWN, "the time zone of the place is not known")
def lacks_zone(facts: Facts) -> NDArray[np.bool_]:
    """The point lies in no time zone."""
    return ~facts.has_zone


PERIOD_RULES = (
    begins_after, ended_before, begins_within, ends_within, is_last_day, lacks_dates,
)  # fmt: skip
CLOCK_RULES = (lacks_time, lacks_zone)
