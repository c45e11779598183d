"""``firstnotice init``: a commented event file for somebody's own storm."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from core.errors import EventError
from core.events import Peril
from flows.wiring.event_file import EventFile, parse_event_file
from flows.wiring.storage.folders import atomic_path

WATCHED_FOR = timedelta(days=60)
"""Scheduled runs look at the event this long: most homes that anybody reports are reported then."""
NOAA = "noaa:"
SCENES = "scenes"
_WEB = ("http://", "https://")
_BOX_NUMBERS = 4
_ONE_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What a person says of an event.

    Attributes:
        event_id: names its folder.
        name: what people call it.
        perils: the primary one first.
        start_utc: first instant at which losses occurred.
        end_utc: last such instant.
        hazard: a file of best tracks (with ``storm_id``), a GeoJSON file,
            ``west,south,east,north`` or ``scenes``.
        storm_id: the storm in the file of best tracks.
        imagery: ``catalog.json`` (a path or an address), a folder or ``noaa:EVENT``.
        location: OED location file; like the other paths relative to where the person is, if it is
            there, else to the event's folder.
        account: OED account file.
        contacts: contacts, if there are any.
        footprints: GeoParquet of building footprints.
    """

    event_id: str
    name: str
    perils: tuple[Peril, ...]
    start_utc: datetime
    end_utc: datetime
    hazard: str
    storm_id: str | None
    imagery: str
    location: str
    account: str
    contacts: str | None
    footprints: str


def write_new_event(told: NewEvent, out: Path, now_utc: datetime) -> tuple[Path, list[Path]]:
    """Write ``OUT/<event_id>/event.yaml``, each field with a word on what it is.

    Returns:
        The file, and the input files that it names and that are not there yet.

    Raises:
        EventError: something said of the event is wrong, or its file is there already.
    """
    path = out / told.event_id / "event.yaml"
    work = f"writing {path}"
    if path.exists():
        raise EventError(work, "there is one already", "Change it by hand, or choose another id")
    text = draw_event_file(told, path.parent, now_utc)
    source = parse_event_file(text, work, path.parent.resolve())
    with atomic_path(path) as partial:
        partial.write_text(text, encoding="utf-8")
    return path, [each for each in _input_files(source) if not each.exists()]


def draw_event_file(told: NewEvent, folder: Path, now_utc: datetime) -> str:
    """The text of the event file; paths lead from its folder."""
    closes = max(told.end_utc, now_utc) + WATCHED_FOR
    lines = [
        "# One catastrophe, its inputs and how long it is looked at; docs/event-file.md shows all",
        "# fields. Paths are relative to this file, instants are UTC with a trailing Z.",
        f"event_id: {_plain(told.event_id)}",
        f"name: {_plain(told.name)}",
        f"perils: [{', '.join(told.perils)}]  # OED codes; cover is screened for the first",
        "# carrier_cat_code: CAT-2026-01  # your own catastrophe code; goes into drafts",
        "",
        "window:  # when losses occurred: pictures before it are before, after it after",
        f"  start_utc: {_instant(told.start_utc)}",
        f"  end_utc: {_instant(told.end_utc)}",
        f"opens_at_utc: {_instant(told.start_utc)}  # scheduled runs look at it from here ...",
        f"closes_at_utc: {_instant(closes)}  # ... until here",
        "",
        "hazard:  # exactly one of track, area, box, scene_extents: whose homes are in the path",
        *_hazard(told, folder),
        "",
        "imagery:  # one or more of catalog, stac_api, noaa_eri, folder; docs/imagery-sources.md",
        *_imagery(told.imagery, folder),
        "",
        "footprints: " + _path(told.footprints, folder)
        + "  # `firstnotice import footprints` makes it",
        "",
        "policies:  # the book in OED; docs/your-first-storm.md starts from a plain export",
        f"  location: {_path(told.location, folder)}",
        f"  account: {_path(told.account, folder)}",
        f"  contacts: {_path(told.contacts, folder)}"
        if told.contacts
        else "  # contacts: policies/contacts.csv  # names and how to reach people",
        "",
        "# reviews: reviews.csv  # what people said of homes already looked at",
        "# claims: claims.csv  # claims that insureds filed already",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _hazard(told: NewEvent, folder: Path) -> list[str]:
    numbers = told.hazard.split(",")
    if told.hazard == SCENES:
        return ["  scene_extents: true  # the ground that pictures after the event show"]
    if len(numbers) == _BOX_NUMBERS:
        return [f"  box: [{', '.join(numbers)}]  # west, south, east, north, degrees"]
    if told.storm_id is None:
        return [f"  area: {_path(told.hazard, folder)}  # polygons, GeoJSON"]
    return [
        "  track:",
        f"    file: {_path(told.hazard, folder)}  # HURDAT2, an ATCF b-deck or IBTrACS",
        f"    storm_id: {_plain(told.storm_id)}",
        "    threshold_kt: 50  # sustained wind from which homes are looked at, knots",
        "    rain_threshold_mm: 150  # likewise, rain over the storm's life, mm",
    ]


def _imagery(given: str, folder: Path) -> list[str]:
    if given.casefold().startswith(NOAA):
        return [f"  noaa_eri: {{event: {_plain(given[len(NOAA) :])}}}  # flights after the storm"]
    if given.casefold().startswith(_WEB):
        return [f"  catalog: {_plain(given)}  # a static STAC catalogue"]
    kind = "catalog" if given.endswith(".json") else "folder"
    word = "a static STAC catalogue" if kind == "catalog" else "GeoTIFFs with a manifest.csv"
    return [f"  {kind}: {_path(given, folder)}  # {word}"]


def _path(given: str, folder: Path) -> str:
    """A path from the event's folder; one that is there is meant from where the person is."""
    there = Path(given).expanduser()
    if not there.is_absolute() and there.exists():
        given = Path(os.path.relpath(there.resolve(), folder.resolve())).as_posix()
    return _plain(given)


def _plain(text: str) -> str:
    """Text on one line as YAML reads it back, whatever it holds."""
    written = yaml.safe_dump(text, width=_ONE_LINE, allow_unicode=True)
    return written.removesuffix("\n").removesuffix("\n...")


def _instant(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _input_files(source: EventFile) -> list[Path]:
    seen, policies = source.imagery, source.policies
    named = (
        *(hazard.file for hazard in source.hazards), seen.catalog, seen.folder,
        source.footprints, policies.location, policies.account, policies.contacts,
    )  # fmt: skip
    return [each for each in named if isinstance(each, Path)]
