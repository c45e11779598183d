import sqlite3
from contextlib import closing
from itertools import islice, permutations
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from claims.incidents.key import IncidentKey
from claims.incidents.states import IncidentState
from claims.ledger import schema as ledger_schema
from claims.ledger import store as ledger_module
from claims.ledger.entry import Entry
from claims.ledger.kinds import EntryKind
from claims.ledger.store import Ledger
from core.errors import IllegalTransitionError, LedgerError, LedgerTamperedError, TransientError

S = IncidentState
NOTED = "2018-10-12T06:00:00.000000Z"
PAYLOAD = '{"decision":"review","status":"graded","tier":"T3"}'


def named(policy="P1", event_id="storm-2018"):
    """Incident id and key, as an entry begins."""
    key = IncidentKey(event_id, "1", "A1", policy, "1")
    return key.incident_id, key


def detected(policy="P1", event_id="storm-2018", payload=PAYLOAD):
    seen = (EntryKind.DETECTED, None, S.DETECTED, "system", payload, NOTED)
    return Entry(*named(policy, event_id), 1, *seen)


def screened(policy="P1", event_id="storm-2018"):
    done = (EntryKind.SCREENED, S.DETECTED, S.SCREENED, "system", "{}", NOTED)
    return Entry(*named(policy, event_id), 2, *done)


def drafted(policy="P1"):
    made = (EntryKind.DRAFT_MADE, S.SCREENED, S.CLAIM_DRAFT, "system", "{}", NOTED)
    return Entry(*named(policy), 3, *made)


def _raw(url):
    return closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None))


def test_entries_may_come_in_any_order_and_again(tmp_path, dump):
    entries = [detected("P2"), detected("P1"), screened("P1"), screened("P2")]
    dumps = set()
    for place, order in enumerate(islice(permutations(entries), 0, None, 5)):
        url = f"sqlite:///{tmp_path / f'{place}.sqlite'}"
        ledger = Ledger.open(url)
        appended = ledger.append(order)
        assert (appended.written, appended.skipped, appended.stale) == (4, 0, ())
        assert (ledger.append(order).written, ledger.append(order).skipped) == (0, 4)
        dumps.add(tuple(dump(url)))
    assert len(dumps) == 1


def test_the_size_of_a_batch_changes_nothing(tmp_path, dump, monkeypatch):
    entries = [make(f"P{n}") for n in range(20) for make in (detected, screened)]
    dumps = []
    for size in (1, 3, 500):
        monkeypatch.setattr(ledger_module, "BATCH_ENTRIES", size)
        url = f"sqlite:///{tmp_path / f'{size}.sqlite'}"
        Ledger.open(url).append(entries)
        dumps.append(dump(url))
    assert dumps[0] == dumps[1] == dumps[2]


def test_an_outdated_plan_is_told_and_not_written(ledger):
    ledger.append([detected(), screened(), drafted()])
    outreach = Entry(
        *named(), 3, EntryKind.OUTREACH_QUEUED, S.SCREENED, S.OUTREACH,
        "system", "{}", NOTED,
    )  # fmt: skip
    appended = ledger.append([outreach, detected("P9"), screened("P8")])
    assert appended.written == 1
    assert set(appended.stale) == {outreach.incident_id, screened("P8").incident_id}
    assert ledger.current("storm-2018")["state"].tolist() == ["CLAIM_DRAFT", "DETECTED"]


def test_a_second_detection_with_other_content_is_stale(ledger):
    ledger.append([detected()])
    appended = ledger.append([detected(payload='{"tier":"T4"}'), screened()])
    assert appended.stale == (detected().incident_id,)
    assert appended.written == 1, "the step after it still fits"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"to_state": S.CLAIM_OPEN, "entry_kind": EntryKind.CLAIM_OPENED}, "no such move"),
        ({"entry_kind": EntryKind.PAID}, "kind paid does not bring it to DETECTED"),
        (
            {"entry_kind": EntryKind.REASSESSED},
            "the state goes from None to DETECTED though",
        ),
    ],
)
def test_one_illegal_entry_stops_all(change, message, ledger):
    fields = {name: getattr(detected(), name) for name in Entry.__slots__} | change
    with pytest.raises(IllegalTransitionError, match=message):
        ledger.append([detected("P0"), Entry(**fields)])
    assert ledger.verify().rows == 0


def test_submitting_needs_a_person(ledger):
    ledger.append([detected(), screened(), drafted()])
    submit = {
        "incident_id": named()[0], "key": named()[1], "step": 4,
        "entry_kind": EntryKind.CLAIM_OPENED, "from_state": S.CLAIM_DRAFT,
        "to_state": S.CLAIM_OPEN, "payload": "{}", "recorded_at_utc": NOTED,
    }  # fmt: skip
    with pytest.raises(IllegalTransitionError, match="the system may not do this alone"):
        ledger.append([Entry(**submit, actor="system")])
    assert ledger.append([Entry(**submit, actor="staff-7")]).written == 1


def test_the_database_itself_refuses_a_second_detection(ledger, ledger_url):
    ledger.append([detected()])
    copy = (
        "INSERT INTO ledger_entries SELECT event_id, seq + 1, policy_number, location_number, "
        "'inc-other', step, entry_kind, from_state, to_state, actor, payload, recorded_at_utc, "
        "row_hash, 'x', portfolio_number, account_number, row_version FROM ledger_entries"
    )
    with _raw(ledger_url) as raw, pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        raw.execute(copy)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET actor = 'x'",
        "DELETE FROM ledger_entries",
        "DELETE FROM ledger_heads",
        "UPDATE ledger_heads SET entry_count = entry_count - 1",
        "DELETE FROM ledger_anchor",
        "UPDATE ledger_anchor SET entry_count = 0",
    ],
)
def test_the_database_itself_refuses_to_rewrite_history(statement, ledger, ledger_url):
    ledger.append([detected(), screened()])
    with _raw(ledger_url) as raw, pytest.raises(sqlite3.IntegrityError, match=r"append-only|grows"):
        raw.execute(statement)


def test_events_keep_chains_of_their_own(tmp_path, dump):
    one, both = (f"sqlite:///{tmp_path / name}" for name in ("one.sqlite", "both.sqlite"))
    Ledger.open(one).append([detected(), screened()])
    ledger = Ledger.open(both)
    ledger.append([detected("P7", "fire-2018")])
    ledger.append([detected(), screened()])
    ledger.append([screened("P7", "fire-2018")])
    assert [row for row in dump(both) if row[0] == "storm-2018"] == dump(one)[:-1]
    assert ledger.verify().ok
    assert [(head.event_id, head.entry_count) for head in ledger.heads()] == [
        ("fire-2018", 2),
        ("storm-2018", 2),
    ]
    assert list(ledger.current("fire-2018")["policy_number"]) == ["P7"]


def test_an_unknown_event_has_no_incidents(ledger):
    assert len(ledger.current("never")) == 0


def test_building_on_a_cut_chain_is_refused(ledger, ledger_url):
    ledger.append([detected(), screened()])
    with _raw(ledger_url) as raw:
        raw.execute("DROP TRIGGER ledger_entries_no_delete")
        raw.execute("DELETE FROM ledger_entries WHERE seq = 2")
    with pytest.raises(LedgerTamperedError, match="its last row is 1, its head 2"):
        ledger.append([detected("P2")])


def test_building_on_changed_heads_is_refused(ledger, ledger_url):
    ledger.append([detected()])
    with _raw(ledger_url) as raw:
        raw.execute("DROP TRIGGER ledger_heads_no_delete")
        raw.execute("DELETE FROM ledger_heads")
    with pytest.raises(LedgerTamperedError, match="heads and its anchor do not agree"):
        ledger.append([detected("P2")])


def test_a_missing_ledger_is_not_an_empty_one(tmp_path):
    path = tmp_path / "none.sqlite"
    with pytest.raises(LedgerError, match=r"none\.sqlite: there is no such file\. Check the path"):
        Ledger.open_existing(f"sqlite:///{path}")
    assert not path.exists()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(LedgerError, match="its folder is not there"):
        Ledger.open(f"sqlite:///{tmp_path / 'no' / 'ledger.sqlite'}")


@pytest.mark.parametrize(
    "content", [b"", b"not a database, but long enough to be read as one" * 90]
)
def test_a_file_that_is_no_ledger_is_refused(content, tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=r"holds no ledger|not a database"):
        Ledger.open_existing(f"sqlite:///{path}")
    assert path.read_bytes() == content


def test_a_ledger_of_a_newer_version_is_refused(ledger, ledger_url):
    with _raw(ledger_url) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    for opening in (Ledger.open, Ledger.open_existing):
        with pytest.raises(LedgerError, match="its version is 9999"):
            opening(ledger_url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "memory keeps no record"),
        ("sqlite:///:memory:", "memory keeps no record"),
        ("mysql://u:secret@h/d", "'mysql' is no kind of database"),
        ("ledger secret", "its URL cannot be read"),
    ],
)
def test_an_unfit_url_is_refused_without_telling_secrets(url, message):
    with pytest.raises(LedgerError, match=message) as caught:
        Ledger.open(url)
    assert "secret" not in str(caught.value)


def test_a_silent_server_is_transient_and_its_password_stays_hidden():
    url = "postgresql+psycopg://u:secret@127.0.0.1:1/none?connect_timeout=2"
    with pytest.raises(TransientError, match="u:\\*\\*\\*@127") as caught:
        Ledger.open(url)
    assert "secret" not in str(caught.value)


def test_opening_again_changes_nothing(ledger, ledger_url, dump):
    ledger.append([detected()])
    before = Path(ledger_url.removeprefix("sqlite:///")).read_bytes()
    assert Ledger.open(ledger_url).verify().ok
    assert Ledger.open_existing(ledger_url).verify().ok
    assert Path(ledger_url.removeprefix("sqlite:///")).read_bytes() == before


def test_a_folder_with_odd_letters_holds_a_ledger(tmp_path):
    folder = tmp_path / "100% sure [ä]"
    folder.mkdir()
    assert Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}").append([detected()]).written == 1


def test_the_migrations_make_what_the_code_reads(ledger, ledger_url, tmp_path):
    fresh = tmp_path / "fresh.sqlite"
    engine = create_engine(f"sqlite:///{fresh}")
    ledger_schema.METADATA.create_all(engine)
    engine.dispose()

    def shape(path):
        with closing(sqlite3.connect(path)) as raw:
            tables = {
                table: raw.execute(f"PRAGMA table_info({table})").fetchall()
                for table in ("ledger_entries", "ledger_heads", "ledger_anchor")
            }
            indexes = raw.execute(
                "SELECT sql FROM sqlite_master WHERE sql LIKE '%INDEX%'"
            ).fetchall()
            return tables, sorted(map(str, indexes))

    assert shape(fresh) == shape(ledger_url.removeprefix("sqlite:///"))


def test_a_busy_database_is_transient(ledger, ledger_url, monkeypatch):
    monkeypatch.setattr("claims.ledger.database.BUSY_TIMEOUT_S", 0.05)
    hasty = Ledger.open_existing(ledger_url)
    with _raw(ledger_url) as raw:
        raw.execute("BEGIN IMMEDIATE")
        with pytest.raises(TransientError, match="database is locked"):
            hasty.append([detected()])
    assert hasty.append([detected()]).written == 1
