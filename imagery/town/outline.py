"""Where a rendered town lies on Earth: outlines of roofs, scene transforms, who is seen."""

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Geod

from core.grid import WGS84, choose_metric_crs
from core.tables import FOOTPRINTS, check_table
from imagery.town.drawing.things import roofs_of
from imagery.town.homes import Homes
from imagery.town.options import TownOptions
from imagery.town.plan import TownPlan

OUTLINE_SHIFT_PX = 0.8
"""Farthest that an outline lies off its roof: footprint layers are drawn on other pictures."""
OUTLINE_SCALE_FRAC = 0.03
"""Most by which an outline is larger or smaller than its roof."""
_EARTH = Geod(ellps="WGS84")
_BASE_M = 1000.0
"""Base over which a degree is measured."""

_OUTLINE_STREAM = 81


def outline_roofs(homes: Homes) -> NDArray[np.object_]:
    """``(n,)`` polygons of the roofs, town metres."""
    boxes = roofs_of(homes)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    local = boxes.half_m[:, None, :] * corners
    cosine, sine = np.cos(boxes.angle_rad)[:, None], np.sin(boxes.angle_rad)[:, None]
    x = boxes.at_m[:, :1] + local[..., 0] * cosine - local[..., 1] * sine
    y = boxes.at_m[:, 1:] + local[..., 0] * sine + local[..., 1] * cosine
    wings = shapely.polygons(np.stack([x, y], axis=-1))
    outlines: NDArray[np.object_] = wings[: len(homes)].copy()
    has_wing = np.flatnonzero(homes.wing_half_m[:, 0] > 0)
    outlines[has_wing] = shapely.union(outlines[has_wing], wings[len(homes) :])
    return outlines


def find_seen(
    outlines: NDArray[np.object_], plan: TownPlan, options: TownOptions
) -> NDArray[np.bool_]:
    """``(n,)`` whether a roof is in some picture after the event.

    The plan leaves no roof half seen, so touching one scene is being whole in it.
    """
    seen = np.zeros(len(outlines), dtype=bool)
    for row, column in np.ndindex(plan.tiles):
        if (row, column) == plan.missing_tile:
            continue
        left, top, side = (value * options.gsd_m for value in place_tile(options, row, column))
        seen |= shapely.intersects(outlines, shapely.box(left, top, left + side, top + side))
    return seen


def place_tile(options: TownOptions, row: int, column: int) -> tuple[int, int, int]:
    """First column, first row and side of a scene in the whole picture, pixels."""
    stride = options.tile_px - options.overlap_px
    return column * stride, row * stride, options.tile_px


def compute_transform(options: TownOptions, town_px: tuple[int, int]) -> Affine:
    """From ``(column, row)`` of the whole picture to longitude and latitude, degrees.

    Pixels are square in metres at the town's middle; a kilometre off, by latitude, they are
    1e-4 of their width too narrow.
    """
    centre = (options.center_longitude_deg, options.center_latitude_deg)
    east = _EARTH.fwd(*centre, 90, _BASE_M)[0] - centre[0]
    north = _EARTH.fwd(*centre, 0, _BASE_M)[1] - centre[1]
    turn = np.deg2rad(options.rotation_deg)
    cosine, sine = float(np.cos(turn)), float(np.sin(turn))
    scale = options.gsd_m / _BASE_M
    return (
        Affine.translation(*centre)
        @ Affine.scale(east * scale, north * scale)
        @ Affine(cosine, -sine, 0, -sine, -cosine, 0)
        @ Affine.translation(-town_px[1] / 2, -town_px[0] / 2)
    )


def build_footprints(
    options: TownOptions, ids: list[str], outlines: NDArray[np.object_], transform: Affine
) -> gpd.GeoDataFrame:
    """The FOOTPRINTS table, each outline a little off its roof."""
    rng = np.random.default_rng((options.seed, _OUTLINE_STREAM))
    middle = shapely.get_coordinates(shapely.centroid(outlines))
    bearing = rng.uniform(0, 2 * np.pi, len(ids))
    far = OUTLINE_SHIFT_PX * options.gsd_m * np.sqrt(rng.random(len(ids)))
    shift = np.column_stack([np.cos(bearing), np.sin(bearing)]) * far[:, None]
    scale = 1 + rng.uniform(-OUTLINE_SCALE_FRAC, OUTLINE_SCALE_FRAC, (len(ids), 1))
    points, owner = shapely.get_coordinates(outlines), _owners(outlines)
    moved = middle[owner] + (points - middle[owner]) * scale[owner] + shift[owner]
    on_earth = np.column_stack(transform @ tuple(moved.T / options.gsd_m))
    geometry = shapely.set_coordinates(outlines.copy(), on_earth)
    frame = gpd.GeoDataFrame(
        {"building_id": ids, "source": "rendered"}, geometry=geometry, crs=WGS84
    )
    metric = choose_metric_crs(options.center_longitude_deg, options.center_latitude_deg)
    frame["area_m2"] = frame.to_crs(metric).area
    checked: gpd.GeoDataFrame = check_table(frame, FOOTPRINTS)
    return checked


def _owners(outlines: NDArray[np.object_]) -> NDArray[np.intp]:
    return np.asarray(shapely.get_coordinates(outlines, return_index=True)[1], dtype=np.intp)
