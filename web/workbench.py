"""What all requests share: options, sessions, and runs held in memory once they were asked for."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from core.grid import WGS84
from core.schemas.book import LOCATION_KEY
from imagery.shown.tiles import draw_tile
from web.options import RunPixels, WorkbenchOptions
from web.people.sessions import Sessions
from web.people.throttle import Throttle
from web.reviewing.handing_out import HandedOut
from web.reviewing.journal import Journal
from web.reviewing.queue import Deck
from web.runs.homes import HomeFilter, Homes, read_homes
from web.runs.listing import FINDINGS_FILE, Run
from web.runs.sides import order_scenes
from web.tiles.cutting import cut_tile
from web.tiles.encoding import encode_tile

if TYPE_CHECKING:
    import pandas as pd

RUNS_HELD = 4
"""Runs in memory: some 150 MB each with 200,000 homes."""
MASKS_HELD = 64
TILES_HELD = 4_096
"""Some 5 kB each: the whole map of an event, twice."""
PICTURES_HELD = 1_024
"""Some 10 kB each."""
DRAWING = 2
"""Pictures drawn at once: more only wait for each other's turn at the processor."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Held(Generic[K, V]):
    """Values kept by key, the newest used; made once, even where many ask at the same moment."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()
        self._making: dict[K, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key, made if it is not held."""
        with self._guard:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._guard:
                if key in self._values:
                    return self._values[key]
            value = make()
            with self._guard:
                self._values[key] = value
                self._making.pop(key, None)
                while len(self._values) > self._most:
                    self._values.popitem(last=False)
        return value


class Workbench:
    """The state of one server."""

    def __init__(self, options: WorkbenchOptions) -> None:
        self.options = options
        self.sessions = Sessions(options.sessions)
        self.throttle = Throttle()
        self._homes: Held[tuple[str, str], Homes] = Held(RUNS_HELD)
        self._pixels: Held[tuple[str, str], RunPixels | None] = Held(RUNS_HELD)
        self._outlines: Held[tuple[str, str], gpd.GeoDataFrame] = Held(RUNS_HELD)
        self._masks: Held[Hashable, NDArray[np.bool_] | None] = Held(MASKS_HELD)
        self._tiles: Held[Hashable, bytes] = Held(TILES_HELD)
        self._pictures: Held[Hashable, bytes | None] = Held(PICTURES_HELD)
        self._drawing = threading.BoundedSemaphore(DRAWING)
        self._decks: Held[tuple[str, str], Deck] = Held(RUNS_HELD)
        self._handed_out: dict[str, HandedOut] = {}
        self.handing_out = threading.RLock()

    def homes(self, run: Run) -> Homes:
        """A run's homes."""
        path = run.folder / FINDINGS_FILE
        return self._homes.get(_key(run), lambda: read_homes(run.event_id, path))

    def pixels(self, run: Run) -> RunPixels | None:
        """A run's pictures; None where they cannot be found again."""
        return self._pixels.get(_key(run), lambda: self.options.open_pixels(run.folder))

    def outlines(self, run: Run) -> gpd.GeoDataFrame:
        """FOOTPRINTS of the run's homes."""
        path = run.folder / "work" / "buildings.parquet"
        return self._outlines.get(_key(run), lambda: _read_outlines(path))

    def outline(self, run: Run, building_id: str | None) -> dict[str, Any] | None:
        """A building's outline as GeoJSON, EPSG:4326; None of a home without one."""
        outlines = self.outlines(run)
        if building_id is None or building_id not in outlines.index:
            return None
        outline: dict[str, Any] = shapely.geometry.mapping(outlines.geometry[building_id])
        return outline

    def finding(self, run: Run, row: int) -> "pd.Series[object]":
        """Everything that the run says of a home."""
        home = self.homes(run).table.iloc[row]
        is_it = [(name, "=", home[name]) for name in LOCATION_KEY]
        found = gpd.read_parquet(run.folder / FINDINGS_FILE, filters=is_it)
        return found.iloc[0]

    def mask(self, run: Run, wanted: HomeFilter) -> NDArray[np.bool_] | None:
        """Which homes of a run a filter shows; None for all."""
        return self._masks.get((_key(run), wanted), lambda: self.homes(run).choose(wanted))

    def vector_tile(self, run: Run, place: tuple[int, int, int], wanted: HomeFilter) -> bytes:
        """A tile of homes."""

        def make() -> bytes:
            homes, chosen = self.homes(run), self.mask(run, wanted)
            with self._drawing:
                return encode_tile(homes, cut_tile(homes, *place, chosen))

        return self._tiles.get((_key(run), place, wanted), make)

    def picture_tile(self, run: Run, side: str, place: tuple[int, int, int]) -> bytes | None:
        """A tile of pictures before or after; None where there are none."""

        def make() -> bytes | None:
            pixels = self.pixels(run)
            if pixels is None:
                return None
            scenes = order_scenes(self.homes(run).table, side, pixels.scenes)
            with self._drawing:
                return draw_tile(scenes, place, pixels.reader.read)

        return self._pictures.get((_key(run), side, place), make)

    def journal(self, run: Run) -> Journal:
        """What people judged of the run's event."""
        return Journal(run.event_folder)

    def deck(self, run: Run, build: Callable[[], Deck]) -> Deck:
        """The homes of a run that can be judged."""
        return self._decks.get(_key(run), build)

    def held_homes(self, run: Run, since: datetime) -> HandedOut:
        """Which homes of the run's event are before whom; older slips are let go."""
        with self.handing_out:
            handed_out = self._handed_out.setdefault(run.event_id, HandedOut())
            handed_out.forget_before(since)
            return handed_out


def _key(run: Run) -> tuple[str, str]:
    return run.event_id, run.run_id


def _read_outlines(path: Path) -> gpd.GeoDataFrame:
    """FOOTPRINTS by building; none where the run keeps none."""
    if not path.is_file():
        return gpd.GeoDataFrame(geometry=[], crs=WGS84)
    return gpd.read_parquet(path).set_index("building_id", drop=False)
