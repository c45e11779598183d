"""Damaged roofs by xBD grade: torn shingles and tarps, open roofs, rubble, slabs, ash.

The looks follow the grades' wording (Gupta et al. 2019, arXiv:1911.09296): minor, roof elements
missing; major, partial wall or roof collapse; destroyed, collapsed, scorched or gone.
"""

import numpy as np

from core.damage import DamageGrade
from imagery.town.drawing.canvas import Boxes, Canvas, cover_of, depth_inside_m
from imagery.town.drawing.roofs import Roof
from imagery.town.homes import Homes
from imagery.town.noise import Raster, smooth_step

DECKING = (204.0, 164, 118)
"""Bare plywood."""
FELT = (60.0, 57, 55)
"""Underlayment."""
TARP = (46.0, 92, 188)
RUBBLE = np.array(
    [
        (182, 174, 162),
        (84, 77, 69),
        (168, 142, 110),
        (116, 106, 94),
        (206, 203, 198),
        (98, 82, 64),
    ],
    dtype=np.float32,
)
"""Light and dark by turns: plaster, shade, boards, dust, white goods, timber."""
ASH = np.array(
    [
        (208, 202, 193),
        (112, 105, 98),
        (176, 167, 156),
        (64, 60, 56),
        (190, 168, 149),
        (136, 117, 103),
    ],
    dtype=np.float32,
)
"""Light and dark by turns: ash, soot, plaster, char, rust, brick. Burnt homes at half a metre."""
SLAB = (176.0, 170, 160)
ROOM_M = 3.4
"""Spacing of inner walls seen from above."""
RAFTER_M = 1.8
"""Spacing of painted rafters; wider than real ones (0.6 m), which half-metre pixels cannot show."""
TARP_CHANCE = 0.3
"""Share of torn roofs already covered, by eye in scenes some days after Hurricane Michael."""
SLAB_CHANCE = 0.35
"""Share of destroyed homes swept off their slab."""
PIECES = 2.0
"""Colour changes within a standard deviation of the texture: more make smaller pieces."""
SPILL_M = 3.5
"""How far rubble spills."""


def damage_roof(canvas: Canvas, roof: Roof, grade: DamageGrade, rng: np.random.Generator) -> None:
    """Damage a roof by wind, in place, before it is laid."""
    if grade is DamageGrade.MINOR:
        _tear(canvas, roof, rng, (0.10, 0.24), DECKING if rng.random() < 0.65 else FELT)  # noqa: PLR2004
        if rng.random() < TARP_CHANCE:
            _cover_with_tarp(canvas, roof, rng)
    elif grade is DamageGrade.MAJOR:
        _open_up(canvas, roof, rng, RUBBLE)
        _tear(canvas, roof, rng, (0.08, 0.16), DECKING)
    elif grade is DamageGrade.DESTROYED:
        _ruin(canvas, roof, rng)


def burn_roof(canvas: Canvas, roof: Roof, grade: DamageGrade, rng: np.random.Generator) -> None:
    """Damage a roof by fire, in place, before it is laid."""
    if grade is DamageGrade.MINOR:
        _tear(canvas, roof, rng, (0.12, 0.24), (44.0, 40, 38))
    elif grade is DamageGrade.MAJOR:
        _open_up(canvas, roof, rng, ASH * np.float32(0.62))
        _tear(canvas, roof, rng, (0.08, 0.2), (44.0, 40, 38))
    elif grade is DamageGrade.DESTROYED:
        heap = _mix(canvas, roof, ASH, rng)
        walls = _find_walls(roof) * (canvas.blotch[roof.patch.where] > -0.6)  # noqa: PLR2004
        roof.lay(np.ones_like(roof.cover), heap)
        roof.lay(0.55 * walls, np.array([206.0, 200, 192]))
        roof.flatten(np.ones_like(roof.cover), np.clip(0.3 + 0.9 * walls, 0, 2))
        ragged = roof.depth_m + 0.5 * canvas.blotch[roof.patch.where]
        roof.cover = 0.95 * smooth_step(ragged, -0.9, 0.4)


def throw_debris(
    homes: Homes, index: int, grade: DamageGrade, rng: np.random.Generator, *, is_fire: bool
) -> Boxes:
    """Boards and sheets around a damaged home, more and farther for a worse grade."""
    count = {DamageGrade.MINOR: 10, DamageGrade.MAJOR: 45, DamageGrade.DESTROYED: 80}[grade]
    reach = {DamageGrade.MINOR: 3.0, DamageGrade.MAJOR: 4.0, DamageGrade.DESTROYED: 5.5}[grade]
    count = int(count * (0.25 if is_fire else 1) * rng.uniform(0.6, 1.4))
    radius = float(homes.compute_radius_m()[index]) * 0.75 + rng.gamma(1.4, reach / 1.4, count)
    # most of it lies downwind
    bearing = rng.vonmises(rng.uniform(0, 2 * np.pi), 0.7, count)
    out = np.column_stack([np.cos(bearing), np.sin(bearing)]) * radius[:, None]
    half = np.column_stack([rng.gamma(2.2, 0.3, count), rng.uniform(0.1, 0.45, count)])
    palette = ASH if is_fire else RUBBLE
    colour = palette[rng.integers(len(palette), size=count)].astype(float)
    own = rng.random(count) < 0.3  # noqa: PLR2004  pieces of its own roof
    colour[own] = homes.colour[index]
    return Boxes(
        homes.at_m[index] + out, rng.uniform(0, np.pi, count), np.clip(half, 0.1, 2.2), colour, 0.4
    )


def _tear(
    canvas: Canvas,
    roof: Roof,
    rng: np.random.Generator,
    share: tuple[float, float],
    colour: tuple[float, float, float],
) -> None:
    """Take one to three ragged pieces off the cover, together about a share of the roof."""
    inside = np.argwhere(roof.depth_m > 1)
    if len(inside) == 0:
        return
    pieces = int(rng.integers(1, 4))
    area_m2 = float((roof.depth_m > 0).sum()) * canvas.gsd_m**2 * rng.uniform(*share) / pieces
    blotch, grain = canvas.blotch[roof.patch.where], canvas.grain[roof.patch.where]
    planks = 1 + 0.1 * np.cos(2 * np.pi * roof.patch.p / 1.25) + 0.09 * grain
    for row, column in inside[rng.integers(len(inside), size=pieces)]:
        long = float(np.sqrt(area_m2 * rng.uniform(0.8, 2.2)))
        half = (long / 2, max(area_m2 / long, 1) / 2)
        p = roof.patch.p - roof.patch.p[row, column]
        q = roof.patch.q - roof.patch.q[row, column]
        hole = cover_of(depth_inside_m(p, q, half) + 0.45 * blotch, canvas.gsd_m)
        tone = rng.uniform(0.85, 1.1)
        roof.lay(hole, np.array(colour)[:, None, None] * tone * planks)
        rim = cover_of(0.4 - np.abs(depth_inside_m(p, q, half) + 0.45 * blotch), canvas.gsd_m)
        roof.lay(0.35 * rim, np.array(FELT))


def _cover_with_tarp(canvas: Canvas, roof: Roof, rng: np.random.Generator) -> None:
    inside = np.argwhere(roof.depth_m > 1.5)  # noqa: PLR2004  well inside
    if len(inside) == 0:
        return
    row, column = inside[rng.integers(len(inside))]
    p = roof.patch.p - roof.patch.p[row, column]
    q = roof.patch.q - roof.patch.q[row, column]
    sheet = depth_inside_m(p, q, (rng.uniform(2, 4.5), rng.uniform(1.6, 3)))
    creases = 1 + 0.06 * canvas.blotch[roof.patch.where] + 0.05 * np.cos(2 * np.pi * p / 2.5)
    colour = np.array(TARP) * rng.uniform(0.85, 1.2)
    roof.lay(cover_of(sheet, canvas.gsd_m), colour[:, None, None] * creases)


def _open_up(canvas: Canvas, roof: Roof, rng: np.random.Generator, palette: Raster) -> None:
    """Take off four to seven tenths of the roof from one side: rooms and rafters show."""
    direction = rng.uniform(0, 2 * np.pi)
    along = roof.patch.p * np.cos(direction) + roof.patch.q * np.sin(direction)
    along = along + 1.1 * canvas.blotch[roof.patch.where]
    inside = roof.depth_m > 0
    if not inside.any():
        return
    gone = cover_of(np.quantile(along[inside], rng.uniform(0.4, 0.65)) - along, canvas.gsd_m)
    walls = _find_walls(roof)
    rooms = _mix(canvas, roof, palette, rng) * np.float32(0.8)
    roof.lay(gone, rooms)
    roof.lay(0.7 * gone * walls, palette.max(axis=0) * 0.95)
    rafters = np.clip(1 - np.abs((roof.patch.p / RAFTER_M) % 1 - 0.5) * 5, 0, 1)
    near_break = gone * (canvas.blotch[roof.patch.where] > 0)
    roof.lay(0.65 * rafters * near_break, palette[1])
    roof.flatten(gone, np.clip(0.8 + 1.6 * walls + 0.4 * canvas.grain[roof.patch.where], 0, 2.6))


def _ruin(canvas: Canvas, roof: Roof, rng: np.random.Generator) -> None:
    """Rubble over the whole footprint and beyond, or a mostly bare slab."""
    blotch, grain = canvas.blotch[roof.patch.where], canvas.grain[roof.patch.where]
    everywhere = np.ones_like(roof.cover)
    slab = np.array(SLAB)[:, None, None] * (1 + 0.05 * grain + 0.06 * blotch)
    heap = _mix(canvas, roof, RUBBLE, rng)
    bareness = 0.9 if rng.random() < SLAB_CHANCE else -0.3
    roof.lay(everywhere, slab)
    roof.lay(0.6 * _find_walls(roof), np.array([128.0, 120, 110]))
    heaped = smooth_step(blotch + 0.3 * grain, bareness - 0.5, bareness + 0.5)
    roof.lay(heaped, heap)
    roof.flatten(everywhere, np.clip(0.25 + 0.7 * heaped + 0.5 * heaped * grain, 0.1, 1.8))
    spill = 0.7 * smooth_step(0.4 * grain + blotch + roof.depth_m / SPILL_M, -0.6, 0.9)
    roof.cover = np.clip(smooth_step(roof.depth_m + 0.5 * blotch, -0.8, 0.4), spill, 1)
    beyond = roof.depth_m < 0
    roof.colour = np.where(beyond, heap, roof.colour)


def _mix(canvas: Canvas, roof: Roof, palette: Raster, rng: np.random.Generator) -> Raster:
    """A patchwork of a palette, ``(3, rows, columns)``, in ragged pieces of a metre or two."""
    blotch, grain = canvas.blotch[roof.patch.where], canvas.grain[roof.patch.where]
    start = rng.integers(len(palette))
    level = np.floor(PIECES * (blotch + 0.35 * grain)).astype(np.intp) + start
    stray = rng.random(level.shape) < 0.12  # noqa: PLR2004  small pieces, by eye
    level += np.where(stray, rng.integers(len(palette), size=level.shape), 0)
    texture = 1 + 0.1 * grain
    return np.moveaxis(palette[level % len(palette)], -1, 0) * texture


def _find_walls(roof: Roof) -> Raster:
    """1 on inner and outer walls, 0 in the rooms."""
    lines = [
        np.clip(1 - np.abs((axis / ROOM_M + 0.5) % 1 - 0.5) * ROOM_M / 0.4, 0, 1)
        for axis in (roof.patch.p, roof.patch.q * 0.9 + 0.7)
    ]
    outer = np.clip(1 - np.abs(roof.depth_m - 0.3) / 0.5, 0, 1)
    return np.maximum(np.maximum(*lines), outer) * (roof.depth_m > 0)
