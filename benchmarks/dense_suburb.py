"""A made-up suburb of 1,150 homes a square kilometre as an event folder of JPEG COGs.

Large suburbs show the same few pictures at several places. Each place has a file of its own, so
nothing is decoded once for two of them.

``python benchmarks/dense_suburb.py 5000`` makes one and says where it is.
"""

import json
import math
import struct
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import suburb_pieces
from affine import Affine
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster
from suburb_pieces import DATES, GSD_M, SCENE_PX, SEEDS, Ground, lay_ground, read_piece

from core.events import CatEvent, OccurrenceWindow, Peril
from core.grid import WGS84, choose_metric_crs
from core.provenance import content_key, sha256_of_file
from core.tables import FOOTPRINTS, check_table
from flows.importing.xbd import make_event_file
from flows.wiring.event_file import write_event_file
from flows.wiring.sections.hazard import HazardSection
from flows.wiring.storage.folders import atomic_folder, atomic_path, write_table
from policies.made_up.book import BookRegion, make_book, write_book
from policies.made_up.siting import BookShares

CACHE = Path(tempfile.gettempdir()) / "firstnotice-bench"
"""Suburbs are kept there for the next run; can be deleted at any time."""
AS_OF_UTC = datetime(2018, 10, 14, 12, tzinfo=UTC)
CAPTURED_UTC = {
    "pre": datetime(2018, 9, 13, 16, 22, tzinfo=UTC),
    "post": datetime(2018, 10, 13, 16, 48, tzinfo=UTC),
}
LOSSES = OccurrenceWindow(
    datetime(2018, 10, 10, 12, tzinfo=UTC), datetime(2018, 10, 11, tzinfo=UTC)
)
WEST, NORTH = -85.70, 30.30
"""North-west Florida, under Hurricane Michael's track."""
METRES_PER_DEGREE = 111_320.0
UP_DEG = GSD_M / METRES_PER_DEGREE
ACROSS_DEG = UP_DEG / math.cos(math.radians(NORTH))
POST_SHIFT_PX = (1.5, -0.8)
"""Right and down shift of what the picture after shows: orthorectification leaves some."""
JPEG_QUALITY = 90
PICTURES = 4
"""Different pictures of a date; further places repeat them."""
PLACES_A_ROW = 4
BOX_MARGIN_DEG = 1e-4
TIE_POINT = struct.Struct("<6d")
"""GeoTIFF's ModelTiepointTag: column, row, height, longitude, latitude, height."""
SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class SuburbOptions:
    """What to make; the same options make the same suburb."""

    homes: int = 5_000
    """Homes with a footprint."""
    insured_every: int = 1
    """One home in so many has a policy."""
    block_px: int = 512
    """Side of the COGs' blocks."""

    @property
    def name(self) -> str:
        """Names its event and folder."""
        return f"suburb-{self.homes}-{self.block_px}px-1in{self.insured_every}"


def write_suburb(options: SuburbOptions, cache: Path = CACHE) -> Path:
    """The event file of a suburb, made unless it is there."""
    folder = cache / f"{options.name}-{content_key(asdict(options), _digest_code())}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with atomic_folder(folder) as partial:
            _write(options, partial, cache)
    return folder / "event.yaml"


def _digest_code() -> list[str]:
    """What is made depends on how."""
    return [sha256_of_file(path) for path in (Path(__file__), Path(suburb_pieces.__file__))]


def _write(options: SuburbOptions, folder: Path, cache: Path) -> None:
    pieces = [read_piece(seed, cache) for seed in SEEDS]
    grounds = [lay_ground(number, pieces) for number in range(PICTURES)]
    footprints, places = _build_homes(grounds, options.homes)
    _write_imagery(options, grounds, places, folder / "imagery", cache)
    write_table(footprints.drop(columns="grade"), folder / "footprints.parquet")
    event = CatEvent(options.name, "Dense suburb", (Peril.TROPICAL_CYCLONE_WIND,), LOSSES)
    west, south, east, north = footprints.total_bounds.tolist()
    margin = BOX_MARGIN_DEG
    hazard = HazardSection(box=(west - margin, south - margin, east + margin, north + margin))
    write_event_file(make_event_file(event, hazard), folder / "event.yaml")
    order = np.random.default_rng(SEED).permutation(len(footprints))
    insured = footprints.iloc[np.sort(order[: len(order) // options.insured_every])]
    book = make_book(
        insured.drop(columns="grade").reset_index(drop=True),
        insured.set_index("building_id")["grade"], event, seed=SEED,
        shares=BookShares(0, 0, 0, 0, 0, 0), region=BookRegion(area_code="FL"),
    )  # fmt: skip
    write_book(book, folder / "policies")


def place_scene(place: int, shift_px: tuple[float, float] = (0.0, 0.0)) -> Affine:
    """From ``(column, row)`` of a place's scene to longitude and latitude."""
    row, column = divmod(place, PLACES_A_ROW)
    west = WEST + column * SCENE_PX * ACROSS_DEG
    north = NORTH - row * SCENE_PX * UP_DEG
    return Affine(ACROSS_DEG, 0, west, 0, -UP_DEG, north) @ Affine.translation(*shift_px)


def _build_homes(grounds: list[Ground], wanted: int) -> tuple[gpd.GeoDataFrame, int]:
    """FOOTPRINTS and xBD grades of so many homes, and how many places they fill."""
    outlines, grades, place = [], [], 0
    while sum(map(len, grades)) < wanted:
        ground, to_earth = grounds[place % PICTURES], place_scene(place)
        outlines.append(shapely.transform(ground.outline(), _Placed(to_earth)))
        grades.append(ground.grade())
        place += 1
    homes = gpd.GeoDataFrame(
        {"source": "rendered", "grade": np.concatenate(grades)[:wanted]},
        geometry=np.concatenate(outlines)[:wanted], crs=WGS84,
    )  # fmt: skip
    homes.insert(0, "building_id", [f"home-{number:06d}" for number in range(wanted)])
    homes["area_m2"] = homes.to_crs(choose_metric_crs(WEST, NORTH)).area
    check_table(homes.drop(columns="grade"), FOOTPRINTS)
    return homes, place


@dataclass(frozen=True, slots=True)
class _Placed:
    transform: Affine

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return np.column_stack(self.transform @ (points[:, 0], points[:, 1]))


def _write_imagery(
    options: SuburbOptions, grounds: list[Ground], places: int, folder: Path, cache: Path
) -> None:
    folder.mkdir()
    items = []
    for date, shift_px in zip(DATES, ((0.0, 0.0), POST_SHIFT_PX), strict=True):
        for place in range(places):
            number = place % PICTURES
            key = content_key(_digest_code(), number, date, options.block_px)
            path = cache / f"picture-{key}.tif"
            if not path.exists():
                with atomic_path(path) as partial:
                    _write_cog(grounds[number], date, partial, options.block_px)
            scene_id = f"{date}-{place:02d}"
            transform = place_scene(place, shift_px)
            _write_moved(path, folder / f"{scene_id}.tif", transform)
            items.append(_describe(scene_id, date, transform))
    links = [{"rel": "item", "href": f"./{item['id']}.json"} for item in items]
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": options.name,
            "description": "A dense suburb", "links": links}  # fmt: skip
    for name, content in (("catalog", root), *((item["id"], item) for item in items)):
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def _write_cog(ground: Ground, date: str, path: Path, block_px: int) -> None:
    """A picture as a JPEG COG, at the first place."""
    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": 3, "height": SCENE_PX, "width": SCENE_PX,
        "crs": WGS84, "transform": place_scene(0), "photometric": "RGB",
    }  # fmt: skip
    with MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(ground.paint(date))
        copy_raster(
            memory.name, str(path), driver="COG", COMPRESS="JPEG", QUALITY=JPEG_QUALITY,
            BLOCKSIZE=block_px, OVERVIEWS="AUTO", NUM_THREADS="ALL_CPUS",
        )  # fmt: skip


def _write_moved(source: Path, path: Path, transform: Affine) -> None:
    """A copy at another place: only its tie point differs, so it stays as it was laid out."""
    content = source.read_bytes()
    first = place_scene(0)
    old = TIE_POINT.pack(0, 0, 0, first.c, first.f, 0)
    if content.count(old) != 1:
        raise ValueError(f"{source} does not have its tie point once")
    path.write_bytes(content.replace(old, TIE_POINT.pack(0, 0, 0, transform.c, transform.f, 0)))


def _describe(scene_id: str, date: str, transform: Affine) -> dict[str, Any]:
    """The STAC item of a scene."""
    west, north = transform @ (0, 0)
    east, south = transform @ (SCENE_PX, SCENE_PX)
    return {
        "type": "Feature", "stac_version": "1.0.0", "stac_extensions": [], "id": scene_id,
        "geometry": shapely.geometry.mapping(shapely.box(west, south, east, north)),
        "bbox": [west, south, east, north], "links": [],
        "properties": {
            "datetime": CAPTURED_UTC[date].isoformat(), "gsd": GSD_M, "license": "CC0-1.0",
        },
        "assets": {"visual": {
            "href": f"./{scene_id}.tif", "roles": ["data", "visual"],
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        }},
    }  # fmt: skip


if __name__ == "__main__":
    print(write_suburb(SuburbOptions(homes=int(sys.argv[1]))))
