"""Rates by the clock: contenders take turns, so that noise of the machine hits them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 5
"""Turns a contender gets; the median counts."""
SIGNIFICANT_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value under a name that outside tools know."""

    name: str
    value: float
    unit: str


def measure_rates(
    works: Mapping[str, tuple[Callable[[], object], int]], rounds: int = ROUNDS
) -> dict[str, float]:
    """Items a second of each work, by the median of ``rounds`` turns after one to warm up.

    Args:
        works: name to what to run and how many items it handles.
        rounds: turns each.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, (work, _) in works.items():
            start = time.perf_counter()
            work()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {
        name: float(f"{works[name][1] / statistics.median(taken):.{SIGNIFICANT_DIGITS}g}")
        for name, taken in times.items()
    }
