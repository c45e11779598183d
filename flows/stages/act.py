"""From findings to incidents in the ledger and drafts for the claims system."""

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from claims.delivery.gateway import Outcome, Receipt
from claims.incidents.obeying import list_left
from claims.incidents.opening import name_incidents, open_incidents
from claims.ledger.entry import ChainHead
from core.schemas.book import LOCATION_KEY
from flows.stages.drafts.drafting import Drafting
from flows.stages.gates import Gates, note_gates
from flows.stages.judge import to_findings
from flows.stages.known.filed import attach_evidence
from flows.wiring.adapters import find_ledger, open_ledger
from flows.wiring.context import RunContext
from flows.wiring.storage.folders import read_geo_table, write_table

REPLAY_NOTE = (
    "this run looks back past a later run of the event: it is published apart, latest stays where "
    "it is, and no incident or draft comes of it"
)


@dataclass(frozen=True, slots=True)
class Acted:
    """What a run added to the record.

    Attributes:
        incidents: incidents that the event now has.
        new_incidents: of those, opened by this run.
        drafts: drafts of the event.
        new_drafts: of those, written or revised by this run.
        ledger_head: end of the event's chain when the run ended, for run.json: a ledger that was
            rewritten whole shows only against heads noted outside it.
        notes: what people should know of it, in sentences.
        is_published: no gate holds the list back.
        list_head: hash of the last act of the event's lists, for run.json.
    """

    incidents: int
    new_incidents: int
    drafts: int
    new_drafts: int
    ledger_head: ChainHead | None
    notes: tuple[str, ...] = ()
    is_published: bool = False
    list_head: str | None = None


def act(run: RunContext, gates: Gates) -> Acted:
    """Record what was decided, with its drafts, and deliver them; the same again adds nothing.

    Where a gate holds the list back the drafts are queued all the same, and wait there until a
    person releases the list, or a later run passes.

    A replay looks back past a later run and acts on nothing: its homes have the incidents that are
    there, and no draft is made. A draft is made before its incident is recorded, and is queued in
    the transaction that records it. Writes findings.parquet with the incidents' names.

    Raises:
        SettingsError: the carrier's lists lack a code of a draft; nothing is recorded.
        LedgerError, TransientError: see ``open_incidents``.
    """
    findings = read_geo_table(run.folder.work("findings"))
    event_id = run.source.event_id
    if run.folder.is_replay:
        return _act_on_nothing(run, findings)
    ledger = open_ledger(run.settings, run.folder.out)
    is_held = note_gates(run, gates, ledger)
    drafting = Drafting(run, ledger, lambda decisions: _name(findings, decisions))
    before = len(ledger.current(event_id))
    decisions = open_incidents(
        findings.drop(columns="incident_id"), ledger, event_id, run.as_of_utc, drafting
    )
    receipts = () if is_held else drafting.deliver()
    current = ledger.current(event_id)
    findings = _name(findings, decisions)
    write_table(list_left(current, findings["incident_id"]), run.folder.work("left"))
    write_table(findings, run.folder.file("findings.parquet"))
    attached = attach_evidence(run, ledger, findings)
    head = next((head for head in ledger.heads() if head.event_id == event_id), None)
    new_drafts = sum(receipt.outcome is not Outcome.UNCHANGED for receipt in receipts)
    after = len(current)
    notes = (*_note(receipts), *(_note_held(drafting) if is_held else ()), *attached)
    return Acted(
        after, after - before, len(receipts), new_drafts, head, notes, not is_held,
        ledger.lists.last_hash(event_id),
    )  # fmt: skip


def _note_held(drafting: Drafting) -> tuple[str, ...]:
    count = len(drafting.drafts)
    if not count:
        return ()
    return (f"{count} drafts are made and held back with the list",)


def _act_on_nothing(run: RunContext, findings: gpd.GeoDataFrame) -> Acted:
    ledger = find_ledger(run.settings, run.folder.out)
    known = 0
    if ledger is not None:
        event_id = run.source.event_id
        decisions = name_incidents(
            findings.drop(columns="incident_id"), ledger, event_id, run.as_of_utc
        )
        findings = _name(findings, decisions)
        current = ledger.current(event_id)
        known = len(current)
        write_table(list_left(current, findings["incident_id"]), run.folder.work("left"))
    write_table(findings, run.folder.file("findings.parquet"))
    return Acted(known, 0, 0, 0, None, (REPLAY_NOTE,))


def _name(findings: gpd.GeoDataFrame, decisions: pd.DataFrame) -> gpd.GeoDataFrame:
    """The findings with their decisions and incidents."""
    others = findings.drop(columns=["decision", "decision_reasons", "incident_id"])
    return to_findings(others.merge(decisions, on=LOCATION_KEY, how="left", validate="one_to_one"))


def _note(receipts: Iterable[Receipt]) -> tuple[str, ...]:
    restored = sum(receipt.outcome is Outcome.RESTORED for receipt in receipts)
    if not restored:
        return ()
    note = (
        f"{restored} drafts in the drop folder had been changed or were gone, or their pictures, "
        "and were written again; what was there lies in set-aside"
    )
    return (note,)
