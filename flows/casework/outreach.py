"""The queue of insureds to be asked: looked at, and handed to the carrier's messenger."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from claims.incidents.moving import Decider
from claims.incidents.roles import Role
from claims.incidents.states import IncidentState
from claims.ledger.entry import format_instant
from claims.ledger.kinds import EntryKind
from claims.outreach.noting import plan_contacts, read_contacted
from claims.outreach.opt_outs import name_addresses, read_opt_outs
from claims.outreach.queue import NEEDED, Known, Standing, build_queue, group_messages
from core.damage import Decision
from core.errors import InputError, LedgerError
from core.provenance import content_key
from core.schemas.book import LOCATION_KEY
from flows.casework.deciding import Record
from flows.wiring.storage.exports import Export, log_exports, name_file
from flows.wiring.storage.folders import (
    LATEST,
    atomic_path,
    keep_private,
    read_geo_table,
    read_table,
)
from policies.coverage.local_time import find_time_zones
from reports.lists.files import defuse_formulas
from reports.lists.ranking import rank_findings

MESSAGE_COLUMNS = (
    "export_id", "event_id", "incident_id", "incidents", "policies", "channel", "address",
    "insured_name", "city", "language", "template", "consent_basis", "not_before_utc",
    "not_after_utc", "time_zone",
)  # fmt: skip
"""Columns of an export; names and addresses stand nowhere else."""
_LOCK = "outreach"
_CONTACTS = ["insured_name", "city", "phone", "email", "preferred_channel", "language",
             "has_contact_consent"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export held.

    Attributes:
        export_id: names it in the ledger.
        messages: written.
        incidents: that they are about.
        held: homes held back, by standing.
    """

    export_id: str
    messages: int
    incidents: int
    held: dict[str, int]


def find_queue(record: Record, event_id: str, now_utc: datetime) -> pd.DataFrame:
    """The queue of an event's newest run, the most urgent first, see ``build_queue``.

    Raises:
        InputError: there is no run, or the list of opt-outs cannot be read.
    """
    contacted = read_contacted(record.ledger.entries(event_id, [EntryKind.CONTACT_EXPORTED]))
    return _build(record, event_id, now_utc, contacted)


def export_queue(
    record: Record,
    event_id: str,
    to: Path,
    who: Decider,
    now_utc: datetime,
    *,
    again: str | None = None,
) -> Exported:
    """Hand who may be written to over to the messenger: ``TO.csv`` and ``TO.json``.

    Where that is nobody, no file appears.

    The ledger notes each home first, so of two exports at once, or of one that was killed, nobody
    is written to twice; a file that was lost so is written again with ``again``.

    Args:
        record: the ledger, settings and folder of runs.
        event_id: the event.
        to: file to write; ``.csv`` and ``.json`` take the place of its suffix.
        who: who takes it; the reason is the purpose.
        now_utc: timezone-aware.
        again: write anew what this earlier export held, and nothing else.

    Raises:
        RoleError: the settings do not give this person this role, or the role may not export.
        InputError, LedgerError: there is no run, or no such export.
    """
    record.settings.users.check(who.by, Role(who.role))
    keep_private()
    with record.ledger.taking_turns(_LOCK):
        noted = record.ledger.entries(event_id, [EntryKind.CONTACT_EXPORTED])
        contacted = read_contacted(noted)
        if again is not None:
            held_then = read_contacted(noted, again)
            if not held_then:
                raise LedgerError(
                    f"writing export {again} again", "the ledger knows no such export",
                    "`firstnotice export log` names the exports of an event",
                )  # fmt: skip
            queue = _build(record, event_id, now_utc, contacted - held_then)
            queue = queue[queue["incident_id"].isin(held_then)]
            return _hand_over(record, _Package(event_id, again, to), who, queue)
        queue = _build(record, event_id, now_utc, contacted)
        export_id = "out-" + content_key(event_id, format_instant(now_utc), who.by)[:12]
        kept = _note(record, queue, export_id, who, now_utc)
        return _hand_over(record, _Package(event_id, export_id, to), who, kept)


def _build(
    record: Record, event_id: str, now_utc: datetime, contacted: Collection[str]
) -> pd.DataFrame:
    folder = record.out / event_id / LATEST
    if not (folder / "findings.parquet").is_file():
        raise InputError(
            f"building the outreach queue of event {event_id}",
            f"there is no {folder / 'findings.parquet'}",
            "Run the event first, or name its output folder",
        )  # fmt: skip
    findings = rank_findings(read_geo_table(folder / "findings.parquet"))
    contacts = read_table(folder / "work" / "contacts.parquet")
    homes = findings[[*LOCATION_KEY, "incident_id", "decision", "geometry"]].merge(
        contacts[[*LOCATION_KEY, *_CONTACTS]], on=LOCATION_KEY, how="left"
    )
    current = record.ledger.current(event_id)
    to_ask = current.loc[current["state"] == IncidentState.OUTREACH.value, "incident_id"]
    asked = homes[(homes["decision"] == Decision.OUTREACH) & homes["incident_id"].isin(to_ask)]
    asked = asked.drop_duplicates("incident_id").reset_index(drop=True)
    zones = find_time_zones(asked.geometry.x.to_numpy(), asked.geometry.y.to_numpy())
    known = Known(
        frozenset(contacted),
        _addresses(homes[homes["incident_id"].isin(list(contacted))]),
        read_opt_outs(record.settings.outreach.opt_outs),
    )
    table = pd.DataFrame(asked).assign(time_zone=zones)[[*NEEDED, "account_number"]]
    return build_queue(table, known, now_utc, record.settings.outreach)


def _addresses(homes: pd.DataFrame) -> frozenset[str]:
    """Telephones and mailboxes of the people of some homes."""
    text = homes[["phone", "email"]].astype(object).where(homes[["phone", "email"]].notna(), None)
    pairs = text.itertuples(index=False, name=None)
    return frozenset(each for phone, email in pairs for each in name_addresses(phone, email))


def _note(
    record: Record, queue: pd.DataFrame, export_id: str, who: Decider, now_utc: datetime
) -> pd.DataFrame:
    """Note who goes out; gives the queue without homes that somebody moved at this moment."""
    groups = group_messages(queue)
    channel = queue.set_index("incident_id")["channel"]
    channels = {each: str(channel[first]) for first, group in groups.items() for each in group}
    histories = record.ledger.histories(list(channels))
    entries = plan_contacts(histories, channels, export_id, who, now_utc)
    stale = record.ledger.append(entries).stale
    left = {name for first, group in groups.items() if first in stale for name in group}
    return queue[~queue["incident_id"].isin({*stale, *left})]


@dataclass(frozen=True, slots=True)
class _Package:
    """What is handed on, and where."""

    event_id: str
    export_id: str
    to: Path


def _hand_over(record: Record, package: _Package, who: Decider, queue: pd.DataFrame) -> Exported:
    options, to, export_id = record.settings.outreach, package.to, package.export_id
    groups = group_messages(queue)
    if not groups:
        return _sum_up(queue, export_id)
    policies = queue.set_index("incident_id")["policy_number"]
    sent = queue[queue["incident_id"].isin(list(groups))]
    told = sent.assign(
        export_id=export_id, event_id=package.event_id, template=options.template,
        incidents=[";".join(groups[name]) for name in sent["incident_id"]],
        policies=[";".join(dict.fromkeys(policies[each] for each in groups[name]))
                  for name in sent["incident_id"]],
        consent_basis=sent["standing"].map({
            str(Standing.READY): "consent on file", str(Standing.AGENT): "none: the agent asks",
        }),
        **{at: pd.to_datetime(sent[at], utc=True).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
           for at in ("not_before_utc", "not_after_utc")},
    )[list(MESSAGE_COLUMNS)]  # fmt: skip
    _write(told, to)
    files = [name_file(to.with_suffix(suffix), record.out) for suffix in (".csv", ".json")]
    log_exports(record.out, [
        Export(who.by, who.role, who.reason, f"outreach {export_id}", file, len(told), sha256)
        for file, sha256 in files
    ])  # fmt: skip
    return _sum_up(queue, export_id)


def _sum_up(queue: pd.DataFrame, export_id: str) -> Exported:
    groups = group_messages(queue)
    goes_out = queue["standing"].isin([Standing.READY, Standing.AGENT, Standing.JOINED])
    held = queue.loc[~goes_out, "standing"].value_counts().to_dict()
    return Exported(export_id, len(groups), sum(map(len, groups.values())), held)


def _write(messages: pd.DataFrame, to: Path) -> None:
    plain = messages.astype(object).where(messages.notna(), None)
    rows: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()} for row in plain.to_dict("records")
    ]
    with atomic_path(to.with_suffix(".json")) as partial:
        partial.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    safe = messages.assign(**{name: defuse_formulas(messages[name].astype("str"))
                              for name in messages})  # fmt: skip
    with atomic_path(to.with_suffix(".csv")) as partial:
        safe.to_csv(partial, index=False, lineterminator="\n")
