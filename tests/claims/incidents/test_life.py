"""Whatever runs, people and the claims system do: the rules hold in every life of an incident."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import settings as given_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from claims.incidents.authority import ClaimOptions, Mode, grant, propose, require_approval
from claims.incidents.moving import (
    Decider,
    last_mover,
    plan_confirmation,
    plan_move,
    plan_reopening,
)
from claims.incidents.opening import open_incidents
from claims.incidents.renumbering import plan_renumbering
from claims.incidents.reported import plan_report
from claims.incidents.roles import SYSTEM_ACTOR, Role, role_of_actor
from claims.incidents.states import CLOSED_STATES, TRANSITIONS, IncidentState
from claims.ledger.store import Ledger
from core.errors import IllegalTransitionError

S = IncidentState
EVENT = "storm-2018"
LEGAL = {(move.source, move.target): move.roles for move in TRANSITIONS}
LIMIT = 250_000.0
OPTIONS = ClaimOptions(Mode.SUBMIT, {"sup-1": LIMIT})
APPROVER = Decider("sup-1", "supervisor", "looked at the file")
PEOPLE = st.sampled_from(
    [
        APPROVER,
        Decider("rev-1", "reviewer", "the roof is whole"),
        Decider("adj-7", "adjuster", "called the insured"),
        Decider("sup-2", "supervisor", "looked at the file too"),
    ]
)
AMOUNTS = st.sampled_from([100_000.0, 400_000.0, None])
POLICIES = ("P0000", "P0000-02")


@dataclass(frozen=True)
class Tools:
    """What a life needs of the fixtures."""

    findings_of: Callable[..., Any]
    empty: Path
    folders: Any
    as_of: datetime


class Life(RuleBasedStateMachine):
    """One home's incident in every mode; what was written is held against the ledger."""

    tools: ClassVar[Tools]

    @initialize(mode=st.sampled_from(Mode))
    def is_detected(self, mode):
        path = self.tools.folders.mktemp("life") / "ledger.sqlite"
        shutil.copy(self.tools.empty, path)
        self.ledger = Ledger.open_existing(f"sqlite:///{path}")
        self.written, self.at, self.mode, self.picture = (), self.tools.as_of, mode, 0
        self.run(decision="open_draft", tier="T4")
        self.name = self.ledger.current(EVENT)["incident_id"].item()
        self.read_new()

    def read_new(self):
        """No event is lost or changed: the history only grows at its end."""
        history = self.ledger.history(self.name)
        assert history[: len(self.written)] == self.written
        new, self.written = history[len(self.written) :], history
        return new

    def run(self, decision, tier):
        self.at += timedelta(days=1)
        self.picture += 1
        policy = self.written[-1].key.policy_number if self.written else POLICIES[0]
        seen = {"decision": decision, "tier": tier, "post_scene_id": f"post-{self.picture}"}
        rows = propose(self.tools.findings_of({**seen, "policy_number": policy}), self.mode)
        return open_incidents(rows, self.ledger, EVENT, self.at).iloc[0]

    @rule(
        decision=st.sampled_from(["open_draft", "review", "none"]),
        tier=st.sampled_from(["T0", "T4"]),
    )
    def a_run_sees_it(self, decision, tier):
        mover, state = last_mover(self.written), self.written[-1].to_state
        told = self.run(decision, tier)
        new = self.read_new()
        assert {entry.actor for entry in new} <= {SYSTEM_ACTOR}
        assert told["incident_id"] == self.name
        if mover != SYSTEM_ACTOR:
            assert self.written[-1].to_state is state, "a person's decision binds the machine"
            is_drafted = told["decision"] == "open_draft"
            assert is_drafted == (state is S.CLAIM_DRAFT)
        if state in CLOSED_STATES:
            assert told["decision"] in {"none", "review"}
        if self.mode is Mode.REVIEW_FIRST and mover == SYSTEM_ACTOR:
            assert told["decision"] != "open_draft"

    @rule(who=PEOPLE, goal=st.sampled_from(S), amount=AMOUNTS)
    def a_person_moves_it(self, who, goal, amount):
        def plan():
            notes = require_approval(self.written, OPTIONS, goal)
            if goal is S.CLAIM_DRAFT:
                notes |= grant(OPTIONS, who, amount)
            return plan_move(self.written, goal, who, self.at, notes)

        self.try_to(plan)

    @rule(amount=AMOUNTS)
    def an_approver_approves_it(self, amount):
        self.a_person_moves_it(APPROVER, S.CLAIM_DRAFT, amount)

    @rule()
    def the_claims_system_opens_it(self):
        self.the_claims_system_moves_it(S.CLAIM_OPEN)

    @rule(who=PEOPLE)
    def a_person_reopens_it(self, who):
        self.try_to(lambda: plan_reopening(self.written, who, self.at))

    @rule(who=PEOPLE)
    def a_person_confirms_it(self, who):
        self.try_to(lambda: plan_confirmation(self.written, who, self.at))

    @rule(who=PEOPLE, policy=st.sampled_from(POLICIES))
    def a_person_renumbers_it(self, who, policy):
        key = replace(self.written[-1].key, policy_number=policy)
        current = self.ledger.current(EVENT)
        self.try_to(lambda: plan_renumbering(self.written, key, current, who, self.at))

    @rule(goal=st.sampled_from(S))
    def the_claims_system_moves_it(self, goal):
        self.try_to(
            lambda: plan_report(self.written, goal, OPTIONS, self.at, {"claim_number": "C-1"})
        )

    def try_to(self, plan):
        """What is refused leaves no trace; what is not is there, whole."""
        self.at += timedelta(minutes=1)
        try:
            entries = plan()
        except IllegalTransitionError:
            assert self.read_new() == ()
            return
        assert self.ledger.append(entries).written == len(entries)
        assert self.read_new() == entries

    @invariant()
    def every_move_is_in_the_table_by_whom_it_says(self):
        moves = [each for each in self.written if each.from_state != each.to_state]
        for move in moves:
            roles = LEGAL[move.from_state, move.to_state]
            said = json.loads(move.payload).get("role")
            assert (role_of_actor(move.actor) or Role(said)) in roles

    @invariant()
    def no_claim_opens_without_an_approver(self):
        moves = [each for each in self.written if each.from_state != each.to_state]
        for before, move in pairwise(moves):
            if move.to_state is S.CLAIM_OPEN and move.from_state is S.CLAIM_DRAFT:
                said = json.loads(before.payload)["authority"]
                assert json.loads(move.payload)["approved_by"] == before.actor == "sup-1"
                assert said["amount"] <= said["limit"] == LIMIT

    def teardown(self):
        assert self.ledger.verify().ok
        assert len(self.ledger.current(EVENT)) == 1


def test_no_illegal_move_no_lost_event_no_claim_without_an_approver(
    findings_of, empty_ledger_path, tmp_path_factory, as_of
):
    Life.tools = Tools(findings_of, empty_ledger_path, tmp_path_factory, as_of)
    run_state_machine_as_test(
        Life, settings=given_settings(max_examples=12, stateful_step_count=12, deadline=None)
    )
