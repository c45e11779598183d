"""The clocks that notice of a claim starts by US state, as data that travel with a draft.

A working table, not advice: bulletins move such terms after catastrophes, and whether a record that
the insurer made itself starts them is for counsel. Nobody has given notice of a draft, so no entry
has a date; counted from the day that a person submits it, none comes out too late.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

HOME_COUNTRY = "US"
"""Elsewhere no clocks are known, and none are given."""

NOT_STARTED = (
    "No notice has been given: no clock runs yet by this draft. Count from the day it is submitted."
)


class DayUnit(StrEnum):
    """How days are counted."""

    CALENDAR = "calendar"
    BUSINESS = "business"


class Start(StrEnum):
    """What a clock counts from."""

    NOTICE = "from the carrier's notice of the claim"
    PROOF = "from receipt of the proof of loss"
    ITEMS = "from receipt of all items asked for"
    DECISION = "from telling the insured that the claim is paid"


@dataclass(frozen=True, slots=True)
class Clock:
    """One term.

    Attributes:
        name: what has to be done by its end.
        days: length.
        unit: how the days are counted.
        start: from when.
        source: where the term is from.
    """

    name: str
    days: int
    unit: DayUnit
    start: Start
    source: str


@dataclass(frozen=True, slots=True)
class Terms:
    """The clocks of one jurisdiction.

    Attributes:
        basis: whose terms they are.
        clocks: in the order in which they come up.
    """

    basis: str
    clocks: tuple[Clock, ...]


_CALENDAR, _BUSINESS = DayUnit.CALENDAR, DayUnit.BUSINESS
_ACKNOWLEDGE, _BEGIN = "acknowledge", "begin investigation"
_DECIDE, _PAY = "accept or deny", "pay"

_FL = "Fla. Stat. 627.70131, from 1 March 2023"
_TX = "Tex. Ins. Code 542.055-542.058; 15 days more in a catastrophe that TDI declares"
_LA = "La. R.S. 22:1892"
_LA_CAT = "La. R.S. 22:1892.2, residential property in a catastrophe"
_CA = "10 CCR 2695, by a survey of 2007: look it up again"
_SURVEY = "survey of the states' claims handling rules, 2007: look it up again"
_NAIC = "NAIC model regulation 902 (1990, as printed in 1997); a model, not this state's law"

_NAIC_TERMS = Terms(
    "NAIC model regulation, since no terms of the state are in the table: find the state's own",
    (
        Clock(_ACKNOWLEDGE, 15, _CALENDAR, Start.NOTICE, _NAIC),
        Clock(_DECIDE, 21, _CALENDAR, Start.PROOF, _NAIC),
    ),
)


def _surveyed(state: str, days: int) -> Terms:
    first = Clock(_ACKNOWLEDGE, days, _BUSINESS, Start.NOTICE, _SURVEY)
    return Terms(f"{state}; what is not listed was not looked up", (first,))


TERMS = MappingProxyType(
    {
        "FL": Terms(
            "Florida",
            (
                Clock(_ACKNOWLEDGE, 7, _CALENDAR, Start.NOTICE, _FL),
                Clock(_BEGIN, 7, _CALENDAR, Start.PROOF, _FL),
                Clock("inspect on site, if at all", 30, _CALENDAR, Start.PROOF, _FL),
                Clock("pay or deny", 60, _CALENDAR, Start.NOTICE, _FL),
            ),
        ),
        "TX": Terms(
            "Texas",
            (
                Clock(_ACKNOWLEDGE, 15, _CALENDAR, Start.NOTICE, _TX),
                Clock(_BEGIN, 15, _CALENDAR, Start.NOTICE, _TX),
                Clock("ask for the items needed", 15, _CALENDAR, Start.NOTICE, _TX),
                Clock(_DECIDE, 15, _BUSINESS, Start.ITEMS, _TX),
                Clock(_PAY, 5, _BUSINESS, Start.DECISION, _TX),
            ),
        ),
        "LA": Terms(
            "Louisiana, whose first clock counts from the claimant's own notice",
            (
                Clock(_BEGIN, 14, _CALENDAR, Start.NOTICE, f"{_LA}; 30 days in a catastrophe"),
                Clock(_PAY, 60, _CALENDAR, Start.PROOF, _LA_CAT),
            ),
        ),
        "CA": Terms(
            "California",
            (
                Clock(_ACKNOWLEDGE, 15, _CALENDAR, Start.NOTICE, _CA),
                Clock(_DECIDE, 40, _CALENDAR, Start.PROOF, _CA),
            ),
        ),
        "AK": _surveyed("Alaska", 10),
        "AZ": _surveyed("Arizona", 10),
        "AR": _surveyed("Arkansas", 15),
        "DE": _surveyed("Delaware", 15),
    }
)
"""Terms of residential property claims by state code; ``_NAIC_TERMS`` of any other state."""


def find_terms(country: str | None, state: str | None) -> Terms | None:
    """The terms that hold for a home; None outside the United States.

    Args:
        country: ISO 3166-1 alpha-2; None where the book does not say.
        state: postal code of the state, as ``FL``; the model's terms where it is missing.
    """
    if country != HOME_COUNTRY:
        return None
    return TERMS.get((state or "").strip().upper(), _NAIC_TERMS)


def describe_deadlines(country: str | None, state: str | None) -> dict[str, Any] | None:
    """The terms as plain JSON values; None where none are known."""
    terms = find_terms(country, state)
    if terms is None:
        return None
    return {
        "basis": terms.basis,
        "started": NOT_STARTED,
        "clocks": [
            {
                "name": clock.name,
                "days": clock.days,
                "dayUnit": clock.unit.value,
                "from": clock.start.value,
                "source": clock.source,
            }
            for clock in terms.clocks
        ],
    }
