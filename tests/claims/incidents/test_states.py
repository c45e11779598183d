import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.incidents.key import incident_id
from claims.incidents.roles import MACHINES, PEOPLE, SYSTEM_ACTOR, Role
from claims.incidents.states import (
    CLOSED_STATES,
    TRANSITIONS,
    IncidentState,
    check_transition,
    choose_next,
    legal_targets,
)
from claims.ledger.kinds import KIND_OF_STATE
from core.damage import Decision
from core.errors import IllegalTransitionError, RoleError

S = IncidentState
CLOSED = set(CLOSED_STATES)
LEGAL = {(move.source, move.target): move.roles for move in TRANSITIONS}
TEXTS = st.text(max_size=12)


def test_the_table_is_one_and_whole():
    assert len(LEGAL) == len(TRANSITIONS)
    assert {move.target for move in TRANSITIONS} == set(S), "every state can be reached"
    assert set(KIND_OF_STATE) == set(S)
    assert all(legal_targets(state) for state in S), "a person can mend every mistake"


def test_the_system_never_opens_closes_or_touches_what_a_person_reviewed():
    alone = [move for move in TRANSITIONS if Role.SYSTEM in move.roles]
    assert not {move.target for move in alone} & (CLOSED | {S.CLAIM_OPEN, S.HUMAN_REVIEWED})
    assert not {move.source for move in alone} & (CLOSED | {S.HUMAN_REVIEWED})


def test_every_move_is_some_persons_and_a_reviewer_only_looks():
    assert all(set(move.roles) & set(PEOPLE) for move in TRANSITIONS)
    looks = {move.target for move in TRANSITIONS if Role.REVIEWER in move.roles}
    assert looks == {S.HUMAN_REVIEWED}
    assert not [
        move for move in TRANSITIONS if Role.REVIEWER in move.roles and move.source in CLOSED
    ]


@pytest.mark.parametrize("source", [None, *S])
@pytest.mark.parametrize("target", S)
def test_what_is_not_in_the_table_is_refused(source, target):
    roles = LEGAL.get((source, target))
    if roles is None:
        with pytest.raises(IllegalTransitionError, match="there is no such move"):
            check_transition(source, target, "staff-7")
        return
    check_transition(source, target, "staff-7")
    for role in Role:
        actor = role.value if role in MACHINES else "staff-7"
        if role in roles:
            check_transition(source, target, actor, role)
        else:
            with pytest.raises(RoleError, match=f"These may: {roles[0]}"):
                check_transition(source, target, actor, role)


def test_the_message_says_what_is_legal_and_for_whom():
    with pytest.raises(IllegalTransitionError, match=r"From here: MERGED \(claims_system, superv"):
        check_transition(S.CLAIM_OPEN, S.CLAIM_DRAFT, "staff-7")
    with pytest.raises(IllegalTransitionError, match=r"it is closed, unless reopened: CLAIM_OPEN"):
        check_transition(S.PAID, S.CLAIM_DRAFT, "staff-7")
    with pytest.raises(IllegalTransitionError, match="the actor is ' '"):
        check_transition(None, S.DETECTED, " ")
    with pytest.raises(RoleError, match="the system may not do this alone"):
        check_transition(S.CLAIM_DRAFT, S.CLAIM_OPEN, SYSTEM_ACTOR)


@pytest.mark.parametrize(
    ("state", "decision", "path"),
    [
        (None, Decision.OPEN_DRAFT, (S.DETECTED, S.SCREENED, S.CLAIM_DRAFT)),
        (None, Decision.REVIEW, (S.DETECTED, S.SCREENED)),
        (None, Decision.OUTREACH, (S.DETECTED, S.SCREENED, S.OUTREACH)),
        (None, Decision.NONE, ()),
        (S.DETECTED, Decision.OUTREACH, (S.SCREENED, S.OUTREACH)),
        (S.SCREENED, Decision.OPEN_DRAFT, (S.CLAIM_DRAFT,)),
        (S.OUTREACH, Decision.OPEN_DRAFT, (S.CLAIM_DRAFT,)),
        (S.OUTREACH, Decision.REVIEW, ()),
        (S.CLAIM_DRAFT, Decision.OUTREACH, ()),
        (S.CLAIM_DRAFT, Decision.NONE, ()),
        (S.HUMAN_REVIEWED, Decision.OPEN_DRAFT, ()),
        (S.WITHDRAWN_NO_DAMAGE, Decision.OPEN_DRAFT, ()),
    ],
)
def test_the_system_goes_forward_only(state, decision, path):
    assert choose_next(state, decision) == path


def test_the_id_is_stable():
    name = incident_id("storm-2018", "HO-001", "1")
    assert name == incident_id("storm-2018", "HO-001", "1")
    assert re.fullmatch(r"inc-[0-9a-f]{24}", name)


@settings(max_examples=200)
@given(st.lists(TEXTS, min_size=3, max_size=5), st.lists(TEXTS, min_size=3, max_size=5))
def test_different_keys_give_different_ids(one, other):
    assert (incident_id(*one) == incident_id(*other)) == (one == other)


@given(TEXTS, TEXTS)
def test_texts_do_not_run_together(one, other):
    joined = one + '","' + other
    assert incident_id("e", one, other) != incident_id("e", joined, "")
