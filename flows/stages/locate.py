"""From the book to the insured buildings in the hazard's path."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from core.errors import ExposureError
from core.grid import Bounds
from flows.wiring.adapters import open_hazard
from flows.wiring.context import RunContext
from flows.wiring.storage import atomic_path, read_table, write_table
from policies.footprints.read import read_footprints
from policies.matching.match import match_locations
from policies.reading.exposure import read_book
from policies.reading.rejects import count_homes_lost
from reports.lists.files import defuse_formulas

MAP_MARGIN_DEG = 3.0
"""The hazard is drawn this far around the homes in its path: some 300 km, the ground that a map
of them shows."""
REJECTS_FILE = "rejects.csv"
"""Rows of the book that could not be used, for whoever mends them."""
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

    Writes locations, contacts, rejects, footprint_rejects, hazards, hazard_areas, matches and
    buildings to the run's work folder.

    Raises:
        ExposureError: the book has no row at all, or is unreadable as a whole.
        EventError: the footprints cannot be read.
    """
    source = run.source
    policies = source.policies
    book = read_book(policies.location, policies.account, policies.contacts)
    write_table(book.rejects, run.folder.work("rejects"))
    with atomic_path(run.folder.file(REJECTS_FILE)) as path:
        book.rejects.assign(value=defuse_formulas(book.rejects["value"])).to_csv(path, index=False)
    homes_rejected = count_homes_lost(book.rejects, policies.location.name)
    if not len(book.locations) and not homes_rejected:
        raise ExposureError(
            f"reading the book of event {source.event_id}",
            f"{policies.location.name} holds no location: no row follows its header",
            "Export the book again",
        )
    hazard = open_hazard(source, run.as_of_utc, run.settings)
    locations = book.locations[hazard.find_in_path(book.locations)].reset_index(drop=True)
    outlines = read_footprints([source.footprints])
    _write_footprint_rejects(run, outlines.rejects)
    buildings = outlines.table
    tables: dict[str, pd.DataFrame] = {
        "locations": locations,
        "contacts": book.contacts,
        "hazards": hazard.assess(locations),
        "hazard_areas": hazard.footprint(_choose_ground(locations)).areas,
        "matches": match_locations(locations, buildings, run.settings.matching),
    }
    for name, table in tables.items():
        write_table(table, run.folder.work(name))
    matched = set(tables["matches"]["building_id"].dropna())
    write_table(buildings[buildings["building_id"].isin(matched)], run.folder.work("buildings"))
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
    policies = run.source.policies
    book = read_book(policies.location, policies.account, policies.contacts)
    buildings = read_footprints([run.source.footprints]).table
    matches = match_locations(book.locations, buildings, run.settings.matching)
    return buildings[buildings["building_id"].isin(matches["building_id"].dropna())]


def _write_footprint_rejects(run: RunContext, rejects: pd.DataFrame) -> None:
    write_table(rejects, run.folder.work("footprint_rejects"))
    if len(rejects):
        with atomic_path(run.folder.file(FOOTPRINT_REJECTS_FILE)) as path:
            rejects.assign(value=defuse_formulas(rejects["value"])).to_csv(path, index=False)


def read_rejects(run: RunContext) -> pd.DataFrame:
    """Rows of the book that could not be used."""
    return read_table(run.folder.work("rejects"))
