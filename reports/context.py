"""What every report of a run carries at its top."""

from dataclasses import dataclass
from datetime import UTC, datetime

from core.errors import InputError
from core.events import CatEvent


@dataclass(frozen=True, slots=True)
class ReportContext:
    """Which event, seen when, by which run.

    Attributes:
        event: the catastrophe.
        as_of_utc: the instant the reports speak of, timezone-aware UTC; never the clock's.
        run_id: the run that made them.
        list_version: 1 for the event's first daily list, one more for each later one.
    """

    event: CatEvent
    as_of_utc: datetime
    run_id: str
    list_version: int = 1

    def __post_init__(self) -> None:
        if self.as_of_utc.tzinfo is None or self.as_of_utc.utcoffset() != UTC.utcoffset(None):
            raise InputError(
                f"reporting on event {self.event.event_id}",
                f"as_of_utc is {self.as_of_utc.isoformat()}, not UTC",
                "Give an instant with the UTC time zone",
            )
        if self.list_version < 1:
            raise InputError(
                f"reporting on event {self.event.event_id}",
                f"list_version is {self.list_version}",
                "Count lists from 1",
            )

    @property
    def cat_code(self) -> str | None:
        """The carrier's catastrophe code, or the industry's where there is none, or nothing."""
        return self.event.carrier_cat_code or self.event.pcs_code
