"""Parts of grading an event's imagery, each timed in a process of its own.

GDAL and the system keep what a process read, and a process's peak of memory never falls: so
``imagery_bench`` starts this file for every figure: ``python benchmarks/imagery_parts.py PART
EVENT OUT SETTINGS`` prints one line of JSON. Starting up, reading the book and loading the model
are not counted.
"""

import json
import logging
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from threading import local

import numpy as np
import rasterio
from dense_suburb import AS_OF_UTC, place_scene
from dense_unet import WINDOW_PX, measure_dense
from grading import make_work
from rasterio.windows import Window

from core.chips import BANDS, ChipBatch
from core.grid import GeoGrid
from core.scenes import Scene
from detectors.network.kept import KeptDetector, look_before
from detectors.network.predict import sharing_cores
from flows.stages.locate import locate
from flows.stages.prepare import plan_preparation, prepare_batch
from flows.stages.see import TileBatch, find_scenes, gather_grades, grade_batch, plan_imagery
from flows.wiring.adapters import choose_cut, open_detector, open_links
from flows.wiring.context import RunContext
from flows.wiring.opening import open_run
from flows.wiring.storage.folders import read_geo_table, read_table
from imagery.chips.cut import choose_grid, cut_tile
from imagery.pixels.access import ReadOptions, gdal_options
from imagery.pixels.warp import choose_source

CORES = 2
BLUE_SKY_UTC = datetime(2018, 10, 9, tzinfo=UTC)
"""A quiet day: only the pictures before are there."""
MODEL_TILES = 3
MODEL_TURNS = 3
KIB_PER_MIB = 1024
MEGA = 1e6

Answer = dict[str, float]


@dataclass(slots=True)
class Stages:
    """Seconds of each stage, and the process's peak of memory when it ended."""

    seconds: dict[str, float] = field(default_factory=dict)
    peak_mib: dict[str, float] = field(default_factory=dict)

    def run(self, name: str, work: Callable[[], object]) -> None:
        """Do one stage."""
        begun = time.perf_counter()
        work()
        self.seconds[name] = time.perf_counter() - begun
        self.peak_mib[name] = measure_peak_mib()

    def tell(self) -> Answer:
        """As one flat answer."""
        seconds = {f"{name}_s": value for name, value in self.seconds.items()}
        return seconds | {f"{name}_peak_mib": value for name, value in self.peak_mib.items()}


def measure_peak_mib() -> float:
    """Most memory that this process ever held, its parent's apart."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / KIB_PER_MIB
    raise ValueError("this system does not tell a process's peak of memory")


def grade(run: RunContext) -> Answer:
    """From the plan to the event's table of grades, as a run does it, without the orchestrator."""
    stages, batches = Stages(), list[TileBatch]()
    locate(run)
    open_detector(run)
    stages.run("before", lambda: None)
    cpu_begun = time.process_time()
    stages.run("plan", lambda: batches.extend(plan_imagery(run, find_scenes(run))))
    stages.run("grade", lambda: _grade_all(run, batches))
    cpu_s = time.process_time() - cpu_begun
    grades = read_table(run.folder.work("grades"))
    return stages.tell() | {
        "buildings": len(grades),
        "graded": int((grades["status"] == "graded").sum()),
        "seconds": stages.seconds["plan"] + stages.seconds["grade"],
        "cpu_s": cpu_s,
        "tiles": sum(len(batch.tiles) for batch in batches),
        "ground_mpx": sum(_count_ground_mpx(batch) for batch in batches),
        "peak_mib": measure_peak_mib(),
        "grades_mib": _folder_mib(run.folder.cache / "grades"),
    }


def _count_ground_mpx(batch: TileBatch) -> float:
    """Pixels of the grids that a batch's tiles are worked on, one date."""
    scenes = {scene.scene_id: scene for scene in batch.scenes}
    grids = [
        choose_grid(
            tile, scenes[tile.pre_scene_id], scenes[tile.post_scene_id], batch.crs,
            choose_cut().align,
        )
        for tile in batch.tiles
    ]  # fmt: skip
    return sum(grid.height * grid.width for grid in grids) / MEGA


def _grade_all(run: RunContext, batches: list[TileBatch]) -> None:
    workers = run.settings.runner.workers
    with sharing_cores(workers), ThreadPoolExecutor(workers) as pool:
        graded = list(pool.map(partial(grade_batch, run), batches))
    gather_grades(run, graded)


def grade_prepared(run: RunContext) -> Answer:
    """The same with the blue-sky cache: the date before was prepared earlier."""
    quiet = open_run(run.event_file, run.folder.path.parents[1], BLUE_SKY_UTC, run.settings_file)
    begun = time.perf_counter()
    batches = plan_preparation(quiet)
    with ThreadPoolExecutor(run.settings.runner.workers) as pool:
        prepared = sum(each.prepared for each in pool.map(partial(prepare_batch, quiet), batches))
    took_s = time.perf_counter() - begun
    kept_mib = _folder_mib(run.folder.cache / "blue-sky")
    return grade(run) | {"prepared": prepared, "prepare_s": took_s, "kept_mib": kept_mib}


def _folder_mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def decode(run: RunContext) -> Answer:
    """Every block that the run needs of both dates, once, on all cores, and nothing else."""
    locate(run)
    batches = plan_imagery(run, find_scenes(run))
    address, opened = open_links(run).address, local()

    def read(strip: tuple[Scene, Window]) -> int:
        scene, window = strip
        handles: dict[str, rasterio.DatasetReader] = opened.__dict__
        with rasterio.Env(**gdal_options(ReadOptions())):
            if scene.href not in handles:
                handles.clear()
                handles[scene.href] = rasterio.open(address(scene))
            return handles[scene.href].read(window=window).nbytes

    strips = list(_list_strips(run, batches))
    begun = time.perf_counter()
    with ThreadPoolExecutor(CORES) as pool:
        decoded = sum(pool.map(read, strips))
    took_s = time.perf_counter() - begun
    count = sum(batch.buildings for batch in batches)
    return {"buildings": count, "seconds": took_s, "mpx": decoded / BANDS / MEGA}


def _list_strips(run: RunContext, batches: list[TileBatch]) -> Iterator[tuple[Scene, Window]]:
    """Rows of blocks that the run's tiles touch: scene by scene, no block twice."""
    grids: dict[str, list[GeoGrid]] = defaultdict(list)
    scenes: dict[str, Scene] = {}
    for batch in batches:
        scenes |= {scene.scene_id: scene for scene in batch.scenes}
        for tile in batch.tiles:
            names = (tile.pre_scene_id, tile.post_scene_id)
            grid = choose_grid(tile, *(scenes[n] for n in names), batch.crs, choose_cut().align)
            for name in names:
                grids[name].append(grid)
    for name, some in sorted(grids.items()):
        with rasterio.open(open_links(run).address(scenes[name])) as image:
            windows = list(_list_windows(image, some))
        yield from ((scenes[name], window) for window in windows)


def _list_windows(image: rasterio.DatasetReader, grids: list[GeoGrid]) -> Iterator[Window]:
    """Rows of blocks of one image, cut where blocks between are not needed."""
    high, wide = image.block_shapes[0]
    blocks: set[tuple[int, int]] = set()
    for grid in grids:
        source = choose_source(image.crs, image.transform, image.shape, grid)
        if source is not None:
            at = source.window
            rows = range(at.row // high, -(-(at.row + at.rows) // high))
            columns = range(at.column // wide, -(-(at.column + at.columns) // wide))
            blocks |= set(product(rows, columns))
    for row in sorted({row for row, _ in blocks}):
        columns_needed = np.array(sorted(column for each, column in blocks if each == row))
        for part in np.split(columns_needed, np.flatnonzero(np.diff(columns_needed) > 1) + 1):
            left, right = int(part[0]) * wide, min((int(part[-1]) + 1) * wide, image.width)
            bottom = min((row + 1) * high, image.height)
            yield Window(left, row * high, right - left, bottom - row * high)


def model(run: RunContext) -> Answer:
    """The detector alone on the run's own chips, and with the date before looked at ahead."""
    locate(run)
    chips = _cut_some(run, plan_imagery(run, find_scenes(run)))
    detector = open_detector(run)
    kept = KeptDetector(
        detector, look_before(detector, chips), {n: row for row, n in enumerate(chips.building_ids)}
    )
    works = {"both": make_work(detector, chips), "after": make_work(kept, chips)}
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(MODEL_TURNS):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - begun)
    both_s, after_s = (statistics.median(taken[name]) for name in works)
    return {"buildings": len(chips), "seconds": both_s, "after_seconds": after_s}


def _cut_some(run: RunContext, batches: list[TileBatch]) -> ChipBatch:
    """Chips of the fullest tiles, as the run would cut them."""
    buildings = read_geo_table(run.folder.work("buildings"))
    tiles = [(len(tile.building_ids), tile, batch) for batch in batches for tile in batch.tiles]
    chips: list[ChipBatch] = []
    for _, tile, batch in sorted(tiles, key=lambda each: each[0], reverse=True)[:MODEL_TILES]:
        scenes = {scene.scene_id: scene for scene in batch.scenes}
        pre, post = scenes[tile.pre_scene_id], scenes[tile.post_scene_id]
        chips.append(cut_tile(tile, pre, post, buildings.to_crs(batch.crs), choose_cut()).chips)
    return ChipBatch.concatenate(chips)


def dense(run: RunContext) -> Answer:
    """The dense network's price on windows of the suburb, and how many hold an insured home."""
    locate(run)
    homes = read_geo_table(run.folder.work("buildings")).geometry.bounds
    first = place_scene(0)
    columns = (homes["minx"] - first.c) / first.a // WINDOW_PX
    rows = (homes["maxy"] - first.f) / first.e // WINDOW_PX
    windows = len(set(zip(columns, rows, strict=True)))
    price = measure_dense(run.event_file.parent / "imagery")
    return asdict(price) | {
        "buildings": len(homes), "mpx_per_building": windows * WINDOW_PX**2 / MEGA / len(homes),
    }  # fmt: skip


PARTS = {each.__name__: each for each in (grade, grade_prepared, decode, model, dense)}


def main() -> None:
    """Do one part and say what it took."""
    part, event_file, out, *settings = sys.argv[1:]
    logging.disable(logging.WARNING)
    settings_file = Path(settings[0]) if settings else None
    run = open_run(Path(event_file), Path(out), AS_OF_UTC, settings_file)
    print(json.dumps(PARTS[part](run)))


if __name__ == "__main__":
    main()
