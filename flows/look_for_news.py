"""The looking flow: new pictures, advisories and reviews of open events start runs of them."""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.events import emit_event

from core.errors import FirstNoticeError
from flows.assess_open_events import find_open_events
from flows.naming import name_looking
from flows.notifying.lateness import tell_if_late
from flows.stages.news import find_news
from flows.wiring.event_file import read_event_file
from flows.wiring.settings import Settings

RESOURCE = "firstnotice.cat-event"
"""Prefect's name of an event of ours: ``firstnotice.cat-event.<event_id>``."""


@flow(name="look-for-news", flow_run_name=name_looking)
def look_for_news(events: Path, out: Path, settings_file: Path | None = None) -> list[str]:
    """Look once at every open event; of each that has news, Prefect is told.

    An automation starts ``assess-event`` on what is told; such a run reads only what is new, since
    grades are kept by content. An event that cannot be looked at keeps none of the others.

    Args:
        events: folder with ``NAME/event.yaml`` or ``NAME.yaml`` files.
        out: folder of all runs.
        settings_file: settings; defaults and environment, if not given.

    Returns:
        The ids of the events with news.
    """
    log, told, failures = get_run_logger(), [], list[str]()
    notify = Settings.read(settings_file).notify
    for path in find_open_events(events, datetime.now(UTC), failures):
        source = read_event_file(path)
        if tell_if_late(source, out, notify, datetime.now(UTC)):
            log.warning("the list of event %s is late", source.event_id)
        try:
            news = find_news(path, out, settings_file)
        except FirstNoticeError as error:
            failures.append(str(error))
            continue
        if news:
            log.info("event %s has news: %s", source.event_id, ", ".join(news))
            tell_news(source.event_id, path, news)
            told.append(source.event_id)
    for failure in failures:
        log.warning("%s", failure)
    return told


def tell_news(event_id: str, event_file: Path, news: tuple[str, ...]) -> None:
    """Tell Prefect that something of an event is new."""
    emit_event(
        event=f"{RESOURCE}.news",
        resource={
            "prefect.resource.id": f"{RESOURCE}.{event_id}", "prefect.resource.name": event_id,
        },
        payload={"event_file": str(event_file.resolve()), "news": list(news)},
    )  # fmt: skip
