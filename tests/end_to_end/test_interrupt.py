"""Ctrl-C on a real run: a line, no traces, soon; the same command goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.server

COMMAND = (sys.executable, "-c", "from flows.cli.main import main; main()")
AS_OF = "2018-10-14T12:00:00Z"
BEGUN_S = 240
ENDED_S = 20
"""Three seconds and a process's end; on a busy machine a few times that."""


def _start(event_file, out):
    environment = {name: text for name, text in os.environ.items() if name != "PREFECT_API_URL"}
    return subprocess.Popen(
        [*COMMAND, "run", str(event_file), "--out", str(out), "--as-of", AS_OF],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def _wait_for(path_exists, process):
    deadline = time.monotonic() + BEGUN_S
    while not path_exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it took too long to begin"
        time.sleep(0.02)


def _interrupt(event_file, out, begun):
    """Ctrl-C once a file of the run is there, and what is told."""
    process = _start(event_file, out)
    try:
        _wait_for(lambda: list(Path(out).glob(f"small-town/*/{begun}")), process)
        os.killpg(process.pid, signal.SIGINT)
        started = time.monotonic()
        _, errors = process.communicate(timeout=ENDED_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130
    assert time.monotonic() - started < ENDED_S
    assert "Grades so far are kept; run the same command again." in errors
    assert "Traceback" not in errors
    assert len(errors.strip().splitlines()) == 1


def test_a_run_that_is_interrupted_ends_soon_in_a_line_and_goes_on(town_event, tmp_path):
    _interrupt(town_event, tmp_path / "early", "work/locations.parquet")
    out = tmp_path / "out"
    _interrupt(town_event, out, "work/buildings.parquet")

    again = _start(town_event, out)
    printed, errors = again.communicate(timeout=BEGUN_S)
    assert again.returncode == 0, errors
    assert "24 insured locations in the path" in printed
