"""The next step of each listed location, in words."""

import numpy as np
import pandas as pd

from core.damage import CoverageResult, Decision, Status
from core.same_policy import find_siblings
from core.tables import has_code
from reports.lists.columns import ENDED
from reports.lists.filed import say_filed
from reports.lists.open_drafts import DECIDER, find_undone, say_decided, say_waiting

CLEARED_CODE = "reviewed_no_damage"
"""First reason of the decision about a home that people found undamaged."""

ADDRESS_STATUSES = (
    Status.NO_BUILDING_MATCH,
    Status.AMBIGUOUS_MATCH,
    Status.GEOCODE_TOO_COARSE,
)
"""No building could be told from the address: a better address helps, new imagery does not."""

_WAITING = {
    Status.OBSCURED: "Not seen: wait for clearer imagery; not a no-damage finding",
    Status.NO_IMAGERY: "Not seen: wait for imagery; not a no-damage finding",
    Status.STALE_IMAGERY: "Not seen: wait for newer imagery; not a no-damage finding",
    Status.MISALIGNED: "Not seen: pictures do not line up; not a no-damage finding",
    Status.NO_BUILDING_MATCH: "Check the address: no building found there; mend the coordinate",
    Status.AMBIGUOUS_MATCH: "Check the address: more than one building fits; say which",
    Status.GEOCODE_TOO_COARSE: "Place the address more exactly: geocode it to building or parcel",
}

_KEY_NAMES = {
    "portfolio_no": "portfolio_number", "account_no": "account_number",
    "policy_no": "policy_number", "loc_no": "location_number",
}  # fmt: skip
_MOST_SIBLINGS = 5
_RENUMBERED = "known_under_other_number"
"""First reason of a home whose incident was opened under another number."""


def compute_next_action(table: pd.DataFrame) -> "pd.Series[str]":
    """One plain sentence a row; it never promises cover or money and never denies them.

    Args:
        table: with ``change_flag, decision, decision_reasons, status, coverage_result, incident_id,
            contact_channel, consent, tier`` and the home's numbers, of the daily list, on an index
            without repeats.
    """
    incident = table["incident_id"].fillna("")
    draft = ("Check the picture pair, then submit or withdraw the draft " + incident).str.strip()
    ended = table["change_flag"].isin(ENDED)
    cleared = has_code(table["decision_reasons"].fillna(""), CLEARED_CODE)
    settle = ("Reviewed, no damage: do not submit; a person closes " + incident).where(
        incident != "", "Reviewed, no damage: no step; the insured can report at any time"
    )
    recall = ("Had a step on the last list: a person confirms before closing " + incident).where(
        incident != "", "Had a step on the last list and has none now: a person confirms"
    )
    renumbered = table["decision_reasons"].fillna("").str.startswith(_RENUMBERED)
    refer = table["coverage_result"] != CoverageResult.PASS
    decision = table["decision"]
    is_unplaced = table["status"].isin(ADDRESS_STATUSES)
    waiting = table["status"].map({str(key): words for key, words in _WAITING.items()})
    decided = say_decided(table)
    filed = say_filed(table)
    is_filed = filed.notna() & (table["decision"] != Decision.OPEN_DRAFT)
    choices = [
        (is_filed, filed),
        (decided.notna(), decided),
        (find_undone(table), say_waiting(table)),
        (cleared, settle),
        (ended, recall),
        (renumbered, "Known under another number: join it with " + incident + ", no second claim"),
        ((decision == Decision.OPEN_DRAFT) & refer, draft + "; cover needs a person"),
        (decision == Decision.OPEN_DRAFT, draft),
        ((decision == Decision.REVIEW) & refer, "Look at the evidence and at the cover, decide"),
        (decision == Decision.REVIEW, "Look at the evidence and decide"),
        ((decision == Decision.OUTREACH) & is_unplaced, _outreach(table) + ". " + waiting),
        (decision == Decision.OUTREACH, _outreach(table)),
    ]
    words = np.select(
        [condition.to_numpy(dtype=bool) for condition, _ in choices],
        [np.broadcast_to(np.asarray(value, dtype=object), len(table)) for _, value in choices],
        default=waiting.fillna("No step now; the insured can report at any time").to_numpy(
            dtype=object
        ),
    )
    told = pd.Series(words, index=table.index, dtype="str")
    return told + _say_siblings(table)


def _say_siblings(table: pd.DataFrame) -> "pd.Series[str]":
    """Other homes of the row's policy that were struck: one claim or several is to be settled."""
    homes = table[list(_KEY_NAMES)].rename(columns=_KEY_NAMES)
    found = find_siblings(homes.join(table[["tier", "decision", "decision_reasons"]]))
    numbers, incidents = table["loc_no"].fillna("?"), table["incident_id"].fillna("no incident")
    said = pd.Series("", index=table.index, dtype="str")
    for label, others in found.items():
        named = [f"{numbers[each]} ({incidents[each]})" for each in others[:_MOST_SIBLINGS]]
        more = len(others) - len(named)
        named += [f"{more} more"] if more else []
        said[label] = f"; struck too on this policy: location {', '.join(named)}; settle together"
    return said


def _outreach(table: pd.DataFrame) -> "pd.Series[str]":
    """Whom to ask, and how; without consent only the agent is asked."""
    channel = table["contact_channel"].fillna("")
    ask = ("Ask the insured by " + channel).where(channel != "", "Ask the insured")
    agent = "Ask through the agent: no consent on file"
    return (ask + " whether there is damage").where(table["consent"] == "yes", agent)


def hide_deciders_in_list(table: pd.DataFrame) -> pd.DataFrame:
    """The list with "a person" in place of who decided, for what leaves the claims desk."""
    reasons = table["decision_reasons"].str.replace(DECIDER, "by:a person;", regex=True)
    hidden = table.assign(decision_reasons=reasons)
    return hidden.assign(next_action=compute_next_action(hidden))
