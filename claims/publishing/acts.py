"""What became of each day's list: held back at a gate, passed, or released by a person. Pure.

Each event has a chain of such acts beside that of its incidents, so that who released what, and
why, stands as firmly as who withdrew an incident.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from claims.incidents.moving import Decider
from claims.incidents.roles import SYSTEM_ACTOR, Role
from core.errors import InputError, RoleError
from core.provenance import canonical_json, sha256_of_bytes

GENESIS = "0" * 64
"""What the first act of a chain holds as the hash before it."""
RELEASERS = (Role.SUPERVISOR,)
"""Who may release a list that a gate holds back."""


class ActKind(StrEnum):
    """What became of a list."""

    HELD = "held"
    """A gate was not passed: the list is made, and not published."""
    PASSED = "passed"
    """It passed its gates, and is published."""
    RELEASED = "released"
    """A person published it all the same."""


@dataclass(frozen=True, slots=True)
class ListAct:
    """Something that happened to the list of a run.

    Attributes:
        event_id: the event.
        run_id: the run that made the list; sorts by its instant.
        kind: what happened.
        actor: ``system``, or a person's staff id.
        payload: canonical JSON: the gates that were not passed, or role and reason. No names.
        recorded_at_utc: ISO 8601 with microseconds and Z.
    """

    event_id: str
    run_id: str
    kind: ActKind
    actor: str
    payload: str
    recorded_at_utc: str

    @property
    def said(self) -> dict[str, Any]:
        """The payload."""
        said: dict[str, Any] = json.loads(self.payload)
        return said


def judged(event_id: str, run_id: str, failed: Sequence[str], recorded_at_utc: str) -> ListAct:
    """The act of a run that judged its list.

    Args:
        event_id: the event.
        run_id: the run.
        failed: codes of the gates that were not passed; none where all were.
        recorded_at_utc: the run's instant.
    """
    kind = ActKind.HELD if failed else ActKind.PASSED
    payload = canonical_json({"gates": sorted(failed)})
    return ListAct(event_id, run_id, kind, SYSTEM_ACTOR, payload, recorded_at_utc)


def plan_release(acts: Sequence[ListAct], decider: Decider, recorded_at_utc: str) -> ListAct:
    """A person's release of the event's newest list.

    Args:
        acts: of the event, in order; one at least.
        decider: who releases it, as whom, and why.
        recorded_at_utc: when.

    Raises:
        RoleError: that role releases no list.
        InputError: the newest list is not held back.
    """
    newest = find_newest(acts)
    work = f"releasing the list of event {newest.event_id}"
    if decider.role not in RELEASERS:
        raise RoleError(
            work, f"a list is not released in the role {decider.role}",
            f"These may: {', '.join(RELEASERS)}",
        )  # fmt: skip
    if not is_held(acts):
        raise InputError(
            work, f"its newest, of run {newest.run_id}, is published ({newest.kind})",
            "`firstnotice list gates` says what holds a list back",
        )  # fmt: skip
    payload = canonical_json({
        "role": decider.role, "reason": decider.reason, "gates": newest.said["gates"],
    })  # fmt: skip
    return ListAct(
        newest.event_id, newest.run_id, ActKind.RELEASED, decider.by, payload, recorded_at_utc
    )


def find_newest(acts: Sequence[ListAct]) -> ListAct:
    """The last act of the newest run: of the latest instant, the last judged of several."""
    latest = max(map(_instant, acts))
    return [act for act in acts if _instant(act) == latest][-1]


def _instant(act: ListAct) -> str:
    return act.run_id.split("-")[0]


def is_held(acts: Sequence[ListAct]) -> bool:
    """Whether a gate holds back the event's newest list; not where nobody judged one."""
    return bool(acts) and find_newest(acts).kind is ActKind.HELD


def find_published(acts: Iterable[ListAct]) -> tuple[str, ...]:
    """Runs whose lists are published, the oldest first."""
    last = {act.run_id: act.kind for act in acts}
    return tuple(sorted(run for run, kind in last.items() if kind is not ActKind.HELD))


def is_news(acts: Sequence[ListAct], act: ListAct) -> bool:
    """Whether an act says what the chain does not say yet, so that a run again adds nothing.

    A list that a person released stays so when its run comes again and finds the same gates.
    """
    kinds = [each.kind for each in acts if each.run_id == act.run_id]
    if not kinds:
        return True
    if kinds[-1] is ActKind.RELEASED:
        return False
    return kinds[-1] is not act.kind or find_newest(acts).run_id != act.run_id


def chain_act(act: ListAct, seq: int, prev_hash: str) -> dict[str, Any]:
    """The row of an act that follows others, with its hash."""
    row: dict[str, Any] = {
        "event_id": act.event_id, "seq": seq, "run_id": act.run_id, "act": act.kind.value,
        "actor": act.actor, "payload": act.payload, "recorded_at_utc": act.recorded_at_utc,
        "prev_hash": prev_hash,
    }  # fmt: skip
    return row | {"row_hash": hash_act(row)}


def hash_act(row: Mapping[str, Any]) -> str:
    """Hex SHA-256 over the canonical JSON of all columns but ``row_hash``."""
    content = {name: value for name, value in row.items() if name != "row_hash"}
    return sha256_of_bytes(canonical_json(content).encode())


def read_act(row: Mapping[str, Any]) -> ListAct:
    """The act of a row.

    Raises:
        ValueError: it is of no kind that this version knows.
    """
    return ListAct(
        row["event_id"], row["run_id"], ActKind(row["act"]), row["actor"], row["payload"],
        row["recorded_at_utc"],
    )  # fmt: skip


def find_faults(rows: Iterable[Mapping[str, Any]], noted: Iterable[tuple[str, str]]) -> list[str]:
    """What of the chains of lists does not hold, a sentence each.

    Args:
        rows: all rows, each event's together and in the order of ``seq``.
        noted: event and row hash of acts that runs noted outside.
    """
    faults, known = [], set()
    last: tuple[str | None, int, str] = (None, 0, GENESIS)
    for row in rows:
        event_id = row["event_id"]
        if event_id != last[0]:
            last = (event_id, 0, GENESIS)
        place = f"lists of event {event_id}, row {row['seq']}"
        if row["seq"] != last[1] + 1 or row["prev_hash"] != last[2]:
            faults.append(f"{place}: does not follow the row before it")
        if row["row_hash"] != hash_act(row):
            faults.append(f"{place}: was edited after it was written")
        known.add((event_id, row["row_hash"]))
        last = (event_id, row["seq"], row["row_hash"])
    gone = sorted({event_id for event_id, digest in noted if (event_id, digest) not in known})
    return faults + [f"lists of event {each}: an act that a run noted is gone" for each in gone]
