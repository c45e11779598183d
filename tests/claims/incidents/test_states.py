import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from claims.incidents.key import incident_id
from claims.incidents.states import (
    SYSTEM_ACTOR,
    TRANSITIONS,
    Authority,
    IncidentState,
    check_transition,
    choose_next,
    legal_targets,
)
from claims.ledger.entry import KIND_OF_STATE
from core.damage import Decision
from core.errors import IllegalTransitionError

S = IncidentState
CLOSED = {S.MERGED, S.WITHDRAWN_NO_DAMAGE, S.BELOW_DEDUCTIBLE, S.CWOP, S.PAID}
LEGAL = {(move.source, move.target): move.authority for move in TRANSITIONS}
TEXTS = st.text(max_size=12)


def test_the_table_is_one_and_whole():
    assert len(LEGAL) == len(TRANSITIONS)
    assert {move.target for move in TRANSITIONS} == set(S), "every state can be reached"
    assert set(KIND_OF_STATE) == set(S)
    assert {state for state in S if not legal_targets(state)} == CLOSED


def test_the_system_never_opens_closes_or_touches_what_a_person_reviewed():
    alone = [move for move in TRANSITIONS if move.authority is Authority.SYSTEM]
    assert not {move.target for move in alone} & (CLOSED | {S.CLAIM_OPEN, S.HUMAN_REVIEWED})
    assert S.HUMAN_REVIEWED not in {move.source for move in alone}


@pytest.mark.parametrize("source", [None, *S])
@pytest.mark.parametrize("target", S)
def test_what_is_not_in_the_table_is_refused(source, target):
    authority = LEGAL.get((source, target))
    if authority is None:
        with pytest.raises(IllegalTransitionError, match="there is no such move"):
            check_transition(source, target, "staff-7")
    else:
        check_transition(source, target, "staff-7")
    if authority is Authority.PERSON:
        with pytest.raises(IllegalTransitionError, match="system may not do this alone"):
            check_transition(source, target, SYSTEM_ACTOR)


def test_the_message_says_what_is_legal():
    with pytest.raises(IllegalTransitionError, match=r"From here: MERGED, WITHDRAWN_NO_DAMAGE"):
        check_transition(S.CLAIM_OPEN, S.CLAIM_DRAFT, "staff-7")
    with pytest.raises(IllegalTransitionError, match="nothing, it is closed"):
        check_transition(S.PAID, S.CLAIM_OPEN, "staff-7")
    with pytest.raises(IllegalTransitionError, match="the actor is ' '"):
        check_transition(None, S.DETECTED, " ")


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


class AnIncident(RuleBasedStateMachine):
    """Runs and people act in any order; the rules hold in every life an incident can have."""

    def __init__(self):
        super().__init__()
        self.state: IncidentState | None = None
        self.was_reviewed_last = False
        self.people_closed = False

    @rule(decision=st.sampled_from(Decision))
    def a_run_decides(self, decision):
        before = self.state
        for target in choose_next(self.state, decision):
            check_transition(self.state, target, SYSTEM_ACTOR)
            self.state = target
        if before in CLOSED | {S.HUMAN_REVIEWED, S.CLAIM_OPEN}:
            assert self.state == before

    @precondition(lambda self: self.state is not None and legal_targets(self.state))
    @rule(data=st.data())
    def a_person_decides(self, data):
        target = data.draw(st.sampled_from(legal_targets(self.state)))
        check_transition(self.state, target, "staff-7")
        self.state = target
        self.people_closed |= target in CLOSED

    @invariant()
    def only_people_close(self):
        assert (self.state in CLOSED) == self.people_closed


AnIncident.TestCase.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)
TestAnIncident = AnIncident.TestCase


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
