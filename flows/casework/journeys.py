"""Timelines of insureds, from what runs found, the ledger recorded and clocks ask for."""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from claims.journey.timeline import (
    Touch,
    TouchKind,
    Wait,
    find_waiting,
    tell_clocks,
    tell_entries,
    tell_runs,
)
from core.errors import InputError
from core.schemas.book import LOCATION_KEY
from flows.casework.clocks_due import find_clocks
from flows.casework.deciding import Record
from flows.wiring.storage.folders import RUN_FILE, find_runs

_LOG = logging.getLogger(__name__)
_READ = [
    *LOCATION_KEY, "status", "tier", "decision", "incident_id", "claim_number",
    "claim_notice_at_utc", "reviewed_grade", "reviewer", "reviewed_at_utc",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Journey:
    """The timeline of a home in an event.

    Attributes:
        event_id: the event.
        policy_number: of the home.
        location_number: of the home.
        incident_id: our pre-claim record, if there is one.
        touches: in order.
    """

    event_id: str
    policy_number: str
    location_number: str
    incident_id: str | None
    touches: tuple[Touch, ...]


def find_journeys(
    record: Record, policy_number: str, event_id: str | None, now_utc: datetime
) -> list[Journey]:
    """Timelines of all homes of a policy, in one event or in all that list it.

    Raises:
        InputError: no run under the output folder lists the policy.
    """
    events = [event_id] if event_id else _list_events(record.out)
    journeys = [
        journey
        for event in events
        for journey in _tell_event(record, event, policy_number, now_utc)
    ]
    if not journeys:
        raise InputError(
            f"telling the journey of policy {policy_number!r}",
            f"no run of {event_id or 'any event'} under {record.out} lists it",
            "Give the policy number as the list has it, and the output folder with --out",
        )
    return journeys


def find_all_waiting(
    record: Record, event_id: str | None, now_utc: datetime, longer_than: timedelta
) -> list[Wait]:
    """Insureds of one event or of all whom nobody has been in touch with for so long."""
    events = [head.event_id for head in record.ledger.heads() if event_id in (None, head.event_id)]
    waits = [
        wait
        for event in events
        for wait in find_waiting(record.ledger.entries(event), now_utc, longer_than)
    ]
    return sorted(waits, key=lambda wait: (wait.since_utc, wait.event_id, wait.incident_id))


def _list_events(out: Path) -> list[str]:
    return sorted({path.parent.parent.name for path in out.glob(f"*/*/{RUN_FILE}")})


def _tell_event(
    record: Record, event_id: str, policy_number: str, now_utc: datetime
) -> list[Journey]:
    rows, begun = _read_runs(record.out / event_id, policy_number, now_utc)
    if rows.empty:
        return []
    homes = rows.groupby(LOCATION_KEY, sort=True)
    return [_tell_home(record, event_id, home, begun, now_utc) for _, home in homes]


def _read_runs(
    folder: Path, policy_number: str, now_utc: datetime
) -> tuple[pd.DataFrame, datetime | None]:
    """What each run found of a policy's homes, the oldest first, and when the event began."""
    tables, begun = [], None
    for run in reversed(find_runs(folder)):
        try:
            said = json.loads((run / RUN_FILE).read_text(encoding="utf-8"))
            at_utc = datetime.fromisoformat(said["as_of_utc"]).astimezone(UTC)
            begun = datetime.fromisoformat(said["event"]["window_start_utc"]).astimezone(UTC)
            found = pd.read_parquet(
                run / "findings.parquet", filters=[("policy_number", "=", policy_number)]
            ).reindex(columns=_READ)
        except (OSError, ValueError, KeyError) as error:
            _LOG.warning("run %s is passed over: %s", run.name, type(error).__name__)
            continue
        if at_utc <= now_utc:
            tables.append(found.assign(as_of_utc=at_utc))
    return (pd.concat(tables) if tables else pd.DataFrame(columns=_READ)), begun


def _tell_home(
    record: Record, event_id: str, rows: pd.DataFrame, begun: datetime | None, now_utc: datetime
) -> Journey:
    found = [_plain(row) for row in rows.to_dict("records")]
    last = found[-1]
    incident = next((row["incident_id"] for row in reversed(found) if row["incident_id"]), None)
    touches: list[Touch] = []
    if begun is not None:
        touches.append(Touch(begun, TouchKind.EVENT, f"event {event_id} begins"))
    touches += tell_runs(found)
    if incident is not None and (history := record.ledger.history(incident)):
        touches += tell_entries(history)
        touches += tell_clocks(find_clocks(record, incident, now_utc))
    known = [each for each in touches if each.at_utc <= now_utc or each.kind is TouchKind.CLOCK]
    in_order = tuple(sorted(known, key=lambda touch: touch.at_utc))
    return Journey(event_id, last["policy_number"], last["location_number"], incident, in_order)


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    """The row with missing values as None and instants as those of Python."""
    return {
        str(name): None if pd.isna(value)
        else value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
        for name, value in row.items()
    }  # fmt: skip
