"""The demo's event: a rendered town, a made-up hurricane, a made-up book."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.events import CatEvent, OccurrenceWindow, Peril
from core.schemas.truth import TRUTH
from core.tables import check_table
from flows.importing.xbd import make_event_file
from flows.wiring.event_file import write_event_file
from flows.wiring.sections.hazard import HazardSection, TrackSection
from flows.wiring.storage.folders import atomic_folder, write_table
from imagery.event_folder import write_catalog
from imagery.town.town import Town, TownOptions, render_town
from policies.made_up.book import BookRegion, make_book, write_book
from policies.made_up.siting import BookShares

EVENT_ID = "rendered-town"
AS_OF_UTC = datetime(2018, 10, 14, 12, 0, tzinfo=UTC)
"""The morning after the rendered images were taken: a fixed instant, so that the demo repeats."""
SEED = 7
STORM_ID = "AL992018"
TRACK = """\
AL992018,               DEMO,      5,
20181010, 0600,  , HU, 28.6N,  86.6W, 105,  952,  140,  120,   70,  110,   70,   60,   40,   50,\
   40,   35,   20,   30,
20181010, 1200,  , HU, 29.5N,  86.1W, 115,  945,  140,  120,   70,  110,   70,   60,   40,   50,\
   40,   35,   20,   30,
20181010, 1800,  , HU, 30.5N,  85.6W, 105,  950,  120,  120,   70,   90,   60,   60,   40,   40,\
   35,   35,   20,   25,
20181011, 0000,  , HU, 31.7N,  84.9W,  75,  965,   90,  110,   60,   60,   40,   40,   20,   20,\
   20,   20,    0,    0,
20181011, 0600,  , TS, 33.0N,  83.9W,  50,  980,   60,  100,   50,   40,    0,   20,    0,    0,\
    0,    0,    0,    0,
"""
"""A made-up best track in HURDAT2's older layout; its eye passes over the rendered town."""


STAFF = """\
base,latitude,longitude,adjusters,hours_per_day
Panama City,30.16,-85.66,2,8
Tallahassee,30.44,-84.28,1,10
"""
"""A made-up team, so that the demo's day is planned."""


def render_event(folder: Path, homes: int) -> tuple[Path, datetime]:
    """Render the town and write its event folder.

    Returns:
        The event file and the instant to assess it at.
    """
    town = render_town(TownOptions(seed=SEED, homes=homes, town_id=EVENT_ID))
    window = OccurrenceWindow(
        datetime(2018, 10, 10, 12, tzinfo=UTC), datetime(2018, 10, 11, tzinfo=UTC)
    )
    event = CatEvent(
        EVENT_ID, "Demo hurricane over a rendered town",
        (Peril.TROPICAL_CYCLONE_WIND, Peril.STORM_SURGE), window,
    )  # fmt: skip
    with atomic_folder(folder / EVENT_ID) as partial:
        write_town(town, event, partial)
        (partial / "weather").mkdir()
        (partial / "weather" / "hurdat2.txt").write_text(TRACK, encoding="utf-8")
        track = TrackSection(hurdat2=Path("weather/hurdat2.txt"), storm_id=STORM_ID)
        (partial / "staff.csv").write_text(STAFF, encoding="utf-8")
        told = make_event_file(event, HazardSection(track=track))
        told = told.model_copy(update={"staff": Path("staff.csv")})
        write_event_file(told, partial / "event.yaml")
    return folder / EVENT_ID / "event.yaml", AS_OF_UTC


def write_town(town: Town, event: CatEvent, folder: Path) -> None:
    """Write a town's imagery, footprints, book and truth in an event folder's layout."""
    write_catalog(folder / "imagery", event.event_id, event.name, town.scenes)
    write_table(town.footprints, folder / "footprints.parquet")
    book = make_book(
        town.footprints, town.grades, event,
        seed=SEED, shares=BookShares(), region=BookRegion(area_code="FL"),
    )  # fmt: skip
    write_book(book, folder / "policies")
    seen = town.expected_status.reindex(book.truth["building_id"]).to_numpy()
    by_book = book.truth["expected_status"].to_numpy()
    expected = np.where(by_book == "graded", seen, by_book)
    truth = book.truth.assign(expected_status=expected)
    write_table(check_table(truth, TRUTH), folder / "truth.parquet")
