"""The whole key of OED: portfolio and account beside policy and location.

Rows that are there stay as they are, hashes and all: they are of version 1, whose hash does not
cover the new columns. The database's defaults fill them without touching a row.
"""

import sqlalchemy as sa
from alembic import op

from claims.ledger.migrations.forward_only import refuse_downgrade

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_DETECTED = sa.text("entry_kind = 'detected'")


def upgrade() -> None:
    """Add the columns, and let one policy and location number stand in several accounts."""
    op.add_column("ledger_entries", sa.Column("portfolio_number", sa.Text))
    op.add_column("ledger_entries", sa.Column("account_number", sa.Text))
    op.add_column(
        "ledger_entries",
        sa.Column("row_version", sa.Integer, nullable=False, server_default=sa.text("1")),
    )
    op.drop_index("uq_ledger_detected", "ledger_entries")
    op.create_index(
        "uq_ledger_detected",
        "ledger_entries",
        [
            "event_id",
            sa.text("coalesce(portfolio_number, '')"),
            sa.text("coalesce(account_number, '')"),
            "policy_number",
            "location_number",
        ],
        unique=True,
        sqlite_where=_DETECTED,
        postgresql_where=_DETECTED,
    )


def downgrade() -> None:
    """There is none: a ledger is never taken back."""
    refuse_downgrade()
