"""Paints what lies on the ground: grass, woodland floor, lots, streets, drives, ponds."""

import numpy as np

from imagery.town.drawing.canvas import (
    Boxes,
    Canvas,
    blend,
    cover_of,
    cut_patch,
    depth_inside_m,
    glaze,
    paint_boxes,
)
from imagery.town.drawing.things import Things
from imagery.town.homes import Homes
from imagery.town.noise import Raster, draw_noise, smooth_step
from imagery.town.plan import Street, TownPlan, measure_one_street_m
from imagery.town.style import TownStyle

POND_WATER = (46, 56, 52)
SIDEWALK = (178, 174, 164)
MAIN_MARKING = (196, 184, 120)
"""Worn yellow centre line."""
FLOOD_WATER = (104, 92, 72)
"""Silty."""
FENCE = (146, 130, 110)

SHORE_M = 1.5
"""How far a shore strays from its ellipse, standard deviation."""

_GROUND_STREAM = 41


def paint_ground(
    canvas: Canvas, seed: int, plan: TownPlan, things: Things, style: TownStyle
) -> None:
    """The town's ground without anything that stands on it."""
    rng = np.random.default_rng((seed, _GROUND_STREAM))
    _paint_terrain(canvas, rng, style)
    _paint_lots(canvas, rng, plan.homes, style)
    for boxes in things.ground:
        paint_boxes(canvas, boxes)
    _paint_ponds(canvas, rng, plan, style)
    _paint_streets(canvas, plan, style)
    paint_boxes(canvas, things.pools)


def compute_pond_depth_m(canvas: Canvas, plan: TownPlan) -> Raster:
    """Metres inside a pond's ragged shore, negative outside, ``(height, width)``."""
    return plan.measure_pond_m(*canvas.axes_m()) + np.float32(SHORE_M) * canvas.blotch


def _paint_terrain(canvas: Canvas, rng: np.random.Generator, style: TownStyle) -> None:
    """Lush to dry grass and bare soil, by slow noise, with a fine texture."""
    shape = canvas.shape
    dryness = smooth_step(draw_noise(rng, shape, 256, 2), -1.3, 1.5)
    bare = smooth_step(draw_noise(rng, shape, 128, 2), 1.2, 2.6)
    texture = 1 + 0.06 * canvas.grain + 0.06 * canvas.blotch
    for band, grass, dry, soil in zip(
        canvas.albedo, style.grass, style.dry, style.soil, strict=True
    ):
        tone = grass + dryness * np.float32(dry - grass)
        band[...] = (tone + bare * (np.float32(soil) - tone)) * texture


def _paint_lots(canvas: Canvas, rng: np.random.Generator, homes: Homes, style: TownStyle) -> None:
    """Each lot has its own lawn and, behind the home, a fence."""
    grass, dry, soil = (np.array(colour) for colour in (style.grass, style.dry, style.soil))
    middle = homes.to_town(homes.lot_at_m)
    for index in range(len(homes)):
        half = homes.lot_half_m[index]
        at, angle = (
            (float(middle[index, 0]), float(middle[index, 1])),
            float(homes.angle_rad[index]),
        )
        patch = cut_patch(canvas, at, float(np.hypot(*half)), angle)
        depth = depth_inside_m(patch.p, patch.q, (float(half[0]), float(half[1])))
        lushness = rng.beta(2.2, 1.6)
        lawn = (lushness * grass + (1 - lushness) * dry) * rng.uniform(0.9, 1.1)
        texture = 1 + 0.05 * canvas.grain[patch.where] + 0.06 * canvas.blotch[patch.where]
        cover = 0.75 * smooth_step(depth + 0.6 * canvas.blotch[patch.where], -0.6, 0.8)
        blend(canvas, patch.where, cover, lawn[:, None, None] * texture)
        worn = smooth_step(canvas.blotch[patch.where], 1.1, 2.4) * (depth > 0)
        blend(canvas, patch.where, 0.7 * worn, soil)
        if rng.random() < 0.55:  # noqa: PLR2004  share of fenced yards, by eye
            is_back = patch.q * homes.front[index] < 1
            fence = np.clip(1 - np.abs(depth - 0.3) / (0.8 * canvas.gsd_m), 0, 1) * is_back
            blend(canvas, patch.where, 0.65 * fence, np.array(FENCE, dtype=float))


def _paint_ponds(
    canvas: Canvas, rng: np.random.Generator, plan: TownPlan, style: TownStyle
) -> None:
    depth = compute_pond_depth_m(canvas, plan)
    if depth.max() <= 0:
        return
    glaze(canvas, 0.8 * smooth_step(depth, -4, -0.5), 0.85 * np.array(style.soil))
    ripple = 1 + np.float32(0.03) * draw_noise(rng, canvas.shape, 32, 4)
    glaze(canvas, cover_of(depth, canvas.gsd_m), np.array(POND_WATER), ripple)


def _paint_streets(canvas: Canvas, plan: TownPlan, style: TownStyle) -> None:
    """Sidewalks first, then asphalt over them, then the worn lines of the main roads."""
    x, y = canvas.axes_m()
    u, v = plan.warp.to_street(x, y)
    margin_m = 6.0
    kerb = np.full(canvas.shape, 1e3, dtype=np.float32)
    centre = np.full(canvas.shape, 1e3, dtype=np.float32)
    for street in plan.streets:
        where = _find_street(canvas, plan, street, margin_m)
        cut_u, cut_v = u[where], v[where]
        distance = measure_one_street_m(street, cut_u, cut_v)
        np.minimum(kerb[where], distance, out=kerb[where])
        if street.half_m > 5:  # noqa: PLR2004  a main road
            across = (cut_u if street.is_across else cut_v) - street.at_m
            np.minimum(centre[where], np.abs(across), out=centre[where])
    walk = cover_of(0.7 - np.abs(kerb - 2.4), canvas.gsd_m) * np.float32(0.8 * style.sidewalk_frac)
    glaze(canvas, walk, np.array(SIDEWALK))
    shoulder = smooth_step(-kerb - 0.4 * canvas.blotch, -1.6, 0.2)
    glaze(canvas, 0.35 * shoulder, 0.95 * np.array(style.soil))
    wear = 1 + 0.025 * canvas.grain + 0.035 * canvas.blotch
    glaze(canvas, cover_of(-kerb, canvas.gsd_m), np.array(style.street), wear)
    line = 0.45 * np.clip(1 - centre / (1.2 * canvas.gsd_m), 0, 1)
    glaze(canvas, line, np.array(MAIN_MARKING))


def _find_street(
    canvas: Canvas, plan: TownPlan, street: Street, margin_m: float
) -> tuple[slice, slice]:
    """The rows and columns of the canvas that a street can touch."""
    bend = plan.warp.amplitude_m[0 if street.is_across else 1]
    reach = street.half_m + bend + margin_m
    bend_along = plan.warp.amplitude_m[1 if street.is_across else 0] + margin_m
    ends = np.array([street.start_m - bend_along, street.end_m + bend_along])
    sides = np.array([street.at_m - reach, street.at_m + reach])
    down, right = (ends, sides) if street.is_across else (sides, ends)
    rows, columns = canvas.shape
    top, bottom = np.clip(canvas.to_px(down).astype(int), 0, rows)
    left, right_px = np.clip(canvas.to_px(right).astype(int), 0, columns)
    return slice(int(top), int(bottom)), slice(int(left), int(right_px))


def paint_flood(canvas: Canvas, plan: TownPlan, dry: Boxes, reach_m: float) -> None:
    """Brown water around the ponds, over streets too, but on no home's lot.

    xBD grades a home with water around it as damaged, so truth by construction keeps it away.
    """
    depth = compute_pond_depth_m(canvas, plan) + reach_m
    for at, angle, half in zip(dry.at_m, dry.angle_rad, dry.half_m, strict=True):
        patch = cut_patch(
            canvas, (float(at[0]), float(at[1])), float(np.hypot(*half)), float(angle)
        )
        inside = depth_inside_m(patch.p, patch.q, (float(half[0]), float(half[1])))
        np.minimum(depth[patch.where], -inside, out=depth[patch.where])
    cover = 0.88 * smooth_step(depth, -1.5, 1.5)
    glaze(canvas, cover, np.array(FLOOD_WATER))
