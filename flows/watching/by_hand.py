"""Events that a person declares, and the list of all."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import shapely
from rich.table import Table

from core.errors import EventError, WeatherError
from core.events import Peril
from core.grid import Bounds
from flows.importing.footprints import parse_box
from flows.watching.areas import Struck, draw_candidate, find_alert
from flows.watching.candidates import Candidate
from flows.watching.decide import News, Version
from flows.watching.event_folders import list_events, read_versions, write_version
from flows.watching.exposure import find_ground, meet, read_points
from flows.watching.poll import WATCH, Declared
from flows.watching.storms import make_candidate
from flows.wiring.feeds import choose_patience
from flows.wiring.sections.watch import WatchedStorms, WatchFile, read_watch_file
from flows.wiring.settings import Settings
from weather.feeds.evidence import FOLDER, Evidence
from weather.feeds.http import FeedHttp
from weather.feeds.nhc import NhcTrackFeed
from weather.feeds.pull import Puller
from weather.sources.areas import read_area


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says of an event; exactly one of storm, alert, area and box.

    Attributes:
        event_id: names its folder.
        name: what people call it.
        perils: the primary one first; of an area needed.
        storm: as in ``AL142018``.
        alert: id of an alert that was pulled.
        area: file of a perimeter or drawn area.
        box: west, south, east, north, degrees.
        start_utc: losses began; of an area needed.
        end_utc: losses ended; None = now.
        by: who.
        reason: why.
    """

    event_id: str
    name: str
    perils: tuple[Peril, ...]
    storm: str | None
    alert: str | None
    area: Path | None
    box: str | None
    start_utc: datetime | None
    end_utc: datetime | None
    by: str
    reason: str

    @property
    def work(self) -> str:
        """For messages."""
        return f"declaring event {self.event_id}"


def declare(
    told: Told, watch_file: Path, settings_file: Path | None, now_utc: datetime | None = None
) -> Declared:
    """Declare an event, whoever is inside: the thresholds are for the watch.

    Raises:
        EventError: what is said is not enough, or there is such an event already.
        WeatherError, TransientError: the hazard cannot be had.
    """
    watched, now = read_watch_file(watch_file), now_utc or datetime.now(UTC)
    if read_versions(watched.events / told.event_id):
        raise EventError(
            told.work, "it is declared already", "Change its event.yaml, or choose another id"
        )
    settings = Settings.read(settings_file)
    points = read_points(watched.policies, watched.events / WATCH, settings)
    asking = _Asking(watched, settings, find_ground(points), now)
    candidate = _find(told, asking)
    exposure = meet(points, candidate.find_in_path)
    version = Version(
        1, News.DECLARED, now, told.by, f"{told.reason}; {candidate.basis}", candidate.evidence,
        exposure.locations, exposure.insured_value,
    )  # fmt: skip
    return Declared(write_version(candidate, version, watched), told.event_id, version)


@dataclass(frozen=True, slots=True)
class _Asking:
    """With what a hazard is found."""

    watched: WatchFile
    settings: Settings
    near: Bounds
    now: datetime

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.watched.events / WATCH / FOLDER)


def _find(told: Told, asking: _Asking) -> Candidate:
    given = [name for name in ("storm", "alert", "area", "box") if getattr(told, name)]
    if len(given) != 1:
        raise EventError(
            told.work, f"its hazard is given as {', '.join(given) or 'nothing'}",
            "Give exactly one of --storm, --alert, --area and --box",
        )  # fmt: skip
    if told.storm:
        found = _find_storm(told.storm, asking)
    elif told.alert:
        found = find_alert(told.alert, asking.evidence, asking.now)
    else:
        found = _of_area(told, asking.now)
    return replace(
        found, event_id=told.event_id, name=told.name if told.name != told.event_id else found.name,
        perils=told.perils or found.perils, start_utc=told.start_utc or found.start_utc,
        end_utc=told.end_utc or found.end_utc,
    )  # fmt: skip


def _find_storm(storm: str, asking: _Asking) -> Candidate:
    """A storm by its id, alive or gone: its track is pulled."""
    services = asking.watched.services.storms or WatchedStorms.model_validate({})
    with FeedHttp(choose_patience(asking.settings)) as door:
        puller = Puller(door, asking.evidence, lambda: datetime.now(UTC))
        (pull,) = puller.pull([NhcTrackFeed(storm, services.atcf)])
    path = asking.evidence.path(pull.feed, pull.name)
    if not pull.sha256 or not path.exists():
        raise WeatherError(
            f"pulling the track of {storm}", pull.problem or "the service has none",
            "Check the storm's id, as in AL142018",
        )  # fmt: skip
    return make_candidate(path, pull.sha256, asking.watched, asking.near)


def _of_area(told: Told, now: datetime) -> Candidate:
    if not told.perils or told.start_utc is None:
        raise EventError(
            told.work, "of an area nothing is known but where it lies",
            "Give --peril and --start too",
        )  # fmt: skip
    geometry = (
        read_area(told.area).geometry if told.area else shapely.box(*parse_box(told.box or ""))
    )
    basis = f"area of {told.area.name}" if told.area else f"box {told.box}"
    struck = Struck(told.perils[0], geometry, told.start_utc, told.end_utc or now, basis)
    return draw_candidate(told.event_id, told.name, struck)


def describe_events(events: Path, now_utc: datetime | None = None) -> tuple[Table, list[str]]:
    """All events as a table for a terminal, and what is wrong with those that cannot be read."""
    now = now_utc or datetime.now(UTC)
    found, problems = list_events(events)
    table = Table("event", "name", "state", "version", "homes", "rests on")
    for each in found:
        last = each.versions[-1] if each.versions else None
        state = "open" if each.is_open(now) else "closed"
        counted = [v.locations for v in each.versions if v.locations is not None]
        table.add_row(
            each.source.event_id, each.source.name, state, str(last.version) if last else "by hand",
            str(counted[-1]) if counted else "", last.basis if last else "",
        )  # fmt: skip
    return table, problems
