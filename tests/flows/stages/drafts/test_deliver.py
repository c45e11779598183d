"""Settings to a claims system and back: what ``firstnotice claims deliver`` does."""

import json
import logging

import pytest

from claims.delivery.simulator.misbehaving import fail_once_in
from claims.delivery.simulator.server import Client, open_simulator, serving
from claims.ledger.letters import LetterState
from claims.ledger.store import Ledger
from core.errors import LedgerError, SettingsError
from flows.stages.drafts.deliver import deliver
from flows.wiring.settings import Settings
from flows.wiring.wording.redaction import describe_settings

SECRET = "told to nobody at all"  # noqa: S105  of a simulator


@pytest.fixture
def simulator(tmp_path):
    client = Client(client_secret=SECRET)
    ordered = fail_once_in(5, seed=2)
    with serving(
        open_simulator(tmp_path / "claims.sqlite", "firstnoticeIncident_Ext", ordered, client)
    ) as served:
        yield served


@pytest.fixture
def settings(tmp_path, simulator, monkeypatch):
    path = tmp_path / "settings.yaml"
    path.write_text(
        f"delivery:\n  gateway: claim_center\n  url: {simulator.url}\n"
        f"  token_url: {simulator.url}/oauth/token\n  client_id: firstnotice\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("FIRSTNOTICE_DELIVERY__CLIENT_SECRET", SECRET)
    return Settings.read(path)


@pytest.fixture
def out(tmp_path, queue_drafts):
    queue_drafts(f"sqlite:///{tmp_path / 'ledger.sqlite'}", 20)
    return tmp_path


def test_what_waits_is_delivered_and_no_secret_is_told(out, settings, simulator, caplog):
    caplog.set_level(logging.DEBUG)
    done = deliver(out, settings)
    while LetterState.PENDING in done.counts:
        done = deliver(out, settings)
    assert len(simulator.store.search([], 100, 0).body["data"]) == 20
    ledger = Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}")
    assert ledger.outbox.count() == [("storm-2018", LetterState.ACKNOWLEDGED, 20)]
    assert ledger.verify().ok
    told = caplog.text + json.dumps(describe_settings(settings)) + repr(settings) + repr(done)
    assert SECRET not in told
    assert "Ada Example" not in told


def test_what_the_claims_system_closes_is_read_next_time(out, settings, simulator):
    while LetterState.PENDING in deliver(out, settings).counts:
        pass
    claim = simulator.store.search([], 1, 0).body["data"][0]["attributes"]
    simulator.store.move(None, claim["id"], "closed", "paid")
    assert deliver(out, settings).followed.moved == 2, "open, then paid"
    ledger = Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}")
    assert ledger.history(claim["firstnoticeIncident_Ext"])[-1].to_state == "PAID"


def test_a_drop_is_delivered_apart_from_a_run_too(out):
    done = deliver(out, Settings.read(None))
    assert done.counts == {LetterState.SENT: 20}
    drop = out / "storm-2018" / "drafts"
    assert json.loads((drop / "manifest.json").read_text())["rowCount"] == 20
    assert deliver(out, Settings.read(None)).counts == {}


def test_without_a_secret_it_says_which(out, settings, monkeypatch):
    monkeypatch.delenv("FIRSTNOTICE_DELIVERY__CLIENT_SECRET")
    delivery = settings.delivery.model_copy(update={"client_secret": None})
    with pytest.raises(SettingsError, match="FIRSTNOTICE_DELIVERY__CLIENT_SECRET"):
        deliver(out, settings.model_copy(update={"delivery": delivery}))


def test_before_the_first_run_there_is_nothing(tmp_path):
    with pytest.raises(LedgerError, match="no such file"):
        deliver(tmp_path, Settings.read(None))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("delivery: {gateway: webhook}", "needs url"),
        ("delivery: {gateway: webhook, url: 'http://in.example/x'}", "not https"),
        ("delivery: {token_url: 'http://in.example/x'}", "not https"),
    ],
)
def test_settings_that_cannot_be_are_refused(text, problem, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=problem):
        Settings.read(path)
