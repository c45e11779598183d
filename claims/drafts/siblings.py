"""Other homes of a draft's policy that the event struck, so that nobody opens two claims unknowing.

Pure. Each has an incident and a draft of its own, as the claims system is asked for one a home.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from claims.drafts.plain import plain_value
from core.same_policy import find_siblings

SIBLINGS = "same_policy"
"""Column of ``add_siblings``: of each home those others, or None."""
_MOST = 50
"""Named in a draft; a policy of more is a park of homes, whose list tells all."""


def add_siblings(findings: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Rows of FINDINGS with the other homes of their policy that were struck, under ``SIBLINGS``.

    Args:
        findings: FINDINGS of the event, whose index has no repeats.
        chosen: some of its rows.
    """
    found = find_siblings(findings)
    wanted = dict.fromkeys(each for others in found.values() for each in others)
    named = findings.loc[list(wanted)]
    described = {
        label: {"locationNumber": number, "incidentId": plain_value(incident)}
        for label, number, incident in zip(
            named.index, named["location_number"], named["incident_id"], strict=True
        )
    }
    told = [
        [described[each] for each in found[label][:_MOST]] if label in found else None
        for label in chosen.index
    ]
    return chosen.assign(**{SIBLINGS: pd.Series(told, index=chosen.index, dtype="object")})


def say_siblings(finding: Mapping[str, Any]) -> str:
    """A sentence for the claim's description, with a space before it; empty if there are none."""
    others = finding.get(SIBLINGS)
    if not others:
        return ""
    numbers = ", ".join(each["locationNumber"] for each in others)
    return (
        " Other homes of the policy show signs of severe damage or have a draft or claim: location "
        f"{numbers}."
    )
