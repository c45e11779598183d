"""What was judged, written to the ledger beside the incidents of the home."""

import logging
from collections.abc import Sequence
from datetime import datetime

from claims.incidents.moving import Decider, plan_note
from claims.ledger.kinds import EntryKind
from claims.ledger.store import Ledger
from core.errors import TransientError
from web.reviewing.judgement import Judgement

_LOG = logging.getLogger(__name__)
TRIES = 3
"""An incident may move between reading its history and writing; then it is planned again."""


def record_judgement(
    ledger: Ledger, incident_ids: Sequence[str], judgement: Judgement, at_utc: datetime
) -> int:
    """Note a judgement with each incident of its home; the state stays. Gives how many.

    Raises:
        LedgerError: the ledger refuses.
        TransientError: it is locked for too long, or the incident moves again and again.
    """
    return sum(_record(ledger, each, judgement, at_utc) for each in incident_ids)


def _record(ledger: Ledger, incident_id: str, judgement: Judgement, at_utc: datetime) -> int:
    reason = "took back a judgement" if judgement.undoes else "judged in the review queue"
    decider = Decider(judgement.reviewer, judgement.role, reason)
    notes = {
        "building_id": judgement.building_id,
        "tier_judged": judgement.tier,
        "seconds": judgement.seconds,
        "lane": judgement.lane,
        "judgement": judgement.number,
        "undoes": judgement.undoes,
    }
    for _ in range(TRIES):
        history = ledger.history(incident_id)
        if not history:
            _LOG.warning("the ledger has no incident %s", incident_id)
            return 0
        entry = plan_note(history[-1], EntryKind.JUDGED, decider, at_utc, notes=notes)
        if not ledger.append((entry,)).stale:
            return 1
    raise TransientError(
        f"noting a judgement with incident {incident_id}", "it moves at the same moment",
        "Judge the home again",
    )  # fmt: skip
