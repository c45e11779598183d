from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from claims.delivery.gateway import Outgoing
from claims.delivery.http.calling import Caller
from claims.delivery.http.claim_center import ClaimCenter
from claims.delivery.http.tokens import ClientCredentials, OAuthTokens
from claims.delivery.simulator.misbehaving import Misbehaviour
from claims.delivery.simulator.server import TOKEN_PATH, Client, Simulator, open_simulator, serving
from claims.ledger.letters import Letter, pack_document
from core.provenance import canonical_json, sha256_of_bytes

FIELD = "incident_Ext"
_SECRET = "told to nobody"  # noqa: S105  of a simulator


@pytest.fixture
def letter_of() -> Callable[..., Letter]:
    """A letter about a policy."""

    def make(number: int = 1, revision: int = 1, description: str = "damaged") -> Letter:
        claim = {
            "policyNumber": f"P{number}",
            "lossDate": "2018-10-10T17:00:00.000Z",
            "lossCause": {"code": "wind"},
            "description": description,
            "mainContact": {"displayName": "Ada Example"},
        }
        document = canonical_json({
            "incidentId": f"inc-{number}",
            "transactionId": f"{number:064d}",
            "claim": {"data": {"attributes": claim}},
            "fixedPropertyIncident": {"data": {"attributes": {"severity": {"code": "major"}}}},
            "evidence": {"tier": {"code": "T4"}},
        })  # fmt: skip
        return Letter(
            f"{number:064d}", revision, "storm-2018", f"inc-{number}", f"P{number}",
            claim["lossDate"], sha256_of_bytes(document.encode()), "saying", False,
            pack_document(document),
        )  # fmt: skip

    return make


@pytest.fixture
def going(letter_of) -> Callable[..., Outgoing]:
    """A letter on its way."""
    return lambda *about, **known: Outgoing(letter_of(*about), **known)


@pytest.fixture
def simulate(tmp_path) -> Iterator[Callable[..., Simulator]]:
    """Starts simulators; the same file each time, so a further one is the first started again."""
    with ExitStack() as stack:

        def start(ordered: Misbehaviour | None = None) -> Simulator:
            client = Client(client_secret=_SECRET)
            opened = open_simulator(tmp_path / "claims.sqlite", FIELD, ordered, client)
            return stack.enter_context(serving(opened))

        yield start


@pytest.fixture
def reach(calm) -> Iterator[Callable[[Simulator], ClaimCenter]]:
    """A gateway to a simulator."""
    with ExitStack() as stack:

        def open_gateway(simulator: Simulator) -> ClaimCenter:
            client = stack.enter_context(httpx.Client(base_url=simulator.url, timeout=2.0))
            credentials = ClientCredentials(simulator.url + TOKEN_PATH, "firstnotice", _SECRET)
            caller = Caller(client, OAuthTokens(credentials, client, calm), calm)
            return ClaimCenter(caller, FIELD, document_type="photo")

        yield open_gateway
