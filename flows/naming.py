"""Names of flow runs in Prefect's pages: the event and the day, not two random words."""

from datetime import UTC, datetime
from pathlib import Path

from prefect import runtime


def name_event_run() -> str:
    """As in ``hurricane-michael 2018-10-20``, of the flow run under way."""
    given = runtime.flow_run.parameters
    return name_run(Path(given["event_file"]), given.get("as_of_utc"))


def name_daily_run() -> str:
    """As in ``open events 2018-10-20``."""
    return f"open events {_day(runtime.flow_run.parameters.get('as_of_utc'))}"


def name_watch() -> str:
    """As in ``watch 2018-10-20 06:30``, UTC."""
    return f"watch {datetime.now(UTC):%Y-%m-%d %H:%M}"


def name_looking() -> str:
    """As in ``look for news 2018-10-20 06:30``, UTC."""
    return f"look for news {datetime.now(UTC):%Y-%m-%d %H:%M}"


def name_delivery() -> str:
    """As in ``deliver claims 2018-10-20 06:30``, UTC."""
    return f"deliver claims {datetime.now(UTC):%Y-%m-%d %H:%M}"


def name_preparation() -> str:
    """As in ``blue sky hurricane-michael 2018-10-20``."""
    return f"blue sky {name_event_run()}"


def name_run(event_file: Path, as_of_utc: datetime | str | None) -> str:
    """The event by its folder, since a file that cannot be read has a run, and a name, too."""
    event = event_file.parent.name if event_file.stem == "event" else event_file.stem
    return f"{event or event_file.stem} {_day(as_of_utc)}"


def _day(as_of_utc: datetime | str | None) -> str:
    instant = as_of_utc or datetime.now(UTC)
    if isinstance(instant, str):  # before Prefect has turned a request's text into an instant
        instant = datetime.fromisoformat(instant)
    return instant.strftime("%Y-%m-%d")
