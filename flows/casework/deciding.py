"""What people do about incidents, written to the ledger at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from claims.incidents.authority import grant, require_approval
from claims.incidents.moving import (
    Decider,
    check_claim_number,
    plan_confirmation,
    plan_move,
    plan_reopening,
)
from claims.incidents.renumbered import KNOWN_CODE
from claims.incidents.renumbering import plan_renumbering
from claims.incidents.roles import Role
from claims.incidents.states import CLOSED_STATES, IncidentState
from claims.ledger.entry import Entry
from claims.ledger.store import Ledger
from core.errors import IllegalTransitionError, InputError, LedgerError, TransientError
from core.expected_loss import compute_expected_loss
from core.schemas.book import LOCATION_KEY
from core.tables import has_code
from flows.wiring.adapters import ledger_url
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import LATEST

_LOOKED_AT = ["post_scene_id", "tier"]
"""What the ledger keeps of the finding that lay before the person."""
_VALUED = ["tier", "building_tiv"]


@dataclass(frozen=True, slots=True)
class Record:
    """Where the incidents are.

    Attributes:
        out: folder of all runs.
        ledger: the open ledger.
        settings: who may do what.
    """

    out: Path
    ledger: Ledger
    settings: Settings


def open_record(out: Path, store: str | None, settings_file: Path | None) -> Record:
    """The ledger at ``store``, or that of the settings, or that of ``out``.

    Raises:
        LedgerError, TransientError: there is none, or it cannot be opened.
    """
    settings = Settings.read(settings_file)
    url = store or ledger_url(settings, out)
    return Record(out, Ledger.open_existing(url), settings)


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
        RoleError: not in that role, or no named approver approved what is to be opened.
        IllegalTransitionError: there is no such move from where it is.
        LedgerError, TransientError: the ledger refuses, or the incident moved meanwhile.
    """
    options = record.settings.claims

    def plan(history: tuple[Entry, ...], finding: pd.DataFrame) -> tuple[Entry, ...]:
        said = {**_say_seen(finding), **notes, **require_approval(history, options, target)}
        if target is IncidentState.CLAIM_DRAFT:
            said |= grant(options, decider, _value(finding))
        return plan_move(history, target, decider, datetime.now(UTC), said)

    return _write(record, incident_id, decider, plan)


def reopen_incident(record: Record, incident_id: str, decider: Decider) -> tuple[Entry, ...]:
    """Open a closed incident again, for a person to look at.

    Raises:
        IllegalTransitionError: it is not closed.
        RoleError, LedgerError, TransientError: as ``move_incident``.
    """
    return _write(
        record, incident_id, decider,
        lambda history, finding: plan_reopening(
            history, decider, datetime.now(UTC), _say_seen(finding)
        ),
    )  # fmt: skip


def confirm_incident(record: Record, incident_id: str, decider: Decider) -> tuple[Entry, ...]:
    """Note that a person looked again and stays with what was decided.

    Raises:
        IllegalTransitionError: no person has decided anything yet.
        RoleError, LedgerError, TransientError: as ``move_incident``.
    """
    return _write(
        record, incident_id, decider,
        lambda history, finding: plan_confirmation(
            history, decider, datetime.now(UTC), _say_seen(finding)
        ),
    )  # fmt: skip


def renumber_incident(
    record: Record, incident_id: str, numbers: Mapping[str, str], decider: Decider
) -> tuple[Entry, ...]:
    """Let an incident go on under other numbers of its home.

    Args:
        record: where the incidents are.
        incident_id: the incident.
        numbers: of ``LOCATION_KEY`` what the book says otherwise now; if none, those of the one
            home that the newest run under ``record.out`` found for it under other numbers.
        decider: who says so.

    Raises:
        IllegalTransitionError: that is no other home's key, or another incident has it.
        InputError: no numbers are given, and the newest run names no home, or several.
        RoleError, LedgerError, TransientError: as ``move_incident``.
    """

    def plan(history: tuple[Entry, ...], finding: pd.DataFrame) -> tuple[Entry, ...]:
        last = history[-1]
        given = numbers or _read_numbers(finding, incident_id)
        key = replace(last.key, **given)
        current = record.ledger.current(last.event_id)
        return plan_renumbering(history, key, current, decider, datetime.now(UTC))

    return _write(record, incident_id, decider, plan)


def merge_incidents(
    record: Record, incident_id: str, into: str, decider: Decider
) -> tuple[Entry, ...]:
    """Close an incident as the same loss as another of its event, which stays as it is.

    Raises:
        IllegalTransitionError: the other is the same, another event's or closed.
        RoleError, LedgerError, TransientError: as ``move_incident``.
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


def merge_into_claim(
    record: Record, incident_id: str, claim_number: str, decider: Decider
) -> tuple[Entry, ...]:
    """Close an incident as the loss of a claim that the claims system has.

    Raises:
        InputError: the claim's number is empty or no plain text.
        RoleError, LedgerError, TransientError: as ``move_incident``.
    """
    number = check_claim_number(claim_number)
    return move_incident(record, incident_id, IncidentState.MERGED, decider, claim_number=number)


def _write(
    record: Record,
    incident_id: str,
    decider: Decider,
    plan: Callable[[tuple[Entry, ...], pd.DataFrame], tuple[Entry, ...]],
) -> tuple[Entry, ...]:
    """Write what is planned from the incident's history and its rows of the newest findings."""
    record.settings.users.check(decider.by, Role(decider.role))
    history = find_history(record, incident_id)
    entries = plan(history, _look_up(record.out, history[-1]))
    if record.ledger.append(entries).stale:
        raise TransientError(
            f"moving incident {incident_id}", "somebody moved it at the same moment",
            "Look at it again with `firstnotice incident show`",
        )  # fmt: skip
    return entries


def _look_up(out: Path, last: Entry) -> pd.DataFrame:
    """The rows of the incident in the newest run's findings, where they lie in ``out``."""
    path = out / last.event_id / LATEST / "findings.parquet"
    columns = [*LOCATION_KEY, *dict.fromkeys((*_LOOKED_AT, *_VALUED)), "decision_reasons"]
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    is_it = [("incident_id", "=", last.incident_id)]
    return pd.read_parquet(path, columns=columns, filters=is_it)


def _say_seen(finding: pd.DataFrame) -> dict[str, str]:
    """What the ledger keeps of the finding."""
    if len(finding) != 1:
        return {}
    seen = finding[_LOOKED_AT].iloc[0].dropna()
    return {str(name): str(value) for name, value in seen.items()}


def _value(finding: pd.DataFrame) -> float | None:
    """The expected loss of the home, where it is known."""
    loss = compute_expected_loss(finding).dropna()
    return float(loss.iloc[0]) if len(loss) == 1 else None


def _read_numbers(finding: pd.DataFrame, incident_id: str) -> dict[str, str]:
    """The numbers of the home that the newest run found for an incident under others."""
    is_other = has_code(finding["decision_reasons"], KNOWN_CODE)
    if is_other.sum() != 1:
        raise InputError(
            f"renumbering incident {incident_id}",
            f"the newest run names {is_other.sum()} homes that may be its own under other numbers",
            "Give the numbers of today's book: --policy, --location",
        )
    (home,) = finding.loc[is_other, LOCATION_KEY].to_dict("records")
    return {str(name): str(number) for name, number in home.items()}
