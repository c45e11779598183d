"""The plan on paper for a state-wide storm, from the rates in ``benchmarks/results.json``.

``python benchmarks/state_plan.py`` prints the tables of docs/state-wide-storm.md. Two measured
suburbs, one with all homes insured and one with one home in ten, say what a home costs and what
ground costs; all else is plain multiplication.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results.json"
CORES = 2
"""A worker's, as in the benchmark."""
STRUCTURES = 4_000_000
GROUND_KM2 = 33_000.0
NATIVE_M, READ_M = 0.15, 0.30
"""Ground size of a pixel as flown, and as read: finer ones are read from the file's overviews."""
JPEG_BYTES_PER_PX = 0.29
"""Of the benchmark's files, quality 90, by full-size pixels; overviews take a third more."""
OVERVIEWS = 4 / 3
DEADLINE_H = 6.0
CORE_HOUR_USD = 0.05
"""Assumed: about a list price of one virtual core on demand; put yours here."""
GIB_OUT_USD = 0.09
"""Assumed: a list price of traffic out of a cloud region, if the workers stand elsewhere."""
GIB_KEPT_USD_MONTH = 0.023
"""Assumed: a list price of object storage."""
REQUESTS_USD = 0.0004 / 1000
"""Assumed: a list price of a read of an object store."""
PX_PER_MPX, HOUR_S, GIB, KIB = 1e6, 3600, 2**30, 1024
M2_PER_KM2 = 1e6


@dataclass(frozen=True, slots=True)
class Rates:
    """What was measured, on two cores.

    Attributes:
        home_s: seconds a home: cut, grade, describe.
        ground_s: seconds a million pixels of ground: read both dates, search for what hides it,
            register.
        cached_home_s: seconds a home where its date before was prepared, ground of a dense
            suburb included.
        prepare_s: seconds a home to prepare it, likewise.
        kept_bytes: of the cache a home.
        request_bytes: mean of one request over HTTP.
        dense_s: seconds a million pixels of the dense network, bfloat16.
    """

    home_s: float
    ground_s: float
    cached_home_s: float
    prepare_s: float
    kept_bytes: float
    request_bytes: float
    dense_s: float


def read_rates(path: Path = RESULTS) -> Rates:
    """The rates of the last full run of the benchmark."""
    found = json.loads(path.read_text(encoding="utf-8"))["results"]
    value = {name.removeprefix("imagery."): each["value"] for name, each in found.items()}
    all_s, some_s = (1 / value[f"{name}_buildings_per_s"] for name in ("end_to_end", "one_in_ten"))
    ground_all, ground_some = (
        value["ground_mpx_per_building"], value["one_in_ten_ground_mpx_per_building"],
    )  # fmt: skip
    ground_s = max(0.0, (some_s - all_s) / (ground_some - ground_all))
    return Rates(
        home_s=all_s - ground_s * ground_all,
        ground_s=ground_s,
        cached_home_s=1 / value["cached_buildings_per_s"],
        prepare_s=1 / value["prepare_buildings_per_s"],
        kept_bytes=value["cached_kib_per_building"] * KIB,
        request_bytes=value["http_sent_kib_per_building"] * KIB
        / value["http_requests_per_building"],
        dense_s=value["dense_unet_bf16_s_per_mpx"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What an event costs.

    Attributes:
        read_bytes: over the line.
        requests: merged ranges.
        core_hours: of all workers.
        kept_bytes: of the blue-sky cache.
    """

    read_bytes: float
    requests: float
    core_hours: float
    kept_bytes: float

    @property
    def workers(self) -> int:
        """Of two cores each, so that it ends in time."""
        return math.ceil(self.core_hours / CORES / DEADLINE_H)


def plan_event(rates: Rates, homes: float, *, dates: int) -> Plan:
    """An event over all the ground.

    Args:
        rates: measured.
        homes: insured.
        dates: 2 = both are read on the day, 1 = the one before was prepared.
    """
    mpx = GROUND_KM2 * M2_PER_KM2 / READ_M**2 / PX_PER_MPX
    read_bytes = mpx * PX_PER_MPX * JPEG_BYTES_PER_PX * dates
    # the benchmark's ground of a dense suburb is so little a home that its part may be left in
    home_s = rates.home_s if dates == 2 else min(rates.home_s, rates.cached_home_s)  # noqa: PLR2004
    seconds = homes * home_s + mpx * rates.ground_s * dates / 2
    kept = homes * rates.kept_bytes if dates == 1 else 0.0
    return Plan(
        read_bytes, read_bytes / rates.request_bytes, seconds * CORES / HOUR_S, kept,
    )  # fmt: skip


def list_lines(rates: Rates) -> Iterator[str]:
    """The tables, as Markdown."""
    yield (
        f"A home costs {1000 * rates.home_s:.2f} ms, a million pixels of ground "
        f"{1000 * rates.ground_s:.1f} ms, on two cores.\n"
    )
    yield (
        "| insured | date before | read | requests | core-hours | workers for "
        f"{DEADLINE_H:.0f} h | cache | compute | reads | traffic out |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for homes, word in ((STRUCTURES, "all"), (STRUCTURES / 10, "one in ten")):
        for dates, before in ((2, "read on the day"), (1, "prepared")):
            plan = plan_event(rates, homes, dates=dates)
            kept = f"{plan.kept_bytes / GIB:.0f} GiB" if plan.kept_bytes else "none"
            yield (
                f"| {word} | {before} | {plan.read_bytes / GIB:,.0f} GiB | {plan.requests:,.0f} "
                f"| {plan.core_hours:.1f} | {plan.workers} | {kept} "
                f"| ${plan.core_hours * CORE_HOUR_USD:.2f} | ${plan.requests * REQUESTS_USD:.2f} "
                f"| ${plan.read_bytes / GIB * GIB_OUT_USD:.2f} |"
            )
    yield ""
    mpx = GROUND_KM2 * M2_PER_KM2 / READ_M**2 / PX_PER_MPX
    hours = mpx * rates.dense_s * CORES / HOUR_S
    stored = GROUND_KM2 * M2_PER_KM2 / NATIVE_M**2 * JPEG_BYTES_PER_PX * OVERVIEWS
    night_h = (STRUCTURES * rates.prepare_s + mpx * rates.ground_s / 2) * CORES / HOUR_S
    yield f"* One date as stored at {NATIVE_M} m: {stored / GIB:,.0f} GiB with overviews."
    yield f"* Preparing all homes: {night_h:.1f} core-hours, once a new scene before."
    yield (
        f"* Keeping them: ${STRUCTURES * rates.kept_bytes / GIB * GIB_KEPT_USD_MONTH:.2f} a month."
    )
    yield (
        f"* The dense network over the same ground at {READ_M} m: {hours:,.0f} core-hours, "
        f"${hours * CORE_HOUR_USD:,.2f}, {math.ceil(hours / CORES / DEADLINE_H)} workers."
    )


if __name__ == "__main__":
    for line in list_lines(read_rates()):
        print(line)
