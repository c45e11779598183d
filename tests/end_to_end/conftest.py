"""Runs of the installed command, as a user starts them: a process, a folder, an exit status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("firstnotice")
LIMIT_S = 400
"""A run takes half a minute; on a machine that trains a network beside it, ten times that."""


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """Starts the command with a Prefect home of its own and no server named."""
    home = tmp_path_factory.mktemp("prefect")

    def starter(*arguments, **variables):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FIRSTNOTICE_", "PREFECT_"))
        }
        return subprocess.Popen(
            [COMMAND, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment | {"PREFECT_HOME": str(home)} | variables,
        )

    return starter


@pytest.fixture(scope="session")
def finish(start):
    """Runs the command to its end; gives exit status, output and errors."""

    def finisher(*arguments, **variables):
        with start(*arguments, **variables) as process:
            try:
                out, err = process.communicate(timeout=LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return process.returncode, out, err

    return finisher
