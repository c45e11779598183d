"""What alerts amount to at an instant: updates replace, cancellations end, and time runs out.

A message names those that it follows. Messages come in any order, twice, and now and then
without one that they name. An event is known by its VTEC code too (office, phenomenon,
significance, number), which serves where a message does not name its forerunner.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import geopandas as gpd
import pandas as pd

from core.schemas.evidence.alerts import NWS_ALERT_STATES
from core.tables import join_codes, split_codes
from weather.sources.records import tabulate

_VTEC = re.compile(r"/[OTEX]\.([A-Z]{3})\.([A-Z0-9]{4}\.[A-Z]{2}\.[A-Z]\.\d{4})\.")
_ENDING_ACTIONS = {"CAN": "cancelled", "UPG": "cancelled", "EXP": "expired"}
"""UPG: another event, of a message of its own, takes its place."""
_ACTUAL, _CANCEL = "Actual", "Cancel"
_NUMBERS_REPEAT = timedelta(days=180)
"""Event numbers begin anew each year; no event lasts half of one."""


@dataclass(frozen=True, slots=True)
class _Message:
    alert_id: str
    sent: datetime
    is_cancel: bool
    status: str
    names: frozenset[str]
    events: frozenset[str]
    zones: frozenset[str]

    def comes_after(self, other: "_Message") -> bool:
        return (self.sent, self.alert_id) > (other.sent, other.alert_id)


def follow_updates(alerts: gpd.GeoDataFrame, as_of_utc: datetime) -> gpd.GeoDataFrame:
    """The messages that no other replaces at an instant, and what each is then.

    Args:
        alerts: rows of ``NWS_ALERTS`` of one or more polls, in any order; one that comes again
            counts once.
        as_of_utc: timezone-aware; messages sent later are not known then.

    Returns:
        Table of ``NWS_ALERT_STATES``, in the order sent. A message that is cancelled in part stays
        for the zones that are not; one without ``ends`` is in force until it ``expires``.
    """
    known = alerts.drop_duplicates("alert_id")
    known = known[known["sent_at_utc"] <= as_of_utc].sort_values(["sent_at_utc", "alert_id"])
    messages = [_as_message(row) for row in known.to_dict("records")]
    left = _find_left(messages)
    rows = []
    for row in known.to_dict("records"):
        zones = left.get(row["alert_id"])
        if zones is None:
            continue
        rows.append(_keep_zones(row, zones) | {"state": _judge(row, as_of_utc)})
    table = pd.DataFrame(rows, columns=list(NWS_ALERT_STATES.columns))
    return tabulate(table, NWS_ALERT_STATES)


def _find_left(messages: Sequence[_Message]) -> dict[str, frozenset[str]]:
    """Zones that are left of each message that nothing replaces whole."""
    by_name: dict[str, list[_Message]] = defaultdict(list)
    for message in messages:
        for key in message.names | message.events:
            by_name[key].append(message)
    left = {}
    for message in messages:
        near = (each for key in (message.alert_id, *message.events) for each in by_name[key])
        followers = [each for each in near if _follows(each, message)]
        if any(not each.is_cancel for each in followers):
            continue
        ended = frozenset[str]().union(*(each.zones for each in followers))
        zones = message.zones - ended
        if followers and (not zones or any(not each.zones for each in followers)):
            continue
        left[message.alert_id] = zones
    return left


def _follows(later: _Message, earlier: _Message) -> bool:
    """Whether a message takes an earlier one's place, wholly or in part."""
    if later.status != earlier.status or not later.comes_after(earlier):
        return False
    if earlier.alert_id in later.names:
        return True
    is_same_event = bool(later.events & earlier.events) and bool(earlier.zones)
    is_soon = later.sent - earlier.sent < _NUMBERS_REPEAT
    covers = later.is_cancel or earlier.zones <= later.zones
    return is_same_event and is_soon and covers


def _as_message(row: Mapping[Any, Any]) -> _Message:
    codes = [] if pd.isna(row["vtec"]) else _VTEC.findall(row["vtec"])
    return _Message(
        row["alert_id"], row["sent_at_utc"], _is_ending(row), row["status"],
        frozenset(_codes(row["refers_to"])), frozenset(event for _, event in codes),
        frozenset(_codes(row["zone_codes"])),
    )  # fmt: skip


def _is_ending(row: Mapping[Any, Any]) -> bool:
    return row["message_type"] == _CANCEL or _ending_word(row["vtec"]) is not None


def _ending_word(vtec: Any) -> str | None:
    """What a message's codes end its event as; None where one of its events goes on."""
    actions = [] if pd.isna(vtec) else [action for action, _ in _VTEC.findall(vtec)]
    if not actions or any(action not in _ENDING_ACTIONS for action in actions):
        return None
    return _ENDING_ACTIONS[actions[0]]


def _judge(row: Mapping[Any, Any], as_of_utc: datetime) -> str:
    if row["status"] != _ACTUAL:
        return "not_actual"
    if (word := _ending_word(row["vtec"])) is not None:
        return word
    if row["message_type"] == _CANCEL:
        return "cancelled"
    until = row["expires_at_utc"] if pd.isna(row["ends_at_utc"]) else row["ends_at_utc"]
    return "expired" if not pd.isna(until) and until <= as_of_utc else "active"


def _keep_zones(row: Mapping[Any, Any], zones: frozenset[str]) -> dict[Any, Any]:
    """The row for some of its zones."""
    return dict(row) | {
        name: _join(code for code in _codes(row[name]) if code.rpartition("/")[2] in zones)
        for name in ("zone_codes", "affected_zones", "unplaced_zones")
    }


def _codes(cell: Any) -> list[str]:
    return [] if pd.isna(cell) else split_codes(cell)


def _join(codes: Iterable[str]) -> str | None:
    return join_codes(codes) or None
