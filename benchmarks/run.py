"""``make bench``: measures on this machine and writes ``benchmarks/results.json``.

All figures of a file come from one run, one after the other on an idle machine: timings of shared
machines are noisy, ratios within a run less so. Two cores are used, however many there are, so that
figures of larger machines compare. ``python benchmarks/run.py quick`` takes small sizes in three
minutes, prints, and writes nothing. ``python benchmarks/run.py NAME ...`` measures some of
``PARTS`` (``imagery.sparse_scenes``) and keeps the file's other figures.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

import claims_bench
import match_bench
import policies_bench
import weather_bench
import web_bench
from detectors_bench import measure_detectors
from figures_in_docs import write_figures
from imagery_bench import FULL, QUICK, measure_imagery
from imagery_bench import PARTS as IMAGERY_PARTS
from measuring import Figure
from results_file import fill_results, merge_results, write_results
from start_bench import measure_start

RESULTS = Path(__file__).parent / "results.json"
CORES = 2


def describe_machine() -> dict[str, str | int]:
    """What the figures depend on; no names of hosts or people."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "python": platform.python_version(),
    }


def read_commit() -> str:
    """The commit that is measured, marked where files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


PARTS = (
    "start", "detectors", *IMAGERY_PARTS, "weather", "policies.read", "policies.match", "claims",
    "web",
)  # fmt: skip
"""What can be measured by itself."""


def measure(parts: Collection[str], *, is_quick: bool) -> Iterable[Figure]:
    """Figures of some parts, in the order of ``PARTS``."""
    if "start" in parts:
        yield from measure_start()
    if "detectors" in parts:
        yield from measure_detectors()
    yield from measure_imagery(QUICK if is_quick else FULL, parts)
    if "weather" in parts:
        yield from weather_bench.measure_weather(
            weather_bench.QUICK if is_quick else weather_bench.FULL
        )
    if "policies.match" in parts:
        yield from match_bench.measure_matching(match_bench.QUICK if is_quick else match_bench.FULL)
    if "policies.read" in parts:
        yield from policies_bench.measure_policies(
            policies_bench.QUICK if is_quick else policies_bench.FULL
        )
    if "claims" in parts:
        yield from claims_bench.measure_claims(
            claims_bench.QUICK if is_quick else claims_bench.FULL
        )
    if "web" in parts:
        yield from web_bench.measure_web(web_bench.QUICK if is_quick else web_bench.FULL)


def main() -> None:
    """Measure what is asked for, or all, and write it."""
    asked = set(sys.argv[1:]) - {"quick"}
    if unknown := asked - set(PARTS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; known are: {', '.join(PARTS)}")
    is_quick = "quick" in sys.argv[1:]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    figures = list(measure(asked or PARTS, is_quick=is_quick))
    for each in figures:
        print(f"{each.name:50s} {each.value:10.4g} {each.unit}")
    if is_quick:
        return
    found = fill_results(describe_machine(), read_commit(), figures)
    if asked:
        found = merge_results(json.loads(RESULTS.read_text(encoding="utf-8")), found)
    write_results(RESULTS, found)
    write_figures()


if __name__ == "__main__":
    main()
