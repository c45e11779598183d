"""Where an incident stands, told from the ledger."""

import json
from typing import Any

from claims.incidents.roles import MACHINES
from claims.ledger.store import Ledger


def tell_incident(ledger: Ledger, incident_id: str) -> dict[str, Any] | None:
    """State and history of an incident, without who decided; None where the ledger has none.

    Raises:
        LedgerError, TransientError: the ledger cannot be read.
    """
    history = ledger.history(incident_id)
    if not history:
        return None
    return {
        "state": str(history[-1].to_state),
        "stateWords": history[-1].to_state.replace("_", " ").lower(),
        "history": [
            {
                "at": entry.recorded_at_utc[:16].replace("T", " ") + " UTC",
                "what": entry.entry_kind.replace("_", " "),
                "by": entry.actor if entry.actor in MACHINES else _role(entry.payload),
            }
            for entry in history
        ],
    }


def _role(payload: str) -> str:
    """In which role a person wrote an entry: their id is not shown."""
    return str(json.loads(payload).get("role") or "person")
