"""What the claims system says that its own people did, as entries of the ledger. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from claims.incidents.authority import ClaimOptions, require_approval
from claims.incidents.roles import CLAIMS_SYSTEM_ACTOR, Role
from claims.incidents.states import IncidentState
from claims.ledger.entry import Entry, check_entry, format_instant
from claims.ledger.kinds import kind_of_move
from core.provenance import canonical_json


def plan_report(
    history: Sequence[Entry],
    target: IncidentState,
    options: ClaimOptions,
    reported_at_utc: datetime,
    notes: Mapping[str, Any],
) -> tuple[Entry, ...]:
    """The entry by which the claims system moves an incident.

    Args:
        history: all entries of the incident, at least one.
        target: the state that its news means.
        options: the carrier's; where they submit, a claim opens on an approver's word alone.
        reported_at_utc: when it was told, timezone-aware.
        notes: what it says: the claim's number, ids, no names.

    Raises:
        RoleError: the claims system may not make this move, or nobody approved the claim.
        IllegalTransitionError: there is no such move from where the incident is.
        LedgerError: the instant has no time zone.
    """
    last = history[-1]
    approval = require_approval(history, options, target)
    payload = canonical_json({"role": Role.CLAIMS_SYSTEM.value, **notes, **approval})
    kind = kind_of_move(last.to_state, target)
    where = (last.to_state, target, CLAIMS_SYSTEM_ACTOR, payload, format_instant(reported_at_utc))
    entry = Entry(last.incident_id, last.key, last.step + 1, kind, *where)
    check_entry(entry)
    return (entry,)
