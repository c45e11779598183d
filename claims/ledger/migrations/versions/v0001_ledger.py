"""The ledger: entries, heads, anchor, and triggers against rewriting history."""

import sqlalchemy as sa
from alembic import op

from claims.ledger.migrations.forward_only import refuse_downgrade

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_EMPTY_HEADS_DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of nothing: a ledger without entries."""

_DETECTED = sa.text("entry_kind = 'detected'")

_SQLITE_TRIGGERS = (
    """CREATE TRIGGER ledger_entries_no_update BEFORE UPDATE ON ledger_entries
    BEGIN SELECT RAISE(ABORT, 'ledger_entries is append-only'); END""",
    """CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries
    BEGIN SELECT RAISE(ABORT, 'ledger_entries is append-only'); END""",
    """CREATE TRIGGER ledger_heads_no_delete BEFORE DELETE ON ledger_heads
    BEGIN SELECT RAISE(ABORT, 'ledger_heads only grows'); END""",
    """CREATE TRIGGER ledger_heads_only_grow BEFORE UPDATE ON ledger_heads
    WHEN NEW.event_id <> OLD.event_id OR NEW.entry_count <= OLD.entry_count
    BEGIN SELECT RAISE(ABORT, 'ledger_heads only grows'); END""",
    """CREATE TRIGGER ledger_anchor_no_delete BEFORE DELETE ON ledger_anchor
    BEGIN SELECT RAISE(ABORT, 'ledger_anchor only grows'); END""",
    """CREATE TRIGGER ledger_anchor_only_grows BEFORE UPDATE ON ledger_anchor
    WHEN NEW.anchor_id <> OLD.anchor_id OR NEW.entry_count <= OLD.entry_count
    BEGIN SELECT RAISE(ABORT, 'ledger_anchor only grows'); END""",
)

_POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
    """CREATE FUNCTION ledger_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.entry_count <= OLD.entry_count THEN
        RAISE EXCEPTION '% only grows', TG_TABLE_NAME;
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_heads_no_delete BEFORE DELETE OR TRUNCATE
    ON ledger_heads FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_heads_only_grow BEFORE UPDATE
    ON ledger_heads FOR EACH ROW EXECUTE FUNCTION ledger_only_grow()""",
    """CREATE TRIGGER ledger_anchor_no_delete BEFORE DELETE OR TRUNCATE
    ON ledger_anchor FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_anchor_only_grows BEFORE UPDATE
    ON ledger_anchor FOR EACH ROW EXECUTE FUNCTION ledger_only_grow()""",
)


def upgrade() -> None:
    """From nothing to the first ledger."""
    _create_entries()
    op.create_table(
        "ledger_heads",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("entry_count", sa.BigInteger, nullable=False),
        sa.Column("last_hash", sa.Text, nullable=False),
    )
    anchor = op.create_table(
        "ledger_anchor",
        sa.Column("anchor_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entry_count", sa.BigInteger, nullable=False),
        sa.Column("heads_digest", sa.Text, nullable=False),
        sa.CheckConstraint("anchor_id = 1", name="ck_ledger_one_anchor"),
    )
    op.execute(anchor.insert().values(anchor_id=1, entry_count=0, heads_digest=_EMPTY_HEADS_DIGEST))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE_TRIGGERS if is_sqlite else _POSTGRESQL_TRIGGERS:
        op.execute(statement)


def _create_entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("policy_number", sa.Text, nullable=False),
        sa.Column("location_number", sa.Text, nullable=False),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("entry_kind", sa.Text, nullable=False),
        sa.Column("from_state", sa.Text),
        sa.Column("to_state", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("recorded_at_utc", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.Text, nullable=False),
        sa.Column("row_hash", sa.Text, nullable=False),
        sa.UniqueConstraint("incident_id", "step", name="uq_ledger_incident_step"),
        sa.CheckConstraint("seq >= 1", name="ck_ledger_seq"),
        sa.CheckConstraint(
            "(step = 1) = (entry_kind = 'detected')", name="ck_ledger_detected_first"
        ),
        sa.CheckConstraint("(step = 1) = (from_state IS NULL)", name="ck_ledger_born_once"),
    )
    op.create_index(
        "uq_ledger_detected",
        "ledger_entries",
        ["event_id", "policy_number", "location_number"],
        unique=True,
        sqlite_where=_DETECTED,
        postgresql_where=_DETECTED,
    )


def downgrade() -> None:
    """There is none: a ledger is never taken back."""
    refuse_downgrade()
