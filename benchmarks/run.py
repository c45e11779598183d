"""``make bench``: measures on this machine and writes ``benchmarks/results.json``.

All figures of a file come from one run, one after the other on an idle machine: timings of shared
machines are noisy, ratios within a run less so. Two cores are used, however many there are, so that
figures of larger machines compare. ``python benchmarks/run.py quick`` takes small sizes in three
minutes, prints, and writes nothing.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import claims_bench
from detectors_bench import measure_detectors
from figures_in_docs import write_figures
from imagery_bench import FULL, QUICK, measure_imagery
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


def main() -> None:
    """Measure all and write, by a rename so that the file is always whole."""
    is_quick = sys.argv[1:] == ["quick"]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    figures = [
        *measure_start(),
        *measure_detectors(),
        *measure_imagery(QUICK if is_quick else FULL),
        *claims_bench.measure_claims(claims_bench.QUICK if is_quick else claims_bench.FULL),
    ]
    for each in figures:
        print(f"{each.name:50s} {each.value:10.4g} {each.unit}")
    if is_quick:
        return
    found = {
        "machine": describe_machine(),
        "commit": read_commit(),
        "results": {each.name: {"value": each.value, "unit": each.unit} for each in figures},
    }
    partial = RESULTS.with_suffix(".partial")
    partial.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    partial.replace(RESULTS)
    write_figures()


if __name__ == "__main__":
    main()
