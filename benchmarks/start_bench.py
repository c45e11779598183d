"""How long a person waits before anything happens: for help, and for a run's first task."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import ROUNDS, Figure

from flows.importing.town import render_event

HOMES = 24
COMMAND = Path(sys.executable).parent / "firstnotice"
FIRST_LINE = ", run "
"""The flow logs its event and run, and then begins its first task."""


def measure_start() -> list[Figure]:
    """Seconds of wall time, medians of some turns; the first warms the disk's cache."""
    with tempfile.TemporaryDirectory() as folder:
        event_file, as_of_utc = render_event(Path(folder) / "events", HOMES)
        run = [
            "run", str(event_file), "--out", str(Path(folder) / "out"),
            "--as-of", as_of_utc.isoformat(),
        ]  # fmt: skip
        works = {"start.help_s": (["--help"], ""), "start.run_to_first_task_s": (run, FIRST_LINE)}
        return [
            Figure(name, statistics.median(_wait(*work) for _ in range(ROUNDS + 1)), "s")
            for name, work in works.items()
        ]


def _wait(arguments: list[str], sign: str) -> float:
    """Seconds until a command says ``sign``, or ends if there is none."""
    begin = time.perf_counter()
    with subprocess.Popen(
        [COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"PREFECT_LOGGING_LEVEL": "INFO"},
    ) as started:  # fmt: skip
        for line in started.stdout or ():
            if sign and sign in line:
                break
        taken = time.perf_counter() - begin
        started.kill()
    return round(taken, 2)
