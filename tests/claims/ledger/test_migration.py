"""A ledger that the first version made goes on: its chains hold, its incidents are found again."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from alembic import command
from alembic.config import Config

from claims.incidents.key import incident_id
from claims.incidents.opening import open_incidents
from claims.ledger import database
from claims.ledger.store import Ledger
from core.errors import LedgerError


def _rows(url: str) -> list[tuple]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as raw:
        return raw.execute("SELECT * FROM ledger_entries ORDER BY event_id, seq").fetchall()


def test_an_old_ledger_verifies_after_the_upgrade(old_url, old_heads):
    before = _rows(old_url)
    ledger = Ledger.open(old_url)
    check = ledger.verify(old_heads)
    assert (check.ok, check.rows, check.problems) == (True, 15, ())
    assert [row[: len(before[0])] for row in _rows(old_url)] == before, "nothing is rewritten"


def test_before_the_upgrade_the_remedy_is_told(old_url):
    with pytest.raises(LedgerError, match="a run upgrades the ledger of an older version"):
        Ledger.open_existing(old_url)


def test_old_incidents_are_found_under_the_whole_key(
    *, old_url, old_heads, same_homes, event_id, as_of
):
    ledger = Ledger.open(old_url)
    table = open_incidents(same_homes, ledger, event_id, as_of + timedelta(days=2))
    assert table["incident_id"][:3].tolist() == [
        incident_id(event_id, f"P000{place}", "1") for place in range(3)
    ]
    current = ledger.current(event_id).set_index("policy_number")
    assert len(current) == 4, "no second incident"
    assert current.loc[["P0000", "P0001", "P0002"], "account_number"].tolist() == ["A1"] * 3
    assert current["state"].to_dict() == {
        "1": "SCREENED", "P0000": "CLAIM_DRAFT", "P0001": "HUMAN_REVIEWED", "P0002": "OUTREACH",
    }  # fmt: skip
    check = ledger.verify(old_heads)
    assert (check.rows, check.problems) == (15 + 3, ()), "each key is completed once"
    before = _rows(old_url)
    again = open_incidents(same_homes, ledger, event_id, as_of + timedelta(days=3))
    assert _rows(old_url) == before
    assert again.equals(table)


def test_a_home_that_is_told_apart_by_account_alone_gets_an_incident(
    *, old_url, old_heads, same_homes, findings_of, event_id, as_of
):
    ledger = Ledger.open(old_url)
    twin = findings_of({"account_number": "A2", "building_id": "b-9", "decision": "open_draft"})
    book = pd.concat([same_homes, twin], ignore_index=True)
    table = open_incidents(book, ledger, event_id, as_of + timedelta(days=2))
    assert table["incident_id"][0] == incident_id(event_id, "P0000", "1"), "the building tells"
    assert table["incident_id"][4] == incident_id(event_id, "1", "A2", "P0000", "1")
    assert ledger.verify(old_heads).ok


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET account_number = 'A1', portfolio_number = '1' WHERE seq = 1",
        "UPDATE ledger_entries SET row_version = 2 WHERE seq = 1",
        "UPDATE ledger_entries SET account_number = 'A2' WHERE row_version = 2",
        "UPDATE ledger_entries SET row_version = 1 WHERE row_version = 2",
        "UPDATE ledger_entries SET row_version = 1, account_number = NULL, portfolio_number = NULL",
    ],
)
def test_the_version_of_a_row_is_no_way_around_its_hash(
    statement, old_url, same_homes, event_id, as_of
):
    ledger = Ledger.open(old_url)
    open_incidents(same_homes, ledger, event_id, as_of + timedelta(days=2))
    with closing(sqlite3.connect(old_url.removeprefix("sqlite:///"), isolation_level=None)) as raw:
        raw.execute("DROP TRIGGER ledger_entries_no_update")
        raw.execute(statement)
    assert not ledger.verify().ok


def test_a_ledger_asked_to_go_back_says_that_it_only_goes_forward(old_url):
    Ledger.open(old_url)
    engine = database.connect_engine(old_url)
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(LedgerError, match=r"forward only.*backup"):
            command.downgrade(config, "0001")
    assert Ledger.open_existing(old_url).verify().ok
