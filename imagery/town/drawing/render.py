"""Paints and photographs a planned town, before and after the event."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.damage import DamageGrade
from core.events import Peril
from imagery.town.damage import Havoc
from imagery.town.drawing.canvas import Canvas, glaze, paint_boxes, scatter_strips
from imagery.town.drawing.ground import paint_flood, paint_ground
from imagery.town.drawing.light import compute_light, compute_sun_on_canvas, expose, photograph
from imagery.town.drawing.roofs import lay_roof, raise_roof
from imagery.town.drawing.sky import choose_cloud, compute_shadow_light, draw_cloud, veil
from imagery.town.drawing.things import (
    Things,
    at_homes,
    draw_cars,
    draw_water,
    draw_windshields,
    join_boxes,
    place_things,
)
from imagery.town.drawing.trees import Trees, choose_fates, fell_trees, grow_trees, paint_trees
from imagery.town.drawing.wreck import SPILL_M, burn_roof, damage_roof, throw_debris
from imagery.town.homes import Homes
from imagery.town.noise import Raster, smooth_step
from imagery.town.options import TownOptions
from imagery.town.plan import TownPlan
from imagery.town.style import TownStyle, draw_style

FELLED = (0.5, 0.6)
"""Share of trees that a hurricane fells, and strips, where it hits hardest; by eye in scenes of
Hurricane Michael."""
SEASON_FALL = (0.0, 0.15)
"""The same for a fire: only the season's thinning."""
FLOOD_REACH_M = 14.0
"""How far a hurricane's rain carries the ponds over their shore."""
CHAR_GROUND = (82.0, 74, 65)

_CANVAS_STREAM = 91
_WRECK_STREAM = 92
_SENSOR_STREAM = 93
_CHANGE_STREAM = 94


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """The whole town from above, uint8 ``(3, height, width)``, before and after.

    Attributes:
        pre: before.
        post: after, shifted as asked.
        cloud_frac: ``(homes,)`` share of each roof under the cloud after.
    """

    pre: NDArray[np.uint8]
    post: NDArray[np.uint8]
    cloud_frac: Raster


def render_pictures(
    options: TownOptions, plan: TownPlan, havoc: Havoc, is_seen: NDArray[np.bool_]
) -> Pictures:
    """Both pictures of a plan.

    Args:
        options: what was asked.
        plan: the layout.
        havoc: the damage.
        is_seen: ``(homes,)`` True where some picture after exists; the cloud goes over those.
    """
    seed = options.seed
    style = options.style or draw_style(seed)
    things = place_things(seed, plan)
    trees = grow_trees(seed, plan, things, style, options.gsd_m)
    ground = Canvas.blank(
        np.random.default_rng((seed, _CANVAS_STREAM)), plan.town_px, options.gsd_m
    )
    paint_ground(ground, seed, plan, things, style)
    before = ground.copy()
    _build_before(before, options, plan, things, trees)
    pre = _take(before, options, 0, style)
    del before
    _build_after(ground, options, plan, things, trees=trees, havoc=havoc)
    cloud = choose_cloud(seed, plan.homes.select(is_seen), options.cloud_homes)
    cover = draw_cloud(ground, seed, cloud) if cloud else np.zeros(ground.shape, dtype=np.float32)
    post = _take(ground, options, 1, style, cover)
    return Pictures(pre, post, _measure_cover(ground, plan.homes, cover))


def _build_before(
    canvas: Canvas, options: TownOptions, plan: TownPlan, things: Things, trees: Trees
) -> None:
    """Everything that stands on the ground before the event."""
    for index in range(len(plan.homes)):
        lay_roof(canvas, raise_roof(canvas, plan.homes, index))
    _build_common(canvas, options.seed, 0, plan, things)
    paint_trees(canvas, options.seed, trees, np.zeros(len(trees), dtype=np.intp))


def _build_after(
    canvas: Canvas,
    options: TownOptions,
    plan: TownPlan,
    things: Things,
    *,
    trees: Trees,
    havoc: Havoc,
) -> None:
    """The same town after the event, with the changes that harm nobody."""
    seed, is_fire = options.seed, options.peril is Peril.WILDFIRE
    _change_season(canvas, seed)
    paint_boxes(canvas, draw_water(seed, things))
    _burn_ground(canvas, havoc)
    if not is_fire:
        homes = plan.homes
        lots = at_homes(homes, homes.lot_at_m, homes.lot_half_m, (0, 0, 0))
        paint_flood(canvas, plan, lots, FLOOD_REACH_M)
    _wreck_homes(canvas, options, plan.homes, havoc)
    _build_common(canvas, seed, 1, plan, things)
    x, y = trees.at_m.T
    felled = SEASON_FALL if is_fire else FELLED
    force, burnt = havoc.force.sample(x, y), havoc.burnt.sample(x, y)
    fates = choose_fates(seed, trees, force, felled, burnt)
    scatter_strips(canvas, fell_trees(seed, trees, fates))
    paint_trees(canvas, seed, trees, fates)


def _build_common(canvas: Canvas, seed: int, picture: int, plan: TownPlan, things: Things) -> None:
    for boxes in (things.shops, things.units, things.sheds):
        paint_boxes(canvas, boxes)
    cars = draw_cars(seed, picture, plan, things)
    paint_boxes(canvas, cars)
    paint_boxes(canvas, draw_windshields(cars))


def _change_season(canvas: Canvas, seed: int) -> None:
    """Grass grows or dries between the pictures; grey and blue things stay."""
    rng = np.random.default_rng((seed, _CHANGE_STREAM))
    tint = rng.normal(1, 0.05, 3) * np.array([1, 1.03, 0.98])
    red, green, blue = canvas.albedo
    greenness = smooth_step(green - np.maximum(0.9 * red, blue), 0, 25)
    for band, factor in zip(canvas.albedo, tint, strict=True):
        np.multiply(band, 1 + np.float32(factor - 1) * greenness, out=band)


def _burn_ground(canvas: Canvas, havoc: Havoc) -> None:
    """Char what grows; asphalt and concrete, which are grey, only take soot."""
    if havoc.burnt.field.max() <= 0:
        return
    burnt = havoc.burnt.sample(*np.broadcast_arrays(*canvas.axes_m()))
    grows = smooth_step(canvas.albedo[1] - canvas.albedo[2], 6, 20)
    patchy = smooth_step(burnt + 0.12 * canvas.blotch, 0.3, 0.7)
    glaze(canvas, patchy * (0.2 + 0.65 * grows), np.array(CHAR_GROUND), 1 + 0.16 * canvas.blotch)


def _wreck_homes(canvas: Canvas, options: TownOptions, homes: Homes, havoc: Havoc) -> None:
    """Lay every roof as the event left it, then all the debris."""
    is_fire = options.peril is Peril.WILDFIRE
    debris = []
    for index, value in enumerate(havoc.grades.tolist()):
        rng = np.random.default_rng((options.seed, _WRECK_STREAM, index))
        grade = DamageGrade(value)
        reach_m = SPILL_M if grade is DamageGrade.DESTROYED else 0.0
        roof = raise_roof(canvas, homes, index, reach_m)
        # dust, rain and age change any roof a little
        roof.colour = roof.colour * rng.normal(1, 0.035)
        (burn_roof if is_fire else damage_roof)(canvas, roof, grade, rng)
        lay_roof(canvas, roof)
        if grade is not DamageGrade.NO_DAMAGE:
            debris.append(throw_debris(homes, index, grade, rng, is_fire=is_fire))
    if debris:
        scatter_strips(canvas, join_boxes(*debris))


def _take(
    canvas: Canvas,
    options: TownOptions,
    picture: int,
    style: TownStyle,
    cloud: Raster | None = None,
) -> NDArray[np.uint8]:
    """Light and photograph the canvas as the first (0) or second (1) picture."""
    capture = (style.pre, style.post)[picture]
    sun = compute_sun_on_canvas(capture, options.rotation_deg)
    light = compute_light(canvas, sun)
    if cloud is not None:
        light *= compute_shadow_light(canvas, cloud, sun)
    exposed = expose(canvas, light, capture)
    if cloud is not None:
        veil(exposed, cloud, canvas)
    rng = np.random.default_rng((options.seed, _SENSOR_STREAM, picture))
    return photograph(exposed, rng, capture, options.post_shift_px if picture else (0.0, 0.0))


def _measure_cover(canvas: Canvas, homes: Homes, cloud: Raster) -> Raster:
    """``(homes,)`` share of each roof's pixels with more cloud than not."""
    share = np.zeros(len(homes))
    for index in range(len(homes)):
        roof = raise_roof(canvas, homes, index)
        inside = roof.depth_m > 0
        share[index] = (cloud[roof.patch.where][inside] > 0.5).mean()  # noqa: PLR2004  more than not
    return share
