"""How far the machine goes, and that nothing is submitted without a named approver."""

import pytest

from claims.incidents.authority import (
    ClaimOptions,
    Mode,
    find_approval,
    grant,
    propose,
    require_approval,
)
from claims.incidents.moving import Decider, plan_move
from claims.incidents.opening import open_incidents
from claims.incidents.reported import plan_report
from claims.incidents.roles import Role, UserOptions
from claims.incidents.states import IncidentState
from core.errors import IllegalTransitionError, InputError, RoleError

S = IncidentState
SUBMIT = ClaimOptions(Mode.SUBMIT, {"sup-1": 100_000.0})
APPROVER = Decider("sup-1", "supervisor", "plain rubble")
ADJUSTER = Decider("adj-7", "adjuster", "plain rubble")


@pytest.fixture
def drafted(ledger, findings_of, event_id, as_of):
    name = open_incidents(findings_of({}), ledger, event_id, as_of)["incident_id"].item()
    return ledger.history(name)


def _approve(history, who, amount, as_of, options=SUBMIT):
    notes = grant(options, who, amount)
    return (*history, *plan_move(history, S.CLAIM_DRAFT, who, as_of, notes))


def test_an_approver_lets_a_claim_be_submitted_within_the_limit(drafted, as_of):
    approved = _approve(drafted, APPROVER, 90_000.0, as_of)
    approval = find_approval(approved)
    assert (approval.by, approval.amount, approval.limit) == ("sup-1", 90_000.0, 100_000.0)
    assert require_approval(approved, SUBMIT, S.CLAIM_OPEN) == {"approved_by": "sup-1"}
    (opened,) = plan_report(approved, S.CLAIM_OPEN, SUBMIT, as_of, {"claim_number": "C-1"})
    assert opened.payload == '{"approved_by":"sup-1","claim_number":"C-1","role":"claims_system"}'


@pytest.mark.parametrize(
    ("who", "amount"), [(ADJUSTER, 10.0), (APPROVER, 100_001.0), (APPROVER, None)]
)
def test_others_and_larger_or_unknown_losses_wait(drafted, as_of, who, amount):
    approved = _approve(drafted, who, amount, as_of)
    assert find_approval(approved) is None
    for opening in (
        lambda: require_approval(approved, SUBMIT, S.CLAIM_OPEN),
        lambda: plan_report(approved, S.CLAIM_OPEN, SUBMIT, as_of, {}),
    ):
        with pytest.raises(RoleError, match=r"no named approver.*One of these .*sup-1"):
            opening()


def test_an_approver_approves_again_what_somebody_approved_on_no_authority(drafted, as_of):
    approved = _approve(drafted, ADJUSTER, 90_000.0, as_of)
    with pytest.raises(IllegalTransitionError, match="adj-7 approved it already"):
        _approve(approved, APPROVER, 100_001.0, as_of)
    again = _approve(approved, APPROVER, 90_000.0, as_of)
    assert find_approval(again).by == "sup-1"
    with pytest.raises(IllegalTransitionError, match="sup-1 approved it already"):
        _approve(again, APPROVER, 90_000.0, as_of)


@pytest.mark.parametrize("approvers", [{"sup-2": 1e6}, {"sup-1": 89_999.0}])
def test_an_approval_lapses_with_its_approvers_authority(drafted, as_of, approvers):
    approved = _approve(drafted, APPROVER, 90_000.0, as_of)
    with pytest.raises(RoleError):
        require_approval(approved, ClaimOptions(Mode.SUBMIT, approvers), S.CLAIM_OPEN)


def test_a_later_decision_lapses_the_approval(drafted, as_of):
    approved = _approve(drafted, APPROVER, 90_000.0, as_of)
    asked = (*approved, *plan_move(approved, S.OUTREACH, ADJUSTER, as_of))
    assert find_approval(asked) is None
    with pytest.raises(IllegalTransitionError):
        plan_report(asked, S.CLAIM_OPEN, SUBMIT, as_of, {})


def test_in_draft_mode_people_submit_as_they_do_today(drafted, as_of):
    options = ClaimOptions()
    assert options.mode is Mode.DRAFT
    assert grant(options, APPROVER, 1.0) == {}
    assert require_approval(drafted, options, S.CLAIM_OPEN) == {}


def test_review_first_proposes_no_draft(findings_of):
    rows = findings_of({}, {"decision": "outreach", "decision_reasons": "affected"})
    told = propose(rows, Mode.REVIEW_FIRST)
    assert told["decision"].tolist() == ["review", "outreach"]
    assert told["decision_reasons"].tolist() == ["review_first;severe_damage", "affected"]
    for mode in (Mode.DRAFT, Mode.SUBMIT):
        assert propose(rows, mode).equals(rows)


def test_review_first_makes_the_draft_that_a_person_approved(ledger, findings_of, event_id, as_of):
    rows = propose(findings_of({}), Mode.REVIEW_FIRST)
    name = open_incidents(rows, ledger, event_id, as_of)["incident_id"].item()
    assert ledger.history(name)[-1].to_state is S.SCREENED
    ledger.append(plan_move(ledger.history(name), S.CLAIM_DRAFT, ADJUSTER, as_of))
    told = open_incidents(rows, ledger, event_id, as_of)
    assert told["decision"].item() == "open_draft"


@pytest.mark.parametrize(
    ("mode", "approvers", "problem"),
    [
        (Mode.SUBMIT, {}, "needs claims.approvers"),
        (Mode.DRAFT, {"system": 1.0}, "no person's staff id"),
        (Mode.SUBMIT, {"sup-1": 0.0}, "no amount above 0"),
        (Mode.SUBMIT, {"sup-1": float("inf")}, "no amount above 0"),
    ],
)
def test_settings_that_would_submit_on_nobodys_word_are_refused(mode, approvers, problem):
    with pytest.raises(ValueError, match=problem):
        ClaimOptions(mode, approvers)


def test_until_anybody_is_listed_a_person_is_taken_at_their_word():
    UserOptions().check("anybody", Role.SUPERVISOR)
    users = UserOptions({"adj-7": (Role.ADJUSTER,), "sup-1": (Role.ADJUSTER, Role.SUPERVISOR)})
    users.check("adj-7", Role.ADJUSTER)
    users.check("sup-1", Role.SUPERVISOR)
    with pytest.raises(RoleError, match="the roles of 'adj-7' in the settings are: adjuster"):
        users.check("adj-7", Role.SUPERVISOR)
    with pytest.raises(RoleError, match="the roles of 'anybody' in the settings are: none"):
        users.check("anybody", Role.REVIEWER)


@pytest.mark.parametrize("roles", [{"system": (Role.ADJUSTER,)}, {"a": ()}, {"a": (Role.SYSTEM,)}])
def test_nobody_is_given_a_machines_role(roles):
    with pytest.raises(ValueError, match=r"users\.roles"):
        UserOptions(roles)


def test_a_role_that_there_is_none_of_is_refused():
    assert Decider("adj-7", " Adjuster ", "why").role == "adjuster"
    for role in ("intern", "system", "claims_system"):
        with pytest.raises(InputError, match="One of: reviewer, adjuster, supervisor"):
            Decider("adj-7", role, "why")


def test_a_reviewer_looks_and_decides_nothing(drafted, as_of):
    who = Decider("rev-1", "reviewer", "the roof is whole")
    (looked,) = plan_move(drafted, S.HUMAN_REVIEWED, who, as_of)
    assert looked.actor == "rev-1"
    for target in (S.CLAIM_DRAFT, S.WITHDRAWN_NO_DAMAGE, S.MERGED, S.CLAIM_OPEN):
        with pytest.raises(RoleError, match=r"not in the role reviewer.*adjuster"):
            plan_move(drafted, target, who, as_of)
