"""How fast pixels of JPEG COGs come onto a run's grid, beside decoding alone and a warped view.

``python benchmarks/read_bench.py`` prints the figures; one thread, files in the page cache.
"""

import math
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import rasterio
import shapely
from affine import Affine
from measuring import Figure, measure_rates
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from core.grid import WGS84, Bounds, GeoGrid, choose_metric_crs
from core.scenes import Scene
from imagery.pixels.read import SceneReader, read_on_grid
from imagery.town.town import TownOptions, render_town

SCENE_PX = 5120
PIXEL_M = 0.47
"""Most of xBD's scenes."""
TILE_M = 1024.0
QUALITY = 95
LONGITUDE, LATITUDE = -85.6, 30.2
METRES_PER_DEGREE = 111_320.0
BLOCKS_PX = (256, 512)
MEGA = 1e6
SEED = 7


def make_pixels() -> np.ndarray:
    """A rendered suburb, repeated and flipped to the size of a scene, ``(3, rows, columns)``."""
    town = render_town(TownOptions(homes=24, tile_px=512, missing_tiles=0, cloud_homes=0))
    part = next(iter(town.scenes)).pixels
    times = -(-SCENE_PX // part.shape[1])
    rows = [part[:, :: (-1) ** row] for row in range(times)]
    whole = np.tile(np.concatenate(rows, axis=1), (1, 1, times))[:, :SCENE_PX, :SCENE_PX]
    noise = np.random.default_rng(SEED).integers(-4, 5, whole.shape, dtype=np.int16)
    return (whole + noise).clip(0, 255).astype(np.uint8)


def write_scene(pixels: np.ndarray, path: Path, block_px: int) -> Scene:
    """A JPEG COG in EPSG:4326, as providers give them."""
    up = PIXEL_M / METRES_PER_DEGREE
    across = up / math.cos(math.radians(LATITUDE))
    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": 3, "height": SCENE_PX, "width": SCENE_PX,
        "crs": WGS84, "transform": Affine(across, 0, LONGITUDE, 0, -up, LATITUDE),
        "photometric": "RGB",
    }  # fmt: skip
    with MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(pixels)
        copy_raster(
            memory.name, str(path), driver="COG", COMPRESS="JPEG", QUALITY=QUALITY,
            BLOCKSIZE=block_px, OVERVIEWS="AUTO",
        )  # fmt: skip
    extent = shapely.box(
        LONGITUDE, LATITUDE - up * SCENE_PX, LONGITUDE + across * SCENE_PX, LATITUDE
    )
    nan = math.nan
    return Scene(
        path.stem, str(path), datetime(2018, 10, 13, tzinfo=UTC), extent, PIXEL_M, nan, nan, nan,
        "bench", "CC0-1.0",
    )  # fmt: skip


def make_grids(scene: Scene) -> list[GeoGrid]:
    """Four neighbouring tiles of a run in the middle of the scene, with their margin."""
    centre = scene.extent.centroid
    crs = choose_metric_crs(centre.x, centre.y)
    x, y = Transformer.from_crs(WGS84, crs, always_xy=True).transform(centre.x, centre.y)
    corners = [(x + i * TILE_M, y + j * TILE_M) for i in (-1, 0) for j in (-1, 0)]
    return [
        GeoGrid.covering(Bounds(west, south, west + TILE_M, south + TILE_M), crs, PIXEL_M)
        for west, south in corners
    ]


def decode(scene: Scene) -> None:
    """Every block of the scene once."""
    with rasterio.open(scene.href) as image:
        for row in range(0, SCENE_PX, 1024):
            image.read(window=Window(0, row, SCENE_PX, 1024))


def read_each(scene: Scene, grids: list[GeoGrid]) -> None:
    """Tiles as ``read_on_grid`` gives them, the scene opened for each."""
    for grid in grids:
        read_on_grid(scene, grid)


def read_open(scene: Scene, grids: list[GeoGrid]) -> None:
    """Tiles as a run reads them, the scene kept open."""
    with SceneReader() as reader:
        for grid in grids:
            reader.read(scene, grid)


def read_warped(scene: Scene, grids: list[GeoGrid], resampling: Resampling) -> None:
    """The usual way: a warped view with an alpha band."""
    for grid in grids:
        with (
            rasterio.open(scene.href) as image,
            WarpedVRT(
                image, crs=grid.crs, transform=grid.transform, height=grid.height,
                width=grid.width, resampling=resampling, add_alpha=True,
            ) as view,
        ):  # fmt: skip
            view.read()


def list_works(scene: Scene, block_px: int) -> Iterator[tuple[str, Callable[[], object], float]]:
    """Name, what to run, and the pixels that it gives, in millions."""
    grids = make_grids(scene)
    given = sum(grid.height * grid.width for grid in grids) / MEGA
    yield f"imagery.decode_{block_px}px_mpx_per_s", lambda: decode(scene), SCENE_PX**2 / MEGA
    yield f"imagery.read_{block_px}px_mpx_per_s", lambda: read_each(scene, grids), given
    yield f"imagery.read_open_{block_px}px_mpx_per_s", lambda: read_open(scene, grids), given
    yield (
        f"imagery.warped_view_{block_px}px_mpx_per_s",
        lambda: read_warped(scene, grids, Resampling.cubic), given,
    )  # fmt: skip


def measure_reading(rounds: int = 3) -> list[Figure]:
    """Millions of pixels a second of each way, by wall clock and one thread."""
    pixels = make_pixels()
    with tempfile.TemporaryDirectory() as folder:
        works = {
            name: (work, mpx)
            for block_px in BLOCKS_PX
            for scene in [write_scene(pixels, Path(folder) / f"{block_px}.tif", block_px)]
            for name, work, mpx in list_works(scene, block_px)
        }
        rates = measure_rates(works, rounds)
    return [Figure(name, rate, "Mpx/s") for name, rate in rates.items()]


if __name__ == "__main__":
    for figure in measure_reading():
        print(f"{figure.name:45s} {figure.value:10.1f} {figure.unit}")
