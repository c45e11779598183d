"""Engines, locks and migrations of the ledger's database. No SQL of the ledger itself."""

import fcntl
import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from core.errors import LedgerError, TransientError

_MIGRATIONS = Path(__file__).parent / "migrations"
_DIALECTS = ("sqlite", "postgresql")
_WRITES = "ledger_writes"

BUSY_TIMEOUT_S = 60.0
"""How long a writer waits for another's transaction. One of 500 entries takes milliseconds, a
verification of a million entries, which holds SQLite's readers' lock, some 20 s."""

LOCK_WAIT_S = 900.0
"""How long one delivery waits for another: a hundred thousand drafts take some minutes."""
LOCK_POLL_S = 0.05

_PERMANENT_SIGNS = (
    "no such", "decode to UTF-8", "unable to open", "readonly", "authentication failed",
    "no password supplied", "no pg_hba.conf entry", "does not exist", "permission denied",
)  # fmt: skip
"""In operational errors of SQLite and PostgreSQL: the table or the text is broken, the file or the
database cannot be opened, the password is wrong; another try is a waste."""

_UPGRADE_LOCK = 0x6C6564676572
"""PostgreSQL advisory lock held while tables are made: the word "ledger" in ASCII."""


def connect_engine(url: str | URL) -> Engine:
    """An engine for the ledger's URL; connects to nothing yet and keeps no connection.

    Raises:
        LedgerError: the URL is unreadable, in memory only, or of another kind of database.
    """
    parsed = _parse_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    arguments: dict[str, Any] = {"timeout": BUSY_TIMEOUT_S} if is_sqlite else {}
    engine = create_engine(parsed, poolclass=NullPool, connect_args=arguments)
    if is_sqlite:
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def sqlite_path(engine: Engine) -> Path | None:
    """The database file; None where the ledger is no SQLite file."""
    name = engine.url.database
    return Path(name) if engine.dialect.name == "sqlite" and name else None


def check_place(path: Path) -> None:
    """Refuse a place where no SQLite file can be made.

    Raises:
        LedgerError: its folder is not there or may not be written, or the path is no file's.
    """
    work = f"opening the ledger {path}"
    if path.exists():
        raise LedgerError(work, "it is no file", "Name a file for the ledger")
    if not path.parent.is_dir():
        raise LedgerError(work, "its folder is not there", "Create the folder")
    if not os.access(path.parent, os.W_OK):
        raise LedgerError(work, "its folder may not be written", "Let the run write there")


def _parse_url(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # the text may hold a password, so it is not quoted
        raise LedgerError(
            "opening the ledger",
            "its URL cannot be read",
            "Write sqlite:////folder/ledger.sqlite or postgresql+psycopg://user@host/database",
        ) from None
    shown = parsed.render_as_string(hide_password=True)
    if parsed.get_backend_name() not in _DIALECTS:
        raise LedgerError(
            f"opening the ledger {shown}",
            f"{parsed.get_backend_name()!r} is no kind of database that it knows",
            "Use sqlite:/// or postgresql+psycopg://",
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise LedgerError(
            f"opening the ledger {shown}", "memory keeps no record", "Name a file to keep it in"
        )
    return parsed


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    # sqlite3 would begin transactions itself, and late; see _begin_sqlite
    connection.isolation_level = None
    # documents that were delivered are gone from the file too
    connection.execute("PRAGMA secure_delete=ON")


def _begin_sqlite(connection: Connection) -> None:
    # a writer takes the lock before it reads what it will build on, so that two never deadlock
    mode = "IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def translating(engine: Engine, work: str) -> Iterator[None]:
    """Tell the database's errors in the house's words; a lock or a lost server is transient."""
    where = f"{work} the ledger {engine.url.render_as_string(hide_password=True)}"
    try:
        yield
    except DBAPIError as error:
        said = f"the database says: {error.orig}"
        is_broken = any(sign in said for sign in _PERMANENT_SIGNS)
        if isinstance(error, OperationalError) and not is_broken:
            raise TransientError(
                where,
                said,
                "Try again; if it stays, check that the database is there, writable and not full",
            ) from error
        raise LedgerError(
            where,
            said,
            "Check its address, password and file; run firstnotice ledger verify, and restore a "
            "backup if it is not sound",
        ) from error


@contextmanager
def connecting_writer(engine: Engine) -> Iterator[Connection]:
    """A connection whose transactions are begun to write; the caller begins them."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads one unchanging state of the ledger."""
    # SQLite keeps one state through a transaction anyway
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name != "sqlite" else {}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def locking(engine: Engine, name: str) -> Iterator[None]:
    """Hold a lock of this ledger's by a name; it goes when its holder dies.

    Raises:
        TransientError: another process holds it and does not let go.
    """
    path = sqlite_path(engine)
    with _hold_file(path, name) if path is not None else _hold_advisory(engine, name):
        yield


def is_locked(engine: Engine, name: str) -> bool:
    """Whether somebody holds a lock of this ledger's now."""
    path = sqlite_path(engine)
    if path is None:
        key = {"key": _lock_key(name)}
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            take = text("SELECT pg_try_advisory_lock(:key)")
            # what was taken to ask goes with the connection
            return not connection.execute(take, key).scalar()
    lock_path = _lock_path(path, name)
    if not lock_path.exists():
        return False
    with lock_path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _lock_path(path: Path, name: str) -> Path:
    return path.with_name(f".{path.name}.{name}")


def _lock_key(name: str) -> int:
    return _UPGRADE_LOCK + 1 + zlib.crc32(name.encode())


@contextmanager
def _hold_file(path: Path, name: str) -> Iterator[None]:
    with _lock_path(path, name).open("w") as lock:

        def take() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        _wait_for(take, name)
        yield


@contextmanager
def _hold_advisory(engine: Engine, name: str) -> Iterator[None]:
    key = {"key": _lock_key(name)}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        take = text("SELECT pg_try_advisory_lock(:key)")
        _wait_for(lambda: bool(connection.execute(take, key).scalar()), name)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def _wait_for(take: Callable[[], bool], name: str) -> None:
    deadline = time.monotonic() + LOCK_WAIT_S
    while not take():
        if time.monotonic() > deadline:
            raise TransientError(
                f"waiting for the ledger's lock {name!r}",
                f"another process has held it for {LOCK_WAIT_S:.0f} s",
                "Try again when it has ended",
            )
        time.sleep(LOCK_POLL_S)


def upgrade_database(engine: Engine, revision: str = "head") -> None:
    """Bring an empty or an older database to this version's tables, one process at a time.

    Args:
        engine: of the database.
        revision: as far as this migration; the last one if not told.

    Raises:
        LedgerError: a newer version of firstnotice made it.
    """
    if _is_current(engine):
        return
    with connecting_writer(engine) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
        config = _alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def check_database(engine: Engine) -> None:
    """Refuse a database whose tables are not this version's.

    Raises:
        LedgerError: it holds no ledger, or one of another version.
    """
    if not _is_current(engine):
        raise LedgerError(
            f"opening the ledger {engine.url.render_as_string(hide_password=True)}",
            "the database holds no ledger of this version",
            "Check the address; a run upgrades the ledger of an older version",
        )


def _alembic_config() -> Config:
    config = Config()
    # alembic reads % as the start of a variable
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _is_current(engine: Engine) -> bool:
    script = ScriptDirectory.from_config(_alembic_config())
    with reading(engine) as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and revision not in {step.revision for step in script.walk_revisions()}:
        raise LedgerError(
            f"opening the ledger {engine.url.render_as_string(hide_password=True)}",
            f"its version is {revision}, which this firstnotice does not know",
            "Use the firstnotice that made it, or a newer one",
        )
    return revision == script.get_current_head()
