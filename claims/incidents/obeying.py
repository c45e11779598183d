"""What a run proposes, bound by what people decided and by what still lies open. Pure.

The ledger has the last word: a finding about an incident that a person closed, opened or approved
only proposes, and a draft that nobody submitted or withdrew stays on the list.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from claims.incidents.states import CLOSED_STATES, IncidentState
from claims.ledger.kinds import EntryKind
from core.damage import Decision, Tier
from core.tables import CODE_SEPARATOR, has_code, join_codes, split_codes

PERSON_CODE = "person_decided"
"""Head of the code whose detail is the state that a person brought the incident to; ``by``,
``role`` and ``on`` follow it."""
OTHERWISE_CODE = "seen_otherwise_than_decided"
"""Reason of a review: later pictures show severe damage where a person decided that there is no
claim to make."""
WAITS_CODE = "draft_waits"
"""The incident's draft is neither submitted nor withdrawn, though today's finding asks for none."""
REOPENED_CODE = "reopened"
"""A person opened the incident again, so that a person looks, whatever is seen."""
LEFT_CODE = "not_in_path_any_more"
"""The home has no finding today: it left the path or the book."""

_S = IncidentState
_BOUND = MappingProxyType(
    dict.fromkeys((*CLOSED_STATES, _S.CLAIM_OPEN), Decision.NONE)
    | {_S.CLAIM_DRAFT: Decision.OPEN_DRAFT, _S.OUTREACH: Decision.OUTREACH}
)
"""What is to be done about an incident that a person brought to a state, whatever is seen."""
_DOUBTABLE = frozenset({_S.WITHDRAWN_NO_DAMAGE, _S.BELOW_DEDUCTIBLE, _S.CWOP, _S.OUTREACH})
"""Closed since there was nothing to pay, or to be asked about; severe damage seen later speaks
against that."""
_SEVERE = (Tier.T3, Tier.T4)
_HEADS = {"by": "decided_by", "role": "decided_role"}
_LISTED = [
    "incident_id", "portfolio_number", "account_number", "policy_number", "location_number",
    "tier", "status", "building_id", "longitude", "latitude",
]  # fmt: skip


def obey(found: pd.DataFrame) -> pd.DataFrame:
    """``decision`` and ``decision_reasons`` of each row as the ledger allows them.

    Args:
        found: as ``find_incidents`` gives it, with ``decision, decision_reasons, tier,
            post_scene_id, reviewed_grade, claim_number,
            claim_notice_at_utc``.

    Returns:
        On the index of ``found``. What the run itself proposed follows a person's decision in the
        reasons.
    """
    bound = found[["decision", "decision_reasons"]].copy()
    is_open = (found["state"] == _S.CLAIM_DRAFT.value) & found["decided_by"].isna()
    waits = is_open & (found["decision"] != Decision.OPEN_DRAFT.value)
    bound.loc[waits, "decision_reasons"] += CODE_SEPARATOR + WAITS_CODE
    for label, row in found[found["decided_by"].notna()].iterrows():
        bound.loc[label, ["decision", "decision_reasons"]] = _obey_person(row.to_dict())
    bound.loc[_find_doubled(found), "decision"] = Decision.REVIEW.value
    return bound


def find_settled(findings: pd.DataFrame) -> "pd.Series[bool]":
    """Which homes of FINDINGS have nothing to be drafted or recalled, for what people decided."""
    return _is_decided(findings) & (findings["decision"] != Decision.OPEN_DRAFT.value)


def is_approved(finding: Mapping[str, Any]) -> bool:
    """Whether a person said that the home's draft is right."""
    codes = split_codes(finding["decision_reasons"])
    return f"{PERSON_CODE}:{_S.CLAIM_DRAFT}" in codes


def list_left(current: pd.DataFrame, seen: "pd.Series[str]") -> pd.DataFrame:
    """Incidents without a finding today of which people are to know something.

    Args:
        current: ``Ledger.current`` of the event.
        seen: incident ids of today's findings; missing ones count for nothing.

    Returns:
        The incident's id and key, its last ``tier, status, building_id, longitude, latitude``,
        ``decision_reasons``, and ``is_open`` where it stays on the list until a person moves it.
    """
    is_left = ~current["incident_id"].isin(seen.dropna())
    is_open = current["state"].isin([_S.CLAIM_DRAFT.value, _S.HUMAN_REVIEWED.value])
    left = current[is_left & (is_open | current["decided_by"].notna())]
    reasons = [_explain_left(row) for row in left.to_dict("records")]
    return left[_LISTED].assign(
        decision_reasons=pd.Series(reasons, index=left.index, dtype="str"),
        is_open=is_open[left.index],
    )


def _explain_left(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["decided_by"]):
        return join_codes((LEFT_CODE, WAITS_CODE))
    return join_codes((LEFT_CODE, *_name_decision(row)))


def _obey_person(row: Mapping[Any, Any]) -> tuple[str, str]:
    state, proposed = IncidentState(row["state"]), str(row["decision"])
    told = (*_name_decision(row), row["decision_reasons"])
    if state in _DOUBTABLE and _shows_otherwise(row):
        return Decision.REVIEW.value, join_codes((OTHERWISE_CODE, *told))
    if state in _BOUND:
        return _BOUND[state].value, join_codes(told)
    if row["decided_kind"] == EntryKind.REOPENED.value:
        return Decision.REVIEW.value, join_codes((REOPENED_CODE, *told))
    is_machines = proposed == Decision.OPEN_DRAFT.value and pd.isna(row["reviewed_grade"])
    if state is _S.HUMAN_REVIEWED and is_machines:
        return Decision.REVIEW.value, join_codes((OTHERWISE_CODE, *told))
    return proposed, row["decision_reasons"]


def _find_doubled(found: pd.DataFrame) -> "pd.Series[bool]":
    """Homes whose insured filed, though a draft or a person stands for another claim.

    They are a person's to settle, until one confirms that both are right.
    """
    stands = found["state"].isin([_S.CLAIM_DRAFT.value, _S.HUMAN_REVIEWED.value])
    is_known = (found["decided_kind"] == EntryKind.CONFIRMED.value) & (
        found["decided_at_utc"] >= found["claim_notice_at_utc"]
    )
    return found["claim_number"].notna() & stands & ~is_known


def _shows_otherwise(row: Mapping[Any, Any]) -> bool:
    """Severe damage that did not lie before the person: of another picture, or not severe then."""
    if row["tier"] not in _SEVERE:
        return False
    is_same_scene = pd.isna(row["post_scene_id"]) or row["post_scene_id"] == row["decided_scene"]
    return not (is_same_scene and row["decided_tier"] in _SEVERE)


def _name_decision(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """The state, who and in which role, and the day, as codes."""
    who = [
        f"{head}:{str(row[column]).replace(CODE_SEPARATOR, ',')}"
        for head, column in _HEADS.items()
        if not pd.isna(row[column])
    ]
    return (f"{PERSON_CODE}:{row['state']}", *who, f"on:{row['decided_at_utc']:%Y-%m-%d}")


def _is_decided(findings: pd.DataFrame) -> "pd.Series[bool]":
    reasons = findings["decision_reasons"]
    decided = pd.Series(data=False, index=findings.index)
    for state in _S:
        decided |= has_code(reasons, f"{PERSON_CODE}:{state}")
    return decided
