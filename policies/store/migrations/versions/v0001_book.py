"""The book: snapshots, loads, accesses, and the rows of a snapshot in six tables."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSON, JSONB

from core.errors import InputError

revision = "book_0001"
down_revision = None
branch_labels = None
depends_on = None

_POINT = (
    "ST_SetSRID(ST_MakePoint((cells ->> 'longitude')::float8, (cells ->> 'latitude')::float8),"
    " 4326)"
)
_OURS = {name: name for name in ("portfolio_number", "account_number", "location_number")}
_OED = {
    "portfolio_number": "PortNumber", "account_number": "AccNumber", "policy_number": "PolNumber",
}  # fmt: skip


def upgrade() -> None:
    """From nothing to the first store."""
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.create_table(
        "book_snapshots",
        sa.Column("snapshot_id", sa.Text, primary_key=True),
        sa.Column("manifest", JSON, nullable=False),
    )
    _create_log("book_loads", "load_number", "name", "snapshot_id", "loaded_at_utc", "loaded_by")
    op.create_foreign_key(
        "fk_book_loads_snapshot", "book_loads", "book_snapshots", ["snapshot_id"], ["snapshot_id"]
    )
    _create_log(
        "book_accesses", "access_number", "actor", "purpose", "snapshot_id", "policy_number",
        "at_utc",
    )  # fmt: skip
    point = sa.Column(
        "place", Geometry("POINT", 4326, spatial_index=False), sa.Computed(_POINT, persisted=True)
    )
    _create_rows("book_homes", _OURS, point)
    _create_rows("book_policies", _OED)
    _create_rows("book_people", _OURS)
    for name in ("book_refused", "book_rejects", "book_notices"):
        _create_rows(name, {})
    op.create_index("ix_book_homes_place", "book_homes", ["place"], postgresql_using="gist")
    for name in ("homes", "policies", "people"):
        op.create_index(
            f"ix_book_{name}_account", f"book_{name}", ["snapshot_id", "account_number"]
        )
    op.create_index("ix_book_policies_policy", "book_policies", ["snapshot_id", "policy_number"])


def _create_log(name: str, key: str, *columns: str) -> None:
    op.create_table(
        name,
        sa.Column(key, sa.BigInteger, sa.Identity(always=True), primary_key=True),
        *(sa.Column(column, sa.Text, nullable=False) for column in columns),
    )


def _create_rows(name: str, read: dict[str, str], *columns: "sa.Column[object]") -> None:
    op.create_table(
        name,
        sa.Column(
            "snapshot_id", sa.Text, sa.ForeignKey("book_snapshots.snapshot_id"), primary_key=True
        ),
        sa.Column("place_number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("cells", JSONB, nullable=False),
        *(
            sa.Column(column, sa.Text, sa.Computed(f"cells ->> '{cell}'", persisted=True))
            for column, cell in read.items()
        ),
        *columns,
    )


def downgrade() -> None:
    """Books are loaded again from their files; a record of who looked is not thrown away."""
    raise InputError(
        "taking a store of books back to an older version", "it only goes forward",
        "Restore a backup, or load the books into a new store with that version",
    )  # fmt: skip
