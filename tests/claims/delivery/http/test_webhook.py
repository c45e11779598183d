import hashlib
import hmac

import httpx
import pytest

from claims.delivery.http.webhook import Webhook, sign
from claims.ledger.letters import LetterState
from core.errors import SettingsError

SECRET = b"shared"
S = LetterState


@pytest.fixture
def hook(calm):
    def make(answer, asked=None) -> Webhook:
        def handle(request: httpx.Request) -> httpx.Response:
            if asked is not None:
                asked.append(request)
            return answer

        client = httpx.Client(transport=httpx.MockTransport(handle))
        return Webhook(client, "https://in.example/drafts?key=x", SECRET, calm, lambda: 1_539.9)

    return make


def test_a_receiver_can_tell_who_sent_what_and_when(hook, going):
    asked = []
    answer = hook(httpx.Response(202), asked).deliver(going(1, 2))
    (request,) = asked
    signed = b"1539." + request.content
    expected = hmac.new(SECRET, signed, hashlib.sha256).hexdigest()
    assert request.headers["Firstnotice-Signature"] == f"v1={expected}"
    assert request.headers["Firstnotice-Timestamp"] == "1539"
    assert request.headers["Idempotency-Key"] == f"{1:064d}:r2"
    assert request.content.decode() == going(1, 2).letter.document
    assert answer.state is S.SENT


def test_a_signature_covers_time_and_body():
    assert len({sign(SECRET, "1", b"a"), sign(SECRET, "2", b"a"), sign(SECRET, "1", b"b")}) == 3


@pytest.mark.parametrize(
    ("status", "said", "state"),
    [(200, '{"claimNumber": "C-1"}', S.ACKNOWLEDGED), (409, "", S.SENT), (422, "", S.REFUSED)],
)
def test_what_the_receiver_says(*, status, said, state, hook, going):
    assert hook(httpx.Response(status, content=said)).deliver(going()).state is state


def test_a_closed_door_is_told_without_the_query(hook, going):
    with pytest.raises(SettingsError, match=r"webhook in\.example/drafts: it answers 404"):
        hook(httpx.Response(404)).deliver(going())
