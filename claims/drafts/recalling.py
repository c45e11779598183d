"""What a draft says once people looked at the home and found less than the machine. Pure.

The file that lies in the claims system cannot be taken back by a machine, and left as it was it
asks for a claim that nobody should make. So it is revised to say so.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from claims.drafts.plain import plain_value
from claims.incidents.obeying import find_settled
from core.damage import XBD_SUBTYPES, DamageGrade, Decision

_GRADE_WORDS = {grade: word for word, grade in XBD_SUBTYPES.items()}
_STATUSES = MappingProxyType(
    {
        _GRADE_WORDS[DamageGrade.NO_DAMAGE]: "reviewed: no damage; do not submit",
        _GRADE_WORDS[DamageGrade.MINOR]: "reviewed: minor damage; do not submit as it is",
    }
)
"""By what people found, where it is less than a draft is made for."""


def find_recalled(findings: pd.DataFrame) -> "pd.Series[bool]":
    """Which homes of FINDINGS have no draft to come, for what people found there.

    Homes without an incident had no draft either, and an incident that a person closed or opened
    gets no word more.
    """
    is_less = findings["reviewed_grade"].isin(_STATUSES)
    is_drafted = findings["decision"] == Decision.OPEN_DRAFT.value
    is_known = findings["incident_id"].notna() & ~find_settled(findings)
    return is_less & ~is_drafted & is_known


def describe_status(finding: Mapping[str, Any]) -> str | None:
    """What stands at the top of the draft; None of a home whose draft stands."""
    if finding["decision"] == Decision.OPEN_DRAFT.value:
        return None
    return _STATUSES.get(str(plain_value(finding.get("reviewed_grade"))))


def describe_recall(finding: Mapping[str, Any], event_name: str) -> str | None:
    """The draft's description for whoever opens it; None of a home whose draft stands."""
    status = describe_status(finding)
    if status is None:
        return None
    found = status.split(";")[0].removeprefix("reviewed: ")
    day = str(plain_value(finding["reviewed_at_utc"]))[: len("2018-10-11")]
    return (
        f"{status[0].upper()}{status[1:]}. {event_name}: the insurer drafted this claim from "
        f"imagery and weather data; {plain_value(finding['reviewer'])} looked at it on {day} and "
        f"found {found}. A person decides what becomes of it."
    )
