"""A watch over a stored book: the newest load counts, and events name the book, not its files."""

import pandas as pd
import pytest
import yaml

from flows.books.keeping import load_book
from flows.books.sources import BookFiles
from flows.watching.event_folders import read_versions
from flows.wiring.event_file import read_event_file
from policies.store.opening import open_store


@pytest.fixture
def books(watch_file):
    """The store that the watch names, in place of the files."""
    content = yaml.safe_load(watch_file.read_text(encoding="utf-8"))
    content["policies"] = {"book": "town", "store": "books"}
    watch_file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return open_store(str(watch_file.parent / "books"))


@pytest.fixture
def files(event_copy):
    folder = event_copy.parent / "policies"
    return BookFiles(folder / "location.csv", folder / "account.csv", folder / "contacts.csv")


def test_a_storm_over_a_stored_book_is_an_event_that_names_it(
    *, look, storm, clock, books, files, watch_file
):
    load_book(books, files, "town", "steward-1")
    clock.go(hours=33)
    storm(4)
    assert look() == ["al992018 1 declared"]
    folder = watch_file.parent / "events" / "al992018"
    source = read_event_file(folder / "event.yaml")
    assert source.policies.book == "town"
    assert source.policies.location is None
    homes = pd.read_csv(files.location)
    homes.head(len(homes) // 2).to_csv(files.location, index=False)
    load_book(books, files, "town", "steward-1")
    clock.go(hours=6)
    storm(5)
    assert look() == ["al992018 2 changed"]
    first, second = read_versions(folder)
    assert 0 < second.locations < first.locations, "the newest load is what the name means"
    kept = (watch_file.parent / "events").rglob("book-*.parquet")
    assert not any("insured_name" in pd.read_parquet(path) for path in kept)
