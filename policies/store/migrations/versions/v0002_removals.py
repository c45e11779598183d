"""Who removed which snapshot; the record of who loaded it stays without it."""

import sqlalchemy as sa
from alembic import op

from core.errors import InputError

revision = "book_0002"
down_revision = "book_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Snapshots can go; loads of them stay."""
    op.drop_constraint("fk_book_loads_snapshot", "book_loads", type_="foreignkey")
    op.create_table(
        "book_removals",
        sa.Column("removal_number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("snapshot_id", sa.Text, nullable=False),
        sa.Column("homes", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("actor", "purpose", "at_utc")),
    )


def downgrade() -> None:
    """A record of what was removed is not thrown away."""
    raise InputError(
        "taking a store of books back to an older version", "it only goes forward",
        "Restore a backup, or load the books into a new store with that version",
    )  # fmt: skip
