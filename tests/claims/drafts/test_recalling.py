"""What people found outranks what a draft was made of, and the draft says so."""

import pandas as pd
import pytest

from claims.drafts.fnol import DraftOptions, make_drafts

SEEN = {
    "incident_id": "inc-1",
    "reviewer": "r7",
    "reviewed_at_utc": pd.Timestamp("2018-10-12T05:00Z"),
}
CLEARED = SEEN | {
    "reviewed_grade": "no-damage", "tier": "T0", "p_damage": 0.0, "p_severe": 0.0,
    "decision": "none", "decision_reasons": "reviewed_no_damage",
}  # fmt: skip
MINOR = SEEN | {
    "reviewed_grade": "minor-damage", "tier": "T2", "p_damage": 1.0, "p_severe": 0.0,
    "decision": "outreach", "decision_reasons": "likely_damage",
}  # fmt: skip


def _draft(findings, contacts_of, event):
    return list(make_drafts(findings, contacts_of({}), event, DraftOptions()))


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (CLEARED, "reviewed: no damage; do not submit"),
        (MINOR, "reviewed: minor damage; do not submit as it is"),
    ],
)
def test_a_draft_of_a_home_that_people_found_less_damaged_says_so(
    row, status, findings_of, contacts_of, event
):
    (draft,) = _draft(findings_of(row), contacts_of, event)
    assert draft.is_revision_only
    assert draft.payload["status"] == status
    words = draft.payload["claim"]["data"]["attributes"]["description"]
    assert words.startswith(status.capitalize())
    assert "r7 looked at it on 2018-10-12 and found " in words
    assert "signs of damage" not in words
    place = draft.payload["fixedPropertyIncident"]["data"]["attributes"]
    assert place["description"].endswith("as people found it")
    assert draft.payload["evidence"]["decision"] == row["decision"]
    assert draft.payload["evidence"]["review"]["grade"] == row["reviewed_grade"]


def test_no_other_home_without_a_decision_to_draft_gets_one(findings_of, contacts_of, event):
    unseen = {"decision": "review", "decision_reasons": "disagreement", "incident_id": "inc-1"}
    severe = SEEN | unseen | {"reviewed_grade": "destroyed"}
    unknown = CLEARED | {"incident_id": None}
    assert _draft(findings_of(unseen, severe, unknown), contacts_of, event) == []


def test_a_reviewed_ruin_is_drafted_as_any_other(findings_of, contacts_of, event):
    (draft,) = _draft(findings_of(SEEN | {"reviewed_grade": "destroyed"}), contacts_of, event)
    assert not draft.is_revision_only
    assert "status" not in draft.payload
