"""Only what a named approver approved is submitted, once, and the ledger says on whose word."""

import json

import pytest

from claims.delivery.gateway import Answer
from claims.delivery.submitting import submit_approved
from claims.incidents.authority import ClaimOptions, Mode, grant
from claims.incidents.moving import Decider, plan_move
from claims.incidents.opening import open_incidents
from claims.incidents.roles import CLAIMS_SYSTEM_ACTOR
from claims.incidents.states import IncidentState
from claims.ledger.entry import Entry, format_instant
from claims.ledger.kinds import EntryKind
from claims.ledger.letters import LetterState
from core.errors import TransientError

S = IncidentState
OPTIONS = ClaimOptions(Mode.SUBMIT, {"sup-1": 100_000.0})


class Desk:
    """A claims system that opens drafts, refuses them, or does not answer."""

    def __init__(self, state=LetterState.ACKNOWLEDGED):
        self.state, self.asked = state, []

    def submit(self, claim_id, transaction_id):
        self.asked.append((claim_id, transaction_id))
        if self.state is None:
            raise TransientError("submitting", "no answer", "try again")
        return Answer(self.state, claim_id, "C-17")


@pytest.fixture
def names(ledger, findings_of, event_id, as_of):
    """Three drafts: one approved within the limit, one by an adjuster, one by nobody."""
    names = open_incidents(findings_of({}, {}, {}), ledger, event_id, as_of)["incident_id"].tolist()
    for name, by in zip(names, ("sup-1", "adj-7"), strict=False):
        who = Decider(by, "adjuster", "plain rubble")
        notes = grant(OPTIONS, who, 90_000.0)
        ledger.append(plan_move(ledger.history(name), S.CLAIM_DRAFT, who, as_of, notes))
    return names


def test_what_an_approver_approved_opens_once_on_their_word(ledger, names, as_of):
    desk, references = Desk(), {name: f"cc:{name}" for name in names}
    assert submit_approved(ledger, desk, references, OPTIONS, as_of) == 1
    assert submit_approved(ledger, desk, references, OPTIONS, as_of) == 0
    assert desk.asked == [(f"cc:{names[0]}", names[0])]
    states = [ledger.history(name)[-1].to_state for name in names]
    assert states == [S.CLAIM_OPEN, S.CLAIM_DRAFT, S.CLAIM_DRAFT]
    said = json.loads(ledger.history(names[0])[-1].payload)
    assert (said["approved_by"], said["claim_number"]) == ("sup-1", "C-17")
    assert ledger.verify().ok


@pytest.mark.parametrize("state", [LetterState.REFUSED, None])
def test_what_is_refused_or_not_answered_stays_a_draft(ledger, names, as_of, state):
    desk, references = Desk(state), {name: f"cc:{name}" for name in names}
    assert submit_approved(ledger, desk, references, OPTIONS, as_of) == 0
    assert ledger.history(names[0])[-1].to_state is S.CLAIM_DRAFT


@pytest.mark.parametrize("mode", [Mode.DRAFT, Mode.REVIEW_FIRST])
def test_in_no_other_mode_is_anything_submitted(ledger, names, as_of, mode):
    desk, options = Desk(), ClaimOptions(mode, {"sup-1": 100_000.0})
    references = {name: f"cc:{name}" for name in names}
    assert submit_approved(ledger, desk, references, options, as_of) == 0
    assert desk.asked == []


@pytest.mark.parametrize("approvers", [{"sup-2": 1e6}, {"sup-1": 89_999.0}])
def test_an_approver_who_is_named_no_more_or_for_less_submits_nothing(
    ledger, names, as_of, approvers
):
    desk, options = Desk(), ClaimOptions(Mode.SUBMIT, approvers)
    references = {name: f"cc:{name}" for name in names}
    assert submit_approved(ledger, desk, references, options, as_of) == 0
    assert desk.asked == []


def test_beside_an_insureds_own_claim_nothing_is_opened(ledger, names, as_of):
    last = ledger.history(names[0])[-1]
    where = (last.to_state, last.to_state, CLAIMS_SYSTEM_ACTOR, "{}", format_instant(as_of))
    kind = EntryKind.CLAIM_FOUND
    ledger.append([Entry(last.incident_id, last.key, last.step + 1, kind, *where)])
    desk = Desk()
    assert submit_approved(ledger, desk, {names[0]: "cc:1"}, OPTIONS, as_of) == 0
    assert desk.asked == []


def test_a_draft_that_did_not_arrive_yet_waits(ledger, names, as_of):
    desk = Desk()
    assert submit_approved(ledger, desk, {}, OPTIONS, as_of) == 0
    assert names
