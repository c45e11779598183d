"""Against the simulator: what the public documents of the Cloud API say, and what goes wrong."""

from dataclasses import replace

import pytest

from claims.delivery.http.calling import KEY_HEADER
from claims.delivery.http.claim_center import CLAIMS, PAGE, ClaimCenter
from claims.delivery.http.payloads import read_problem
from claims.delivery.http.tokens import FixedToken
from claims.delivery.simulator.misbehaving import Fault, Misbehaviour
from claims.ledger.letters import LetterState
from core.errors import SettingsError

S = LetterState


def _claims(simulator) -> list[dict]:
    reply = simulator.store.search([], 1000, 0)
    return [each["attributes"] for each in reply.body["data"]]


def test_a_draft_is_made_with_its_children_and_found_by_its_reference(simulate, reach, going):
    simulator = simulate()
    answer = reach(simulator).deliver(going())
    (claim,) = _claims(simulator)
    assert answer.state is S.ACKNOWLEDGED
    assert (answer.reference, answer.claim_number) == (claim["id"], claim["claimNumber"])
    assert claim["incident_Ext"] == "inc-1"
    assert claim["state"] == {"code": "draft"}, "nothing is submitted"
    assert claim["mainContact"] == {"refid": "insured"}


def test_the_same_letter_again_changes_nothing(simulate, reach, going):
    simulator = simulate()
    first, again = (reach(simulator).deliver(going()) for _ in range(2))
    assert first == again
    assert len(_claims(simulator)) == 1


def test_an_answer_that_was_lost_is_found_by_asking(simulate, reach, going):
    simulator = simulate(Misbehaviour(dropped_after=0.3, seed=1))
    gateway = reach(simulator)
    answers = [gateway.deliver(going(number)) for number in range(1, 31)]
    assert {each.state for each in answers} == {S.ACKNOWLEDGED}
    assert simulator.chance.drawn[Fault.DROPPED_AFTER] > 5
    numbers = {each["incident_Ext"]: each["claimNumber"] for each in _claims(simulator)}
    assert [numbers[f"inc-{n}"] for n in range(1, 31)] == [each.claim_number for each in answers]


@pytest.mark.parametrize("fault", ["server_error", "throttled", "unauthorised", "dropped_before"])
def test_each_fault_is_outlasted(fault, simulate, reach, going):
    simulator = simulate(replace(Misbehaviour(retry_after_s=0, seed=2), **{fault: 0.3}))
    gateway = reach(simulator)
    assert {gateway.deliver(going(n)).state for n in range(20)} == {S.ACKNOWLEDGED}
    assert len(_claims(simulator)) == 20


def test_a_revision_patches_what_is_there(simulate, reach, going):
    simulator = simulate()
    gateway = reach(simulator)
    first = gateway.deliver(going())
    second = going(1, 2, "reviewed: no damage", reference=first.reference)
    assert [gateway.deliver(second).state for _ in range(2)] == [S.ACKNOWLEDGED] * 2
    (claim,) = _claims(simulator)
    assert claim["description"] == "reviewed: no damage"
    assert claim["policyNumber"] == "P1"


def test_a_revision_whose_first_may_have_arrived_ends_as_what_it_says(simulate, reach, going):
    simulator = simulate()
    gateway = reach(simulator)
    gateway.deliver(going())  # and the process was killed before it noted that
    answer = gateway.deliver(going(1, 2, "worse", may_be_there=True))
    (claim,) = _claims(simulator)
    assert (answer.state, claim["description"]) == (S.ACKNOWLEDGED, "worse")


def test_evidence_goes_to_the_claim_that_the_insured_opened(simulate, reach, going):
    simulator = simulate()
    own = {"data": {"attributes": {"policyNumber": "P1", "lossDate": "2018-10-11T09:00:00Z"}}}
    claim_id = simulator.store.create(None, own).body["data"]["attributes"]["id"]
    gateway = reach(simulator)
    answers = [gateway.deliver(going(found_claim=claim_id)) for _ in range(2)]
    assert {each.state for each in answers} == {S.ATTACHED}
    (claim,) = _claims(simulator)
    assert len(claim["notes"]) == 1, "and no second claim"
    assert "Ada Example" not in str(claim["notes"])


def test_what_lacks_a_loss_date_is_refused_and_says_the_code_alone(simulate, reach, going):
    simulator = simulate()
    outgoing = going()
    document = outgoing.letter.document.replace('"lossDate"', '"day"')
    from claims.ledger.letters import pack_document  # noqa: PLC0415

    broken = replace(outgoing, letter=replace(outgoing.letter, packed=pack_document(document)))
    answer = reach(simulator).deliver(broken)
    assert (answer.state, answer.told) == (S.REFUSED, "400 BadInputException")


def test_a_system_that_is_down_leaves_the_letter_waiting(simulate, reach, going):
    answer = reach(simulate(Misbehaviour(server_error=1.0))).deliver(going())
    assert answer.state is S.PENDING


def test_a_wrong_secret_and_a_wrong_address_are_told(simulate, reach, going):
    simulator = simulate()
    simulator.client = replace(simulator.client, client_secret=KEY_HEADER)
    with pytest.raises(SettingsError, match="answers 401"):
        reach(simulator).deliver(going())
    caller = replace(reach(simulator).caller, tokens=FixedToken())
    caller.client.base_url = simulator.url + "/elsewhere"
    simulator.client = replace(simulator.client, client_secret="")
    with pytest.raises(SettingsError, match="it has no"):
        ClaimCenter(caller, "incident_Ext").deliver(going())


def test_submit_opens_a_draft_once(simulate, reach, going):
    simulator = simulate()
    gateway = reach(simulator)
    made = gateway.deliver(going())
    answers = [gateway.submit(made.reference, going().letter.transaction_id) for _ in range(2)]
    assert [each.state for each in answers] == [S.ACKNOWLEDGED] * 2
    assert _claims(simulator)[0]["state"] == {"code": "open"}


def test_the_feed_tells_every_claim_once_and_later_only_what_changed(simulate, reach, going):
    simulator = simulate()
    gateway = reach(simulator)
    for number in range(1, PAGE + 31):
        simulator.store.create(None, {"data": {"attributes": {
            "policyNumber": f"P{number}", "lossDate": "2018-10-10", "incident_Ext": f"inc-{number}",
        }}})  # fmt: skip
    news = list(gateway.read_feed(None))
    assert len(news) == len({each.claim_id for each in news}) == PAGE + 30
    simulator.store.move(None, news[3].claim_id, "closed", "paid")
    later = list(gateway.read_feed(news[-1].updated_at))
    assert [(e.claim_id, e.state, e.outcome) for e in later if e.state != "draft"] == [
        (news[3].claim_id, "closed", "paid")
    ]


def test_a_simulator_started_again_knows_its_claims_and_keys(simulate, reach, going):
    first = simulate()
    reach(first).deliver(going())
    again = simulate()
    assert reach(again).deliver(going()).state is S.ACKNOWLEDGED
    assert len(_claims(again)) == 1


@pytest.mark.parametrize("body", [None, [], {}, {"error": "x"}, {"error": {"errorCode": None}}])
def test_any_body_of_a_refusal_can_be_read(body):
    assert read_problem(body) == "no code"


def test_the_path_is_that_of_the_cloud_api():
    assert CLAIMS == "/claim/v1/claims"
