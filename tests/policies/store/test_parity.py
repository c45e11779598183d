"""The same answers from a folder and from a real PostGIS, row for row."""

from dataclasses import fields
from threading import Thread

import psycopg
import pytest

from core.errors import ExposureError
from core.events import Peril
from core.grid import Bounds
from policies.reading.exposure import build_book
from policies.store.base import find_past, find_snapshot
from policies.store.opening import open_store
from policies.store.snapshot import TABLES, Access, Removal, describe_files, freeze

pytestmark = pytest.mark.server

SQL = "1'; DROP TABLE book_homes; --"


@pytest.fixture
def stores(folder_store, postgis_store, rows, snapshot, load_of):
    both = (folder_store, postgis_store)
    for store in both:
        assert store.add(snapshot, rows, load_of(snapshot))
    return both


def raw(url):
    return psycopg.connect(url.replace("+psycopg", ""))


def same(one, other):
    return all(getattr(one, name).equals(getattr(other, name)) for name in TABLES)


def test_rows_are_those_that_were_stored(stores, rows, snapshot):
    for store in stores:
        assert same(store.read(snapshot.snapshot_id), rows)
        assert store.snapshots() == (snapshot,)


@pytest.mark.parametrize("peril", [None, Peril.TROPICAL_CYCLONE_WIND, Peril.RIVER_FLOOD])
def test_a_book_from_a_store_is_the_book_of_the_files(stores, rows, snapshot, peril):
    of_files = build_book(rows, peril)
    assert len(of_files.locations) == 3
    for store in stores:
        book = build_book(store.read(snapshot.snapshot_id), peril)
        for field in fields(book):
            assert getattr(book, field.name).equals(getattr(of_files, field.name)), field.name


@pytest.mark.parametrize("number", ["Wind", "HO2", SQL, "nobody's"])
def test_one_policy_reads_the_same_from_both(stores, snapshot, number):
    one, other = (store.read_policy(snapshot.snapshot_id, number) for store in stores)
    assert same(one, other)
    assert len(one.homes) == {"Wind": 2, "HO2": 1, SQL: 1, "nobody's": 0}[number]
    assert len(one.people) == 0
    people = [store.read_people(snapshot.snapshot_id, one.homes) for store in stores]
    assert people[0].equals(people[1])
    assert len(people[0]) == {"Wind": 1, "HO2": 0, SQL: 1, "nobody's": 0}[number]


@pytest.mark.parametrize(
    ("box", "count"),
    [
        (Bounds(-85.75, 30.0, -85.5, 30.3), 3),
        (Bounds(-85.8, 30.2, -85.8, 30.2), 1),
        (Bounds(0, 0, 1, 1), 0),
    ],
)
def test_homes_in_a_box_read_the_same_from_both(stores, snapshot, box, count):
    one, other = (store.read_within(snapshot.snapshot_id, box) for store in stores)
    assert same(one, other)
    assert len(one.homes) == count
    assert build_book(one, None).locations.equals(build_book(other, None).locations)


def test_loads_and_accesses_read_the_same_from_both(stores, rows, snapshot, load_of):
    again = load_of(snapshot, "renewal", "2018-11-01T00:00:00+00:00")
    seen = Access("adj-7", "call the insured", snapshot.snapshot_id, "Wind", "2018-11-02")
    for store in stores:
        assert not store.add(snapshot, rows, again), "it is there, and only the load is noted"
        store.note_access(seen)
    assert stores[0].loads() == stores[1].loads() == (load_of(snapshot), again)
    assert stores[0].accesses() == stores[1].accesses() == (seen,)
    for store in stores:
        assert find_snapshot(store, "renewal").load == again
        assert find_snapshot(store, snapshot.snapshot_id).snapshot == snapshot
        with pytest.raises(ExposureError, match=r"no book of that name or id; it has florida"):
            find_snapshot(store, "texas")


def test_what_is_past_its_retention_is_removed_from_both_and_told(
    stores, rows, snapshot, load_of, book_files
):
    files = describe_files(book_files | {"contacts": book_files["account"]})
    newer = freeze(rows, files)
    gone = Removal(snapshot.snapshot_id, 3, "steward-1", "retention", "2019-10-01T00:00:00+00:00")
    for store in stores:
        assert find_past(store, "2020", set()) == (), "it is what the name means"
        store.add(newer, rows, load_of(newer, at="2018-11-01T00:00:00+00:00"))
        assert find_past(store, "2018-09", set()) == ()
        assert find_past(store, "2020", {snapshot.snapshot_id}) == ()
        assert find_past(store, "2020", set()) == (snapshot,)
        store.remove(gone)
        assert store.snapshots() == (newer,)
        assert len(store.loads()) == 2, "who loaded it stays"
        assert store.removals() == (gone,)
        with pytest.raises(ExposureError, match="steward-1 removed it on 2019-10-01"):
            find_snapshot(store, snapshot.snapshot_id)
        assert find_snapshot(store, "florida").snapshot == newer
        assert same(store.read(newer.snapshot_id), rows)
        assert store.add(snapshot, rows, load_of(snapshot)), "and can be loaded again"


def test_files_that_are_loaded_again_mend_what_was_changed(stores, url, rows, snapshot, load_of):
    with raw(url) as connection:
        connection.execute("DELETE FROM book_homes WHERE location_number = '2'")
    assert stores[1].add(snapshot, rows, load_of(snapshot))
    assert same(stores[1].read(snapshot.snapshot_id), rows)


def test_the_database_reads_keys_and_places_itself(stores, url, snapshot):
    with raw(url) as connection:
        found = connection.execute(
            "SELECT account_number, ST_X(place), ST_SRID(place) FROM book_homes"
            " WHERE location_number = '2'"
        ).fetchall()
        assert found == [("A2", -85.7, 4326)]
        with pytest.raises(psycopg.errors.GeneratedAlways):
            connection.execute("UPDATE book_homes SET account_number = 'x'")


def test_a_changed_row_is_found(stores, url, snapshot):
    with raw(url) as connection:
        connection.execute(
            "UPDATE book_homes SET cells = jsonb_set(cells, '{building_tiv}', '1')"
            " WHERE location_number = '2'"
        )
    with pytest.raises(ExposureError, match="its homes are no longer those that were stored"):
        stores[1].read(snapshot.snapshot_id)


def test_two_loads_at_once_store_one_snapshot(url, rows, snapshot, load_of):
    open_store(url)
    added = []
    threads = [
        Thread(target=lambda: added.append(open_store(url).add(snapshot, rows, load_of(snapshot))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [False, False, False, True]
    assert len(open_store(url).snapshots()) == 1
    assert len(open_store(url).loads()) == 4


def test_the_book_has_a_version_of_its_own_beside_a_ledger(postgis_store, url):
    with raw(url) as connection:
        assert connection.execute("SELECT version_num FROM book_version").fetchall() == [
            ("book_0002",)
        ]
        connection.execute("UPDATE book_version SET version_num = 'book_9999'")
    with pytest.raises(ExposureError, match="its version is book_9999, which this firstnotice"):
        open_store(url)


def test_the_database_s_errors_name_nobody(stores, url, rows, snapshot, load_of):
    with raw(url) as connection:
        connection.execute(
            "ALTER TABLE book_people ADD CHECK (cells ->> 'phone' <> '007') NOT VALID"
        )
        connection.execute("TRUNCATE book_snapshots CASCADE")
    with pytest.raises(ExposureError) as caught:
        stores[1].add(snapshot, rows, load_of(snapshot))
    assert "check constraint" in str(caught.value)
    assert "Pepe" not in str(caught.value) + repr(caught.value.__cause__)
    assert stores[1].snapshots() == (), "whole or not at all"
