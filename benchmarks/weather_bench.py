"""How fast a million homes learn what a storm did there, and in how much memory.

``python benchmarks/weather_bench.py`` prints the figures. A day's hail over the whole country
(MRMS, 7,000 by 3,500 cells), Michael's wind field and 500 areas with values, each at the same
million places, in a process of its own; beside it, in the same process, the plain ways on some of
the places, scaled up: rasterio's ``sample`` cell by cell, and a loop of geopandas over the areas.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from measuring import SIGNIFICANT_DIGITS, Figure

from weather.fields.wind import compute_wind_at
from weather.hazards.sampling.areas import sample_areas
from weather.hazards.sampling.grids import sample_grid
from weather.sources.grids.mrms import open_mrms
from weather.sources.storms.hurdat2 import read_hurdat2

DATA = Path(os.environ.get("FIRSTNOTICE_DATA") or Path(__file__).parents[2] / "shared" / "data")
HAIL = "weather/mrms/MRMS_MESH_Max_1440min_00.50_20240228-100000.grib2"
TRACKS, STORM = "weather/hurdat2/hurdat2_2017_2018.txt", "AL142018"
LOCATIONS, AREAS = 1_000_000, 500
CORNERS = 60
"""Vertices of an area, as of a warning; coasts have more."""
COUNTRY = (-125.0, -67.0, 25.0, 49.0)
MIB = 2**10
SEED = 11


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured; the plain ways get a part of the places."""

    locations: int
    plain_grid: int
    plain_areas: int


FULL = Sizes(LOCATIONS, 20_000, 20_000)
QUICK = Sizes(LOCATIONS // 10, 2_000, 2_000)
Array = np.ndarray


def make_places(count: int) -> tuple[Array, Array]:
    """Longitudes and latitudes over the country: towns with their homes around them."""
    random = np.random.default_rng(SEED)
    west, east, south, north = COUNTRY
    towns = random.uniform((west, south), (east, north), (2_000, 2))
    places = towns[random.integers(0, len(towns), count)] + random.normal(0, 0.05, (count, 2))
    return places[:, 0], places[:, 1]


def make_areas(count: int) -> list[shapely.Polygon]:
    """Ragged areas of a county to a few, anywhere in the country."""
    random = np.random.default_rng(SEED + 1)
    west, east, south, north = COUNTRY
    turns = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    rays = np.column_stack([np.cos(turns), np.sin(turns)])
    middles = random.uniform((west, south), (east, north), (count, 2))
    sizes = random.uniform(0.2, 1.5, (count, 1, 1)) * random.uniform(0.7, 1, (count, CORNERS, 1))
    return list(shapely.polygons(middles[:, None] + sizes * rays))


def time_it(work: Callable[[], object]) -> float:
    """Seconds of wall time."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def measure_here(sizes: Sizes) -> dict[str, float]:
    """Seconds of each part, and the peak of the process's memory before the plain ways."""
    x, y = make_places(sizes.locations)
    areas, values = make_areas(AREAS), np.random.default_rng(SEED).uniform(20, 60, AREAS)
    track = read_hurdat2(DATA / TRACKS, STORM)
    found = {
        "grid_s": time_it(lambda: sample_grid(open_mrms(DATA / HAIL)[0], x, y)),
        "wind_s": time_it(lambda: compute_wind_at(track, x, y)),
        "areas_s": time_it(lambda: sample_areas(areas, values, "m/s", x, y)),
    }
    found["s"] = sum(found.values())
    found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    grid_scale = sizes.locations / sizes.plain_grid
    some = slice(0, sizes.plain_grid)
    found["rasterio_sample_s"] = grid_scale * time_it(lambda: sample_plainly(x[some], y[some]))
    some = slice(0, sizes.plain_areas)
    area_scale = sizes.locations / sizes.plain_areas
    found["geopandas_loop_s"] = area_scale * time_it(
        lambda: join_plainly(areas, values, x[some], y[some])
    )
    return found


def sample_plainly(x: Array, y: Array) -> Array:
    """Cell by cell, as rasterstats and most scripts do."""
    with rasterio.open(DATA / HAIL) as grid:
        return np.array([value[0] for value in grid.sample(zip(x, y, strict=True))])


def join_plainly(areas: list[shapely.Polygon], values: Array, x: Array, y: Array) -> Array:
    """Area by area over all the points."""
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=4326)
    strongest = np.full(len(points), np.nan)
    for area, value in zip(areas, values, strict=True):
        strongest = np.where(points.within(area), np.fmax(strongest, value), strongest)
    return strongest


def measure_weather(sizes: Sizes) -> list[Figure]:
    """Figures of a process of its own; none where the public weather is not on this machine."""
    if not (DATA / HAIL).exists():
        print(f"no {HAIL} in {DATA}; name the folder of public data in FIRSTNOTICE_DATA")
        return []
    command = [sys.executable, __file__, "here", "quick" if sizes == QUICK else "full"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [
        Figure(
            f"weather.million_locations_{name}", float(f"{value:.{SIGNIFICANT_DIGITS}g}"),
            "MiB" if name == "peak_mib" else "s",
        )
        for name, value in json.loads(told.splitlines()[-1]).items()
    ]  # fmt: skip


if __name__ == "__main__":
    chosen = QUICK if "quick" in sys.argv[1:] else FULL
    if "here" in sys.argv[1:]:
        print(json.dumps(measure_here(chosen)))
    else:
        for figure in measure_weather(chosen):
            print(f"{figure.name:45s} {figure.value:10.4g} {figure.unit}")
