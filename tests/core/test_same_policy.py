"""Homes of one policy that were struck together know of each other, and of no others."""

import pandas as pd

from core.same_policy import find_siblings

_ROW = {
    "portfolio_number": "1", "account_number": "A1", "policy_number": "P1", "tier": "T4",
    "decision": "open_draft", "decision_reasons": "severe_damage",
}  # fmt: skip


def _table(*changes):
    rows = [{"location_number": str(place), **_ROW, **row} for place, row in enumerate(changes)]
    return pd.DataFrame(rows)


def test_homes_of_one_policy_name_each_other():
    assert find_siblings(_table({}, {}, {})) == {0: (1, 2), 1: (0, 2), 2: (0, 1)}


def test_another_account_or_policy_is_another_policys():
    other = {"policy_number": "P2"}
    assert (
        find_siblings(_table({}, {"account_number": "A2"}, other, {"portfolio_number": "2"})) == {}
    )


def test_only_what_was_struck_is_named_and_only_to_homes_with_a_step():
    sound = {"tier": "T0", "decision": "none", "decision_reasons": "no_damage"}
    asked = {"tier": "T2", "decision": "outreach", "decision_reasons": "affected"}
    settled = {"decision": "none", "decision_reasons": "person_decided:WITHDRAWN_NO_DAMAGE;by:a"}
    assert find_siblings(_table({}, sound, asked, settled)) == {2: (0,)}


def test_a_draft_or_claim_that_is_there_counts_whatever_is_seen_today():
    hidden = {"tier": "U", "decision": "none"}
    waits = hidden | {"decision_reasons": "not_seen;draft_waits"}
    opened = hidden | {"decision_reasons": "person_decided:CLAIM_OPEN;by:adj-7"}
    closed = hidden | {"decision_reasons": "person_decided:CLAIM_OPENED_NOT;by:adj-7"}
    assert find_siblings(_table(waits, opened, closed, {})) == {0: (1, 3), 1: (0, 3), 3: (0, 1)}


def test_missing_numbers_are_no_policy_of_their_own():
    rows = _table({"portfolio_number": None}, {"portfolio_number": None}, {})
    assert find_siblings(rows) == {0: (1,), 1: (0,)}
