"""What became of each day's list: held back at a gate, passed, or released by a person."""

import sqlalchemy as sa
from alembic import op

from claims.ledger.migrations.forward_only import refuse_downgrade

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SQLITE_TRIGGERS = (
    """CREATE TRIGGER list_acts_no_update BEFORE UPDATE ON list_acts
    BEGIN SELECT RAISE(ABORT, 'list_acts is append-only'); END""",
    """CREATE TRIGGER list_acts_no_delete BEFORE DELETE ON list_acts
    BEGIN SELECT RAISE(ABORT, 'list_acts is append-only'); END""",
)
_POSTGRESQL_TRIGGERS = (
    """CREATE TRIGGER list_acts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON list_acts FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
)


def upgrade() -> None:
    """Add the table, and what keeps its rows as they are."""
    op.create_table(
        "list_acts",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("recorded_at_utc", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.Text, nullable=False),
        sa.Column("row_hash", sa.Text, nullable=False),
        sa.CheckConstraint("seq >= 1", name="ck_list_acts_seq"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE_TRIGGERS if is_sqlite else _POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """There is none: a ledger is never taken back."""
    refuse_downgrade()
