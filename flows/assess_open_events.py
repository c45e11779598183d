"""The daily flow: every event that is open, one list each."""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.artifacts import create_table_artifact

from core.errors import CoverageError, EventError, FirstNoticeError
from flows.assess_event import assess_event
from flows.closing import RunResult
from flows.naming import name_daily_run
from flows.wiring.event_file import read_event_file


@flow(name="assess-open-events", flow_run_name=name_daily_run)
def assess_open_events(
    events: Path,
    out: Path,
    as_of_utc: datetime | None = None,
    settings_file: Path | None = None,
) -> list[str]:
    """Assess each event whose opening and closing dates hold the instant.

    An event that fails does not keep the others from their lists; the flow fails at the end and
    names it.

    Args:
        events: folder with ``NAME/event.yaml`` or ``NAME.yaml`` files.
        out: folder of all runs.
        as_of_utc: the instant; now, if not given.
        settings_file: settings; defaults and environment, if not given.

    Returns:
        The ids of the events assessed.

    Raises:
        CoverageError: an event failed or was seen too little of.
    """
    instant = as_of_utc or datetime.now(UTC)
    log = get_run_logger()
    rows: list[dict[str, str | int]] = []
    failures: list[str] = []
    for path in find_open_events(events, instant, failures):
        try:
            result = assess_event(path, out, as_of_utc, settings_file)
            rows.append(_row(result))
        except FirstNoticeError as error:
            log.error("event file %s: %s", path, error)  # noqa: TRY400  told in a line, by design
            failures.append(f"{path.parent.name}: {error.problem}")
        except Exception as error:  # one event's fault never keeps another from its list
            log.exception("event file %s: unforeseen", path)
            failures.append(
                f"{path.parent.name}: an unforeseen {type(error).__name__}, see the log"
            )
    create_table_artifact(rows, key="open-events", description=f"as of {instant.isoformat()}")
    if failures:
        raise CoverageError(
            f"assessing the open events in {events}", "; ".join(failures),
            "The other events have their lists; mend these and run them on demand",
        )  # fmt: skip
    return [str(row["event_id"]) for row in rows]


def find_open_events(events: Path, instant: datetime, failures: list[str]) -> list[Path]:
    """Event files open at an instant, by name; those that cannot be read go to failures.

    Raises:
        EventError: the folder does not exist.
    """
    if not events.is_dir():
        raise EventError(
            f"looking for open events in {events}", "there is no such folder",
            "Make it and put event folders into it",
        )  # fmt: skip
    found = []
    for path in sorted([*events.glob("*/event.yaml"), *events.glob("*.yaml")]):
        try:
            event = read_event_file(path)
        except EventError as error:
            failures.append(str(error))
            continue
        except Exception as error:  # noqa: BLE001  told by its kind, and the others go on
            failures.append(f"{path}: it cannot be read ({type(error).__name__})")
            continue
        if event.opens_at_utc <= instant < event.closes_at_utc:
            found.append(path)
    return found


def _row(result: RunResult) -> dict[str, str | int]:
    return {
        "event_id": result.folder.parent.name,
        "run_id": result.folder.name,
        "locations": result.locations,
        "new_incidents": result.new_incidents,
        "new_drafts": result.new_drafts,
    }
