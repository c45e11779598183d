"""Two runs of one event that are started at once make one draft a home, on both databases."""

from collections import Counter

import pytest

from claims.ledger.kinds import EntryKind
from claims.ledger.letters import LetterState
from claims.ledger.store import Ledger

HOMES = 150
_RUN = """
from claims.delivery.drop.delivering import deliver_to_drop
from claims.delivery.drop.file_drop import FileDrop
from claims.delivery.queueing import choose_letters
from claims.drafts.fnol import DraftOptions, make_drafts
from claims.incidents.opening import open_incidents
from claims.ledger import store as ledger_module
from core.schemas.book import LOCATION_KEY

def work(url, folder, tables, event, at_utc):
    findings, contacts = tables
    ledger_module.BATCH_ENTRIES = 50
    ledger, made = ledger_module.Ledger.open(url), []
    others = findings.drop(columns=["decision", "decision_reasons", "incident_id"])

    def draft(decisions):
        named = others.merge(decisions, on=LOCATION_KEY)[list(findings.columns)]
        made[:] = make_drafts(named, contacts, event, DraftOptions())
        return choose_letters(made, ledger.outbox.known(event.event_id))

    assessed = findings.drop(columns="incident_id")
    open_incidents(assessed, ledger, event.event_id, at_utc, draft)
    receipts = deliver_to_drop(
        ledger.outbox, event.event_id, FileDrop(folder), at_utc, drafts=made
    )
    return len(receipts)
"""


@pytest.fixture
def race(*, run_together, findings_of, contacts_of, event, as_of, tmp_path):
    """Lets two runs go at one moment; gives the drop's folder."""

    def run(url):
        homes = findings_of(*({} for _ in range(HOMES)))
        told = (url, tmp_path / "drop", (homes, contacts_of({})), event)
        run_together(_RUN, [(*told, as_of), (*told, as_of.replace(hour=9))])
        return tmp_path / "drop"

    return run


def _assert_one_draft_a_home(url, event_id, folder):
    ledger = Ledger.open_existing(url)
    assert ledger.verify().ok
    current = ledger.current(event_id)
    assert len(current) == HOMES
    assert [each[1:] for each in ledger.outbox.count()] == [(LetterState.SENT, HOMES)]
    for entries in ledger.histories(set(current["incident_id"])).values():
        kinds = Counter(entry.entry_kind for entry in entries)
        assert (kinds[EntryKind.DRAFT_MADE], kinds[EntryKind.DRAFT_SENT]) == (1, 1)
    names = {path.name for path in folder.glob("inc-*.json")}
    assert names == {f"{name}.json" for name in current["incident_id"]}, "no revision, none twice"


def test_two_runs_at_once_on_sqlite(race, ledger_url, event_id):
    _assert_one_draft_a_home(ledger_url, event_id, race(ledger_url))


@pytest.mark.server
def test_two_runs_at_once_on_postgresql(race, postgresql_url, event_id):
    Ledger.open(postgresql_url)
    _assert_one_draft_a_home(postgresql_url, event_id, race(postgresql_url))
