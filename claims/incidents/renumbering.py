"""A home whose book gives it other numbers keeps its incident, once a person says so. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from claims.incidents.key import IncidentKey
from claims.incidents.moving import Decider, plan_note
from claims.ledger.current import OPENED_COLUMNS, find_moved
from claims.ledger.entry import Entry
from claims.ledger.kinds import EntryKind
from core.errors import IllegalTransitionError
from core.schemas.book import LOCATION_KEY


def plan_renumbering(
    history: Sequence[Entry],
    key: IncidentKey,
    current: pd.DataFrame,
    decider: Decider,
    decided_at_utc: datetime,
) -> tuple[Entry, ...]:
    """The entry by which an incident goes on under the numbers that today's book gives its home.

    The incident keeps its id, and its draft the transaction id that it went out with.

    Args:
        history: all entries of the incident, at least one.
        key: what the book calls the home now.
        current: ``Ledger.current`` of the event.
        decider: who says so.
        decided_at_utc: when, timezone-aware.

    Raises:
        RoleError: not in that role.
        IllegalTransitionError: the key is in part, another event's, the incident's already or
            another incident's.
        LedgerError: the instant has no time zone.
    """
    last = history[-1]
    work = f"renumbering incident {last.incident_id}"
    shown = f"{key.policy_number}/{key.location_number}"
    if not key.is_whole or key.event_id != last.event_id:
        raise IllegalTransitionError(
            work, f"{shown} is no home of event {last.event_id} with portfolio and account",
            "Give all four numbers, as the book has them",
        )  # fmt: skip
    if key == last.key:
        raise IllegalTransitionError(
            work, f"it goes under {shown} already", "Give the numbers of today's book"
        )
    taken = find_holder(key, current)
    if taken is not None and taken != last.incident_id:
        raise IllegalTransitionError(
            work, f"the home {shown} has incident {taken}", f"Merge one into the other: {taken}"
        )
    known_by = {name: getattr(last.key, name) for name in LOCATION_KEY}
    notes: Mapping[str, Any] = {"known_by": known_by}
    entry = plan_note(last, EntryKind.RENUMBERED, decider, decided_at_utc, notes=notes, key=key)
    return (entry,)


def find_holder(key: IncidentKey, current: pd.DataFrame) -> str | None:
    """The incident that goes, or was opened, under a key; None where the key is free."""
    for columns in (LOCATION_KEY, OPENED_COLUMNS):
        numbers = [getattr(key, name) for name in LOCATION_KEY]
        is_it = (current[columns] == numbers).all(axis=1)
        if is_it.any():
            return str(current.loc[is_it, "incident_id"].iloc[0])
    return None


def find_opened_keys(current: pd.DataFrame, event_id: str) -> dict[str, IncidentKey]:
    """What incidents were opened under, where they go under another key now; by incident id."""
    moved = current[find_moved(current)].to_dict("records")
    return {row["incident_id"]: _read_opened(row, event_id) for row in moved}


def _read_opened(row: Mapping[Any, Any], event_id: str) -> IncidentKey:
    numbers = (None if pd.isna(row[name]) else str(row[name]) for name in OPENED_COLUMNS)
    portfolio, account, policy, location = numbers
    return IncidentKey(event_id, portfolio, account, str(policy), str(location))
