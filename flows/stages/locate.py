"""From the book to the insured buildings in the hazard's path."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from core.errors import ExposureError
from core.grid import Bounds
from flows.stages.extents import note_extents
from flows.wiring.books import read_run_book
from flows.wiring.context import RunContext
from flows.wiring.feeds import version_chooser
from flows.wiring.hazards import open_hazard
from flows.wiring.storage.folders import atomic_path, write_table
from policies.coverage.choose import choose_policies, follow_policies
from policies.coverage.loss_times import LossTimes
from policies.footprints.read import read_footprints
from policies.matching.match import match_locations
from policies.matching.several import list_buildings
from policies.reading.rejects import count_homes_lost
from reports.lists.files import defuse_formulas

MAP_MARGIN_DEG = 3.0
"""The hazard is drawn this far around the homes in its path: some 300 km, the ground that a map
of them shows."""
REJECTS_FILE = "rejects.csv"
"""Rows of the book that could not be used, for whoever mends them."""
NOTICES_FILE = "notices.csv"
"""What is odd in the book though its rows stay, likewise."""
FOOTPRINT_REJECTS_FILE = "footprint_rejects.csv"
"""Outlines that could not be used, likewise."""


@dataclass(frozen=True, slots=True)
class InPath:
    """How many insured locations the book has and the hazard reached.

    Attributes:
        in_book: homes read.
        in_path: of these, in the hazard's path.
        rejects: what is wrong with rows of all files of the book.
        homes_rejected: rows of the location file whose home is lost.
        footprints_left_out: outlines of buildings that could not be used.
    """

    in_book: int
    in_path: int
    rejects: int
    homes_rejected: int
    footprints_left_out: int = 0


def locate(run: RunContext) -> InPath:
    """Read the book, keep what lies in the path, and say which building each location is.

    Writes locations, contacts, rejects, notices, footprint_rejects, hazards, hazard_rows,
    hazard_areas, matches and buildings to the run's work folder.

    Raises:
        ExposureError: the book has no row at all, or is unreadable as a whole.
        EventError: the footprints cannot be read.
    """
    source = run.source
    opened = read_run_book(run)
    book, location_file = opened.book, opened.location_file
    _write_for_people(run, "rejects", REJECTS_FILE, book.rejects)
    _write_for_people(run, "notices", NOTICES_FILE, book.notices)
    homes_rejected = count_homes_lost(book.rejects, location_file)
    if not len(book.locations) and not homes_rejected:
        raise ExposureError(
            f"reading the book of event {source.event_id}",
            f"{location_file} holds no location: no row follows its header",
            "Export the book again",
        )
    version = version_chooser(run.event_file, run.as_of_utc)
    hazard = open_hazard(source, run.as_of_utc, run.settings, version)
    in_path = book.locations[hazard.find_in_path(book.locations)].reset_index(drop=True)
    hazards = hazard.assess(in_path)
    locations = choose_policies(
        in_path, book.terms, source.event, LossTimes.of_hazards(hazards), run.settings.coverage
    )
    outlines = read_footprints([source.footprints])
    write_table(outlines.rejects, run.folder.work("footprint_rejects"))
    if len(outlines.rejects):
        _write_for_people(run, "footprint_rejects", FOOTPRINT_REJECTS_FILE, outlines.rejects)
    buildings = outlines.table
    footprint = hazard.footprint(_choose_ground(locations))
    if len(book.locations):
        note_extents(run, book.locations, footprint.area)
    tables: dict[str, pd.DataFrame] = {
        "locations": locations,
        "contacts": follow_policies(book.contacts, locations),
        "hazards": hazards.assign(policy_number=locations["policy_number"]),
        "hazard_rows": hazard.rows(locations),
        "hazard_areas": footprint.areas,
        "matches": match_locations(locations, buildings, run.settings.matching),
    }
    for name, table in tables.items():
        write_table(table, run.folder.work(name))
    looked_at = list_buildings(tables["matches"])
    write_table(buildings[buildings["building_id"].isin(looked_at)], run.folder.work("buildings"))
    return InPath(
        len(book.locations), len(locations), len(book.rejects), homes_rejected, outlines.left_out
    )


def _choose_ground(locations: gpd.GeoDataFrame) -> Bounds | None:
    """Where maps of the hazard are drawn: around the homes in its path, if there are any."""
    if not len(locations):
        return None
    return Bounds(*locations.total_bounds).buffered(MAP_MARGIN_DEG)


def match_insured(run: RunContext) -> gpd.GeoDataFrame:
    """Footprints of all buildings in the book, in any hazard's path or none.

    Raises:
        EventError: the footprints cannot be read.
    """
    book = read_run_book(run).book
    buildings = read_footprints([run.source.footprints]).table
    matches = match_locations(book.locations, buildings, run.settings.matching)
    return buildings[buildings["building_id"].isin(list_buildings(matches))]


def _write_for_people(run: RunContext, name: str, file: str, table: pd.DataFrame) -> None:
    """Write what is wrong in an input to the work folder and beside the list."""
    write_table(table, run.folder.work(name))
    with atomic_path(run.folder.file(file)) as path:
        table.assign(value=defuse_formulas(table["value"])).to_csv(path, index=False)
