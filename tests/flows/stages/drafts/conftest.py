from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from claims.incidents.key import IncidentKey
from claims.incidents.roles import SYSTEM_ACTOR
from claims.incidents.states import IncidentState
from claims.ledger.entry import Entry, format_instant
from claims.ledger.kinds import kind_of_move
from claims.ledger.letters import Letter, pack_document
from claims.ledger.store import Ledger
from core.provenance import canonical_json, sha256_of_bytes

EVENT = "storm-2018"
LOSS_DATE = "2018-10-10T17:00:00.000Z"
_WAY = (IncidentState.DETECTED, IncidentState.SCREENED, IncidentState.CLAIM_DRAFT)


@pytest.fixture
def queue_drafts() -> Callable[[str, int], None]:
    """Opens incidents of made-up homes in a ledger, with a draft each in its outbox."""

    def queue(url: str, count: int) -> None:
        ledger = Ledger.open(url)
        for number in range(count):
            key = IncidentKey(EVENT, "1", "A1", f"P{number:04d}", "1")
            ledger.append(_plan(key), [_write(key)])

    return queue


def _plan(key: IncidentKey) -> Iterator[Entry]:
    at, source = datetime(2018, 10, 12, tzinfo=UTC), None
    for step, target in enumerate(_WAY, start=1):
        told = (SYSTEM_ACTOR, "{}", format_instant(at + timedelta(seconds=step)))
        yield Entry(key.incident_id, key, step, kind_of_move(source, target), source, target, *told)
        source = target


def _write(key: IncidentKey) -> Letter:
    claim = {
        "policyNumber": key.policy_number,
        "lossDate": LOSS_DATE,
        "mainContact": {"displayName": "Ada Example"},
    }
    transaction = sha256_of_bytes(key.policy_number.encode())
    document = canonical_json({
        "incidentId": key.incident_id,
        "transactionId": transaction,
        "claim": {"data": {"attributes": claim}},
        "fixedPropertyIncident": {"data": {"attributes": {}}},
        "evidence": {},
    })  # fmt: skip
    return Letter(
        transaction, 1, EVENT, key.incident_id, key.policy_number, LOSS_DATE,
        sha256_of_bytes(document.encode()), "saying", False, pack_document(document),
    )  # fmt: skip
