"""Where the hazard, the book and the pictures lie: told when a run finds nobody or sees nobody."""

from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import SceneError, TransientError
from core.scenes import SceneRole
from flows.wiring.context import RunContext
from flows.wiring.scene_listing import WORLD, open_sources
from flows.wiring.storage.folders import read_geo_table, read_table, write_table
from imagery.pairing.choose import role_of
from reports.summary.gates import Gap

_EXTENTS = "extents"
_EDGES = ["west", "south", "east", "north"]
_OF_THE_PATH = ("none_in_path", "few_in_path")
_OF_THE_PICTURES = "few_graded"


def note_extents(run: RunContext, book: gpd.GeoDataFrame, hazard: BaseGeometry) -> None:
    """Write the bounds of the book's homes and of the hazard's area to the work folder."""
    grounds = {"book": shapely.box(*book.total_bounds), "hazard": hazard}
    known = [[name, *ground.bounds] for name, ground in grounds.items() if not ground.is_empty]
    write_table(pd.DataFrame(known, columns=["what", *_EDGES]), run.folder.work(_EXTENTS))


def place_gaps(run: RunContext, gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """The gaps; those that may come of ground that does not meet say where everything lies."""
    is_blind = not len(read_geo_table(run.folder.work("scenes")))
    return tuple(
        replace(gap, problem=f"{gap.problem}; {_say_extents(run)}")
        if gap.code in _OF_THE_PATH or (gap.code == _OF_THE_PICTURES and is_blind)
        else gap
        for gap in gaps
    )


def _say_extents(run: RunContext) -> str:
    noted = read_table(run.folder.work(_EXTENTS)).set_index("what")
    hazard, book = (
        _spell(tuple(noted.loc[name, _EDGES])) if name in noted.index else "no ground"
        for name in ("hazard", "book")
    )
    return (
        f"the hazard covers {hazard}, the book's homes lie within {book}, "
        f"the pictures after the event within {_say_pictures(run)}"
    )


def _say_pictures(run: RunContext) -> str:
    if run.source.imagery.stac_api is not None:  # which can hold the world
        return "ground that a server was not asked for"
    try:
        listed = open_sources(run.source, run.settings.imagery, run.as_of_utc)
        scenes = listed.search(WORLD, run.as_of_utc).scenes
    except (SceneError, TransientError):
        return "ground that could not be listed"
    window = run.source.event.window
    after = [scene.extent for scene in scenes if role_of(scene, window) is not SceneRole.PRE]
    return _spell(shapely.union_all(after).bounds) if after else "no ground"


def _spell(bounds: tuple[float, ...]) -> str:
    west, south, east, north = bounds
    return f"{_latitude(south)} to {_latitude(north)}, {_longitude(west)} to {_longitude(east)}"


def _latitude(degrees: float) -> str:
    return f"{abs(degrees):.2f} {'N' if degrees >= 0 else 'S'}"


def _longitude(degrees: float) -> str:
    return f"{abs(degrees):.2f} {'E' if degrees >= 0 else 'W'}"
