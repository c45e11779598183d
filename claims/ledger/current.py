"""Where each incident stands, told from the entries of its history."""

import json
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, Select, func, select

from claims.ledger.decided import DECIDED_COLUMNS, read_decided
from claims.ledger.kinds import ASSESSMENT_KINDS
from claims.ledger.schema import ENTRIES
from core.errors import LedgerTamperedError
from core.schemas.book import LOCATION_KEY

OPENED_COLUMNS = [f"opened_{name}" for name in LOCATION_KEY]
"""The key that an incident was opened under."""

CURRENT_COLUMNS = {
    "incident_id": "str",
    "portfolio_number": "str",
    "account_number": "str",
    "policy_number": "str",
    "location_number": "str",
    "state": "str",
    "steps": "int64",
    "tier": "str",
    "status": "str",
    "decision": "str",
    "building_id": "str",
    "longitude": "float64",
    "latitude": "float64",
    "detected_at_utc": "datetime64[us, UTC]",
    "changed_at_utc": "datetime64[us, UTC]",
    "post_scene_id": "str",
    **dict.fromkeys(OPENED_COLUMNS, "str"),
    **DECIDED_COLUMNS,
}
"""Columns of ``Ledger.current`` and their dtypes. Tier, status, decision, building, scene
after and point (degrees, EPSG:4326; missing in assessments of the first version) are the last seen.
Portfolio and account are missing where the key is known in part, see ``IncidentKey``; ``decided``
columns where the last move is the system's."""

_STATE_COLUMNS = [
    "incident_id",
    *LOCATION_KEY,
    "state",
    "steps",
    "detected_at_utc",
    "changed_at_utc",
    *OPENED_COLUMNS,
]
_ASSESSED_COLUMNS = [
    "tier",
    "status",
    "decision",
    "building_id",
    "longitude",
    "latitude",
    "post_scene_id",
]


def read_current(connection: Connection, event_id: str) -> pd.DataFrame:
    """``CURRENT_COLUMNS`` of each incident of an event, sorted by location key.

    Raises:
        LedgerTamperedError: an assessment can no longer be read.
    """
    states = connection.execute(_select_states(event_id)).all()
    assessments = connection.execute(_select_assessments(event_id)).all()
    table = pd.DataFrame([tuple(row) for row in states], columns=_STATE_COLUMNS)
    seen = pd.DataFrame(
        [_read_assessment(row) for row in assessments],
        index=[row.incident_id for row in assessments],
        columns=_ASSESSED_COLUMNS,
    )
    decided = read_decided(connection, event_id)
    joined = table.join(seen, on="incident_id").join(decided, on="incident_id")
    joined = joined[list(CURRENT_COLUMNS)]
    joined = joined.astype(CURRENT_COLUMNS).sort_values(LOCATION_KEY)
    return joined.reset_index(drop=True)


def find_moved(current: pd.DataFrame) -> "pd.Series[bool]":
    """Which incidents go under another key than the one that they were opened under.

    A key that was only completed since counts as the same.
    """
    now, then = current[LOCATION_KEY], current[OPENED_COLUMNS].set_axis(LOCATION_KEY, axis=1)
    return ((now != then) & then.notna()).any(axis=1)


def _read_assessment(row: Row[Any]) -> list[str | None]:
    try:
        payload = json.loads(row.payload)
        return [payload.get(name) for name in _ASSESSED_COLUMNS]
    except (ValueError, AttributeError) as error:
        raise LedgerTamperedError(
            f"reading the last assessment of {row.incident_id}",
            "its payload is not what the ledger writes",
            "Run firstnotice ledger verify and restore the ledger from a backup",
        ) from error


def _select_states(event_id: str) -> Select[Any]:
    """``_STATE_COLUMNS`` of each incident of an event."""
    span = (
        select(
            ENTRIES.c.incident_id,
            func.max(ENTRIES.c.step).label("steps"),
        )
        .where(ENTRIES.c.event_id == event_id)
        .group_by(ENTRIES.c.incident_id)
        .subquery()
    )
    first, last = ENTRIES.alias("first_entry"), ENTRIES.alias("last_entry")
    return (
        select(
            span.c.incident_id,
            *(last.c[name] for name in LOCATION_KEY),
            last.c.to_state.label("state"),
            span.c.steps,
            first.c.recorded_at_utc.label("detected_at_utc"),
            last.c.recorded_at_utc.label("changed_at_utc"),
            *(first.c[name].label(f"opened_{name}") for name in LOCATION_KEY),
        )
        .join(first, (first.c.incident_id == span.c.incident_id) & (first.c.step == 1))
        .join(last, (last.c.incident_id == span.c.incident_id) & (last.c.step == span.c.steps))
    )


def _select_assessments(event_id: str) -> Select[Any]:
    """The payload of the last assessment of each incident of an event."""
    kinds = [kind.value for kind in ASSESSMENT_KINDS]
    newest = (
        select(ENTRIES.c.incident_id, func.max(ENTRIES.c.step).label("step"))
        .where(ENTRIES.c.event_id == event_id, ENTRIES.c.entry_kind.in_(kinds))
        .group_by(ENTRIES.c.incident_id)
        .subquery()
    )
    return select(ENTRIES.c.incident_id, ENTRIES.c.payload).join(
        newest,
        (newest.c.incident_id == ENTRIES.c.incident_id) & (newest.c.step == ENTRIES.c.step),
    )
