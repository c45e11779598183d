"""Each day's list: what its gates said, and a person's release of one that they hold back."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from claims.incidents.moving import Decider
from claims.incidents.roles import Role
from claims.ledger.entry import format_instant
from claims.ledger.letters import DELIVERED
from claims.publishing.acts import ListAct, find_newest, plan_release
from core.errors import InputError, LedgerError
from flows.casework.deciding import Record
from flows.notifying.messages import tell_release
from flows.notifying.sending import send
from flows.stages.drafts.deliver import deliver
from flows.wiring.adapters import is_delivered_with_run
from flows.wiring.storage.exports import Export, log_exports
from flows.wiring.storage.folders import DRAFTS, RUN_FILE

LIST_FILE = "daily_list.csv"
HEAD_ROWS = 10
_HEAD = [
    "rank", "change_flag", "policy_no", "loc_no", "incident_id", "tier", "p_severe", "decision",
]  # fmt: skip
"""Columns of a list's head: ids, never names or contacts."""


@dataclass(frozen=True, slots=True)
class Released:
    """What a release did.

    Attributes:
        act: what stands in the ledger.
        delivered: drafts that went into the drop; those for another claims system go with
            ``firstnotice claims deliver``.
    """

    act: ListAct
    delivered: int


def read_lists(record: Record, event_id: str) -> tuple[ListAct, ...]:
    """What became of an event's lists, in order.

    Raises:
        LedgerError: no run of this version made a list of such an event.
    """
    acts = record.ledger.lists.of_event(event_id)
    if not acts:
        known = ", ".join(head.event_id for head in record.ledger.heads()) or "none"
        raise LedgerError(
            f"looking for lists of event {event_id!r}", "no run judged one",
            f"Run the event first; the ledger knows: {known}",
        )  # fmt: skip
    return acts


def release_list(record: Record, event_id: str, decider: Decider) -> Released:
    """Publish the event's newest list though a gate holds it back, in a person's name.

    It is written first, then what was held back goes out; killed between, the next delivery or
    the next run does the rest.

    Raises:
        RoleError: not in that role, or the settings do not give this person the role.
        InputError: the list is not held back.
        LedgerError, TransientError: the ledger refuses.
    """
    record.settings.users.check(decider.by, Role(decider.role))
    acts = read_lists(record, event_id)
    act = plan_release(acts, decider, format_instant(datetime.now(UTC)))
    record.ledger.lists.note(act)
    done = Released(act, _deliver(record, event_id, decider))
    send(tell_release(event_id, act.run_id, act.actor, act.said["gates"]), record.settings.notify)
    return done


def _deliver(record: Record, event_id: str, decider: Decider) -> int:
    """Let go what was held back, where drafts lie in a folder."""
    if not is_delivered_with_run(record.settings):
        return 0
    done = deliver(record.out, record.settings)
    count = sum(done.counts.get(state, 0) for state in DELIVERED)
    if count:
        drafts = f"{event_id}/{DRAFTS}"
        export = Export(decider.by, decider.role, decider.reason, "claim drafts", drafts, count)
        log_exports(record.out, [export])
    return count


def read_newest(record: Record, event_id: str) -> tuple[ListAct, dict[str, Any]]:
    """The newest list's last act, and its run's record; empty where the run is not in ``out``.

    Raises:
        LedgerError: no list is known.
        InputError: the run's record is damaged.
    """
    newest = find_newest(read_lists(record, event_id))
    path = record.out / event_id / newest.run_id / RUN_FILE
    if not path.is_file():
        return newest, {}
    try:
        return newest, dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise InputError(
            f"reading the run record {path}", f"it is damaged ({type(error).__name__})",
            "Run the event again",
        ) from error  # fmt: skip


def read_head(run_folder: Path, rows: int = HEAD_ROWS) -> list[dict[str, Any]]:
    """The first homes of a run's list, by ids; none where there is no list."""
    path = run_folder / LIST_FILE
    if not path.is_file():
        return []
    table = pd.read_csv(path, dtype="str", keep_default_na=False, nrows=rows)
    return [dict(row) for row in table.reindex(columns=_HEAD, fill_value="").to_dict("records")]
