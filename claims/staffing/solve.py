"""Which base sends how many adjusters into which area, so that most is reached. Pure.

An adjuster works one area a day, and visits whole homes, the one with most at stake first. What an
area gives is therefore concave in visits, and the best plan is a mixed-integer program:

    most of   sum of losses of visited homes
    where     visits in an area <= sum over bases of (visits an adjuster can make there) x adjusters
              adjusters sent by a base <= adjusters it has

Small ones are solved exactly by HiGHS. Large ones greedily, which for such a function reaches at
least half of the best (Fisher, Nemhauser and Wolsey 1978) and in practice nearly all; how near is
stated against the bound of the linear program, found through its dual: for any price of an
adjuster of each base, the prices paid and what is left over in each area are an upper bound.
"""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, hstack, vstack

from claims.staffing.demand import Demand
from claims.staffing.options import CapacityOptions

_CUTS = 80
"""Prices tried for the bound; with a dozen bases it stands still after some 40."""
_TIGHT = 1e-6
"""The bound is taken as found when it can fall by no more than this part of itself."""
_WHOLE = 1e-6
"""A plan within so little of its bound is the best one."""


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """Who goes where.

    Attributes:
        adjusters: by base and cell, whole.
        reached: losses of the homes visited.
        bound: no plan reaches more.
    """

    adjusters: NDArray[np.int64]
    reached: float
    bound: float

    @property
    def gap_frac(self) -> float:
        """How much of the bound may be missed at most, 0 to 1; 0 of the best plan."""
        if self.bound <= 0:
            return 0.0
        gap = max(0.0, 1.0 - self.reached / self.bound)
        return 0.0 if gap <= _WHOLE else gap


def assign(
    demand: Demand,
    visits: NDArray[np.int64],
    adjusters: NDArray[np.int64],
    options: CapacityOptions,
) -> Assignment:
    """The best plan where the problem is small, a good one with its gap where it is not.

    Args:
        demand: homes by cell.
        visits: that one adjuster can make, by base and cell.
        adjusters: of each base.
        options: what counts as small.
    """
    if not demand.losses.sum() > 0 or not (visits * adjusters[:, None]).any():
        return Assignment(np.zeros_like(visits), 0.0, 0.0)
    depth = _depth(demand, visits, adjusters)
    greedy = assign_greedily(demand, visits, adjusters)
    if visits.size + int(depth.sum()) > options.exact_columns:
        return greedy
    exact = assign_exactly(demand, visits, adjusters, options.exact_seconds)
    if exact is None or exact.reached < greedy.reached:
        return greedy
    return exact


def assign_greedily(
    demand: Demand, visits: NDArray[np.int64], adjusters: NDArray[np.int64]
) -> Assignment:
    """One adjuster after the other where the next one reaches most, with the bound."""
    sums, starts, sizes = demand.sums(), demand.starts, demand.sizes
    sent = np.zeros_like(visits)
    left, done = adjusters.copy(), np.zeros(len(sizes), dtype=np.int64)

    def gain(base: int, cell: int) -> float:
        begin = starts[cell] + done[cell]
        end = starts[cell] + min(done[cell] + visits[base, cell], sizes[cell])
        return float(sums[end] - sums[begin])

    heap = [(-gain(base, cell), base, cell) for base, cell in zip(*np.nonzero(visits), strict=True)]
    heapq.heapify(heap)
    while heap:
        told, base, cell = heapq.heappop(heap)
        if not left[base]:
            continue
        now = gain(base, cell)
        if now <= 0:
            continue
        # what was computed before others went there is an upper bound: ask again, if it fell
        if -told > now:
            heapq.heappush(heap, (-now, base, cell))
            continue
        sent[base, cell] += 1
        left[base] -= 1
        done[cell] = min(done[cell] + visits[base, cell], sizes[cell])
        heapq.heappush(heap, (-gain(base, cell), base, cell))
    reached = compute_reached(demand, visits, sent)
    return Assignment(sent, reached, max(reached, compute_bound(demand, visits, adjusters)))


def assign_exactly(
    demand: Demand,
    visits: NDArray[np.int64],
    adjusters: NDArray[np.int64],
    seconds: float,
) -> Assignment | None:
    """The best plan by HiGHS, or the best found in time with its gap; None if none was."""
    depth = _depth(demand, visits, adjusters)
    kept = np.concatenate([
        np.arange(start, start + count)
        for start, count in zip(demand.starts[:-1], depth, strict=True)
    ])  # fmt: skip
    losses, cells = demand.losses[kept], demand.cell_of_home[kept]
    if not losses.any():  # nothing at stake where anybody can go
        return None
    scale = float(losses.max())
    bases, areas = visits.shape
    columns = np.arange(bases * areas)
    sends = csr_array((np.ones(visits.size), (columns // areas, columns)), (bases, visits.size))
    serves = csr_array((-visits.ravel(), (columns % areas, columns)), (areas, visits.size))
    asks = csr_array((np.ones(len(kept)), (cells, np.arange(len(kept)))), (areas, len(kept)))
    nobody = csr_array((bases, len(kept)))
    found = milp(
        np.concatenate([np.zeros(visits.size), -losses / scale]),
        integrality=np.concatenate([np.ones(visits.size), np.zeros(len(kept))]),
        bounds=Bounds(
            0, np.concatenate([np.repeat(adjusters, areas) * (visits.ravel() > 0),
                               np.ones(len(kept))])
        ),
        constraints=LinearConstraint(
            vstack([hstack([sends, nobody]), hstack([serves, asks])]), -np.inf,
            np.concatenate([adjusters, np.zeros(areas)]),
        ),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )  # fmt: skip
    if found.x is None:
        return None
    sent = np.rint(found.x[: visits.size]).astype(np.int64).reshape(visits.shape)
    reached = compute_reached(demand, visits, sent)
    return Assignment(sent, reached, max(reached, -float(found.mip_dual_bound) * scale))


def compute_reached(demand: Demand, visits: NDArray[np.int64], sent: NDArray[np.int64]) -> float:
    """Losses of the homes that are visited, of each cell the first."""
    done = count_done(demand, visits, sent)
    sums = demand.sums()
    return float((sums[demand.starts[:-1] + done] - sums[demand.starts[:-1]]).sum())


def count_done(
    demand: Demand, visits: NDArray[np.int64], sent: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Homes visited in each cell."""
    done: NDArray[np.int64] = np.minimum((visits * sent).sum(axis=0), demand.sizes)
    return done


def compute_bound(demand: Demand, visits: NDArray[np.int64], adjusters: NDArray[np.int64]) -> float:
    """The bound of the linear program, by cutting planes over the price of an adjuster.

    Each price gives a bound that holds; more prices only bring it down to the program's own.
    """
    able = np.nonzero((visits.max(axis=1) > 0) & (adjusters > 0))[0]
    visits, people = visits[able], adjusters[able].astype(np.float64)
    most = demand.losses.max() * visits.max(axis=1)
    prices, cuts, limits, best = most / 2, [], [], np.inf
    for _ in range(_CUTS):
        value, slope = _price(demand, visits, people, prices)
        best = min(best, value)
        cuts.append([*slope, -1.0])
        limits.append(float(slope @ prices) - value)
        found = linprog(
            [*np.zeros(len(able)), 1.0], A_ub=cuts, b_ub=limits,
            bounds=[*((0.0, high) for high in most), (0.0, None)],
        )  # fmt: skip
        if found.x is None or best - found.fun <= _TIGHT * best:
            break
        prices = found.x[:-1]
    return float(best)


def _price(
    demand: Demand,
    visits: NDArray[np.int64],
    adjusters: NDArray[np.float64],
    prices: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64]]:
    """The bound at these prices and how it moves with each."""
    each = np.where(visits > 0, prices[:, None] / np.maximum(visits, 1), np.inf)
    cheapest, price = each.argmin(axis=0), each.min(axis=0)
    cells = demand.cell_of_home
    over = demand.losses - price[cells]
    pays = over > 0
    wanted = np.bincount(cells[pays], minlength=len(price))
    reachable = np.isfinite(price)
    used = np.bincount(
        cheapest[reachable],
        weights=wanted[reachable] / visits[cheapest[reachable], np.nonzero(reachable)[0]],
        minlength=len(prices),
    )
    return float(adjusters @ prices + over[pays].sum()), adjusters - used


def _depth(
    demand: Demand, visits: NDArray[np.int64], adjusters: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Homes of each cell that can be visited at all, were everybody sent there."""
    depth: NDArray[np.int64] = np.minimum(demand.sizes, adjusters @ visits)
    return depth
