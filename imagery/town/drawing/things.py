"""Small things of a rendered town, as oriented boxes: drives, pools, sheds, cars, shops."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagery.town.drawing.canvas import Boxes
from imagery.town.homes import Homes
from imagery.town.noise import Raster
from imagery.town.plan import Cell, TownPlan

CAR_COLOURS = np.array(
    [(226, 228, 230), (40, 42, 46), (128, 130, 134), (178, 180, 184), (122, 36, 32), (46, 66, 104)]
)
"""White, black, greys, red, blue: the usual American mix."""
CAR_HALF_M = (2.3, 0.95)
"""Half length and half width of a passenger car."""
CAR_TOP_M = 1.4
SHED_TOP_M = 2.3
SHOP_TOP_M = 6.0

POOL_WATER = (84, 168, 186)
POOL_COVER = (52, 74, 92)
POOL_NEGLECTED = (62, 82, 58)

_THINGS_STREAM = 31
_CARS_STREAM = 32


@dataclass(frozen=True, slots=True, eq=False)
class Things:
    """Everything small that both pictures show alike.

    Attributes:
        ground: lies on the ground below the streets: drives, walks, patios, parking.
        pools: basins; their water is painted after ``ground``.
        sheds: small roofs in back yards.
        shops: large flat roofs.
        units: ventilation boxes on the shops.
        stalls: parking stalls, empty boxes where cars may stand, at homes and at shops.
    """

    ground: tuple[Boxes, ...]
    pools: Boxes
    sheds: Boxes
    shops: Boxes
    units: Boxes
    stalls: Boxes


def place_things(seed: int, plan: TownPlan) -> Things:
    """Drives, yards and shops of a plan."""
    rng = np.random.default_rng((seed, _THINGS_STREAM))
    homes = plan.homes
    drives, stalls = _place_drives(rng, homes)
    back = -homes.front * (homes.half_m[:, 1] + rng.uniform(5, 8, len(homes)))
    back_at = np.column_stack([rng.uniform(-5, 5, len(homes)), back])
    has_pool = (rng.random(len(homes)) < 0.14) & (homes.half_m[:, 0] > homes.half_m[:, 1])  # noqa: PLR2004
    pool_half = np.column_stack(
        [rng.uniform(2.6, 4.4, len(homes)), rng.uniform(1.7, 2.4, len(homes))]
    )
    pools = at_homes(homes, back_at, pool_half, POOL_WATER, corner_m=1.6).select(has_pool)
    decks = at_homes(homes, back_at, pool_half + 1.3, (184, 178, 166), corner_m=0.6)
    lots, shops, units, shop_stalls = _place_shops(rng, plan)
    patio_half = rng.uniform(1.4, 2.6, (len(homes), 2))
    patio_at = np.column_stack(
        [rng.uniform(-3, 3, len(homes)), -homes.front * (homes.half_m[:, 1] + patio_half[:, 1])]
    )
    patios = at_homes(homes, patio_at, patio_half, (164, 158, 148)).select(
        rng.random(len(homes)) < 0.5  # noqa: PLR2004  every other home
    )
    return Things(
        (drives, patios, decks.select(has_pool), lots),
        pools,
        _place_sheds(rng, homes, ~has_pool),
        shops,
        units,
        join_boxes(stalls, shop_stalls),
    )


def draw_cars(seed: int, picture: int, plan: TownPlan, things: Things) -> Boxes:
    """Parked and driving cars of one picture; another picture has others."""
    rng = np.random.default_rng((seed, _CARS_STREAM, picture))
    stalls = things.stalls.select(rng.random(len(things.stalls.at_m)) < 0.38)  # noqa: PLR2004  by eye
    count = len(stalls.at_m)
    turn = rng.normal(0, 0.06, count) + np.pi * (rng.random(count) < 0.5)  # noqa: PLR2004
    parked = Boxes(
        stalls.at_m + rng.normal(0, 0.3, (count, 2)),
        stalls.angle_rad + turn,
        np.array(CAR_HALF_M) * rng.uniform(0.88, 1.15, (count, 1)),
        CAR_COLOURS[rng.integers(len(CAR_COLOURS), size=count)],
    )
    cars = join_boxes(parked, _draw_kerb_cars(rng, plan))
    return Boxes(cars.at_m, cars.angle_rad, cars.half_m, cars.colour, CAR_TOP_M, 0.4)


def draw_windshields(cars: Boxes) -> Boxes:
    """The dark glass of cars, seen from above."""
    ahead = np.column_stack([np.cos(cars.angle_rad), np.sin(cars.angle_rad)]) * 0.7
    half = cars.half_m * np.array([0.2, 0.8])
    return Boxes(cars.at_m + ahead, cars.angle_rad, half, cars.colour * 0.35, CAR_TOP_M)


def draw_water(seed: int, things: Things) -> Boxes:
    """Pool water of the second picture: some pools are covered, some have turned green."""
    rng = np.random.default_rng((seed, _CARS_STREAM, 9))
    fate = rng.choice(3, len(things.pools.at_m), p=[0.6, 0.2, 0.2])
    colour = np.array([POOL_WATER, POOL_COVER, POOL_NEGLECTED], dtype=float)[fate]
    pools = things.pools
    return Boxes(pools.at_m, pools.angle_rad, pools.half_m, colour, 0.0, pools.corner_m)


def at_homes(
    homes: Homes,
    local_m: Raster,
    half_m: Raster,
    colour: tuple[float, float, float],
    corner_m: float = 0.0,
) -> Boxes:
    """One box a home, at local points, in line with the home."""
    colours = np.tile(np.array(colour, dtype=float), (len(homes), 1))
    return Boxes(homes.to_town(local_m), homes.angle_rad, half_m, colours, 0.0, corner_m)


def roofs_of(homes: Homes) -> Boxes:
    """The rectangles of all roofs: main wings, then side wings."""
    colour = (0.0, 0.0, 0.0)
    main = at_homes(homes, np.zeros((len(homes), 2)), homes.half_m, colour)
    wings = at_homes(homes, homes.wing_at_m, homes.wing_half_m, colour)
    return join_boxes(main, wings.select(homes.wing_half_m[:, 0] > 0))


def join_boxes(*parts: Boxes) -> Boxes:
    """All boxes one after the other, with the first part's height and corners."""
    return Boxes(
        np.concatenate([part.at_m for part in parts]),
        np.concatenate([part.angle_rad for part in parts]),
        np.concatenate([part.half_m for part in parts]),
        np.concatenate([part.colour for part in parts]),
        parts[0].top_m,
        parts[0].corner_m,
    )


def _place_drives(rng: np.random.Generator, homes: Homes) -> tuple[Boxes, Boxes]:
    """Drives from the kerb to the front (before the side wing where there is one), and stalls."""
    count = len(homes)
    wing_front = homes.wing_at_m[:, 1] * homes.front
    is_before_wing = wing_front > 0
    side = rng.choice([-1, 1], count) * (homes.half_m[:, 0] - 1.8)
    at_p = np.where(is_before_wing, homes.wing_at_m[:, 0], side)
    face_m = np.where(is_before_wing, wing_front + homes.wing_half_m[:, 1], homes.half_m[:, 1])
    half_length = (homes.to_street_m - face_m) / 2 + 1.5
    half = np.column_stack([rng.uniform(1.6, 2.9, count), half_length])
    at = np.column_stack([at_p, homes.front * (face_m + half_length - 0.5)])
    drives = at_homes(homes, at, half, (0, 0, 0))
    surface = np.array([(186, 180, 168), (164, 158, 148), (132, 130, 128), (168, 146, 118)])
    colour = surface[rng.choice(4, count, p=[0.45, 0.25, 0.15, 0.15])]
    drives = Boxes(
        drives.at_m, drives.angle_rad, half, colour * rng.uniform(0.92, 1.06, (count, 1))
    )
    stall_at = at + np.column_stack([rng.uniform(-0.6, 0.6, count), rng.uniform(-1.5, 1, count)])
    stalls = at_homes(homes, stall_at, np.zeros((count, 2)), (0, 0, 0))
    stalls = Boxes(stalls.at_m, stalls.angle_rad + np.pi / 2, stalls.half_m, stalls.colour)
    return drives, stalls


def _place_sheds(rng: np.random.Generator, homes: Homes, has_room: NDArray[np.bool_]) -> Boxes:
    count = len(homes)
    half = rng.uniform(1.3, 2.3, (count, 2))
    corner = homes.lot_at_m + np.column_stack(
        [
            rng.choice([-1, 1], count) * (homes.lot_half_m[:, 0] - 4),
            -homes.front * (homes.lot_half_m[:, 1] - 4),
        ]
    )
    sheds = at_homes(homes, corner, half, (0, 0, 0))
    colour = np.array([(186, 188, 188), (126, 112, 96), (98, 98, 100)])[rng.integers(3, size=count)]
    boxes = Boxes(sheds.at_m, sheds.angle_rad, half, colour.astype(float), SHED_TOP_M)
    return boxes.select(has_room & (rng.random(count) < 0.3))  # noqa: PLR2004  by eye


def _place_shops(rng: np.random.Generator, plan: TownPlan) -> tuple[Boxes, Boxes, Boxes, Boxes]:
    """Parking lots, large roofs, ventilation units and stalls of the shop blocks."""
    blocks = np.argwhere(plan.cells == Cell.SHOPS)
    columns, rows = plan.column_edges_m, plan.row_edges_m
    u = (columns[blocks[:, 1]] + columns[blocks[:, 1] + 1]) / 2
    v = (rows[blocks[:, 0]] + rows[blocks[:, 0] + 1]) / 2
    half_u, half_v = float(columns[1] - columns[0]) / 2 - 11, float(rows[1] - rows[0]) / 2 - 11
    lots = _on_blocks(plan, u, v, np.tile([half_u, half_v], (len(u), 1)), (124, 124, 126))
    count = max(1, int(half_u / 26))
    step = 2 * half_u / count
    shop_u = (u[:, None] + step * (np.arange(count) - (count - 1) / 2)).ravel()
    sizes = np.column_stack(
        [rng.uniform(0.3, 0.42, len(shop_u)) * step, rng.uniform(0.3, 0.5, len(shop_u)) * half_v]
    )
    shop_v = np.repeat(v - half_v + 2, count) + sizes[:, 1]
    shops = _on_blocks(plan, shop_u, shop_v, sizes, (0, 0, 0))
    roof = np.array([(206, 206, 202), (176, 176, 174), (226, 226, 222), (150, 148, 144)])
    colour = roof[rng.integers(4, size=len(shop_u))].astype(float)
    shops = Boxes(shops.at_m, shops.angle_rad, sizes, colour, SHOP_TOP_M)
    owner = np.repeat(np.arange(len(shop_u)), 5)
    spread = sizes[owner] * rng.uniform(-0.8, 0.8, (len(owner), 2))
    units = _on_blocks(
        plan,
        shop_u[owner] + spread[:, 0],
        shop_v[owner] + spread[:, 1],
        rng.uniform(0.8, 1.6, (len(owner), 2)),
        (150, 150, 150),
    )
    units = Boxes(units.at_m, units.angle_rad, units.half_m, units.colour, SHOP_TOP_M + 1.2)
    return lots, shops, units, _place_stalls(plan, u, v, (half_u, half_v))


def _place_stalls(plan: TownPlan, u: Raster, v: Raster, half_m: tuple[float, float]) -> Boxes:
    """Rows of stalls, 2.8 m apart, in the half of a shop block away from the shops."""
    place = np.arange(-half_m[0] + 4, half_m[0] - 4, 2.8)
    lanes = half_m[1] * np.array([0.3, 0.55, 0.85])
    du, dv = (axis.ravel() for axis in np.meshgrid(place, lanes))
    stall_u, stall_v = (u[:, None] + du).ravel(), (v[:, None] + dv).ravel()
    stalls = _on_blocks(plan, stall_u, stall_v, np.zeros((len(stall_u), 2)), (0, 0, 0))
    return Boxes(stalls.at_m, stalls.angle_rad + np.pi / 2, stalls.half_m, stalls.colour)


def _on_blocks(
    plan: TownPlan, u: Raster, v: Raster, half_m: Raster, colour: tuple[float, float, float]
) -> Boxes:
    x, y = plan.warp.to_town(u, v)
    colours = np.tile(np.array(colour, dtype=float), (len(u), 1))
    return Boxes(np.column_stack([x, y]), plan.warp.angle_along_street(x), half_m, colours)


def _draw_kerb_cars(rng: np.random.Generator, plan: TownPlan) -> Boxes:
    """Cars along the kerbs of streets of constant v and driving on the main ones."""
    u, v = [np.empty(0)], [np.empty(0)]
    for street in plan.streets:
        if street.is_across:
            continue
        count = int((street.end_m - street.start_m) / 45)
        u.append(rng.uniform(street.start_m, street.end_m, count))
        v.append(street.at_m + rng.choice([-1, 1], count) * (street.half_m - 1.4))
    along, across = np.concatenate(u), np.concatenate(v)
    chosen: NDArray[np.intp] = rng.integers(len(CAR_COLOURS), size=len(along))
    cars = _on_blocks(plan, along, across, np.tile(CAR_HALF_M, (len(along), 1)), (0, 0, 0))
    return Boxes(cars.at_m, cars.angle_rad, cars.half_m, CAR_COLOURS[chosen])
