"""Dense pieces of the rendered town, laid out again and again as the ground of one scene.

Pieces are turned and mirrored, so that no two neighbours are alike; pictures cost what real ones
cost to decode, and houses look as the model expects them.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray

from core.provenance import content_key
from flows.wiring.storage.folders import atomic_path
from imagery.event_folder import SceneImage
from imagery.town.town import TownOptions, draw_style, render_town

DATES = ("pre", "post")
GSD_M = 0.4
"""Between the 0.3 m of today's satellites and the 0.5 m of xBD's."""
PIECE_PX = 896
"""Side of a piece: some 148 homes in 358 m."""
PIECES_A_SIDE = 6
SCENE_PX = PIECE_PX * PIECES_A_SIDE
"""5,376 px or 2.15 km: some 5,300 homes a scene."""
HOMES, TILE_PX, OVERLAP_PX = 260, 1408, 80
"""A town whose middle is dense over one piece; its ragged edge is cut off."""
LOT_FRONT_M, LOT_DEPTH_M = 16.0, 27.5
"""With streets and empty lots these make 1,150 homes a square kilometre."""
SEEDS = (1, 2, 3, 4)
SEARCH_STEP_PX = 64
TURNS, MIRRORED = 4, 2

Pixels = NDArray[np.uint8]
Objects = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Some blocks of houses.

    Attributes:
        pictures: uint8 ``(3, PIECE_PX, PIECE_PX)`` by date.
        outlines: polygons in pixels of it.
        grades: xBD words, as outlines.
    """

    pictures: dict[str, Pixels]
    outlines: Objects
    grades: Objects


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What a scene shows: which piece lies where, and how it is turned."""

    cells: tuple[tuple[int, int, Piece, int], ...]
    """Row, column, piece, and number of the turn: a mirroring is 4 more."""

    def paint(self, date: str) -> Pixels:
        """The picture of a date, ``(3, SCENE_PX, SCENE_PX)``."""
        whole = np.empty((3, SCENE_PX, SCENE_PX), np.uint8)
        for row, column, piece, turn in self.cells:
            rows, columns = (slice(at * PIECE_PX, (at + 1) * PIECE_PX) for at in (row, column))
            whole[:, rows, columns] = _turn_picture(piece.pictures[date], turn)
        return whole

    def outline(self) -> Objects:
        """Outlines of its homes in pixels of the scene, northern rows first."""
        return np.concatenate(
            [
                shapely.transform(piece.outlines, _Placing(row, column, turn))
                for row, column, piece, turn in self.cells
            ]
        )

    def grade(self) -> Objects:
        """xBD words of its homes."""
        return np.concatenate([piece.grades for _, _, piece, _ in self.cells])


def lay_ground(number: int, pieces: list[Piece]) -> Ground:
    """One of the different grounds."""
    rng = np.random.default_rng(number)
    sides = range(PIECES_A_SIDE)
    drawn = rng.integers([len(pieces), TURNS * MIRRORED], size=(PIECES_A_SIDE**2, 2)).tolist()
    cells = [(row, column) for row in sides for column in sides]
    return Ground(
        tuple((*cell, pieces[at], turn) for cell, (at, turn) in zip(cells, drawn, strict=True))
    )


def read_piece(seed: int, cache: Path) -> Piece:
    """The dense middle of a rendered town; rendered unless the cache holds it."""
    style = replace(draw_style(seed), lot_width_m=LOT_FRONT_M, lot_depth_m=LOT_DEPTH_M)
    options = TownOptions(
        seed=seed, gsd_m=GSD_M, missing_tiles=0, cloud_homes=0, post_shift_px=(0, 0), style=style,
        homes=HOMES, tile_px=TILE_PX, overlap_px=OVERLAP_PX,
    )  # fmt: skip
    path = cache / f"piece-{content_key(asdict(options), PIECE_PX)}.npz"
    if not path.exists():
        cut = _cut_piece(options)
        with atomic_path(path) as partial, partial.open("wb") as file:
            np.savez(file, **cut)
    with np.load(path) as kept:
        return Piece(
            {date: kept[date] for date in DATES},
            shapely.from_wkb(kept["outlines"].astype(object)),
            kept["grades"].astype(object),
        )


def _cut_piece(options: TownOptions) -> dict[str, Any]:
    town = render_town(options)
    to_pixels = ~next(s for s in town.scenes if "-pre-r0c0" in s.scene_id).transform
    pictures = {
        date: _join([s for s in town.scenes if f"-{date}-" in s.scene_id], to_pixels)
        for date in DATES
    }
    outlines = shapely.transform(
        town.footprints.geometry.to_numpy(),
        lambda at: np.column_stack(to_pixels @ (at[:, 0], at[:, 1])),
    )
    left, top = _find_densest(shapely.bounds(outlines), pictures["pre"].shape[1:])
    here = shapely.box(left, top, left + PIECE_PX, top + PIECE_PX)
    inside = shapely.contains_properly(here, outlines)
    moved = shapely.transform(outlines[inside], lambda at: at - (left, top))
    rows, columns = slice(top, top + PIECE_PX), slice(left, left + PIECE_PX)
    return {
        **{date: picture[:, rows, columns] for date, picture in pictures.items()},
        "outlines": shapely.to_wkb(moved, hex=True).astype("U"),
        "grades": town.grades.to_numpy()[inside].astype("U"),
    }


def _join(scenes: list[SceneImage], to_pixels: Affine) -> Pixels:
    """The whole town again from its overlapping scenes."""
    corners = [
        tuple(round(at) for at in to_pixels @ (s.transform.c, s.transform.f)) for s in scenes
    ]
    sides = [max(corner[axis] for corner in corners) + TILE_PX for axis in (1, 0)]
    whole = np.empty((3, *sides), np.uint8)
    for (left, top), scene in zip(corners, scenes, strict=True):
        whole[:, top : top + TILE_PX, left : left + TILE_PX] = scene.pixels
    return whole


def _find_densest(bounds: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[int, int]:
    """Left and top of the piece that holds most homes whole."""

    def count(left: int, top: int) -> int:
        after = (bounds[:, 0] > left) & (bounds[:, 1] > top)
        return int((after & (bounds[:, 2:] < (left + PIECE_PX, top + PIECE_PX)).all(1)).sum())

    places = [
        (left, top)
        for top in range(0, shape[0] - PIECE_PX + 1, SEARCH_STEP_PX)
        for left in range(0, shape[1] - PIECE_PX + 1, SEARCH_STEP_PX)
    ]
    return max(places, key=lambda place: count(*place))


def _turn_picture(picture: Pixels, turn: int) -> Pixels:
    mirrored = picture[:, :, ::-1] if turn >= TURNS else picture
    return np.rot90(mirrored, turn % TURNS, axes=(1, 2))


@dataclass(frozen=True, slots=True)
class _Placing:
    """Points of a piece to points of the scene, as ``_turn_picture`` turns its pixels."""

    row: int
    column: int
    turn: int

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = points.T
        if self.turn >= TURNS:
            x = PIECE_PX - x
        for _ in range(self.turn % TURNS):  # rot90: the right edge comes to the top
            x, y = y, PIECE_PX - x
        return np.column_stack([x + self.column * PIECE_PX, y + self.row * PIECE_PX])
