"""Buildings on the ground: which lie around a place, and how far, in metres.

Degrees become metres on the plane that touches the WGS84 ellipsoid at the building: within the
hundred metres around it that is exact to a millimetre, at any longitude, and asks for no
projection.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from policies.matching.outlines import Outlines

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_EQUATOR_M, _ECCENTRICITY2 = 6_378_137.0, 0.006_694_379_990_14
"""WGS84: radius of the equator and square of the first eccentricity (NIMA TR8350.2)."""

CHUNK = 200_000
"""Places looked at together: it bounds the memory that pairs of places and buildings take."""

_CELL_DEG = 0.1
"""Event areas are made of cells of about 10 km; a building lies in one or reaches into the next."""


def metres_per_degree(latitude: Floats) -> tuple[Floats, Floats]:
    """Metres in a degree eastward and northward at latitudes, degrees, ``(places,)`` each."""
    phi = np.radians(latitude)
    bend = 1 - _ECCENTRICITY2 * np.sin(phi) ** 2
    east = np.radians(_EQUATOR_M * np.cos(phi) / np.sqrt(bend))
    north = np.radians(_EQUATOR_M * (1 - _ECCENTRICITY2) / bend**1.5)
    return east, north


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Places, degrees, ``(places,)`` each."""

    longitude: Floats
    latitude: Floats

    def take(self, wanted: Places | slice) -> Self:
        """Some of the places, in the order asked for."""
        return type(self)(self.longitude[wanted], self.latitude[wanted])


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Places and buildings near them, by place; of a place, the nearest first.

    Attributes:
        place: which place, counted as they were asked for.
        building: place of the building in the ground.
        away_m: metres from the place to the building's box or outline; 0 = inside.
    """

    place: Places
    building: Places
    away_m: Floats

    def take(self, wanted: NDArray[np.bool_]) -> Self:
        """Some of the pairs, in their order."""
        return type(self)(self.place[wanted], self.building[wanted], self.away_m[wanted])

    def measured(self, away_m: Floats) -> Self:
        """The same pairs by other distances, in their order."""
        order = np.lexsort((self.building, away_m, self.place))
        return type(self)(self.place[order], self.building[order], away_m[order])

    @property
    def is_first(self) -> NDArray[np.bool_]:
        """The first pair of each place, ``(pairs,)``."""
        first = np.ones(len(self.place), dtype=bool)
        first[1:] = self.place[1:] != self.place[:-1]
        return first


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Outlines of buildings, ready to be asked.

    Attributes:
        building_id: sorted ids, ``(buildings,)``.
        shapes: their outlines, EPSG:4326.
        bounds: west, south, east and north of each, degrees, ``(buildings, 4)``.
        longitude: middle of each box, degrees.
        latitude: likewise.
        area_m2: ground area of each outline.
        tree: of the outlines, in degrees.
    """

    building_id: NDArray[np.object_]
    shapes: NDArray[np.object_]
    bounds: Floats
    longitude: Floats
    latitude: Floats
    area_m2: Floats
    tree: shapely.STRtree

    @classmethod
    def of(cls, outlines: Outlines, spots: Spots) -> Self:
        """The buildings in the area of some places, or next to it."""
        bounds = shapely.bounds(outlines.geometry)
        kept = _find_in_area(bounds, spots)
        shapes, bounds = outlines.geometry[kept], bounds[kept]
        x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
        east, north = metres_per_degree(y)
        area_m2 = shapely.area(shapes) * east * north
        return cls(
            outlines.building_id[kept], shapes, bounds, x, y, area_m2, shapely.STRtree(shapes)
        )

    def find_inside(self, points: NDArray[np.object_]) -> tuple[Places, Places]:
        """Places and the buildings that they lie in, or on the edge of, by place."""
        place, building = self.tree.query(points, predicate="intersects")
        order = np.lexsort((building, place))
        return place[order], building[order]

    def find_around(self, spots: Spots, reach_m: Floats) -> Iterator[Pairs]:
        """Buildings whose boxes come within reach of places, chunk by chunk.

        Their distances are those of the boxes: no outline is nearer than its box.

        Args:
            spots: the places.
            reach_m: how far to look around each, metres, ``(places,)``.
        """
        for start in range(0, len(reach_m), CHUNK):
            chunk = slice(start, start + CHUNK)
            pairs = self._find_chunk(spots.take(chunk), reach_m[chunk])
            yield Pairs(pairs.place + start, pairs.building, pairs.away_m)

    def _find_chunk(self, spots: Spots, reach_m: Floats) -> Pairs:
        x, y = spots.longitude, spots.latitude
        east, north = metres_per_degree(y)
        wide, high = reach_m / east, reach_m / north
        place, building = self.tree.query(shapely.box(x - wide, y - high, x + wide, y + high))
        x, y = x[place], y[place]
        left, bottom, right, top = self.bounds[building].T
        beside_m = np.maximum(np.maximum(left - x, x - right), 0) * east[place]
        below_m = np.maximum(np.maximum(bottom - y, y - top), 0) * north[place]
        away_m = np.hypot(beside_m, below_m)
        near = away_m <= reach_m[place]
        return Pairs(place[near], building[near], away_m[near]).measured(away_m[near])

    def measure(self, spots: Spots, building: Places) -> Floats:
        """Metres from each place to the outline of its building, ``(places,)``; 0 = inside."""
        distinct, which = np.unique(building, return_inverse=True)
        frames = self.localise(distinct, distinct)
        x = (spots.longitude - self.longitude[building]) * frames.east[which]
        y = (spots.latitude - self.latitude[building]) * frames.north[which]
        away_m: Floats = shapely.distance(shapely.points(x, y), frames.shapes[which])
        return away_m

    def localise(self, buildings: Places, middles: Places) -> "Frames":
        """Outlines in metres around the middles of buildings, ``(buildings,)`` each."""
        x, y = self.longitude[middles], self.latitude[middles]
        east, north = metres_per_degree(y)
        shapes = self.shapes[buildings].copy()
        xy, owner = shapely.get_coordinates(shapes, return_index=True)
        xy[:, 0] = (xy[:, 0] - x[owner]) * east[owner]
        xy[:, 1] = (xy[:, 1] - y[owner]) * north[owner]
        return Frames(shapely.set_coordinates(shapes, xy), east, north)


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Outlines in metres, and how many metres a degree had there.

    Attributes:
        shapes: the outlines.
        east: metres in a degree of longitude.
        north: metres in a degree of latitude.
    """

    shapes: NDArray[np.object_]
    east: Floats
    north: Floats


def _find_in_area(bounds: Floats, spots: Spots) -> Places:
    """Buildings in the cells of the places or in a cell next to one of them, in their order."""
    if not len(spots.longitude) or not len(bounds):
        return np.zeros(0, dtype=np.intp)
    held = np.unique(_number_cells(spots.longitude, spots.latitude))
    across = int(360 / _CELL_DEG)
    steps = np.array([row * across + column for row in (-1, 0, 1) for column in (-1, 0, 1)])
    area = np.unique(held[:, None] + steps)
    is_in = np.isin(_number_cells(bounds[:, 0], bounds[:, 1]), area)
    is_in |= np.isin(_number_cells(bounds[:, 2], bounds[:, 3]), area)
    is_wide = (bounds[:, 2] - bounds[:, 0] > _CELL_DEG) | (bounds[:, 3] - bounds[:, 1] > _CELL_DEG)
    return np.flatnonzero(is_in | is_wide)


def _number_cells(longitude: Floats, latitude: Floats) -> NDArray[np.int64]:
    column, row = np.floor(longitude / _CELL_DEG), np.floor(latitude / _CELL_DEG)
    numbers: NDArray[np.int64] = (row * int(360 / _CELL_DEG) + column).astype(np.int64)
    return numbers
