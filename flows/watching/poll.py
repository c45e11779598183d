"""One poll of the watched services: pulled, met with the book, declared."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from core.errors import WeatherError
from core.grid import Bounds
from flows.watching.areas import find_alerts, find_fires, open_fire
from flows.watching.candidates import Candidate
from flows.watching.decide import Version, decide
from flows.watching.event_folders import find_same, list_events, write_version
from flows.watching.exposure import find_ground, meet, read_points
from flows.watching.storms import find_storms
from flows.wiring.feeds import choose_patience
from flows.wiring.sections.watch import WatchFile
from flows.wiring.settings import Settings
from weather.feeds.evidence import FOLDER, Evidence
from weather.feeds.feed import Feed
from weather.feeds.http import FeedHttp
from weather.feeds.nhc import NhcStormsFeed
from weather.feeds.nws_alerts import NwsAlertsFeed
from weather.feeds.pull import Puller

WATCH = ".watch"
"""Among event folders: what was pulled for all of them, and the book as it was read."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Declared:
    """An event that a poll declared or changed.

    Attributes:
        event_file: the event.
        event_id: its id.
        version: what became of it.
    """

    event_file: Path
    event_id: str
    version: Version


def poll(
    watched: WatchFile, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> list[Declared]:
    """Ask every watched service once and declare what reaches the thresholds.

    A service that fails costs freshness: what was pulled before is looked at again, and is no
    news. Killed anywhere, the next poll does what was left.

    Raises:
        ExposureError: the book cannot be read.
    """
    evidence = Evidence(watched.events / WATCH / FOLDER)
    with FeedHttp(choose_patience(settings)) as door:
        for pull in Puller(door, evidence, now).pull(open_watched(watched)):
            if pull.problem:
                _log.warning("%s/%s: %s", pull.feed, pull.name, pull.problem)
    points = read_points(watched.policies, watched.events / WATCH, settings)
    known, unread = list_events(watched.events)
    for problem in unread:
        _log.warning("%s", problem)
    declared = []
    for candidate in find_candidates(evidence, watched, find_ground(points), now()):
        if isinstance(candidate, WeatherError):
            _log.warning("%s", candidate)
            continue
        same = find_same(known, candidate)
        versions = same.versions if same else ()
        if same is not None and same.source.weather is None and not versions:
            _log.warning(
                "%s is event %s, which names no live service and is left to who wrote it",
                candidate.name, same.source.event_id,
            )  # fmt: skip
            continue
        reached = meet(points, candidate.find_in_path)
        version = decide(candidate, versions, reached, watched.thresholds, now())
        if version is not None:
            event_id = same.source.event_id if same else candidate.event_id
            path = write_version(replace(candidate, event_id=event_id), version, watched)
            declared.append(Declared(path, event_id, version))
    return declared


def open_watched(watched: WatchFile) -> tuple[Feed, ...]:
    """The services that a watch file names."""
    services = watched.services
    storms = [NhcStormsFeed(services.storms.site, services.storms.atcf)] if services.storms else []
    alerts = [NwsAlertsFeed(services.alerts.areas, services.alerts.api)] if services.alerts else []
    fires = (
        [open_fire(each, services.fires.service) for each in services.fires.incidents]
        if services.fires
        else []
    )
    return (*storms, *alerts, *fires)


def find_candidates(
    evidence: Evidence, watched: WatchFile, near: Bounds, as_of_utc: datetime
) -> Iterator[Candidate | WeatherError]:
    """What the services show, and what of it cannot be read."""
    services = watched.services
    if services.storms is not None:
        yield from find_storms(evidence, watched, near, as_of_utc)
    if services.alerts is not None:
        yield from find_alerts(evidence, services.alerts, as_of_utc)
    if services.fires is not None:
        yield from find_fires(evidence, services.fires, as_of_utc)
