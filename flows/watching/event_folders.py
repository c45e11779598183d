"""Folders of declared events: the event file, its versions, and when it closes.

::

    events/<event_id>/event.yaml        as it is now; a person may change it, see ``declare``
    events/<event_id>/versions.jsonl    each declaration and change, with who and why; only grows
    events/<event_id>/weather/          what its hazard is read from
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import EventError
from core.hazards.kinds import HAZARD_OF_PERIL
from flows.watching.candidates import Candidate
from flows.watching.decide import MACHINE, News, Version
from flows.wiring.event_file import (
    EventFile,
    WindowSection,
    read_event_file,
    write_event_file,
)
from flows.wiring.sections.hazard import HazardSection
from flows.wiring.sections.watch import WatchFile
from flows.wiring.sections.weather import WeatherSection
from flows.wiring.storage.folders import atomic_path
from weather.sources.areas import read_area

EVENT_FILE = "event.yaml"
VERSIONS = "versions.jsonl"
REACHED = "weather/reached.geojson"
"""All that any version of the event reached: no home of an earlier one is ever lost."""


@dataclass(frozen=True, slots=True)
class DeclaredEvent:
    """An event folder.

    Attributes:
        path: the event file.
        source: what it says.
        versions: how it came about; none for one that was written by hand.
    """

    path: Path
    source: EventFile
    versions: tuple[Version, ...]

    def is_open(self, at_utc: datetime) -> bool:
        """Whether scheduled runs look at it."""
        return self.source.opens_at_utc <= at_utc < self.source.closes_at_utc


def list_events(events: Path) -> tuple[list[DeclaredEvent], list[str]]:
    """All events of a folder, by name, and what is wrong with those that cannot be read."""
    found, problems = [], []
    for path in sorted(events.glob(f"*/{EVENT_FILE}")):
        try:
            found.append(DeclaredEvent(path, read_event_file(path), read_versions(path.parent)))
        except EventError as error:
            problems.append(str(error))
    return found, problems


def read_versions(folder: Path) -> tuple[Version, ...]:
    """How an event came about; a line that a killed process left half written is none."""
    path = folder / VERSIONS
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return tuple(version for line in lines if (version := _parse(line)) is not None)


def write_version(candidate: Candidate, version: Version, watched: WatchFile) -> Path:
    """Write an event as it is now, then note its version; gives the event file.

    The files that the event names come first, the version last: a process that is killed between
    leaves a whole event whose version is written at the next poll.
    """
    folder = watched.events / candidate.event_id
    _widen(folder / REACHED, candidate.area)
    for name, content in candidate.files.items():
        with atomic_path(folder / name) as partial:
            partial.write_bytes(content)
    closes = version.noted_at_utc + timedelta(days=watched.closes_after_days)
    path = folder / EVENT_FILE
    before = _read_before(path)
    source = _renew(before, candidate, closes) if before else None
    with atomic_path(path) as partial:
        write_event_file(source or _draw(candidate, closes, watched), partial)
    note_version(folder, version)
    return path


def note_version(folder: Path, version: Version) -> None:
    """Add a version to an event's history."""
    line = json.dumps(asdict(version) | {"noted_at_utc": version.noted_at_utc.isoformat()})
    with (folder / VERSIONS).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def close_event(event: DeclaredEvent, at_utc: datetime, by: str, reason: str) -> None:
    """Let scheduled runs look at an event no longer; its runs and claims stay.

    Raises:
        EventError: it has not opened, or is closed already.
    """
    work = f"closing event {event.source.event_id}"
    if not event.is_open(at_utc):
        raise EventError(
            work, f"it is open from {event.source.opens_at_utc.isoformat()} until "
            f"{event.source.closes_at_utc.isoformat()}", "Nothing to do",
        )  # fmt: skip
    with atomic_path(event.path) as partial:
        write_event_file(event.source.model_copy(update={"closes_at_utc": at_utc}), partial)
    last = event.versions[-1] if event.versions else None
    number = last.version + 1 if last else 1
    note_version(
        event.path.parent,
        Version(number, News.CLOSED, at_utc, by, reason, last.evidence if last else "", None, None),
    )


def find_event(events: Path, event_id: str) -> DeclaredEvent:
    """An event of a folder.

    Raises:
        EventError: there is none, or it cannot be read.
    """
    path = events / event_id / EVENT_FILE
    if not path.exists():
        known = ", ".join(each.parent.name for each in sorted(events.glob(f"*/{EVENT_FILE}")))
        raise EventError(
            f"looking for event {event_id!r}",
            f"{events} has no such event; it has {known or 'none'}",
            "`firstnotice event list` shows them",
        )  # fmt: skip
    return DeclaredEvent(path, read_event_file(path), read_versions(path.parent))


def _draw(candidate: Candidate, closes_at_utc: datetime, watched: WatchFile) -> EventFile:
    window = WindowSection(start_utc=candidate.start_utc, end_utc=candidate.end_utc)
    return EventFile.model_validate(
        {
            "event_id": candidate.event_id, "name": candidate.name, "perils": candidate.perils,
            "window": window, "opens_at_utc": candidate.start_utc, "closes_at_utc": closes_at_utc,
            "hazards": _list_hazards(candidate), "weather": candidate.weather,
            "imagery": watched.imagery, "footprints": watched.footprints,
            "policies": watched.policies,
        }
    )  # fmt: skip


def _list_hazards(candidate: Candidate) -> list[HazardSection]:
    kind = HAZARD_OF_PERIL.get(candidate.perils[0])
    reached = HazardSection(kind=kind, area=Path(REACHED))
    return [reached] if candidate.hazard is None else [candidate.hazard, reached]


def _widen(path: Path, area: BaseGeometry) -> None:
    """Add to the ground that an event reached."""
    whole = shapely.union(read_area(path).geometry, area) if path.exists() else area
    geometry = json.loads(shapely.to_geojson(whole))
    feature = {"type": "Feature", "properties": {}, "geometry": geometry}
    with atomic_path(path) as partial:
        content = {"type": "FeatureCollection", "features": [feature]}
        partial.write_text(json.dumps(content), encoding="utf-8")


def _read_before(path: Path) -> DeclaredEvent | None:
    if not path.exists():
        return None
    return DeclaredEvent(path, read_event_file(path), read_versions(path.parent))


def _renew(event: DeclaredEvent, candidate: Candidate, closes_at_utc: datetime) -> EventFile:
    """What new evidence changes of an event; what a person wrote stays, a name too."""
    before, versions = event.source, event.versions
    is_ours = bool(versions) and versions[0].by == MACHINE
    window = WindowSection(
        start_utc=min(before.window.start_utc, candidate.start_utc),
        end_utc=max(before.window.end_utc, candidate.end_utc),
    )
    return before.model_copy(
        update={
            "name": candidate.name if is_ours else before.name, "window": window,
            "closes_at_utc": max(before.closes_at_utc, closes_at_utc),
        }
    )  # fmt: skip


def _parse(line: str) -> Version | None:
    try:
        values = json.loads(line)
        return Version(
            **values
            | {
                "news": News(values["news"]),
                "noted_at_utc": datetime.fromisoformat(values["noted_at_utc"]),
            }
        )
    except (ValueError, TypeError, KeyError):
        return None


def find_same(events: Iterable[DeclaredEvent], candidate: Candidate) -> DeclaredEvent | None:
    """The event that a hazard is already, under whatever id a person gave it. Pure.

    Two events of one storm would open two incidents for one home.
    """
    known = list(events)
    own = [event for event in known if event.source.event_id == candidate.event_id]
    names = _name_hazards(candidate.weather, ())
    same = [
        each for each in known if names & _name_hazards(each.source.weather, each.source.hazards)
    ]
    return next(iter((*own, *same)), None)


def _name_hazards(weather: WeatherSection | None, hazards: Iterable[HazardSection]) -> set[str]:
    """Storms and fires that a service or a file of tracks names."""
    names = {each.track.storm_id.upper() for each in hazards if each.track is not None}
    if weather is not None and weather.nhc is not None:
        names.add(weather.nhc.storm_id.upper())
    if weather is not None and weather.wfigs is not None:
        names.add(f"fire {weather.wfigs.incident}")
    return names
