"""From the book to the insured buildings in the hazard's path."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from core.errors import EventError, ExposureError
from core.grid import Bounds
from core.tables import FOOTPRINTS, check_table
from flows.wiring.adapters import open_hazard
from flows.wiring.context import RunContext
from flows.wiring.storage import atomic_path, read_geo_table, read_table, write_table
from policies.matching.match import match_locations
from policies.reading.exposure import read_book
from policies.reading.rejects import count_homes_lost
from reports.lists.files import defuse_formulas

MAP_MARGIN_DEG = 3.0
"""The hazard is drawn this far around the homes in its path: some 300 km, the ground that a map
of them shows."""
REJECTS_FILE = "rejects.csv"
"""Rows of the book that could not be used, for whoever mends them."""


@dataclass(frozen=True, slots=True)
class InPath:
    """How many insured locations the book has and the hazard reached.

    Attributes:
        in_book: homes read.
        in_path: of these, in the hazard's path.
        rejects: what is wrong with rows of all files of the book.
        homes_rejected: rows of the location file whose home is lost.
    """

    in_book: int
    in_path: int
    rejects: int
    homes_rejected: int


def locate(run: RunContext) -> InPath:
    """Read the book, keep what lies in the path, and say which building each location is.

    Writes locations, contacts, rejects, hazards, hazard_areas, matches and buildings to the run's
    work folder.

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
    buildings = read_footprints(run)
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
    return InPath(len(book.locations), len(locations), len(book.rejects), homes_rejected)


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
    buildings = read_footprints(run)
    matches = match_locations(book.locations, buildings, run.settings.matching)
    return buildings[buildings["building_id"].isin(matches["building_id"].dropna())]


def read_footprints(run: RunContext) -> gpd.GeoDataFrame:
    """The event's building footprints, FOOTPRINTS in EPSG:4326."""
    path = run.source.footprints
    try:
        table = read_geo_table(path)
    except (OSError, ValueError) as error:
        raise EventError(
            f"reading the footprints {path}", f"not GeoParquet ({error})",
            "Write them with geopandas' to_parquet, as docs/event-file.md says",
        ) from error  # fmt: skip
    if table.crs is None:
        raise EventError(
            f"reading the footprints {path}", "they state no CRS", "Set it with set_crs"
        )
    checked: gpd.GeoDataFrame = check_table(table.to_crs("EPSG:4326"), FOOTPRINTS)
    return checked


def read_rejects(run: RunContext) -> pd.DataFrame:
    """Rows of the book that could not be used."""
    return read_table(run.folder.work("rejects"))
