"""Rows of the list for what people decided, and for drafts that nobody submitted or withdrew."""

import pandas as pd
from geopandas import GeoDataFrame

from core.damage import Decision
from core.tables import has_code
from reports.lists.columns import COLUMN_NAMES, Change
from reports.words import spell_codes

WAITS_CODE = "draft_waits"
"""The incident's draft is neither submitted nor withdrawn, though today's finding asks for none."""
_DECIDED = (
    r"(?:^|;)(?P<code>person_decided:(?P<state>[A-Z_]+);by:(?P<by>[^;]*)"
    r"(?:;role:(?P<role>[^;]*))?;on:(?P<on>[0-9-]+))"
)
DECIDER = r"(?<=;)by:[^;]*;"
"""Who decided, among the reasons of a decision."""
_OTHERWISE_CODE = "seen_otherwise_than_decided"
_REOPENED_CODE = "reopened"
_STATE_WORDS = {
    "WITHDRAWN_NO_DAMAGE": "Withdrawn, no damage",
    "BELOW_DEDUCTIBLE": "Closed, below the deductible",
    "MERGED": "Merged",
    "CWOP": "Claim closed without payment",
    "PAID": "Claim paid",
    "CLAIM_OPEN": "Submitted",
    "CLAIM_DRAFT": "Approved",
    "HUMAN_REVIEWED": "Reviewed",
    "OUTREACH": "To be asked",
}
"""By the state that a person brought the incident to."""
_LEFT_NAMES = {
    "portfolio_number": "portfolio_no",
    "account_number": "account_no",
    "policy_number": "policy_no",
    "location_number": "loc_no",
    "longitude": "lon",
    "latitude": "lat",
}


def find_undone(table: pd.DataFrame) -> "pd.Series[bool]":
    """Rows whose draft waits for a person, though the finding asks for none."""
    return has_code(table["decision_reasons"].fillna(""), WAITS_CODE)


def say_waiting(table: pd.DataFrame) -> "pd.Series[str]":
    """The next step of rows whose draft waits; withdrawing comes first where no step is left.

    Args:
        table: with ``decision, decision_reasons, incident_id`` of the daily list.
    """
    incident = table["incident_id"].fillna("")
    why = table["decision_reasons"].fillna("").str.split(f";{WAITS_CODE}").str[0]
    now = "; the finding is now: " + spell_codes(why)
    is_none = table["decision"] == Decision.NONE
    withdraw = "Withdraw or submit the draft " + incident + now + "; not a no-damage finding"
    return withdraw.where(
        is_none, "Check the picture pair, then submit or withdraw the draft " + incident + now
    )


def say_decided(table: pd.DataFrame) -> "pd.Series[str]":
    """What a person decided, who and when, and what is left to do; missing where nobody did.

    Args:
        table: with ``decision_reasons, incident_id`` of the daily list.
    """
    reasons = table["decision_reasons"].fillna("")
    told = reasons.str.extract(_DECIDED)
    role = (" (" + told["role"] + ")").fillna("")
    words = told["state"].map(_STATE_WORDS) + " by " + told["by"] + role + " on " + told["on"]
    incident = table["incident_id"].fillna("")
    then = pd.Series(": no step now", index=table.index, dtype="str")
    is_approved = told["state"] == "CLAIM_DRAFT"
    then = then.mask(is_approved, ": submit the draft " + incident)
    then = then.mask(told["state"] == "HUMAN_REVIEWED", ": a person closes " + incident)
    then = then.mask(told["state"] == "OUTREACH", ": ask the insured before anything else")
    is_reopened = has_code(reasons, _REOPENED_CODE)
    words = words.mask(is_reopened, "Reopened by " + told["by"] + role + " on " + told["on"])
    then = then.mask(is_reopened, ": look at the evidence and decide about " + incident)
    is_doubted = has_code(reasons, _OTHERWISE_CODE)
    then = then.mask(
        is_doubted, "; seen otherwise since: look at the pictures, then confirm " + incident
        + " or open a claim by hand",
    )  # fmt: skip
    return (words + then).where(words.notna())


def hide_deciders(findings: GeoDataFrame) -> GeoDataFrame:
    """FINDINGS without who decided, for what leaves the claims desk: a code may be a name."""
    hidden = findings["decision_reasons"].str.replace(DECIDER, "", regex=True)
    return findings.assign(decision_reasons=hidden)


def keep_open(departed: pd.DataFrame, left: pd.DataFrame | None, event_id: str) -> pd.DataFrame:
    """Departed rows with what the ledger says of them, and rows for drafts that departed earlier.

    Args:
        departed: as ``find_departed`` gives them.
        left: incidents without a finding, with ``is_open`` where they stay on the list.
        event_id: the event.
    """
    if left is None or left.empty:
        return departed
    said = departed["incident_id"].map(left.set_index("incident_id")["decision_reasons"])
    told = departed.assign(decision_reasons=said.fillna(departed["decision_reasons"]))
    is_new = left["is_open"] & ~left["incident_id"].isin(departed["incident_id"])
    rows = left[is_new].rename(columns=_LEFT_NAMES)
    rows = rows.assign(
        event_id=event_id, change_flag=str(Change.WITHDRAWN), previous_tier=rows["tier"],
        change_reason="left the path or the book on an earlier day; its incident stays open",
        decision=str(Decision.NONE),
    ).reindex(columns=list(COLUMN_NAMES))  # fmt: skip
    return rows if departed.empty else pd.concat([told, rows], ignore_index=True)
