"""What the list says of homes whose insureds filed a claim of their own."""

import pandas as pd
import pytest

from reports.lists.filed import say_filed

MERGED = "person_decided:MERGED;by:claims_system;role:claims_system;on:2018-10-14"
NOTICED = ":CLM-1;noticed:2018-10-11;severe_damage"


@pytest.mark.parametrize(
    ("decision", "reasons", "expected"),
    [
        (
            "none",
            f"claim_exists{NOTICED}",
            "what was seen goes to it, nothing is opened",
        ),
        (
            "none",
            f"{MERGED};claim_exists{NOTICED}",
            "nothing is opened",
        ),
        ("review", f"claim_exists{NOTICED};draft_waits", "merge inc-1 into it, or say why not"),
        ("review", f"claim_may_exist{NOTICED}", "may be of this home"),
        ("review", f"claim_closed{NOTICED}", "closed; look whether it should be reopened"),
    ],
)
def test_the_next_step_names_the_claim(decision, reasons, expected):
    row = {"decision": decision, "decision_reasons": reasons, "incident_id": "inc-1"}
    told = say_filed(pd.DataFrame([row])).item()
    assert told.startswith("Claim CLM-1, notice of 2018-10-11: ")
    assert expected in told


def test_of_other_homes_nothing_is_said():
    row = {"decision": "review", "decision_reasons": "severe_damage", "incident_id": "inc-1"}
    assert say_filed(pd.DataFrame([row])).isna().all()
