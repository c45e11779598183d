"""A claim that the insured filed goes before ours: nothing is opened beside it."""

import json
from datetime import timedelta

import pandas as pd
import pytest

from claims.drafts.fnol import DraftOptions
from claims.filed.attaching import plan_attachment
from claims.filed.matching import NOBODY_FILED, bind_filed, find_filed
from claims.filed.reading import read_filed_claims
from claims.incidents.moving import Decider, plan_confirmation, plan_move, plan_reopening
from claims.incidents.opening import open_incidents
from claims.incidents.states import IncidentState
from core.tables import FINDINGS, check_table

HEADER = "claim_number,policy_number,loss_date,notice_received_at_utc,location_number,claim_state"
WHO = Decider("adj-7", "adjuster", "another loss")
S = IncidentState


@pytest.fixture
def bind(tmp_path, event):
    """Findings with the claims of a file."""

    def run(findings, *rows, more="", days=3):
        path = tmp_path / "claims.csv"
        path.write_text("\n".join([HEADER + more, *rows]) + "\n", encoding="utf-8")
        filed = read_filed_claims(path)
        assert filed.rejects.empty, filed.rejects
        causes = DraftOptions().loss_causes
        return bind_filed(findings, find_filed(findings, filed.table, event, causes, days))

    return run


def _claim(number="CLM-1", policy="P0000", *, day="2018-10-10", hour=9, home="1", state="open"):
    return f"{number},{policy},{day},2018-10-11T{hour:02}:00:00Z,{home},{state}"


def test_the_home_of_an_open_claim_gets_no_draft_and_keeps_the_earliest_notice(bind, findings_of):
    told = bind(findings_of({}, {}), _claim("CLM-2", hour=12), _claim("CLM-1", hour=9))
    assert told["decision"].tolist() == ["none", "open_draft"]
    assert told["decision_reasons"].tolist() == [
        "claim_exists:CLM-1;noticed:2018-10-11;severe_damage", "severe_damage",
    ]  # fmt: skip
    assert told["claim_number"].iloc[0] == "CLM-1"
    assert told["claim_notice_at_utc"].iloc[0] == pd.Timestamp("2018-10-11T09:00Z")


@pytest.mark.parametrize(
    ("claim", "decision", "head"),
    [
        (_claim(day="2018-10-07"), "none", "claim_exists"),
        (_claim(day="2018-10-06"), "open_draft", "severe_damage"),
        (_claim(policy="P0001"), "open_draft", "severe_damage"),
        (_claim(home="2"), "open_draft", "severe_damage"),
        (_claim(home=""), "none", "claim_exists"),
        (_claim(state="closed"), "review", "claim_closed"),
    ],
)
def test_only_a_claim_of_the_same_policy_and_loss_counts(bind, findings_of, claim, decision, head):
    told = bind(findings_of({}), claim)
    assert told["decision"].item() == decision
    assert told["decision_reasons"].item().split(";")[0].split(":")[0] == head


@pytest.mark.parametrize(
    ("cause", "decision"), [("wind", "none"), ("theft", "none"), ("fire", "open_draft")]
)
def test_a_cause_that_is_another_perils_code_is_another_loss(bind, findings_of, cause, decision):
    told = bind(findings_of({}), f"{_claim()},{cause}", more=",loss_cause")
    assert told["decision"].item() == decision


def test_a_claim_that_came_of_our_draft_is_not_the_insureds_own(bind, findings_of):
    told = bind(findings_of({}), f"{_claim()},inc-1", more=",incident_id")
    assert told["decision"].item() == "open_draft"


def test_of_several_homes_under_the_policy_a_person_says_which(bind, findings_of):
    homes = findings_of(
        {}, {"policy_number": "P0000", "location_number": "2"},
        {"policy_number": "P0000", "location_number": "3", "decision": "none"},
        {"policy_number": "P0000", "location_number": "1", "account_number": "A2"},
    )  # fmt: skip
    told = bind(homes, _claim(home=""))
    assert told["decision"].tolist() == ["review", "review", "none", "review"]
    assert told["claim_number"].isna().all()
    same_number_in_two_accounts = bind(homes, _claim(home="1"))
    assert same_number_in_two_accounts["decision"].tolist() == [
        "review", "open_draft", "none", "review",
    ]  # fmt: skip


def test_without_a_file_nothing_changes(findings_of):
    rows = findings_of({}, {"decision": "none"})
    told = bind_filed(rows.drop(columns=["claim_number", "claim_notice_at_utc"]), NOBODY_FILED)
    assert check_table(told, FINDINGS).equals(rows)


def test_the_incident_is_merged_into_the_claim_and_later_runs_say_so(
    *, bind, findings_of, ledger, event_id, as_of
):
    bound = bind(findings_of({}), _claim())
    for day in range(2):
        told = open_incidents(bound, ledger, event_id, as_of + timedelta(days=day)).iloc[0]
        assert told["decision"] == "none"
        assert "claim_exists:CLM-1" in told["decision_reasons"]
    history = ledger.history(told["incident_id"])
    assert [(entry.to_state, entry.actor) for entry in history] == [
        (S.DETECTED, "system"), (S.SCREENED, "system"), (S.MERGED, "claims_system"),
    ]  # fmt: skip
    said = json.loads(history[-1].payload)
    assert said["claim_number"] == "CLM-1"
    assert said["notice_received_at_utc"].startswith("2018-10-11T09:00:00")
    assert ledger.verify().ok


def test_beside_a_draft_a_person_settles_it(*, bind, findings_of, ledger, event_id, as_of):
    rows = findings_of({}, {})
    names = open_incidents(rows, ledger, event_id, as_of)["incident_id"].tolist()
    ledger.append(plan_move(ledger.history(names[1]), S.CLAIM_DRAFT, WHO, as_of))
    bound = bind(rows, _claim(), _claim("CLM-2", "P0001"))
    told = open_incidents(bound, ledger, event_id, as_of + timedelta(days=1))
    assert told["decision"].tolist() == ["review", "review"], "no second claim, nor a revision"
    assert [ledger.history(name)[-1].to_state for name in names] == [S.CLAIM_DRAFT] * 2
    ledger.append(plan_confirmation(ledger.history(names[1]), WHO, as_of + timedelta(days=1)))
    told = open_incidents(bound, ledger, event_id, as_of + timedelta(days=2))
    assert told["decision"].tolist() == ["review", "open_draft"]


def test_what_a_person_reopens_is_not_merged_again(*, bind, findings_of, ledger, event_id, as_of):
    bound = bind(findings_of({}), _claim())
    name = open_incidents(bound, ledger, event_id, as_of)["incident_id"].item()
    ledger.append(plan_reopening(ledger.history(name), WHO, as_of))
    told = open_incidents(bound, ledger, event_id, as_of + timedelta(days=1))
    assert told["decision"].item() == "review"
    assert ledger.history(name)[-1].to_state is S.HUMAN_REVIEWED


def test_the_note_to_the_claim_is_made_once_and_anew_when_it_says_more(
    *, bind, findings_of, ledger, event_id, event, as_of
):
    bound = bind(findings_of({}), _claim())
    name = open_incidents(bound, ledger, event_id, as_of)["incident_id"].item()
    finding = {str(key): value for key, value in bound.iloc[0].items()}
    first = plan_attachment(finding, event, ledger.history(name), as_of)
    assert first.file == f"{name}.json"
    note = json.loads(first.document)
    assert note["claimNumber"] == "CLM-1"
    assert note["evidence"]["tier"]["code"] == "T4"
    assert "Ada Example" not in first.document
    ledger.append([first.entry])
    assert plan_attachment(finding, event, ledger.history(name), as_of) is None
    other = {**finding, "post_scene_id": "post-2", "p_severe": 0.97, "p_destroyed": 0.79}
    assert plan_attachment(other, event, ledger.history(name), as_of) is None, "says the same"
    worse = {**finding, "tier": "T3"}
    assert plan_attachment(worse, event, ledger.history(name), as_of).file == f"{name}.r2.json"
    assert ledger.verify().ok
