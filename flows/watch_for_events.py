"""The watching flow: what services show is met with the book; what reaches it becomes an event."""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.artifacts import create_table_artifact
from prefect.events import emit_event

from flows.naming import name_watch
from flows.watching.poll import Declared, poll
from flows.wiring.sections.watch import read_watch_file
from flows.wiring.settings import Settings

RESOURCE = "firstnotice.cat-event"
"""Prefect's name of an event of ours: ``firstnotice.cat-event.<event_id>``."""


@flow(name="watch-for-events", flow_run_name=name_watch)
def watch_for_events(watch_file: Path, settings_file: Path | None = None) -> list[str]:
    """Poll once; each declaration and change is written, and told to Prefect.

    Automations start ``assess-event`` on what is told (``prefect.yaml``).

    Args:
        watch_file: ``watch.yaml``.
        settings_file: settings; defaults and environment, if not given.

    Returns:
        The ids of the events declared or changed.
    """
    watched, settings = read_watch_file(watch_file), Settings.read(settings_file)
    declared = poll(watched, settings)
    log = get_run_logger()
    for each in declared:
        log.info(
            "event %s %s, version %d: %s homes inside (%s)", each.event_id, each.version.news,
            each.version.version, each.version.locations, each.version.basis,
        )  # fmt: skip
        tell(each)
    create_table_artifact(
        [_row(each) for each in declared], key="declared-events",
        description=f"as of {datetime.now(UTC).isoformat(timespec='seconds')}",
    )  # fmt: skip
    return [each.event_id for each in declared]


def tell(declared: Declared) -> None:
    """Tell Prefect of a declaration or change."""
    emit_event(
        event=f"{RESOURCE}.{declared.version.news}",
        resource={
            "prefect.resource.id": f"{RESOURCE}.{declared.event_id}",
            "prefect.resource.name": declared.event_id,
        },
        payload={
            "event_file": str(declared.event_file), "version": declared.version.version,
            "locations": declared.version.locations,
        },
    )  # fmt: skip


def _row(declared: Declared) -> dict[str, str | int | None]:
    version = declared.version
    return {
        "event_id": declared.event_id, "news": str(version.news), "version": version.version,
        "locations": version.locations, "basis": version.basis,
    }  # fmt: skip
