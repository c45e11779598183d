"""The book in a carrier's PostGIS: the same rows as in a folder, with keys and places indexed."""

from dataclasses import asdict, fields
from typing import Any

import pandas as pd
from sqlalchemy import (
    ARRAY,
    URL,
    Connection,
    Select,
    Text,
    any_,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
)

from core.errors import ExposureError
from core.grid import Bounds
from core.schemas.book import HOME_KEY
from policies.reading.rows import BookRows
from policies.store.base import (
    accounts_of,
    check_rows,
    choose_accounts,
    keep_accounts,
    keep_matching,
)
from policies.store.database import connect, translating, upgrade
from policies.store.json_rows import from_json_rows, to_json_rows
from policies.store.snapshot import PEOPLE, TABLES, Access, Load, Removal, Snapshot
from policies.store.tables import ACCESSES, BY_NAME, HOMES, LOADS, POLICIES, REMOVALS, SNAPSHOTS

_FETCH_ROWS = 50_000
_SRID = 4326
_OED_ACCOUNT = ("PortNumber", "AccNumber")


class PostgisStore:
    """A ``BookStore`` in PostgreSQL with PostGIS."""

    def __init__(self, url: URL) -> None:
        """Open a store, its tables made or brought to this version.

        Raises:
            ExposureError, TransientError: it cannot be opened.
        """
        self._engine = connect(url)
        with translating(self._engine, "opening"):
            upgrade(self._engine)

    def add(self, snapshot: Snapshot, rows: BookRows, load: Load) -> bool:
        """Keep a snapshot in one transaction; see ``BookStore``."""
        with translating(self._engine, "writing to"), self._engine.begin() as connection:
            # two that load the same at once: the second waits here and finds it there
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(load.snapshot_id))))
            is_new = not self._is_whole(snapshot.snapshot_id)
            if is_new:
                _delete(connection, snapshot.snapshot_id)  # damaged, if it is there
                found = {"snapshot_id": snapshot.snapshot_id, "manifest": snapshot.to_json()}
                connection.execute(insert(SNAPSHOTS), found)
                for name in TABLES:
                    _copy_in(connection, name, snapshot.snapshot_id, getattr(rows, name))
            connection.execute(insert(LOADS), asdict(load))
        return is_new

    def _is_whole(self, snapshot_id: str) -> bool:
        """Whether it is there as it was stored; what is damaged is mended by loading it again."""
        try:
            self.read(snapshot_id)
        except ExposureError:
            return False
        return True

    def snapshots(self) -> tuple[Snapshot, ...]:
        """See ``BookStore``."""
        found = self._fetch(select(SNAPSHOTS.c.manifest).order_by(SNAPSHOTS.c.snapshot_id))
        return tuple(Snapshot.from_json(manifest) for (manifest,) in found)

    def loads(self) -> tuple[Load, ...]:
        """See ``BookStore``."""
        columns = [LOADS.c[each.name] for each in fields(Load)]
        found = self._fetch(select(*columns).order_by(LOADS.c.load_number))
        return tuple(Load(*row) for row in found)

    def read(self, snapshot_id: str) -> BookRows:
        """See ``BookStore``."""
        snapshot = self._find(snapshot_id)
        rows = BookRows(**{name: self._read(snapshot, name) for name in TABLES})
        return check_rows(snapshot, rows)

    def read_policy(self, snapshot_id: str, policy_number: str) -> BookRows:
        """See ``BookStore``."""
        snapshot = self._find(snapshot_id)
        mine = self._read(snapshot, "policies", POLICIES.c.policy_number == policy_number)
        return self._read_accounts(snapshot, choose_accounts(mine, policy_number))

    def read_within(self, snapshot_id: str, bounds: Bounds) -> BookRows:
        """See ``BookStore``."""
        snapshot = self._find(snapshot_id)
        box = func.ST_MakeEnvelope(bounds.west, bounds.south, bounds.east, bounds.north, _SRID)
        # the index knows boxes of single precision, so that edges are asked for themselves
        homes = self._read(
            snapshot, "homes", HOMES.c.place.op("&&")(box),
            func.ST_X(HOMES.c.place).between(bounds.west, bounds.east),
            func.ST_Y(HOMES.c.place).between(bounds.south, bounds.north),
        )  # fmt: skip
        rows = self._read_accounts(snapshot, accounts_of(homes))
        return BookRows(**{each.name: getattr(rows, each.name) for each in fields(rows)} | {
            "homes": homes
        })  # fmt: skip

    def _read_accounts(self, snapshot: Snapshot, accounts: pd.DataFrame) -> BookRows:
        names = literal(accounts["account_number"].tolist(), ARRAY(Text))
        tables = {
            # an array: a query takes 65,535 values, and a coast has more accounts
            name: self._read(snapshot, name, BY_NAME[name].c.account_number == any_(names))
            for name in ("homes", "policies")
        }
        nothing = {
            name: from_json_rows([], snapshot.kinds[name])
            for name in TABLES
            if name not in {"refused", *tables}
        }
        refused = self._read(snapshot, "refused")
        return keep_accounts(BookRows(**tables, **nothing, refused=refused), accounts)

    def read_people(self, snapshot_id: str, homes: pd.DataFrame) -> pd.DataFrame:
        """See ``BookStore``."""
        snapshot = self._find(snapshot_id)
        names = literal(homes["account_number"].unique().tolist(), ARRAY(Text))
        people = self._read(snapshot, PEOPLE, BY_NAME[PEOPLE].c.account_number == any_(names))
        return keep_matching(people, homes[HOME_KEY])

    def note_access(self, access: Access) -> None:
        """See ``BookStore``."""
        with translating(self._engine, "writing to"), self._engine.begin() as connection:
            connection.execute(insert(ACCESSES), asdict(access))

    def accesses(self) -> tuple[Access, ...]:
        """See ``BookStore``."""
        columns = [ACCESSES.c[each.name] for each in fields(Access)]
        found = self._fetch(select(*columns).order_by(ACCESSES.c.access_number))
        return tuple(Access(*row) for row in found)

    def remove(self, removal: Removal) -> None:
        """See ``BookStore``."""
        self._find(removal.snapshot_id)
        with translating(self._engine, "writing to"), self._engine.begin() as connection:
            _delete(connection, removal.snapshot_id)
            connection.execute(insert(REMOVALS), asdict(removal))

    def removals(self) -> tuple[Removal, ...]:
        """See ``BookStore``."""
        columns = [REMOVALS.c[each.name] for each in fields(Removal)]
        found = self._fetch(select(*columns).order_by(REMOVALS.c.removal_number))
        return tuple(Removal(*row) for row in found)

    def _find(self, snapshot_id: str) -> Snapshot:
        found = [each for each in self.snapshots() if each.snapshot_id == snapshot_id]
        if not found:
            raise ExposureError(
                f"reading snapshot {snapshot_id} of the book", "the store has none of that id",
                "`firstnotice book show` lists them",
            )  # fmt: skip
        return found[0]

    def _read(self, snapshot: Snapshot, name: str, *wanted: Any) -> pd.DataFrame:
        table = BY_NAME[name]
        query = select(cast(table.c.cells, Text)).where(
            table.c.snapshot_id == snapshot.snapshot_id, *wanted
        )
        found = self._fetch(query.order_by(table.c.place_number))
        return from_json_rows((cells for (cells,) in found), snapshot.kinds[name])

    def _fetch(self, query: Select[Any]) -> list[Any]:
        with translating(self._engine, "reading"), self._engine.connect() as connection:
            options = {"stream_results": True, "yield_per": _FETCH_ROWS}
            return list(connection.execution_options(**options).execute(query))


def _delete(connection: Connection, snapshot_id: str) -> None:
    for table in (*BY_NAME.values(), SNAPSHOTS):
        connection.execute(delete(table).where(table.c.snapshot_id == snapshot_id))


def _copy_in(connection: Connection, name: str, snapshot_id: str, table: pd.DataFrame) -> None:
    """Bring in rows by COPY, which a million of them need."""
    target = BY_NAME[name].name
    statement = f"COPY {target} (snapshot_id, place_number, cells) FROM STDIN"  # no value in it
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for number, cells in enumerate(to_json_rows(table)):
            copy.write_row((snapshot_id, number, cells))
