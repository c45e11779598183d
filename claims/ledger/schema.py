"""The ledger's tables, as the code reads them. Migrations make them, see ``migrations/``.

One hash chain for each event. Events run at the same time do not wait in each other's chain, the
rows of an event are the same whatever else the ledger holds, and an event can be handed over and
checked alone. What a chain of its own would not notice, that a whole event is gone or that rows
are missing at its end, the heads and the anchor notice: ``ledger_heads`` holds count and last hash
of each chain, and ``ledger_anchor`` the digest of all heads.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

METADATA = MetaData()

ENTRIES = Table(
    "ledger_entries",
    METADATA,
    Column("event_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("policy_number", Text, nullable=False),
    Column("location_number", Text, nullable=False),
    Column("incident_id", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("entry_kind", Text, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("recorded_at_utc", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("row_hash", Text, nullable=False),
    Column("portfolio_number", Text),
    Column("account_number", Text),
    Column("row_version", Integer, nullable=False, server_default=text("1")),
    UniqueConstraint("incident_id", "step", name="uq_ledger_incident_step"),
    CheckConstraint("seq >= 1", name="ck_ledger_seq"),
    CheckConstraint("(step = 1) = (entry_kind = 'detected')", name="ck_ledger_detected_first"),
    CheckConstraint("(step = 1) = (from_state IS NULL)", name="ck_ledger_born_once"),
)
"""Append-only. ``seq`` counts in the event's chain, ``step`` in the incident's history.

``row_version`` says over which columns a row is hashed; version 1 knew no portfolio, no account."""

Index(
    "uq_ledger_detected",
    ENTRIES.c.event_id,
    text("coalesce(portfolio_number, '')"),
    text("coalesce(account_number, '')"),
    ENTRIES.c.policy_number,
    ENTRIES.c.location_number,
    unique=True,
    sqlite_where=text("entry_kind = 'detected'"),
    postgresql_where=text("entry_kind = 'detected'"),
)

HEADS = Table(
    "ledger_heads",
    METADATA,
    Column("event_id", Text, primary_key=True),
    Column("entry_count", BigInteger, nullable=False),
    Column("last_hash", Text, nullable=False),
)

ANCHOR = Table(
    "ledger_anchor",
    METADATA,
    Column("anchor_id", Integer, primary_key=True, autoincrement=False),
    Column("entry_count", BigInteger, nullable=False),
    Column("heads_digest", Text, nullable=False),
    CheckConstraint("anchor_id = 1", name="ck_ledger_one_anchor"),
)
"""One row; a writer on PostgreSQL locks it, so that writers take turns."""

ANCHOR_ID = 1

OUTBOX = Table(
    "delivery_outbox",
    METADATA,
    Column("transaction_id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("event_id", Text, nullable=False),
    Column("incident_id", Text, nullable=False),
    Column("policy_number", Text, nullable=False),
    Column("loss_date", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("saying_sha256", Text, nullable=False),
    Column("is_recall", Boolean, nullable=False),
    Column("document", LargeBinary),
    Column("pictures_from", Text),
    Column("state", Text, nullable=False),
    Column("reference", Text),
    Column("claim_number", Text),
    Column("attempts", Integer, nullable=False),
    Column("told", Text),
    Column("queued_at_utc", Text, nullable=False),
    Column("changed_at_utc", Text, nullable=False),
    CheckConstraint("revision >= 1", name="ck_outbox_revision"),
    Index("ix_outbox_state", "state", "event_id"),
    Index("ix_outbox_incident", "incident_id"),
    Index("ix_outbox_policy", "policy_number"),
)
"""Drafts on their way. Each row came with an entry of the chain that holds its digest, and each of
its steps is an entry too; ``document`` (compressed) holds names and goes once it is delivered."""

LOGS = Table(
    "log_anchors",
    METADATA,
    Column("log_name", Text, primary_key=True),
    Column("line_count", BigInteger, nullable=False),
    Column("last_sha256", Text, nullable=False),
)
"""How far logs beside the ledger had come, so that one whose end is cut off shows."""

FEEDS = Table(
    "delivery_feeds",
    METADATA,
    Column("feed", Text, primary_key=True),
    Column("read_to", Text, nullable=False),
)
"""How far each claims system's feed of its own moves was read."""


LIST_ACTS = Table(
    "list_acts",
    METADATA,
    Column("event_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("run_id", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("recorded_at_utc", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("row_hash", Text, nullable=False),
    CheckConstraint("seq >= 1", name="ck_list_acts_seq"),
)
"""Append-only: which lists gates held back, which passed, and who released which. A chain an event,
see ``claims.publishing``."""
