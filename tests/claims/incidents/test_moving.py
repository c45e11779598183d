"""People's moves: through the table alone, in their name, and binding what runs propose."""

import json
from datetime import timedelta

import pytest

from claims.incidents.moving import Decider, plan_confirmation, plan_move, plan_reopening
from claims.incidents.obeying import list_left
from claims.incidents.opening import open_incidents
from claims.incidents.states import TRANSITIONS, IncidentState
from core.errors import IllegalTransitionError, InputError

S = IncidentState
WHO = Decider("adj-7", "adjuster", "looked at the roof")
GOALS = (S.CLAIM_DRAFT, S.WITHDRAWN_NO_DAMAGE, S.BELOW_DEDUCTIBLE, S.MERGED, S.CLAIM_OPEN)
REVIEW = ("review", "seen_otherwise_than_decided")
SETTLED = ("none", "person_decided")
LEGAL = {(move.source, move.target) for move in TRANSITIONS}


@pytest.fixture
def opened(ledger, findings_of, event_id, as_of):
    """A ledger with a draft, a review and an outreach, and their incidents' ids."""
    rows = findings_of({}, {"decision": "review"}, {"decision": "outreach"})
    table = open_incidents(rows, ledger, event_id, as_of)
    return ledger, table["incident_id"].tolist()


def _decided(ledger, event_id, findings, as_of, place=0):
    row = open_incidents(findings, ledger, event_id, as_of + timedelta(days=1)).iloc[place]
    return row["decision"], row["decision_reasons"].split(";")[0].split(":")[0]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("target", [S.CLAIM_DRAFT, S.WITHDRAWN_NO_DAMAGE, S.BELOW_DEDUCTIBLE])
def test_a_person_brings_an_incident_there_by_legal_steps(opened, event_id, as_of, place, target):
    ledger, names = opened
    entries = plan_move(ledger.history(names[place]), target, WHO, as_of)
    assert ledger.append(entries).stale == ()
    assert {(entry.from_state, entry.to_state) for entry in entries} <= LEGAL
    current = ledger.current(event_id).set_index("incident_id").loc[names[place]]
    assert (current["state"], current["decided_by"]) == (target, "adj-7")
    assert current["decided_role"] == "adjuster"
    assert json.loads(entries[-1].payload)["reason"] == "looked at the roof"
    assert ledger.verify().ok


def test_what_is_closed_or_approved_is_not_moved_so_again_and_what_is_legal_is_said(opened, as_of):
    ledger, (draft, review, _) = opened
    ledger.append(plan_move(ledger.history(draft), S.WITHDRAWN_NO_DAMAGE, WHO, as_of))
    for target in GOALS:
        with pytest.raises(IllegalTransitionError, match="nothing, it is closed"):
            plan_move(ledger.history(draft), target, WHO, as_of)
    ledger.append(plan_move(ledger.history(review), S.CLAIM_DRAFT, WHO, as_of))
    with pytest.raises(IllegalTransitionError, match=r"adj-7 approved it already.*CLAIM_OPEN"):
        plan_move(ledger.history(review), S.CLAIM_DRAFT, WHO, as_of)


def test_what_was_withdrawn_is_reopened_for_a_person_to_look_at(
    opened, findings_of, event_id, as_of
):
    ledger, (draft, review, _) = opened
    others = ({"decision": "review"}, {"decision": "outreach"})
    sound = findings_of({"tier": "T0", "decision": "none", "post_scene_id": "post-2"}, *others)
    ledger.append(plan_move(ledger.history(draft), S.WITHDRAWN_NO_DAMAGE, WHO, as_of))
    assert _decided(ledger, event_id, sound, as_of)[0] == "none"
    ledger.append(plan_reopening(ledger.history(draft), WHO, as_of))
    assert ledger.history(draft)[-1].to_state is S.HUMAN_REVIEWED
    assert _decided(ledger, event_id, sound, as_of) == ("review", "reopened")
    ledger.append(plan_move(ledger.history(draft), S.CLAIM_DRAFT, WHO, as_of))
    assert _decided(ledger, event_id, sound, as_of) == ("open_draft", "person_decided")
    assert [entry.entry_kind.value for entry in ledger.history(draft)][-3:] == [
        "finding_withdrawn", "reopened", "draft_made",
    ]  # fmt: skip
    with pytest.raises(IllegalTransitionError, match="not closed, so there is nothing to reopen"):
        plan_reopening(ledger.history(review), WHO, as_of)
    assert ledger.verify().ok


def test_who_is_to_be_asked_first_is_not_drafted_by_a_run(opened, findings_of, event_id, as_of):
    ledger, (draft, *_) = opened
    others = ({"decision": "review"}, {"decision": "outreach"})
    ledger.append(plan_move(ledger.history(draft), S.OUTREACH, WHO, as_of))
    same = findings_of({}, *others)
    assert _decided(ledger, event_id, same, as_of) == ("outreach", "person_decided")
    later = findings_of({"post_scene_id": "post-2"}, *others)
    assert _decided(ledger, event_id, later, as_of) == REVIEW
    assert ledger.history(draft)[-1].to_state is S.OUTREACH


def test_a_better_picture_withdraws_a_finding_by_an_event_of_its_own(
    opened, findings_of, event_id, as_of
):
    ledger, (draft, review, outreach) = opened
    before = ledger.history(draft)
    none = {"tier": "T0", "decision": "none"}
    rows = findings_of(
        {**none, "post_scene_id": "post-2"},
        none,
        {**none, "post_scene_id": "post-2", "status": "obscured", "tier": "U"},
    )
    open_incidents(rows, ledger, event_id, as_of + timedelta(days=1))
    kinds = [ledger.history(name)[-1].entry_kind.value for name in (draft, review, outreach)]
    assert kinds == ["finding_withdrawn", "reassessed", "reassessed"]
    assert ledger.history(draft)[:-1] == before, "history is never rewritten"
    assert ledger.history(draft)[-1].to_state is S.CLAIM_DRAFT, "a person withdraws the draft"


def test_only_a_persons_decision_is_confirmed(opened, as_of):
    ledger, (draft, *_) = opened
    with pytest.raises(IllegalTransitionError, match="no person brought it to CLAIM_DRAFT"):
        plan_confirmation(ledger.history(draft), WHO, as_of)
    ledger.append(plan_move(ledger.history(draft), S.WITHDRAWN_NO_DAMAGE, WHO, as_of))
    ledger.append(plan_confirmation(ledger.history(draft), WHO, as_of))
    assert ledger.history(draft)[-1].to_state is S.WITHDRAWN_NO_DAMAGE
    assert ledger.verify().ok


@pytest.mark.parametrize("by", ["", " ", "system", "SYSTEM", "a\nb", "x" * 81])
def test_who_decides_is_a_person_in_one_line(by):
    with pytest.raises(InputError, match="by is"):
        Decider(by, "adjuster", "why")


@pytest.mark.parametrize(
    ("target", "seen", "expected"),
    [
        (S.WITHDRAWN_NO_DAMAGE, {}, SETTLED),
        (S.WITHDRAWN_NO_DAMAGE, {"post_scene_id": "post-2"}, REVIEW),
        (S.BELOW_DEDUCTIBLE, {"post_scene_id": "post-2"}, REVIEW),
        (S.WITHDRAWN_NO_DAMAGE, {"tier": "T2", "decision": "outreach", "post_scene_id": "post-2"},
         SETTLED),
        (S.MERGED, {"post_scene_id": "post-2"}, SETTLED),
        (S.CLAIM_OPEN, {"post_scene_id": "post-2"}, SETTLED),
        (S.CLAIM_DRAFT, {"tier": "T0", "decision": "none"}, ("open_draft", "person_decided")),
    ],
)  # fmt: skip
def test_a_run_only_proposes(*, opened, findings_of, event_id, as_of, target, seen, expected):
    ledger, (draft, *_) = opened
    ledger.append(plan_move(ledger.history(draft), target, WHO, as_of))
    others = ({"decision": "review"}, {"decision": "outreach"})
    assert _decided(ledger, event_id, findings_of(seen, *others), as_of) == expected
    assert ledger.current(event_id).set_index("incident_id")["state"][draft] == target


def test_confirmed_on_the_new_picture_the_review_rests(opened, findings_of, event_id, as_of):
    ledger, (draft, *_) = opened
    rows = findings_of({"post_scene_id": "post-2"}, {"decision": "review"})
    ledger.append(plan_move(ledger.history(draft), S.WITHDRAWN_NO_DAMAGE, WHO, as_of))
    assert _decided(ledger, event_id, rows, as_of)[0] == "review"
    seen = {"post_scene_id": "post-2", "tier": "T4"}
    ledger.append(plan_confirmation(ledger.history(draft), WHO, as_of, seen))
    assert _decided(ledger, event_id, rows, as_of)[0] == "none"


def test_an_open_draft_waits_also_without_a_finding(opened, findings_of, event_id, as_of):
    ledger, (draft, review, _) = opened
    rows = findings_of({"tier": "T0", "decision": "none", "decision_reasons": "no_damage_seen"})
    table = open_incidents(rows, ledger, event_id, as_of)
    assert table["decision_reasons"].tolist() == ["no_damage_seen;draft_waits"]
    left = list_left(ledger.current(event_id), table["incident_id"].iloc[:0])
    assert left["incident_id"].tolist() == [draft]
    assert left["decision_reasons"].tolist() == ["not_in_path_any_more;draft_waits"]
    ledger.append(plan_move(ledger.history(review), S.WITHDRAWN_NO_DAMAGE, WHO, as_of))
    left = list_left(ledger.current(event_id), table["incident_id"])
    assert left[["incident_id", "is_open"]].to_numpy().tolist() == [[review, False]]
