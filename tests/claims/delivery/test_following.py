"""What the claims system's people do, and what insureds file, is in the ledger and binds."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from claims.delivery.feeding import FeedOptions
from claims.delivery.following import follow_feed
from claims.delivery.gateway import Answer, ClaimNews
from claims.delivery.sending import send_due
from claims.incidents.authority import ClaimOptions
from claims.incidents.moving import Decider, plan_move
from claims.incidents.opening import open_incidents
from claims.incidents.roles import Role
from claims.incidents.states import IncidentState
from claims.ledger.kinds import EntryKind
from claims.ledger.letters import LetterState

S = IncidentState
NEWS = ClaimNews(
    "cc:1", "235-1", "P0000", "2018-10-10T17:00:00.000Z", "draft", None, None,
    "2018-10-11T08:00:00Z", "2018-10-12T09:00:00Z",
)  # fmt: skip


class Desk:
    """A claims system that says what a test wrote."""

    name = "desk"

    def __init__(self, *news: ClaimNews) -> None:
        self.news = list(news)
        self.taken = []
        self.asked_since = []

    def deliver(self, outgoing):
        self.taken.append(outgoing)
        if outgoing.found_claim is not None:
            return Answer(LetterState.ATTACHED, outgoing.found_claim)
        number = len(self.taken)
        return Answer(LetterState.ACKNOWLEDGED, f"cc:{number}", f"235-{number}")

    def find(self, outgoing):
        return None

    def read_feed(self, since):
        self.asked_since.append(since)
        return iter(self.news)


@pytest.fixture
def delivered(findings_of, ledger, draft_all, as_of):
    """The draft of a home, delivered."""
    (draft,) = draft_all(findings_of({}), ledger)
    desk = Desk()
    send_due(ledger.outbox, desk, lambda: as_of, 2)
    return draft, desk


def _follow(ledger, desk, as_of):
    return follow_feed(ledger, desk, FeedOptions(), ClaimOptions(), as_of)


def _ours(draft, state, outcome=None):
    return replace(NEWS, incident_id=draft.incident_id, state=state, outcome=outcome)


@pytest.mark.parametrize(
    ("state", "outcome", "target"),
    [
        ("open", None, S.CLAIM_OPEN),
        ("closed", "payment_complete", S.PAID),
        ("closed", "duplicate", S.MERGED),
        ("closed", "no_damage", S.WITHDRAWN_NO_DAMAGE),
        ("closed", "a code of the carrier's", S.CWOP),
        ("draft", None, S.CLAIM_DRAFT),
    ],
)
def test_an_incident_follows_its_claim(*, state, outcome, target, delivered, ledger, as_of):
    draft, desk = delivered
    desk.news = [_ours(draft, state, outcome)]
    for _ in range(2):
        _follow(ledger, desk, as_of)
    history = ledger.history(draft.incident_id)
    assert history[-1].to_state is target
    assert len({(entry.entry_kind, entry.to_state) for entry in history}) == len(history)
    assert ledger.verify().ok


def test_what_the_claims_system_did_binds_the_next_run(
    *, delivered, findings_of, ledger, event_id, as_of
):
    draft, desk = delivered
    desk.news = [_ours(draft, "closed", "no_damage")]
    _follow(ledger, desk, as_of)
    later = as_of + timedelta(days=1)
    table = open_incidents(findings_of({}).drop(columns="incident_id"), ledger, event_id, later)
    assert table["decision"][0] != "open_draft"


def test_where_a_person_here_decided_first_it_is_noted_and_stays(delivered, ledger, as_of):
    draft, desk = delivered
    who = Decider("adj-7", Role.ADJUSTER, "no damage on site")
    history = ledger.history(draft.incident_id)
    ledger.append(plan_move(history, S.WITHDRAWN_NO_DAMAGE, who, as_of))
    desk.news = [_ours(draft, "open")]
    for _ in range(2):
        _follow(ledger, desk, as_of)
    history = ledger.history(draft.incident_id)
    assert history[-1].to_state is S.WITHDRAWN_NO_DAMAGE
    assert [entry.entry_kind for entry in history].count(EntryKind.CLAIM_FOUND) == 1


def test_an_insureds_own_claim_gets_the_evidence_and_none_is_made(
    findings_of, ledger, draft_all, as_of
):
    drafts = draft_all(findings_of({}, {}), ledger)
    desk = Desk(NEWS)
    assert _follow(ledger, desk, as_of).found == 1
    send_due(ledger.outbox, desk, lambda: as_of, 1)
    taken = {each.letter.policy_number: each.found_claim for each in desk.taken}
    assert taken == {"P0000": "cc:1", "P0001": None}
    kinds = [entry.entry_kind for entry in ledger.history(drafts[0].incident_id)]
    assert kinds[-2:] == [EntryKind.CLAIM_FOUND, EntryKind.EVIDENCE_ATTACHED]
    found = json.loads(ledger.history(drafts[0].incident_id)[-2].payload)
    assert found["reported_at"] == NEWS.reported_at, "the earliest notice"
    assert ledger.verify().ok


@pytest.mark.parametrize("loss_date", ["2018-09-01T00:00:00Z", "2018-10-20T00:00:00Z", "", "?"])
def test_a_claim_of_another_loss_is_none_of_it(loss_date, findings_of, ledger, draft_all, as_of):
    draft_all(findings_of({}), ledger)
    assert _follow(ledger, Desk(replace(NEWS, loss_date=loss_date)), as_of).found == 0


def test_the_feed_is_read_from_the_first_loss_and_then_on(delivered, ledger, as_of):
    _, desk = delivered
    desk.news = [NEWS]
    _follow(ledger, desk, as_of)
    _follow(ledger, desk, as_of)
    assert desk.asked_since == ["2018-10-10T12:00:00.000Z", NEWS.updated_at]


def test_nothing_is_asked_before_there_is_a_draft(ledger, as_of):
    desk = Desk(NEWS)
    _follow(ledger, desk, as_of)
    assert desk.asked_since == []


def test_what_was_tried_unseen_and_then_withdrawn_is_looked_for_and_not_sent(
    *, findings_of, ledger, draft_all, as_of
):
    (draft,) = draft_all(findings_of({}), ledger)
    (due,) = ledger.outbox.due(1)
    ledger.outbox.note_attempts([due.letter])  # and killed here
    who = Decider("adj-7", Role.ADJUSTER, "no damage on site")
    history = ledger.history(draft.incident_id)
    ledger.append(plan_move(history, S.WITHDRAWN_NO_DAMAGE, who, as_of))
    desk = Desk()
    desk.find = lambda _: Answer(LetterState.ACKNOWLEDGED, "cc:9", "235-9")
    sent = send_due(ledger.outbox, desk, lambda: as_of, 1)
    assert desk.taken == []
    assert sent.counts == {LetterState.ACKNOWLEDGED: 1}
    assert json.loads(ledger.history(draft.incident_id)[-1].payload)["claim_number"] == "235-9"
