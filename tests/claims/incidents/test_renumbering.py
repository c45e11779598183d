"""A home under new numbers keeps its incident and its draft's name, once a person says so."""

import json
from dataclasses import replace
from datetime import timedelta

import geopandas as gpd
import pytest

from claims.drafts.fnol import DraftOptions, make_drafts
from claims.incidents.key import IncidentKey
from claims.incidents.moving import Decider, plan_move
from claims.incidents.opening import open_incidents
from claims.incidents.renumbering import find_opened_keys, plan_renumbering
from claims.incidents.states import IncidentState
from core.errors import IllegalTransitionError, RoleError

WHO = Decider("adj-7", "adjuster", "the renewal gave it a new number")
NEW = {"policy_number": "P0000-02", "location_number": "1"}


@pytest.fixture
def opened(ledger, findings_of, event_id, as_of):
    """A ledger with two drafts, and their findings with the incidents' ids."""
    rows = findings_of({}, {"building_id": "b-9"})
    rows.geometry = gpd.points_from_xy([-85.4, -85.3], [29.9, 29.9])
    table = open_incidents(rows, ledger, event_id, as_of)
    return ledger, rows.assign(incident_id=table["incident_id"])


def _renumber(ledger, incident, as_of, numbers=None, who=WHO):
    history = ledger.history(incident)
    key = replace(history[-1].key, **(numbers or NEW))
    entries = plan_renumbering(history, key, ledger.current(history[-1].event_id), who, as_of)
    assert ledger.append(entries).written == 1
    return key


def _draft(findings, ledger, event, contacts_of):
    keys = find_opened_keys(ledger.current(event.event_id), event.event_id)
    drafts = make_drafts(findings, contacts_of(), event, DraftOptions(), opened_keys=keys)
    return {draft.incident_id: draft.transaction_id for draft in drafts}


def test_the_incident_goes_on_under_the_new_numbers(
    *, opened, findings_of, event_id, event, as_of, contacts_of
):
    ledger, before = opened
    first = before["incident_id"].iloc[0]
    sent = _draft(before, ledger, event, contacts_of)[first]
    rows = findings_of({**NEW, "tier": "T3"}, {"building_id": "b-9"})
    asked = open_incidents(rows, ledger, event_id, as_of + timedelta(days=1)).iloc[0]
    assert (asked["decision"], asked["incident_id"]) == ("review", first)
    _renumber(ledger, first, as_of)
    told = open_incidents(rows, ledger, event_id, as_of + timedelta(days=2))
    assert told["decision"].iloc[0] == "open_draft"
    assert told["incident_id"].iloc[0] == first
    now = _draft(rows.assign(incident_id=told["incident_id"]), ledger, event, contacts_of)
    assert now[first] == sent, "a second claim would come of another transaction"
    assert len(ledger.current(event_id)) == 2
    assert ledger.verify().ok


def test_who_renumbers_has_decided_nothing_about_the_damage(opened, event_id, as_of):
    ledger, before = opened
    _renumber(ledger, before["incident_id"].iloc[0], as_of)
    assert ledger.current(event_id)["decided_by"].isna().all()


def test_the_old_numbers_in_the_book_open_no_second_incident(opened, findings_of, event_id, as_of):
    ledger, before = opened
    first = before["incident_id"].iloc[0]
    _renumber(ledger, first, as_of)
    both = findings_of({}, {"building_id": "b-9"}, NEW)
    told = open_incidents(both, ledger, event_id, as_of + timedelta(days=1))
    assert told["decision"].tolist() == ["review", "open_draft", "open_draft"]
    assert told["decision_reasons"].iloc[0].startswith("known_under_other_number;known_as:P0000-02")
    assert len(ledger.current(event_id)) == 2
    assert ledger.verify().ok


def test_and_back_again_is_the_same_incident(opened, findings_of, event_id, event, as_of):
    ledger, before = opened
    first = before["incident_id"].iloc[0]
    _renumber(ledger, first, as_of)
    _renumber(ledger, first, as_of, {"policy_number": "P0000"})
    assert find_opened_keys(ledger.current(event_id), event_id) == {}
    assert ledger.verify().ok


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        ({"policy_number": "P0000"}, "goes under P0000/1 already"),
        ({"policy_number": "P0001"}, "the home P0001/1 has incident inc-"),
        ({"account_number": None, "portfolio_number": None}, "with portfolio and account"),
        ({"event_id": "fire-2018"}, "no home of event storm-2018"),
    ],
)
def test_what_is_no_other_home_is_refused(opened, event_id, as_of, numbers, problem):
    ledger, before = opened
    with pytest.raises(IllegalTransitionError, match=problem):
        _renumber(ledger, before["incident_id"].iloc[0], as_of, numbers)


def test_a_reviewer_renumbers_nothing(opened, event_id, as_of):
    ledger, before = opened
    who = Decider("rev-1", "reviewer", "looks like it")
    with pytest.raises(RoleError, match="These may: adjuster, supervisor"):
        _renumber(ledger, before["incident_id"].iloc[0], as_of, None, who)


def test_a_decided_incident_stays_decided(opened, event_id, as_of):
    ledger, before = opened
    first = before["incident_id"].iloc[0]
    withdrawn = IncidentState.WITHDRAWN_NO_DAMAGE
    ledger.append(plan_move(ledger.history(first), withdrawn, WHO, as_of))
    key = _renumber(ledger, first, as_of)
    row = ledger.current(event_id).set_index("incident_id").loc[first]
    assert (row["state"], row["decided_by"], row["policy_number"]) == (
        withdrawn, "adj-7", key.policy_number,
    )  # fmt: skip
    said = json.loads(ledger.history(first)[-1].payload)["known_by"]
    assert IncidentKey(event_id, **said).incident_id == first
