"""Open events without a list of today."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.notifying.messages import tell_late
from flows.notifying.sending import send_once
from flows.wiring.event_file import EventFile
from flows.wiring.sections.notify import NotifySettings
from flows.wiring.storage.folders import INSTANT_FORMAT, find_runs

SECONDS_PER_HOUR = 3600.0


def find_age_h(source: EventFile, out: Path, now: datetime) -> float | None:
    """Hours since the instant of the event's newest finished run; None where there is none."""
    runs = find_runs(out / source.event_id)
    if not runs:
        return None
    instant = datetime.strptime(runs[0].name.split("-")[0], INSTANT_FORMAT).replace(tzinfo=UTC)
    return (now - instant).total_seconds() / SECONDS_PER_HOUR


def is_late(source: EventFile, age_h: float | None, limit_h: float, now: datetime) -> bool:
    """Whether an event that is open has no list so young as asked."""
    if age_h is not None:
        return age_h > limit_h
    return now - source.opens_at_utc > timedelta(hours=limit_h)


def tell_if_late(source: EventFile, out: Path, settings: NotifySettings, now: datetime) -> bool:
    """Tell once a day of an open event whose list is late; gives whether it is."""
    age_h = find_age_h(source, out, now)
    if not is_late(source, age_h, settings.late_after_h, now):
        return False
    message = tell_late(source.event_id, age_h, settings.late_after_h)
    marker = out / f".late-{source.event_id}.json"
    send_once(message, settings, marker, f"{now:%Y-%m-%d}")
    return True
