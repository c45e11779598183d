"""What people do about incidents, written to the ledger at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from claims.incidents.moving import Decider, plan_confirmation, plan_move
from claims.incidents.states import CLOSED_STATES, IncidentState
from claims.ledger.entry import Entry
from claims.ledger.store import Ledger
from core.errors import IllegalTransitionError, InputError, LedgerError, TransientError
from flows.wiring.adapters import ledger_url
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import LATEST

_LOOKED_AT = ["post_scene_id", "tier"]
"""What the ledger keeps of the finding that lay before the person."""


@dataclass(frozen=True, slots=True)
class Record:
    """Where the incidents are.

    Attributes:
        out: folder of all runs.
        ledger: the open ledger.
    """

    out: Path
    ledger: Ledger


def open_record(out: Path, store: str | None, settings_file: Path | None) -> Record:
    """The ledger at ``store``, or that of the settings, or that of ``out``.

    Raises:
        LedgerError, TransientError: there is none, or it cannot be opened.
    """
    url = store or ledger_url(Settings.read(settings_file), out)
    return Record(out, Ledger.open_existing(url))


def list_incidents(record: Record, event_id: str | None, state: str | None) -> pd.DataFrame:
    """``Ledger.current`` of one event or of all, with ``event_id``; of one state if given.

    Raises:
        InputError: there is no such state.
        LedgerError: no run recorded such an event.
    """
    if state is not None and state not in list(IncidentState):
        known = ", ".join(IncidentState)
        raise InputError("listing incidents", f"there is no state {state!r}", f"One of: {known}")
    events = [head.event_id for head in record.ledger.heads()]
    if event_id is not None and event_id not in events:
        known = ", ".join(events) or "none"
        raise LedgerError(
            "listing incidents", f"the ledger knows no event {event_id!r}", f"It knows: {known}"
        )
    wanted = events if event_id is None else [event_id]
    tables = [record.ledger.current(name).assign(event_id=name) for name in wanted]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["state"])
    return table if state is None else table[table["state"] == state]


def find_history(record: Record, incident_id: str) -> tuple[Entry, ...]:
    """All entries of an incident.

    Raises:
        LedgerError: the ledger knows no such incident.
    """
    history = record.ledger.history(incident_id)
    if not history:
        raise LedgerError(
            f"looking for incident {incident_id!r}", "the ledger has none of that id",
            "`firstnotice incident list` names them",
        )  # fmt: skip
    return history


def move_incident(
    record: Record, incident_id: str, target: IncidentState, decider: Decider, **notes: Any
) -> tuple[Entry, ...]:
    """Bring an incident to a state in a person's name; gives the entries written.

    Raises:
        IllegalTransitionError: there is no such move from where it is.
        LedgerError, TransientError: the ledger refuses, or the incident moved meanwhile.
    """
    return _write(
        record,
        incident_id,
        lambda history, seen: plan_move(
            history, target, decider, datetime.now(UTC), {**seen, **notes}
        ),
    )


def confirm_incident(record: Record, incident_id: str, decider: Decider) -> tuple[Entry, ...]:
    """Note that a person looked again and stays with what was decided.

    Raises:
        IllegalTransitionError: no person has decided anything yet.
        LedgerError, TransientError: as ``move_incident``.
    """
    return _write(
        record,
        incident_id,
        lambda history, seen: plan_confirmation(history, decider, datetime.now(UTC), seen),
    )


def merge_incidents(
    record: Record, incident_id: str, into: str, decider: Decider
) -> tuple[Entry, ...]:
    """Close an incident as the same loss as another of its event, which stays as it is.

    Raises:
        IllegalTransitionError: the other is the same, another event's or closed.
        LedgerError, TransientError: as ``move_incident``.
    """
    one, other = (find_history(record, name)[-1] for name in (incident_id, into))
    work = f"merging incident {incident_id} into {into}"
    remedy = "Name the incident of the same loss that goes on"
    if incident_id == into:
        raise IllegalTransitionError(work, "they are the same", remedy)
    if one.event_id != other.event_id:
        raise IllegalTransitionError(
            work, f"they are of the events {one.event_id} and {other.event_id}", remedy
        )
    if other.to_state in CLOSED_STATES:
        raise IllegalTransitionError(work, f"{into} is {other.to_state}, so closed", remedy)
    return move_incident(record, incident_id, IncidentState.MERGED, decider, into=into)


def _write(
    record: Record,
    incident_id: str,
    plan: Callable[[tuple[Entry, ...], dict[str, str]], tuple[Entry, ...]],
) -> tuple[Entry, ...]:
    history = find_history(record, incident_id)
    entries = plan(history, _look_up(record.out, history[-1]))
    if record.ledger.append(entries).stale:
        raise TransientError(
            f"moving incident {incident_id}", "somebody moved it at the same moment",
            "Look at it again with `firstnotice incident show`",
        )  # fmt: skip
    return entries


def _look_up(out: Path, last: Entry) -> dict[str, str]:
    """What the newest run says of the incident, where its findings lie in ``out``."""
    path = out / last.event_id / LATEST / "findings.parquet"
    if not path.is_file():
        return {}
    is_it = [("incident_id", "=", last.incident_id)]
    found = pd.read_parquet(path, columns=_LOOKED_AT, filters=is_it)
    if len(found) != 1:
        return {}
    return {str(name): str(value) for name, value in found.iloc[0].dropna().items()}
