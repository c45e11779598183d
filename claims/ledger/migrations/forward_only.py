"""A ledger goes forward only: what older code cannot read it must not write behind."""

from typing import NoReturn

from core.errors import LedgerError


def refuse_downgrade() -> NoReturn:
    """What every migration says that is asked to go back.

    Raises:
        LedgerError: always.
    """
    raise LedgerError(
        "taking the ledger back to an older version",
        "it is append-only and goes forward only",
        "Restore the backup made before the upgrade, beside the older firstnotice",
    )
