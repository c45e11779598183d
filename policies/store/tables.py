"""The book's tables in PostGIS, as the code reads them. Migrations make them, see ``migrations/``.

A row is one JSON object, as it was read; the columns beside it are the database's own reading of
it, for keys, indexes and maps, and cannot say anything else. Names and contacts are in a table of
their own, so that a carrier can grant it apart.
"""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

METADATA = MetaData()

SNAPSHOTS = Table(
    "book_snapshots", METADATA,
    Column("snapshot_id", Text, primary_key=True),
    Column("manifest", JSON, nullable=False),
)  # fmt: skip

LOADS = Table(
    "book_loads", METADATA,
    Column("load_number", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("snapshot_id", Text, nullable=False),
    Column("loaded_at_utc", Text, nullable=False),
    Column("loaded_by", Text, nullable=False),
)  # fmt: skip

ACCESSES = Table(
    "book_accesses", METADATA,
    Column("access_number", BigInteger, Identity(always=True), primary_key=True),
    Column("actor", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("snapshot_id", Text, nullable=False),
    Column("policy_number", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
)  # fmt: skip

REMOVALS = Table(
    "book_removals", METADATA,
    Column("removal_number", BigInteger, Identity(always=True), primary_key=True),
    Column("snapshot_id", Text, nullable=False),
    Column("homes", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
)  # fmt: skip


def _rows_table(name: str, *columns: Column) -> Table:  # type: ignore[type-arg]
    return Table(
        name, METADATA,
        Column(
            "snapshot_id", Text, ForeignKey("book_snapshots.snapshot_id"), primary_key=True
        ),
        Column("place_number", BigInteger, primary_key=True, autoincrement=False),
        Column("cells", JSONB, nullable=False),
        *columns,
    )  # fmt: skip


def _read(name: str, cell: str) -> Column:  # type: ignore[type-arg]
    return Column(name, Text, Computed(f"cells ->> '{cell}'", persisted=True))


_POINT = (
    "ST_SetSRID(ST_MakePoint((cells ->> 'longitude')::float8, (cells ->> 'latitude')::float8),"
    " 4326)"
)

HOMES = _rows_table(
    "book_homes",
    _read("portfolio_number", "portfolio_number"),
    _read("account_number", "account_number"),
    _read("location_number", "location_number"),
    Column("place", Geometry("POINT", 4326, spatial_index=False), Computed(_POINT, persisted=True)),
)
POLICIES = _rows_table(
    "book_policies",
    _read("portfolio_number", "PortNumber"),
    _read("account_number", "AccNumber"),
    _read("policy_number", "PolNumber"),
)
REFUSED = _rows_table("book_refused")
PEOPLE_TABLE = _rows_table(
    "book_people",
    _read("portfolio_number", "portfolio_number"),
    _read("account_number", "account_number"),
    _read("location_number", "location_number"),
)
REJECTS_TABLE = _rows_table("book_rejects")
NOTICES_TABLE = _rows_table("book_notices")

Index("ix_book_homes_place", HOMES.c.place, postgresql_using="gist")
Index("ix_book_homes_account", HOMES.c.snapshot_id, HOMES.c.account_number)
Index("ix_book_policies_account", POLICIES.c.snapshot_id, POLICIES.c.account_number)
Index("ix_book_policies_policy", POLICIES.c.snapshot_id, POLICIES.c.policy_number)
Index("ix_book_people_account", PEOPLE_TABLE.c.snapshot_id, PEOPLE_TABLE.c.account_number)

BY_NAME = {
    "homes": HOMES, "policies": POLICIES, "refused": REFUSED, "people": PEOPLE_TABLE,
    "rejects": REJECTS_TABLE, "notices": NOTICES_TABLE,
}  # fmt: skip
"""Tables of a snapshot, by the name of ``BookRows``."""
