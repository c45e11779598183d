"""A run on a stored book gives what a run on its files gives, and says which book it saw."""

import json
import shutil

import pandas as pd
import pytest
import yaml

from core.errors import ExposureError
from flows.books.keeping import load_book
from flows.books.sources import find_files
from policies.store.opening import open_store


@pytest.fixture
def events(town_event, tmp_path):
    """Event files of one town: its book in files, and the same book by name."""
    shutil.copytree(town_event.parent, tmp_path / "event")
    of_files = tmp_path / "event" / town_event.name
    content = yaml.safe_load(of_files.read_text())
    of_store = of_files.with_name("stored.yaml")
    content["policies"] = {"book": "town", "store": "../books"}
    of_store.write_text(yaml.safe_dump(content))
    return of_files, of_store


def test_a_run_on_a_stored_book_is_a_run_on_its_files(events, assess, tmp_path):
    of_files, of_store = events
    store = open_store(str(tmp_path / "books"))
    loaded = load_book(store, find_files([of_files]), "town", "steward-1")
    one, other = assess(of_files, tmp_path / "one"), assess(of_store, tmp_path / "other")
    findings = [pd.read_parquet(run.folder / "findings.parquet") for run in (one, other)]
    assert findings[0].equals(findings[1])
    contacts = [pd.read_parquet(run.folder / "work" / "contacts.parquet") for run in (one, other)]
    assert contacts[0].equals(contacts[1])
    record = json.loads((other.folder / "run.json").read_text())
    assert record["inputs_sha256"]["book"] == loaded.snapshot.snapshot_id
    assert record["book"]["name"] == "town"
    assert record["book"]["files"][0]["name"] == "location.csv"
    assert [load["loaded_by"] for load in record["book"]["loads"]] == ["steward-1"]
    assert json.loads((one.folder / "run.json").read_text())["book"] is None


def test_a_run_on_a_book_that_is_not_there_says_so(events, assess, tmp_path):
    with pytest.raises(ExposureError, match="no book of that name or id; it has none"):
        assess(events[1], tmp_path / "out")
