"""Real pairs of scenes from event folders, read on one grid, to add known harm to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from PIL import Image

from core.damage import XBD_SUBTYPES
from core.grid import Bounds, GeoGrid
from imagery.catalogs.static import StaticStacCatalog
from imagery.chips.places import ChipPlaces, place_chips
from imagery.chips.tiles import ChipOptions
from imagery.pixels.read import Pixels, read_on_grid

PIXEL_M = 0.5
MARGIN_M = 45.0
"""Ground around the homes: chips, the search, and what a turn brings in."""
MIN_HOMES = 15
END = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class RealPair:
    """One pair: pixels of both dates, its homes and their grades."""

    event_id: str
    scene_id: str
    before: Pixels
    after: Pixels
    places: ChipPlaces
    grades: NDArray[np.int64]


def read_pairs(event: Path, count: int, seed: int) -> Iterator[RealPair]:
    """So many pairs of an event folder, drawn at random among those with enough homes."""
    catalog = StaticStacCatalog(event / "imagery" / "catalog.json")
    scenes = {s.scene_id: s for s in catalog.search(shapely.box(-180, -90, 180, 90), END).scenes}
    footprints = gpd.read_parquet(event / "footprints.parquet").to_crs(4326)
    truth = pd.read_parquet(event / "truth.parquet").drop_duplicates("building_id")
    grades = truth.set_index("building_id")["grade"].map(XBD_SUBTYPES)
    metric = footprints.to_crs(footprints.estimate_utm_crs())
    usable = []
    for name in sorted(scenes):
        other = name.replace("_pre_", "_post_")
        homes = metric[footprints.within(scenes[name].extent).to_numpy()]
        if other != name and other in scenes and len(homes) >= MIN_HOMES:
            usable.append((name, other, homes[homes["building_id"].isin(grades.index)]))
    for index in np.random.default_rng(seed).permutation(len(usable))[:count]:
        name, other, homes = usable[index]
        west, south, east, north = homes.total_bounds
        grid = GeoGrid.covering(
            Bounds(west, south, east, north).buffered(MARGIN_M), str(metric.crs), PIXEL_M
        )
        yield RealPair(
            event.name, name, read_on_grid(scenes[name], grid), read_on_grid(scenes[other], grid),
            place_chips(homes.reset_index(drop=True), grid, ChipOptions()),
            grades.loc[list(homes["building_id"])].to_numpy(np.int64),
        )  # fmt: skip


def move(
    pixels: Pixels, shift_px: complex, turn_deg: float = 0.0, gsd_ratio: float = 1.0
) -> Pixels:
    """The picture moved by column + 1j * row, turned about its middle, and taken more coarsely."""
    height, width = pixels.valid.shape
    cosine, sine = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    x, y = width / 2, height / 2
    # output pixel to input pixel: back by the shift, then back by the turn
    a, b, d, e = cosine, sine, -sine, cosine
    c = x - a * (x + shift_px.real) - b * (y + shift_px.imag)
    f = y - d * (x + shift_px.real) - e * (y + shift_px.imag)
    small = (round(width / gsd_ratio), round(height / gsd_ratio))
    bands = []
    for band in pixels.bands:
        image = Image.fromarray(band).transform(
            (width, height), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BICUBIC
        )
        if gsd_ratio > 1:
            image = image.resize(small, Image.Resampling.BOX).resize(
                (width, height), Image.Resampling.BICUBIC
            )
        bands.append(np.asarray(image))
    # as numbers: Pillow's one-bit pictures do not take a numpy mask as it lies
    valid = Image.fromarray(pixels.valid.astype(np.uint8)).transform(
        (width, height), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.NEAREST
    )
    return Pixels(np.stack(bands), np.asarray(valid, bool))


def expect(places: ChipPlaces, shift_px: complex, turn_deg: float) -> NDArray[np.complex128]:
    """Where ``move`` puts each home, column + 1j * row from where it was."""
    middle = complex(places.grid.width / 2, places.grid.height / 2)
    home = places.middles[:, 0] + 1j * places.middles[:, 1]
    turned = (home - middle) * np.exp(1j * np.radians(turn_deg))
    return middle + turned + shift_px - home
