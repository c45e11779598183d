import stat
from threading import Thread

import geopandas as gpd
import pandas as pd
import pytest

from core.errors import ExposureError, SettingsError, TransientError
from policies.store.embedded import EmbeddedStore
from policies.store.opening import open_store
from policies.store.snapshot import TABLES, describe_files, digest_of, freeze


@pytest.fixture
def stored(folder_store, rows, snapshot, load_of, tmp_path):
    folder_store.add(snapshot, rows, load_of(snapshot))
    return tmp_path / "books"


def test_a_snapshot_knows_its_files_rows_and_rejects(snapshot, book_files):
    assert [(each.role, each.name) for each in snapshot.files] == [
        (role, path.name) for role, path in book_files.items()
    ]
    assert snapshot.homes == 3
    assert snapshot.homes_lost == 2
    assert snapshot.rows["people"] == 2
    assert snapshot.rejected == {
        "unknown_account": 1, "null_island": 1, "conflicting_duplicate": 1,
        "unknown_peril_code": 1, "unknown_location": 1,
    }  # fmt: skip


def test_the_same_files_give_the_same_snapshot_and_others_another(rows, snapshot, book_files):
    assert freeze(rows, describe_files(book_files)) == snapshot
    files = describe_files(book_files | {"contacts": book_files["account"]})
    assert freeze(rows, files).snapshot_id != snapshot.snapshot_id


def test_the_folder_is_its_owners_alone_and_names_are_apart(stored, snapshot):
    for path in (stored, *stored.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    apart = stored / "people" / snapshot.snapshot_id / "contacts.parquet"
    assert "insured_name" in pd.read_parquet(apart)
    for path in stored.glob("snapshots/*/*.parquet"):
        assert "Peña" not in pd.read_parquet(path).to_csv()


def test_homes_are_geoparquet(stored, snapshot):
    homes = gpd.read_parquet(stored / "snapshots" / snapshot.snapshot_id / "homes.parquet")
    assert homes.crs == "EPSG:4326"
    assert (homes.geometry.x == homes["longitude"]).all()


def test_a_load_that_fails_leaves_nothing(folder_store, rows, snapshot, load_of, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(TransientError, match="No space left"):
        folder_store.add(snapshot, rows, load_of(snapshot))
    monkeypatch.undo()
    assert folder_store.snapshots() == ()
    assert folder_store.add(snapshot, rows, load_of(snapshot))


def test_what_a_killed_load_left_goes_with_the_next(
    folder_store, rows, snapshot, load_of, tmp_path
):
    books = tmp_path / "books"
    for name in ("snapshots/0.partial", "people/0.partial", "people/never-done"):
        (books / name).mkdir(parents=True)
        (books / name / "contacts.parquet").write_bytes(b"names")
    (books / "loads.jsonl").write_text('{"name": "to')
    assert folder_store.loads() == folder_store.snapshots() == ()
    assert folder_store.add(snapshot, rows, load_of(snapshot))
    assert folder_store.loads() == (load_of(snapshot),)
    assert sorted(path.name for path in books.glob("*/*")) == [snapshot.snapshot_id] * 2


def test_two_loads_at_once_store_one_snapshot(folder_store, rows, snapshot, load_of):
    added = []
    load = lambda: added.append(folder_store.add(snapshot, rows, load_of(snapshot)))  # noqa: E731
    threads = [Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [False, False, False, True]
    assert len(folder_store.loads()) == 4


def test_files_that_are_loaded_again_mend_what_was_damaged(stored, rows, snapshot, load_of):
    (stored / "snapshots" / snapshot.snapshot_id / "homes.parquet").write_bytes(b"PAR1")
    store = EmbeddedStore(stored)
    assert store.add(snapshot, rows, load_of(snapshot))
    assert store.read(snapshot.snapshot_id).homes.equals(rows.homes)


@pytest.mark.parametrize("name", TABLES)
def test_a_changed_or_damaged_table_is_found(stored, snapshot, name):
    place = stored / "people" / snapshot.snapshot_id / "contacts.parquet"
    if name != "people":
        place = stored / "snapshots" / snapshot.snapshot_id / f"{name}.parquet"
    table = pd.read_parquet(place)
    if len(table):
        table.iloc[:-1].to_parquet(place)
        with pytest.raises(ExposureError, match=f"its {name} are no longer those"):
            EmbeddedStore(stored).read(snapshot.snapshot_id)
    place.write_bytes(b"PAR1")
    with pytest.raises(ExposureError, match="it is damaged"):
        EmbeddedStore(stored).read(snapshot.snapshot_id)


def test_an_unknown_snapshot_is_told(folder_store):
    with pytest.raises(ExposureError, match="none of that id"):
        folder_store.read("x")
    assert folder_store.loads() == folder_store.accesses() == folder_store.snapshots() == ()


def test_a_digest_follows_cells_order_and_names():
    table = pd.DataFrame({"a": ["1", None], "b": [0.1, 2]})
    seen = {
        digest_of(table), digest_of(table.iloc[::-1]), digest_of(table.rename(columns={"a": "c"})),
        digest_of(table.assign(a=["1", ""])), digest_of(table.assign(b=[0.1, 3])),
    }  # fmt: skip
    assert len(seen) == 5


@pytest.mark.parametrize("address", ["mysql://x/y", "postgresql://x:y@host:x/y", "sqlite:///x"])
def test_an_address_of_no_known_kind_is_refused_without_being_quoted(address):
    with pytest.raises(SettingsError) as caught:
        open_store(address)
    assert "x/y" not in str(caught.value)
