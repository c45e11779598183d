"""From findings to incidents in the ledger and drafts for the claims system."""

from dataclasses import dataclass

from claims.delivery.gateway import Outcome
from claims.drafts.fnol import make_drafts
from claims.incidents.opening import open_incidents
from claims.ledger.entry import ChainHead
from core.tables_of_book import LOCATION_KEY
from flows.stages.judge import to_findings
from flows.wiring.adapters import open_claim_system, open_ledger
from flows.wiring.context import RunContext
from flows.wiring.storage import read_geo_table, read_table, write_table


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
    """

    incidents: int
    new_incidents: int
    drafts: int
    new_drafts: int
    ledger_head: ChainHead | None


def act(run: RunContext) -> Acted:
    """Record what was decided and drop the drafts; a replay adds nothing.

    The ledger comes first: a draft whose incident is not recorded is never dropped. Writes
    findings.parquet with the incidents' names.

    Raises:
        LedgerError, TransientError: see ``open_incidents``.
    """
    findings = read_geo_table(run.folder.work("findings"))
    event_id = run.source.event_id
    ledger = open_ledger(run.settings, run.folder.out)
    before = len(ledger.current(event_id))
    decisions = open_incidents(
        findings.drop(columns="incident_id"), ledger, event_id, run.as_of_utc
    )
    after = len(ledger.current(event_id))
    named = findings.drop(columns=["decision", "decision_reasons", "incident_id"]).merge(
        decisions, on=LOCATION_KEY, how="left", validate="one_to_one"
    )
    findings = to_findings(named)
    contacts = read_table(run.folder.work("contacts"))
    drafts = make_drafts(findings, contacts, run.source.event, run.settings.drafts)
    receipts = open_claim_system(run.folder).write_drafts(drafts)
    write_table(findings, run.folder.file("findings.parquet"))
    new_drafts = sum(receipt.outcome is not Outcome.UNCHANGED for receipt in receipts)
    head = next((head for head in ledger.heads() if head.event_id == event_id), None)
    return Acted(after, after - before, len(receipts), new_drafts, head)
