"""A person who found a home undamaged moves its incident, and no later run moves it back."""

from datetime import timedelta

import pandas as pd

from claims.incidents.opening import open_incidents, plan_entries

CLEARED = {
    "decision": "none",
    "decision_reasons": "reviewed_no_damage",
    "tier": "T0",
    "reviewed_grade": "no-damage",
    "reviewer": "r7",
    "reviewed_at_utc": pd.Timestamp("2018-10-12T05:00Z"),
}


def test_a_review_is_written_in_the_reviewers_name_and_binds_later_runs(
    ledger, findings_of, event_id, as_of
):
    open_incidents(findings_of({}), ledger, event_id, as_of)
    assert ledger.current(event_id)["state"].tolist() == ["CLAIM_DRAFT"]
    later = as_of + timedelta(hours=1)
    planned = plan_entries(findings_of(CLEARED), ledger.current(event_id), later)
    assert [str(entry.entry_kind) for entry in planned] == ["reassessed", "human_reviewed"]
    assert [entry.actor for entry in planned] == ["system", "reviewer:r7"]
    assert '"reviewed_grade":"no-damage"' in planned[-1].payload.replace(" ", "")
    open_incidents(findings_of(CLEARED), ledger, event_id, later)
    assert ledger.current(event_id)["state"].tolist() == ["HUMAN_REVIEWED"]
    assert plan_entries(findings_of(CLEARED), ledger.current(event_id), later) == ()
    open_incidents(findings_of({}), ledger, event_id, later + timedelta(hours=1))
    assert ledger.current(event_id)["state"].tolist() == ["HUMAN_REVIEWED"]


def test_an_undamaged_home_without_an_incident_gets_none(ledger, findings_of, event_id, as_of):
    open_incidents(findings_of(CLEARED), ledger, event_id, as_of)
    assert len(ledger.current(event_id)) == 0
