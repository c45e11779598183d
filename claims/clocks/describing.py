"""The clocks that notice of a claim would start, as terms that travel with a draft. Pure.

Nobody has given notice of a draft, so no term has a date; counted from the day that a person
submits it, none comes out too late.
"""

from typing import Any

from claims.clocks.milestones import MILESTONE_WORDS
from claims.clocks.table import HOME_COUNTRY, Clock, ClockTable

NOT_STARTED = (
    "No notice has been given: no clock runs yet by this draft. Count from the day it is submitted."
)


def describe_terms(
    country: str | None, state: str | None, table: ClockTable
) -> dict[str, Any] | None:
    """The newest terms of a home's state as plain JSON values.

    Args:
        country: ISO 3166-1 alpha-2; None where the book does not say.
        state: postal code of the state, as ``FL``.
        table: the states' terms.

    Returns:
        None outside the United States. Of a state without terms, why there are none: another
        state's, or a model law's, would be a guess.
    """
    if country != HOME_COUNTRY:
        return None
    terms = table.find(state or "")
    told = {"tableVersion": table.version, "started": NOT_STARTED}
    if terms is None:
        named = (state or "").strip() or "this home's state"
        return told | {
            "basis": f"no terms of {named} are in the table: ask counsel before submitting",
            "abstained": "no_terms_of_state",
            "clocks": [],
        }
    return told | {
        "basis": f"{terms.name}: {terms.notice}",
        "needsCounsel": terms.needs_counsel,
        "clocks": [_describe(clock, table) for clock in terms.clocks],
    }


def _describe(clock: Clock, table: ClockTable) -> dict[str, Any]:
    return {
        "name": clock.name,
        "days": clock.days,
        "catastropheDays": clock.catastrophe_days,
        "dayUnit": str(clock.unit),
        "from": f"from {MILESTONE_WORDS[clock.starts_with]}",
        "source": table.cite(clock),
    }
