"""What the law's clocks ask for soon, of all incidents that the ledger knows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from claims.clocks.deadlines import Clocks
from claims.clocks.due import Due, choose_due, count_abstained
from claims.clocks.milestones import Milestone, plan_milestone
from claims.incidents.moving import Decider
from claims.incidents.roles import Role
from claims.ledger.entry import Entry
from core.errors import TransientError
from flows.casework.deciding import Record, find_history, list_incidents
from flows.stages.known.clocks import compute_all, find_homes_of_runs


@dataclass(frozen=True, slots=True)
class DueSoon:
    """What is due.

    Attributes:
        due: the most pressing first.
        events: event id by incident id.
        homes: policy and location by incident id.
        abstained: incidents without any clock, by reason in words.
    """

    due: tuple[Due, ...]
    events: dict[str, str]
    homes: dict[str, str]
    abstained: dict[str, int]


def find_due(record: Record, event_id: str | None, now_utc: datetime, within: timedelta) -> DueSoon:
    """Clocks that run out within a time, or have run out.

    Args:
        record: the ledger, and the folder of runs that say where homes are.
        event_id: of this event only, if given.
        now_utc: timezone-aware; what was noted of later instants is not known yet.
        within: how far to look ahead.

    Raises:
        LedgerError: no run recorded such an event.
    """
    listed = list_incidents(record, event_id, None)
    if listed.empty:
        return DueSoon((), {}, {}, {})
    told: dict[str, Clocks] = {}
    for event, incidents in listed.groupby("event_id"):
        states = dict(zip(incidents["incident_id"], incidents["state"], strict=True))
        told |= _compute(record, str(event), states, now_utc)
    keys = zip(listed["policy_number"], listed["location_number"], strict=True)
    return DueSoon(
        choose_due(told, now_utc, within),
        dict(zip(listed["incident_id"], listed["event_id"], strict=True)),
        dict(zip(listed["incident_id"], map("/".join, keys), strict=True)),
        count_abstained(told),
    )


def find_clocks(record: Record, incident_id: str, now_utc: datetime) -> Clocks:
    """All clocks of one incident.

    Raises:
        LedgerError: the ledger knows no such incident.
    """
    last = find_history(record, incident_id)[-1]
    states = {incident_id: str(last.to_state)}
    return _compute(record, last.event_id, states, now_utc)[incident_id]


def note_milestone(
    record: Record, incident_id: str, milestone: Milestone, at_utc: datetime, decider: Decider
) -> tuple[Entry, ...]:
    """Write when something happened that starts or ends a clock.

    Raises:
        InputError: it is yet to come.
        RoleError: the settings do not give the person this role.
        LedgerError, TransientError: the ledger refuses, or somebody wrote at the same moment.
    """
    record.settings.users.check(decider.by, Role(decider.role))
    history = find_history(record, incident_id)
    entries = plan_milestone(history, milestone, at_utc, decider, datetime.now(UTC))
    if record.ledger.append(entries).stale:
        raise TransientError(
            f"noting {milestone} of incident {incident_id}", "somebody moved it at the same moment",
            "Look at it again with `firstnotice incident show`",
        )  # fmt: skip
    return entries


def _compute(
    record: Record, event_id: str, states: dict[str, str], now_utc: datetime
) -> dict[str, Clocks]:
    reached = {
        incident: past
        for incident, told in record.ledger.reached(event_id).items()
        if incident in states and (past := tuple(each for each in told if each.at_utc <= now_utc))
    }
    homes = find_homes_of_runs(record.out / event_id, reached)
    return compute_all(states, reached, homes, record.settings.clocks)
