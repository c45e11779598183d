"""The pictures of a draft reach its claim once each, whatever fails, and never in its place."""

from dataclasses import replace

from claims.delivery.simulator.answers import ApiError
from claims.delivery.simulator.misbehaving import Misbehaviour
from claims.drafts.pictures import DraftPicture
from claims.ledger.letters import LetterState
from core.provenance import sha256_of_bytes

S = LetterState


def _picture(role, content=b"\xff\xd8\r\n--not a boundary\r\n\x00\xff\xd9"):
    jpeg = role.encode() + content
    return DraftPicture(role, f"pictures/inc-1-{role}.jpg", sha256_of_bytes(jpeg), jpeg)


PICTURES = tuple(map(_picture, ("before", "after", "tinted")))


def _documents(simulator, reference):
    return [each["attributes"] for each in simulator.store.documents(reference).body["data"]]


def test_pictures_are_documents_of_the_claim_byte_for_byte(simulate, reach, going):
    simulator = simulate()
    answer = reach(simulator).deliver(going(pictures=PICTURES))
    found = _documents(simulator, answer.reference)
    assert [each["sha256"] for each in found] == [each.sha256 for each in PICTURES]
    assert [each["name"] for each in found] == [
        "inc-1-before.jpg", "inc-1-after.jpg", "inc-1-tinted.jpg",
    ]  # fmt: skip
    assert {each["type"]["code"] for each in found} == {"photo"}
    assert "Ada Example" not in str(found)


def test_what_fails_between_is_done_once_and_a_revision_brings_what_is_new(simulate, reach, going):
    bad = Misbehaviour(
        server_error=0.1, dropped_before=0.1, dropped_after=0.3, retry_after_s=0, seed=4
    )
    simulator = simulate(bad)
    gateway = reach(simulator)
    answers = [gateway.deliver(going(n, pictures=PICTURES)) for n in (1, 2, 3, 1, 2, 3)]
    assert {each.state for each in answers} == {S.ACKNOWLEDGED}
    for answer in answers:
        assert len(_documents(simulator, answer.reference)) == 3
    newer = (PICTURES[0], _picture("after", b"another"))
    gateway.deliver(going(1, 2, pictures=newer, reference=answers[0].reference))
    found = _documents(simulator, answers[0].reference)
    assert [each["name"] for each in found][3:] == ["inc-1-after.r2.jpg"]


def test_a_claims_system_that_stops_answering_between_keeps_the_letter(simulate, reach, going):
    simulator = simulate(Misbehaviour(dropped_before=1.0))
    assert reach(simulator).deliver(going(pictures=PICTURES)).state is S.PENDING


def test_pictures_go_to_the_insureds_own_claim_too(simulate, reach, going):
    simulator = simulate()
    gateway = reach(simulator)
    own = gateway.deliver(going(2)).reference
    answer = gateway.deliver(going(1, found_claim=own, pictures=PICTURES))
    assert answer.state is S.ATTACHED
    assert len(_documents(simulator, own)) == 3


def test_refused_pictures_keep_no_draft_out(simulate, reach, going):
    simulator = simulate()
    gateway = replace(reach(simulator), document_type="no such type")
    simulator.store.add_document = _refuse
    answer = gateway.deliver(going(pictures=PICTURES))
    assert (answer.state, answer.pictures_refused) == (S.ACKNOWLEDGED, "400 BadInputException")
    simulator.store.add_document = _forbid
    answer = gateway.deliver(going(2, pictures=PICTURES))
    assert (answer.state, answer.pictures_refused) == (S.ACKNOWLEDGED, "not allowed")


def test_where_no_type_is_named_no_picture_is_brought(simulate, reach, going):
    simulator = simulate()
    gateway = replace(reach(simulator), document_type=None)
    answer = gateway.deliver(going(pictures=PICTURES))
    assert (answer.state, answer.pictures_refused) == (S.ACKNOWLEDGED, None)
    assert _documents(simulator, answer.reference) == []


def _refuse(*_):
    raise ApiError(400, "BadInputException", "no such type")


def _forbid(*_):
    raise ApiError(403, "ForbiddenException", "not for this client")
