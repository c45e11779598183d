"""How fast a million insured locations find their buildings among a million, beside the peers.

``python benchmarks/match_bench.py`` prints the figures. Ours says of each location which building
it is, or why that is not known; a peer says which building the point lies in or is nearest to, up
to the widest radius, in metres: geopandas' ``sjoin_nearest`` with its projections, PostGIS by its
nearest-neighbour index (loading and indexing not counted), DuckDB's spatial extension where it is
on the machine. ``sjoin_inside`` is geopandas' plain ``sjoin``, which only sees points inside. The
coverage of the same locations is screened too.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from measuring import SIGNIFICANT_DIGITS, Figure
from postgis_server import has_postgis, serve_postgis

from core.events import CatEvent, OccurrenceWindow, Peril
from core.schemas.book import LOCATIONS
from core.tables import FOOTPRINTS, check_table
from policies.coverage.loss_times import LossTimes
from policies.coverage.rules import CoverageRules
from policies.coverage.screen import screen_coverage
from policies.matching.geocode import MAX_MATCH_RADIUS_M
from policies.matching.match import MatchOptions, match_locations

MIB = 2**10
SEED = 7
LOT_M = 30.0
METRES_PER_DEGREE = 111_000.0
WEST, SOUTH = -86.0, 29.5
METRIC = 32616
ROUNDS = 3
SHEDS_FRAC, ON_ROOF_FRAC = 0.15, 0.7
"""Lots with a shed; locations placed on the roof, the others some metres beside it."""
AGREE_FRAC = 0.9999
"""Of what ours matches, so much is the nearest building by geopandas, where that is no shed."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    locations: int


FULL, QUICK = Sizes(1_000_000), Sizes(50_000)


@cache
def make_footprints(count: int) -> gpd.GeoDataFrame:
    """FOOTPRINTS of a town in lots of 30 m: houses, and sheds on some of the lots."""
    random = np.random.default_rng(SEED)
    homes = _count_houses(count)
    sheds = count - homes
    west, south = _lots(homes)
    sides = random.uniform(9, 18, (2, homes)) / METRES_PER_DEGREE
    houses = shapely.box(west, south, west + sides[0], south + sides[1])
    west, south = west[:sheds] + 22 / METRES_PER_DEGREE, south[:sheds]
    small = 4 / METRES_PER_DEGREE
    shapes = np.concatenate([houses, shapely.box(west, south, west + small, south + small)])
    ids = "b" + pd.Series(np.arange(count)).astype("str").str.zfill(7)
    table = gpd.GeoDataFrame(
        {"building_id": ids, "area_m2": 100.0, "source": "made up"}, geometry=shapes, crs=4326
    )
    return check_table(table, FOOTPRINTS)


def _count_houses(count: int) -> int:
    return count - int(count * SHEDS_FRAC)


def _lots(count: int) -> tuple[np.ndarray, np.ndarray]:
    side = int(np.ceil(np.sqrt(count)))
    row, column = np.divmod(np.arange(count), side)
    wide = LOT_M / METRES_PER_DEGREE / np.cos(np.radians(SOUTH))
    return WEST + column * wide, SOUTH + row * LOT_M / METRES_PER_DEGREE


@cache
def make_locations(count: int) -> gpd.GeoDataFrame:
    """LOCATIONS of as many homes as buildings, several of them in some of the houses."""
    random = np.random.default_rng(SEED + 1)
    houses = make_footprints(count).geometry.to_numpy()[: _count_houses(count)]
    home = houses[random.integers(0, len(houses), count)]
    middle = shapely.get_coordinates(shapely.centroid(home))
    drift_m = np.where(random.random(count) < ON_ROOF_FRAC, 1.0, 8.0)
    places = middle + random.normal(0, 1, (count, 2)) * drift_m[:, None] / METRES_PER_DEGREE
    number = pd.Series(np.arange(count)).astype("str")
    table = pd.DataFrame(
        {
            "portfolio_number": "1", "account_number": number, "policy_number": number,
            "location_number": number, "country_code": "US", "area_code": "FL",
            "postal_code": None, "occupancy_code": 1050, "construction_code": 5050,
            "year_built": np.nan, "number_of_storeys": np.nan, "currency": "USD",
            "geocode_class": random.choice([1, 2, 3, 4], count, p=[0.1, 0.7, 0.15, 0.05]),
            "building_tiv": 200_000.0, "contents_tiv": 0.0, "location_perils": "WEC;WTC",
            "policy_perils": "WEC;WTC", "has_grouped_surge": False, "policy_status": None,
            "inception_date": np.datetime64("2018-01-01", "us"),
            "expiry_date": np.datetime64("2019-01-01", "us"), "deductible_amount": 1_000.0,
            "has_conflicting_rows": False, "is_aggregate": False, "source_rows": number,
        }
    )  # fmt: skip
    points = gpd.points_from_xy(*places.T, crs=4326)
    return check_table(gpd.GeoDataFrame(table, geometry=points), LOCATIONS)


def match_ours(count: int) -> pd.DataFrame:
    """Which building, or why not."""
    return match_locations(make_locations(count), make_footprints(count), MatchOptions())


def join_nearest(count: int) -> gpd.GeoDataFrame:
    """The nearest building by geopandas, in metres."""
    return gpd.sjoin_nearest(
        make_locations(count)[["location_number", "geometry"]].to_crs(METRIC),
        make_footprints(count)[["building_id", "geometry"]].to_crs(METRIC),
        how="left", max_distance=MAX_MATCH_RADIUS_M, distance_col="away_m",
    )  # fmt: skip


def join_inside(count: int) -> gpd.GeoDataFrame:
    """The building around the point by geopandas; all other points get none."""
    return gpd.sjoin(
        make_locations(count)[["location_number", "geometry"]],
        make_footprints(count)[["building_id", "geometry"]],
        how="left",
    )


def screen(count: int) -> pd.DataFrame:
    """What the coverage screen says of all."""
    locations = make_locations(count)
    window = OccurrenceWindow(
        datetime(2018, 10, 10, tzinfo=UTC), datetime(2018, 10, 11, tzinfo=UTC)
    )
    event = CatEvent("michael", "Michael", (Peril.TROPICAL_CYCLONE_WIND,), window)
    at = pd.Series(pd.Timestamp("2018-10-10T17:30Z"), index=locations.index)
    return screen_coverage(locations, event, LossTimes.of_instants(at), CoverageRules())


def time_postgis(count: int) -> float:
    """Seconds of the nearest building by PostGIS, both tables loaded, projected and indexed."""
    tables = {
        "homes": make_locations(count).to_crs(METRIC).geometry,
        "buildings": make_footprints(count).to_crs(METRIC).geometry,
    }
    with serve_postgis() as connection, connection.cursor() as cursor:
        for name, shapes in tables.items():
            cursor.execute(f"CREATE TABLE {name} (id int, shape geometry)")
            with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                for place, wkb in enumerate(shapely.to_wkb(shapes.to_numpy(), hex=True)):
                    copy.write_row((place, wkb))
            cursor.execute(f"CREATE INDEX ON {name} USING gist (shape)")
            cursor.execute(f"VACUUM ANALYZE {name}")
        return time_it(lambda: cursor.execute(_NEAREST, (MAX_MATCH_RADIUS_M,)))


_NEAREST = """
CREATE TABLE matched AS
SELECT homes.id AS home, near.id AS building, near.away_m
FROM homes LEFT JOIN LATERAL (
    SELECT buildings.id, ST_Distance(buildings.shape, homes.shape) AS away_m
    FROM buildings WHERE ST_DWithin(buildings.shape, homes.shape, %s)
    ORDER BY buildings.shape <-> homes.shape LIMIT 1
) AS near ON true
"""


def has_duckdb_spatial() -> bool:
    """Whether DuckDB's spatial extension is on this machine; none is fetched."""
    with duckdb.connect() as connection:
        try:
            connection.execute("LOAD spatial")
        except duckdb.Error:
            return False
    return True


def time_duckdb(count: int) -> float:
    """Seconds of the nearest building by DuckDB, both tables loaded and projected."""
    with duckdb.connect() as connection:
        connection.execute("LOAD spatial; SET threads = 2")
        for name, shapes in (
            ("homes", make_locations(count).to_crs(METRIC).geometry),
            ("buildings", make_footprints(count).to_crs(METRIC).geometry),
        ):
            rows = pd.DataFrame({"id": np.arange(count), "wkb": shapely.to_wkb(shapes.to_numpy())})
            loaded = connection.from_df(rows).project("id, ST_GeomFromWKB(wkb) AS shape")
            loaded.create(name)
        return time_it(lambda: connection.execute(_NEAREST_DUCKDB, [MAX_MATCH_RADIUS_M]))


_NEAREST_DUCKDB = """
CREATE TABLE matched AS
SELECT homes.id AS home, arg_min(buildings.id, ST_Distance(buildings.shape, homes.shape))
FROM homes JOIN buildings ON ST_DWithin(buildings.shape, homes.shape, ?)
GROUP BY homes.id
"""


def time_it(work: Callable[[], object]) -> float:
    """Seconds of wall time."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def measure_here(sizes: Sizes) -> dict[str, float]:
    """Seconds of each, ours and geopandas' by the median of turns, and our peak of memory."""
    count = sizes.locations
    matches = match_ours(count)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    _compare(matches, join_nearest(count))
    turns = [
        {name: time_it(lambda work=work: work(count)) for name, work in _IN_TURN.items()}
        for _ in range(ROUNDS)
    ]
    found = {name: statistics.median(turn[name] for turn in turns) for name in _IN_TURN}
    found |= dict(_time_databases(count))
    peers = [found[name] for name in ("sjoin_nearest_s", "postgis_s", "duckdb_s") if name in found]
    found["over_best_peer"] = found["s"] / min(peers)
    found["peak_mib"] = peak_mib
    return found


_IN_TURN: dict[str, Callable[[int], object]] = {
    "s": match_ours,
    "sjoin_nearest_s": join_nearest,
    "sjoin_inside_s": join_inside,
    "cover_s": screen,
}


def _time_databases(count: int) -> Iterator[tuple[str, float]]:
    if has_postgis():
        yield "postgis_s", time_postgis(count)
    else:
        print(
            "no PostgreSQL with PostGIS here: apt-get install postgresql postgis", file=sys.stderr
        )
    if has_duckdb_spatial():
        yield "duckdb_s", time_duckdb(count)
    else:
        print("DuckDB's spatial extension is not on this machine", file=sys.stderr)


def _compare(matches: pd.DataFrame, nearest: pd.DataFrame) -> None:
    """Ours names the building that is nearest, or the run is worth nothing."""
    ours = matches.set_index("location_number")["building_id"].dropna()
    theirs = nearest.drop_duplicates("location_number").set_index("location_number")["building_id"]
    theirs = theirs.loc[ours.index]
    first_shed = make_footprints(len(matches))["building_id"].iloc[_count_houses(len(matches))]
    agreed = ((ours == theirs) | (theirs >= first_shed)).mean()
    if agreed < AGREE_FRAC:
        raise RuntimeError(f"ours and the nearest building agree on {agreed:.4f} of the matches")


def measure_matching(sizes: Sizes) -> list[Figure]:
    """Figures of a process of its own."""
    command = [sys.executable, __file__, "here", "quick" if sizes == QUICK else "full"]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [
        Figure(f"policies.million_{_NAMES.get(name, 'match_' + name)}",
               float(f"{value:.{SIGNIFICANT_DIGITS}g}"), _unit_of(name))
        for name, value in json.loads(told.splitlines()[-1]).items()
    ]  # fmt: skip


_NAMES = {"cover_s": "cover_s"}


def _unit_of(name: str) -> str:
    return {"peak_mib": "MiB", "over_best_peer": "ratio"}.get(name, "s")


if __name__ == "__main__":
    chosen = QUICK if "quick" in sys.argv[1:] else FULL
    if "here" in sys.argv[1:]:
        print(json.dumps(measure_here(chosen)))
    else:
        for figure in measure_matching(chosen):
            print(f"{figure.name:45s} {figure.value:10.4g} {figure.unit}")
