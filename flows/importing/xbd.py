"""``firstnotice import xbd``: each disaster of an xBD folder becomes an event folder."""

import logging
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from core.damage import Status
from core.errors import InputError
from core.events import CatEvent, OccurrenceWindow
from core.scenes import SceneRole
from core.schemas.truth import TRUTH
from core.tables import check_table
from flows.progress import progress
from flows.wiring.event_file import (
    EventFile,
    ImagerySection,
    WindowSection,
    write_event_file,
)
from flows.wiring.sections.hazard import HazardSection, TrackSection
from flows.wiring.sections.policies import PoliciesSection
from flows.wiring.storage.folders import atomic_folder, check_out, write_table
from imagery.event_folder import SceneImage, write_catalog
from imagery.seen import SeenShares
from imagery.xbd.disasters import PERILS_BY_TYPE, XBD_DISASTERS, XbdDisaster
from imagery.xbd.labels import (
    Label,
    captured_at,
    collect_footprints,
    collect_grades,
    read_labels,
    read_scenes,
)
from imagery.xbd.unlabelled import add_unlabelled
from policies.made_up.book import BookRegion, make_book, write_book
from policies.made_up.siting import BookShares
from weather.sources.storms.tracks import list_storms, read_track

_log = logging.getLogger(__name__)
DEFAULT_SEED = 20181010
WATCHED_FOR = timedelta(days=60)
AFTER_NEWEST = timedelta(days=1)
"""An imported event closes no sooner after its newest picture."""
"""Imported events stay open for scheduled runs this long after their window."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """One event folder.

    Attributes:
        folder: where it is.
        buildings: footprints written.
        scenes: scenes written.
        problems: scenes that could not be placed or read, with the reason.
        notes: what else a person must know of the event.
    """

    folder: Path
    buildings: int
    scenes: int
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()


def import_xbd(
    source: Path, out: Path, disaster: str | None, seed: int, hurdat2: Path | None
) -> list[ImportResult]:
    """Turn the disasters of an xBD folder into event folders ``out/NAME``.

    Args:
        source: folder with ``images/`` and ``labels/``.
        out: where event folders go.
        disaster: one of them, or None for all.
        seed: of the made-up book.
        hurdat2: best tracks (HURDAT2, an ATCF b-deck or IBTrACS); a storm's track is then its
            event's hazard. The ground of the scenes is, where the file lacks the storm.

    Raises:
        InputError: no label is found, or a label file or the file of tracks is damaged.
    """
    if hurdat2 is not None and not hurdat2.is_file():
        raise InputError("importing xBD", f"there is no HURDAT2 file {hurdat2}", "Correct the path")
    check_out(out)
    by_name: dict[str, list[Label]] = {}
    for label in read_labels(source, disaster):
        by_name.setdefault(label.disaster, []).append(label)
    lacking = find_lacking(by_name, hurdat2)
    return [
        replace(
            _import_one(source, out / name, labels, seed, None if name in lacking else hurdat2),
            notes=lacking.get(name, ()),
        )
        for name, labels in by_name.items()
    ]


def find_lacking(names: Iterable[str], tracks: Path | None) -> dict[str, tuple[str, ...]]:
    """Disasters whose storm is not in a file of best tracks, with what to say of each.

    Raises:
        WeatherError: the file is none, or the track of a storm is broken.
    """
    if tracks is None:
        return {}
    known = list_storms(tracks)
    lacking: dict[str, tuple[str, ...]] = {}
    for name in names:
        storm = XBD_DISASTERS.get(name)
        if storm is None or storm.storm_id is None:
            continue
        if storm.storm_id in known:
            read_track(tracks, storm.storm_id)
            continue
        note = (
            f"{tracks.name} has no storm {storm.storm_id} ({storm.title}): the ground that the "
            "scenes show is its hazard, so homes there are looked at and no wind is known. Import "
            "again with a file that has the storm, or name one under hazard.track in event.yaml"
        )
        _log.warning("%s", note)
        lacking[name] = (note,)
    return lacking


def _import_one(
    source: Path, folder: Path, labels: list[Label], seed: int, hurdat2: Path | None
) -> ImportResult:
    disaster = describe_disaster(labels)
    event = CatEvent(
        labels[0].disaster, disaster.title, disaster.perils,
        OccurrenceWindow(disaster.start_utc, disaster.end_utc),
    )  # fmt: skip
    labels, problems = add_unlabelled(source, labels, event.window.start_utc)
    footprints, grades = collect_footprints(labels), collect_grades(labels)
    grades = grades.reindex(footprints["building_id"]).fillna("un-classified")
    seen = SeenShares(footprints)
    progress().begin(f"import {event.event_id}", len(labels))

    def watched() -> Iterator[SceneImage]:
        for image in read_scenes(source, labels, problems):
            seen.add(image, event.window.start_utc)
            progress().advance(1)
            yield image

    with atomic_folder(folder) as partial:
        scenes = write_catalog(partial / "imagery", event.event_id, disaster.title, watched())
        write_table(footprints, partial / "footprints.parquet")
        region = BookRegion(
            disaster.country_code, disaster.area_code, disaster.currency, seen.extent
        )
        book = make_book(footprints, grades, event, seed=seed, shares=BookShares(), region=region)
        write_book(book, partial / "policies")
        write_table(expect_statuses(book.truth, seen), partial / "truth.parquet")
        hazard = _hazard(disaster, hurdat2, partial)
        made = make_event_file(event, hazard, max(captured_at(label) for label in labels))
        write_event_file(made, partial / "event.yaml")
    for problem in problems:
        _log.warning("%s", problem)
    return ImportResult(folder, len(footprints), len(scenes), tuple(map(str, problems)))


def describe_disaster(labels: list[Label]) -> XbdDisaster:
    """What is known of the labels' disaster; one not in the table lies between its images."""
    after = min(captured_at(label) for label in labels if label.role is SceneRole.POST)
    known = XBD_DISASTERS.get(labels[0].disaster)
    if known is None:
        before = [captured_at(label) for label in labels if label.role is SceneRole.PRE]
        start = max((instant for instant in before if instant < after), default=after)
        perils = PERILS_BY_TYPE.get(str(labels[0].metadata.get("disaster_type")))
        if perils is None:
            raise InputError(
                f"importing xBD disaster {labels[0].disaster}",
                f"its disaster_type {labels[0].metadata.get('disaster_type')!r} is unknown",
                f"Known types: {', '.join(PERILS_BY_TYPE)}",
            )
        middle = start + (after - start) / 2
        return XbdDisaster(labels[0].disaster, perils, middle, after, "US", "", "USD")
    end = min(known.end_utc, after)
    return XbdDisaster(
        known.title, known.perils, min(known.start_utc, end), end, known.country_code,
        known.area_code, known.currency, known.storm_id,
    )  # fmt: skip


def expect_statuses(truth: pd.DataFrame, seen: SeenShares) -> pd.DataFrame:
    """Truth with ``no_imagery`` where an image is missing or black on most of the building."""
    is_hidden = ~truth["building_id"].isin(seen.visible()).to_numpy()
    expected = truth["expected_status"].to_numpy(dtype=object)
    expected = np.where(is_hidden & (expected == Status.GRADED), str(Status.NO_IMAGERY), expected)
    checked: pd.DataFrame = check_table(truth.assign(expected_status=expected), TRUTH)
    return checked


def _hazard(disaster: XbdDisaster, hurdat2: Path | None, folder: Path) -> HazardSection:
    if hurdat2 is None or disaster.storm_id is None:
        return HazardSection(scene_extents=True)
    target = Path("weather") / hurdat2.name
    (folder / "weather").mkdir()
    shutil.copy(hurdat2, folder / target)
    return HazardSection(track=TrackSection(hurdat2=target, storm_id=disaster.storm_id))


def make_event_file(
    event: CatEvent, hazard: HazardSection, newest_utc: datetime | None = None
) -> EventFile:
    """The event file of an event folder in the contract's layout.

    Args:
        event: what happened.
        hazard: what it meant where.
        newest_utc: of its pictures; the event stays open for them, however late they were taken.
    """
    closes = event.window.end_utc + WATCHED_FOR
    if newest_utc is not None:
        closes = max(closes, newest_utc + AFTER_NEWEST)
    return EventFile(
        event_id=event.event_id,
        name=event.name,
        perils=event.perils,
        window=WindowSection(start_utc=event.window.start_utc, end_utc=event.window.end_utc),
        opens_at_utc=event.window.start_utc,
        closes_at_utc=closes,
        hazards=(hazard,),
        imagery=ImagerySection(catalog=Path("imagery/catalog.json")),
        footprints=Path("footprints.parquet"),
        policies=PoliciesSection(
            location=Path("policies/location.csv"),
            account=Path("policies/account.csv"),
            contacts=Path("policies/contacts.csv"),
        ),
    )
