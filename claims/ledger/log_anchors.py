"""How far logs beside the ledger had come, kept where no one cuts off what lies in a folder."""

from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select

from claims.ledger.database import connecting_writer, reading, translating
from claims.ledger.schema import LOGS


@dataclass(frozen=True, slots=True)
class LogAnchor:
    """A log as it stood once.

    Attributes:
        line_count: lines that it had at least.
        last_sha256: digest of the last of these.
    """

    line_count: int
    last_sha256: str


class LogAnchors:
    """The anchors of logs, by name. Opened with its ledger; holds no connection between calls."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, name: str) -> LogAnchor | None:
        """The anchor of a log; None where it has none yet."""
        query = select(LOGS.c.line_count, LOGS.c.last_sha256).where(LOGS.c.log_name == name)
        with translating(self._engine, "reading"), reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else LogAnchor(row.line_count, row.last_sha256)

    def put(self, name: str, anchor: LogAnchor) -> None:
        """Note how far a log has come; the caller is the one who writes it now."""
        told = {"line_count": anchor.line_count, "last_sha256": anchor.last_sha256}
        with (
            translating(self._engine, "appending to"),
            connecting_writer(self._engine) as writer,
            writer.begin(),
        ):
            writer.execute(delete(LOGS).where(LOGS.c.log_name == name))
            writer.execute(insert(LOGS).values(log_name=name, **told))
