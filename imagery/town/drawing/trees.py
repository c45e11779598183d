"""Trees of a rendered town: where they grow, how the storm or fire leaves them, their crowns."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from imagery.town.drawing.canvas import Boxes, Canvas, index_inside
from imagery.town.drawing.things import Things, roofs_of
from imagery.town.homes import Homes
from imagery.town.noise import Raster, draw_noise, smooth_step
from imagery.town.plan import Cell, TownPlan
from imagery.town.style import TownStyle

WOODS_SPACING_M2 = 28.0
"""Ground a tree in closed woods; crowns of 3 to 5 m then touch."""
MEADOW_SHARE = 0.07
"""Trees of a meadow beside those of woods."""
VARIANTS = 6
"""Crown shapes drawn for each size."""
SLOPE_LIMIT = 1.3
"""Steepest crown flank, rise over run; leaves scatter light and hide anything steeper."""
NEAR_M = 8.0
"""Trees farther than this from a building need no measuring; wider than any crown."""
EDGE_SPREAD_M = 7.0
"""How far the edge of a wood strays from its block, standard deviation."""
SHORE_CLEAR_M = 3.0
"""Trees stand this far from the water."""
BARE_TONE = 1.0
"""Crown texture above which a stripped crown lets the ground through: about half of it."""
BARK = (112.0, 97.0, 77.0)
CHAR = (54.0, 49.0, 45.0)
BRANCHES = 9
"""Branches painted beside a fallen trunk."""

_TREE_STREAM = 51
_FATE_STREAM = 52
_CROWN_STREAM = 53


class Fate(IntEnum):
    """How a tree stands in a picture."""

    LEAFY = 0
    BARE = 1
    FALLEN = 2
    BURNT = 3


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Trees, one a row.

    Attributes:
        at_m: ``(n, 2)`` stems, town metres.
        radius_m: ``(n,)`` crown radius.
        top_m: ``(n,)`` height.
        colour: ``(n, 3)`` leaf colour in full sun.
        is_conifer: ``(n,)`` pointed crown; else round.
        fall_rad: ``(n,)`` direction in which it would fall.
    """

    at_m: Raster
    radius_m: Raster
    top_m: Raster
    colour: Raster
    is_conifer: NDArray[np.bool_]
    fall_rad: Raster

    def __len__(self) -> int:
        return len(self.at_m)


def grow_trees(seed: int, plan: TownPlan, things: Things, style: TownStyle, gsd_m: float) -> Trees:
    """Woods, lone trees of the meadows and trees of the yards; none in a street or a home."""
    rng = np.random.default_rng((seed, _TREE_STREAM))
    wild = _grow_wild(rng, plan, style, gsd_m)
    yard = _grow_in_yards(rng, plan.homes, style)
    at = np.concatenate([wild, yard])
    count = len(at)
    is_conifer = rng.random(count) < style.conifer_frac
    radius = rng.gamma(7, 1 / 7, count) * np.where(is_conifer, 2.4, 3.4)
    radius[len(wild) :] *= 0.9
    radius = np.clip(radius, 1.1, 5.5)
    clear = plan.measure_street_m(at[:, 0], at[:, 1]) > 0.7 * radius
    clear &= _measure_gap_m(at, roofs_of(plan.homes)) > 0.75 * radius
    clear &= _measure_gap_m(at, things.shops) > 0.9 * radius
    base = np.where(is_conifer[:, None], style.needle, style.leaf)
    tint = rng.normal(0, 1, (count, 1)) * [9, 7, 4] + rng.normal(0, 2.5, (count, 3))
    top = radius * rng.uniform(1.6, 2.3, count) + np.where(is_conifer, 4, 1.5)
    colour = np.clip((base + tint) * rng.uniform(0.85, 1.2, (count, 1)), 18, 190)
    fall = rng.normal(rng.uniform(0, 2 * np.pi), 0.5, count)
    return Trees(
        at[clear], radius[clear], top[clear], colour[clear], is_conifer[clear], fall[clear]
    )


def choose_fates(
    seed: int, trees: Trees, force: Raster, felled: tuple[float, float], burnt: Raster
) -> NDArray[np.intp]:
    """``(n,)`` of ``Fate`` after the event.

    Args:
        seed: of the town.
        trees: all trees.
        force: ``(n,)`` how hard the storm hit there, 0 to 1.
        felled: share of trees that fall, and that lose their leaves, where the force is 1.
        burnt: ``(n,)`` how far the ground there burnt, 0 to 1.
    """
    chance = np.random.default_rng((seed, _FATE_STREAM)).random(len(trees))
    fall, bare = felled[0] * force, felled[1] * (0.25 + 0.75 * force)
    fates = np.where(chance < fall, Fate.FALLEN, np.where(chance < fall + bare, Fate.BARE, 0))
    return np.where(burnt > 0.25 + 0.5 * chance, Fate.BURNT, fates).astype(np.intp)


def paint_trees(canvas: Canvas, seed: int, trees: Trees, fates: NDArray[np.intp]) -> None:
    """Stamp all standing crowns; where two meet, the higher shows."""
    rng = np.random.default_rng((seed, _CROWN_STREAM))
    variant = rng.integers(VARIANTS, size=len(trees))
    radius = np.where(fates == Fate.BURNT, 0.7, 1) * trees.radius_m / canvas.gsd_m
    size = np.clip(np.rint(radius), 2, 12).astype(np.intp)
    for is_conifer in (False, True):
        for radius_px in range(2, 13):
            crowns = _draw_crowns(seed, radius_px, is_conifer)
            chosen = (trees.is_conifer == is_conifer) & (size == radius_px)
            chosen &= fates != Fate.FALLEN
            picked = np.flatnonzero(chosen)
            if len(picked):
                _stamp(canvas, trees, fates, picked, crowns[:, variant[picked]])


def fell_trees(seed: int, trees: Trees, fates: NDArray[np.intp]) -> Boxes:
    """Trunks and branches on the ground where trees fell."""
    rng = np.random.default_rng((seed, _FATE_STREAM, 1))
    down = np.flatnonzero(fates == Fate.FALLEN)
    count = len(down)
    direction = trees.fall_rad[down]
    heading = np.column_stack([np.cos(direction), np.sin(direction)])
    length = np.minimum(trees.top_m[down], 11)[:, None]
    trunk_half = np.column_stack([length[:, 0] / 2, np.full(count, 0.22)])
    owner = np.repeat(np.arange(count), BRANCHES)
    along = length[owner] * rng.uniform(0.45, 1.05, (len(owner), 1))
    spread = rng.normal(0, 0.42, (len(owner), 2)) * trees.radius_m[down][owner, None]
    branch_half = np.column_stack(
        [rng.uniform(0.6, 2, len(owner)), rng.uniform(0.15, 0.5, len(owner))]
    )
    bark = np.array([104.0, 92, 76]) * rng.uniform(0.8, 1.25, (count, 1))
    leaves = np.array([(84, 84, 52), (106, 88, 60), (70, 66, 50)], dtype=float)
    return Boxes(
        np.concatenate(
            [
                trees.at_m[down] + heading * length / 2,
                trees.at_m[down][owner] + heading[owner] * along + spread,
            ]
        ),
        np.concatenate([direction, direction[owner] + rng.normal(0, 0.8, len(owner))]),
        np.concatenate([trunk_half, branch_half]),
        np.concatenate([bark, leaves[rng.integers(3, size=len(owner))]]),
        0.5,
    )


def _grow_wild(rng: np.random.Generator, plan: TownPlan, style: TownStyle, gsd_m: float) -> Raster:
    height_m, width_m = (side * gsd_m for side in plan.town_px)
    count = int((height_m + 20) * (width_m + 20) / WOODS_SPACING_M2)
    at = rng.uniform(-10, [width_m + 10, height_m + 10], (count, 2))
    # woods come in stands: a coarse noise, one cell every 4 m, decides
    stand = draw_noise(rng, (int(height_m / 4) + 8, int(width_m / 4) + 8), 32, 2)
    row, column = ((at[:, axis] / 4).astype(int) + 3 for axis in (1, 0))
    level = stand[np.clip(row, 0, len(stand) - 1), np.clip(column, 0, stand.shape[1] - 1)]
    wooded = smooth_step(level, 0.3 - 2 * style.woods_frac, 0.9 - 2 * style.woods_frac)
    # the edge of a wood is ragged: look up the block a little off, but never thin out homes
    near = at + rng.normal(0, EDGE_SPREAD_M, at.shape)
    cell, own = plan.find_cells(near[:, 0], near[:, 1]), plan.find_cells(at[:, 0], at[:, 1])
    share = np.where(cell == Cell.WOODS, wooded, MEADOW_SHARE)
    share = np.where((own == Cell.POND) & (cell != Cell.WOODS), 0.15 * wooded, share)
    share = np.where(own == Cell.HOMES, MEADOW_SHARE / 2, share)
    is_open = (own != Cell.SHOPS) & (plan.measure_pond_m(at[:, 0], at[:, 1]) < -SHORE_CLEAR_M)
    return at[(rng.random(count) < share) & is_open]


def _grow_in_yards(rng: np.random.Generator, homes: Homes, style: TownStyle) -> Raster:
    if len(homes) == 0:
        return np.empty((0, 2))
    owner = np.repeat(np.arange(len(homes)), rng.poisson(style.yard_trees, len(homes)))
    place = rng.uniform(-1, 1, (len(owner), 2))
    # half of them screen the back of the lot
    is_back = rng.random(len(owner)) < 0.5  # noqa: PLR2004
    place[:, 1] = np.where(is_back, -homes.front[owner] * rng.beta(6, 1, len(owner)), place[:, 1])
    local = homes.lot_at_m[owner] + homes.lot_half_m[owner] * place
    cosine, sine = np.cos(homes.angle_rad[owner]), np.sin(homes.angle_rad[owner])
    turned = np.column_stack(
        [local[:, 0] * cosine - local[:, 1] * sine, local[:, 0] * sine + local[:, 1] * cosine]
    )
    return homes.at_m[owner] + turned


def _measure_gap_m(at: Raster, boxes: Boxes) -> Raster:
    """Metres from each point to the nearest box, 0 inside one; inf where that is far."""
    gap = np.full(len(at), np.inf)
    if len(at) == 0 or len(boxes.at_m) == 0:
        return gap
    reach = np.hypot(*boxes.half_m.T) + NEAR_M
    around = KDTree(at).query_ball_point(boxes.at_m, reach)
    for near, middle, half, angle in zip(
        around, boxes.at_m, boxes.half_m, boxes.angle_rad, strict=True
    ):
        offset = at[near] - middle
        p = offset[:, 0] * np.cos(angle) + offset[:, 1] * np.sin(angle)
        q = offset[:, 1] * np.cos(angle) - offset[:, 0] * np.sin(angle)
        out = np.maximum(np.abs(np.column_stack([p, q])) - half, 0)
        gap[near] = np.minimum(gap[near], np.hypot(*out.T))
    return gap


def _draw_crowns(seed: int, radius_px: int, is_conifer: bool) -> Raster:  # noqa: FBT001  a datum
    """``(5, variants, side, side)``: cover, drop below the top (share), slopes x and y, tone.

    Slopes are in crown depths a pixel.
    """
    rng = np.random.default_rng((seed, _CROWN_STREAM, radius_px, is_conifer))
    reach = radius_px + 1
    offset = np.arange(-reach, reach + 1, dtype=np.float32) / radius_px
    round_off = np.hypot(offset[:, None], offset[None, :])
    side = len(offset)
    lumps = np.stack([draw_noise(rng, (side, side), 4) for _ in range(VARIANTS)])
    edge = round_off + 0.14 * lumps
    dome = 1 - edge if is_conifer else np.sqrt(np.clip(1 - edge * edge, 0, 1))
    dome = np.clip(dome + 0.1 * lumps, 0, 1)
    slope_y, slope_x = np.gradient(dome, axis=(1, 2))
    tone = 0.78 + 0.3 * dome + 0.1 * rng.standard_normal(dome.shape)
    return np.stack([(edge < 1).astype(np.float32), 1 - dome, slope_x, slope_y, tone])


def _stamp(
    canvas: Canvas,
    trees: Trees,
    fates: NDArray[np.intp],
    picked: NDArray[np.intp],
    crowns: Raster,
) -> None:
    """Stamp trees of one crown size; ``crowns`` is ``(5, trees, side, side)``."""
    cover, drop, slope_x, slope_y, tone = crowns.reshape(5, len(picked), -1)
    side = crowns.shape[-1]
    offset = np.arange(side) - side // 2
    rows = np.rint(canvas.to_px(trees.at_m[picked, 1]))[:, None] + np.repeat(offset, side)
    columns = np.rint(canvas.to_px(trees.at_m[picked, 0]))[:, None] + np.tile(offset, side)
    pixels, owners, inside = index_inside(canvas.shape, rows, columns)
    # bare crowns let the ground through: the lighter leaves of the texture are gone
    fate = fates[picked]
    is_open = np.isin(fate, (Fate.BARE, Fate.BURNT))[:, None]
    seen = (inside & (cover > 0) & ~(is_open & (tone > BARE_TONE)))[inside]
    depth = 1.1 * trees.radius_m[picked]
    height = (trees.top_m[picked, None] - depth[:, None] * drop)[inside][seen].astype(np.float32)
    pixels, owners = pixels[seen], owners[seen]
    canopy = canvas.height_m.reshape(-1)
    np.maximum.at(canopy, pixels, height)
    on_top = height >= canopy[pixels]
    pixels, owners = pixels[on_top], owners[on_top]
    steepness = depth[owners] / canvas.gsd_m
    for target, share in ((canvas.slope_x, slope_x), (canvas.slope_y, slope_y)):
        slope = share[inside][seen][on_top] * steepness
        target.reshape(-1)[pixels] = np.clip(slope, -SLOPE_LIMIT, SLOPE_LIMIT)
    colours = _colour_by_fate(trees.colour[picked], fate)
    light = tone[inside][seen][on_top]
    for band, values in zip(canvas.albedo, colours.T, strict=True):
        band.reshape(-1)[pixels] = values[owners] * light


def _colour_by_fate(colour: Raster, fate: NDArray[np.intp]) -> Raster:
    """Leaf colours ``(n, 3)``; stripped crowns show bark, burnt ones char."""
    bare = 0.35 * colour + 0.65 * np.array(BARK)
    burnt = 0.15 * colour + 0.85 * np.array(CHAR)
    is_bare, is_burnt = (fate == Fate.BARE)[:, None], (fate == Fate.BURNT)[:, None]
    return np.where(is_burnt, burnt, np.where(is_bare, bare, colour))
