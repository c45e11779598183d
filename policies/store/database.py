"""Engine, errors and migrations of the book's database. No SQL of the book itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from core.errors import ExposureError, TransientError

VERSION_TABLE = "book_version"
"""Not Alembic's own name: a ledger may lie in the same database."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 0x626F6F6B
"""Advisory lock held while tables are made: the word "book" in ASCII."""
_PERMANENT_SIGNS = (
    "authentication failed", "no password supplied", "no pg_hba.conf entry", "does not exist",
    "permission denied", "is not available",
)  # fmt: skip


def connect(url: URL) -> Engine:
    """An engine that connects to nothing yet and keeps no connection."""
    return create_engine(url, poolclass=NullPool)


@contextmanager
def translating(engine: Engine, work: str) -> Iterator[None]:
    """Tell the database's errors in the house's words; they quote no row."""
    where = f"{work} the store of books {engine.url.render_as_string(hide_password=True)}"
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        raised = error.orig if isinstance(error, DBAPIError) else error
        # the first line alone: what follows may quote a row, which may name people
        said = str(raised).partition("\n")[0]
        is_broken = any(sign in said for sign in _PERMANENT_SIGNS)
        if isinstance(raised, psycopg.OperationalError) and not is_broken:
            raise TransientError(
                where, f"the database says: {said}",
                "Try again; if it stays, check that the database is there and not full",
            ) from None  # fmt: skip
        raise ExposureError(
            where, f"the database says: {said}",
            "Check its address, password and rights, and that PostGIS is installed there",
        ) from None  # fmt: skip


def upgrade(engine: Engine) -> None:
    """Bring an empty or an older database to this version's tables, one process at a time.

    Raises:
        ExposureError: a newer version of firstnotice made it.
    """
    with engine.connect() as connection, connection.begin():
        if _is_current(engine, connection):
            return
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
        config = _config()
        config.attributes["connection"] = connection
        config.attributes["version_table"] = VERSION_TABLE
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    # alembic reads % as the start of a variable
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _is_current(engine: Engine, connection: Connection) -> bool:
    script = ScriptDirectory.from_config(_config())
    options = {"version_table": VERSION_TABLE}
    revision = MigrationContext.configure(connection, opts=options).get_current_revision()
    known = {step.revision for step in script.walk_revisions()}
    if revision is not None and revision not in known:
        raise ExposureError(
            f"opening the store of books {engine.url.render_as_string(hide_password=True)}",
            f"its version is {revision}, which this firstnotice does not know",
            "Use the firstnotice that made it, or a newer one",
        )
    return revision == script.get_current_head()
