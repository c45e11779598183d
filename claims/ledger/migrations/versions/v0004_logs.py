"""How far logs beside the ledger had come."""

import sqlalchemy as sa
from alembic import op

from claims.ledger.migrations.forward_only import refuse_downgrade

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "log_anchors",
        sa.Column("log_name", sa.Text, primary_key=True),
        sa.Column("line_count", sa.BigInteger, nullable=False),
        sa.Column("last_sha256", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """See ``forward_only``."""
    refuse_downgrade()
