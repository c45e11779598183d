"""What the record says of an event before a run begins: may it act, or does it only look back?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.errors import InputError
from flows.wiring.adapters import find_ledger
from flows.wiring.context import RunContext

CLOCK_SKEW = timedelta(minutes=10)
"""A run's instant may lie so far ahead of this machine's clock."""


def check_record(run: RunContext) -> RunContext:
    """Open the ledger before the first pixel is read, and tell a replay from a run.

    A run of an instant before one that was recorded already is a replay: it looks at what was
    known then, is published apart and acts on nothing, so that the record never goes back.

    Returns:
        The run, its folder apart if it is a replay.

    Raises:
        LedgerError, TransientError: the ledger cannot be opened.
    """
    ledger = find_ledger(run.settings, run.folder.out)
    acted = None if ledger is None else ledger.last_acted(run.source.event_id)
    if run.folder.has_later(run.as_of_utc) or (acted is not None and acted > run.as_of_utc):
        return replace(run, folder=replace(run.folder, is_replay=True))
    return run


def check_instant(as_of_utc: datetime, now_utc: datetime) -> datetime:
    """The instant of a run, in UTC; one without an offset is taken for UTC.

    Raises:
        InputError: it lies in the future: nobody knows what will have been captured by then.
    """
    instant = as_of_utc.replace(tzinfo=UTC) if as_of_utc.tzinfo is None else as_of_utc
    if instant > now_utc + CLOCK_SKEW:
        raise InputError(
            f"opening a run as of {instant.isoformat()}",
            f"that is in the future; it is {now_utc.isoformat(timespec='seconds')} now",
            "Correct the year of --as-of, or leave it out to run as of now",
        )
    return instant.astimezone(UTC)
