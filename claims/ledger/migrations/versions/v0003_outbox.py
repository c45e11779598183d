"""The outbox: drafts on their way to the claims system, and how far its feed was read.

These rows change; what happened to a draft is said for good by entries of the chain, written in
the same transaction.
"""

import sqlalchemy as sa
from alembic import op

from claims.ledger.migrations.forward_only import refuse_downgrade

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "delivery_outbox",
        sa.Column("transaction_id", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("policy_number", sa.Text, nullable=False),
        sa.Column("loss_date", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("saying_sha256", sa.Text, nullable=False),
        sa.Column("is_recall", sa.Boolean, nullable=False),
        sa.Column("document", sa.LargeBinary),
        sa.Column("pictures_from", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
        sa.Column("claim_number", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("told", sa.Text),
        sa.Column("queued_at_utc", sa.Text, nullable=False),
        sa.Column("changed_at_utc", sa.Text, nullable=False),
        sa.CheckConstraint("revision >= 1", name="ck_outbox_revision"),
    )
    op.create_index("ix_outbox_state", "delivery_outbox", ["state", "event_id"])
    op.create_index("ix_outbox_incident", "delivery_outbox", ["incident_id"])
    op.create_index("ix_outbox_policy", "delivery_outbox", ["policy_number"])
    op.create_table(
        "delivery_feeds",
        sa.Column("feed", sa.Text, primary_key=True),
        sa.Column("read_to", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """There is none: a ledger is never taken back."""
    refuse_downgrade()
