"""What people decided about incidents, and on what evidence, told from the entries."""

import json
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, Select, func, select

from claims.incidents.roles import SYSTEM_ACTOR
from claims.ledger.kinds import ASSESSMENT_KINDS, NOTE_KINDS
from claims.ledger.schema import ENTRIES
from core.errors import LedgerTamperedError

DECIDED_COLUMNS = {
    "decided_by": "str",
    "decided_role": "str",
    "decided_at_utc": "datetime64[us, UTC]",
    "decided_scene": "str",
    "decided_tier": "str",
    "decided_kind": "str",
    "decided_limit": "float64",
}
"""Columns about the last move of an incident where no run made it, and their dtypes: who, in which
role, when, scene and tier of the evidence that lay before them, the kind of the entry, and
the limit of an approver on whose authority the claim may be submitted."""
_EVIDENCE = {"post_scene_id": "decided_scene", "tier": "decided_tier"}


def read_decided(connection: Connection, event_id: str) -> pd.DataFrame:
    """``DECIDED_COLUMNS`` by incident id, of incidents whose last move is a person's.

    Raises:
        LedgerTamperedError: a payload can no longer be read.
    """
    rows = connection.execute(_select_decided(event_id)).all()
    return pd.DataFrame(
        [_read(row) for row in rows],
        index=[row.incident_id for row in rows],
        columns=list(DECIDED_COLUMNS),
    )


def _read(row: Row[Any]) -> dict[str, Any]:
    try:
        said, seen = json.loads(row.payload), json.loads(row.assessment or "{}")
        # what the person says they looked at goes before the last assessment, which is not
        # written anew where tier and decision stay
        evidence = {name: said.get(known, seen.get(known)) for known, name in _EVIDENCE.items()}
        role, limit = said.get("role"), said.get("authority", {}).get("limit")
    except (ValueError, AttributeError) as error:
        raise LedgerTamperedError(
            f"reading what a person decided about {row.incident_id}",
            "its payload is not what the ledger writes",
            "Run firstnotice ledger verify and restore the ledger from a backup",
        ) from error
    who = {"decided_by": row.actor, "decided_role": role, "decided_at_utc": row.recorded_at_utc}
    return who | evidence | {"decided_kind": row.entry_kind, "decided_limit": limit}


def _select_decided(event_id: str) -> Select[Any]:
    """The last move of each incident where a person made it, with the assessment before it."""
    notes = [kind.value for kind in NOTE_KINDS]
    last = (
        select(ENTRIES.c.incident_id, func.max(ENTRIES.c.step).label("step"))
        .where(ENTRIES.c.event_id == event_id, ENTRIES.c.entry_kind.not_in(notes))
        .group_by(ENTRIES.c.incident_id)
        .subquery()
    )
    move, seen = ENTRIES.alias("move"), ENTRIES.alias("seen")
    assessed = (
        select(seen.c.payload)
        .where(
            seen.c.incident_id == move.c.incident_id,
            seen.c.step < move.c.step,
            seen.c.entry_kind.in_([kind.value for kind in ASSESSMENT_KINDS]),
        )
        .order_by(seen.c.step.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            move.c.incident_id,
            move.c.actor,
            move.c.entry_kind,
            move.c.payload,
            move.c.recorded_at_utc,
            assessed.label("assessment"),
        )
        .join(last, (last.c.incident_id == move.c.incident_id) & (last.c.step == move.c.step))
        .where(move.c.actor != SYSTEM_ACTOR)
    )
